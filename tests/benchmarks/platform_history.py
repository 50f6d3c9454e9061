"""Months of counters for benchmarks: many services in four regions, two outcomes each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cdctl.lab.history import Series

REGIONS = ("eu", "us", "cn", "ap")
DAY = 86_400

_SPEC = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: {name}
  annotations: {{cdctl.io/group-by: region}}
spec:
  service: {name}
  indicator:
    metadata: {{name: ok}}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource: {{type: Prometheus, spec: {{query: 'requests_total{{service="{name}",code!="500"}}'}}}}
        total:
          metricSource: {{type: Prometheus, spec: {{query: 'requests_total{{service="{name}"}}'}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{displayName: ok, target: 0.999}}]
"""


def names(count: int) -> list[str]:
    """Names of the services."""
    return [f"service-{i:04d}" for i in range(count)]


def counters(count: int, end: int, days: float, interval: int, seed: int = 1) -> Iterator[Series]:
    """Series of `count` services: 4 regions x 2 codes each, one sample every `interval` seconds."""
    rng = np.random.default_rng(seed)
    for name in names(count):
        for region in REGIONS:
            times = np.round(np.arange(end - days * DAY + rng.random() * interval, end, interval), 3)
            for code, rate in (("200", 600.0), ("500", 0.4)):
                values = np.cumsum(rng.poisson(rate, len(times))).astype(float)
                yield Series("requests_total", {"service": name, "region": region, "code": code}, times, values)


def write_specs(count: int, folder: Path, per_file: int = 20) -> None:
    """OpenSLO files for the services."""
    folder.mkdir(parents=True, exist_ok=True)
    every = names(count)
    for i in range(0, count, per_file):
        text = "---\n".join(_SPEC.format(name=name) for name in every[i : i + per_file])
        (folder / f"{i:04d}.yaml").write_text(text)


_RIVAL = """\
apiVersion: sre.google.com/v2
kind: ServiceLevelObjective
metadata:
  name: {name}
  labels: {{service_name: {name}, feature_name: ok, slo_name: ok}}
spec:
  description: the same promise
  backend: prometheus
  method: good_bad_ratio
  exporters: []
  error_budget_policy: default
  service_level_indicator:
    filter_good: requests_total{{service="{name}",code!="500"}}
    filter_valid: requests_total{{service="{name}"}}
  goal: 0.999
"""
_RIVAL_STEP = """
    - {{name: "{seconds}", burn_rate_threshold: 1, alert: false, window: {seconds}, message_alert: a, message_ok: b}}"""
_RIVAL_CONFIG = """\
backends:
  prometheus: {{url: "{url}"}}
error_budget_policies:
  default:
    steps:{steps}
"""


def write_rival(count: int, url: str, folder: Path) -> list[str]:
    """The same promises for google's slo-generator, four windows each; the command that judges them.

    The program is looked for in $SLO_GENERATOR (script/bench installs it in an environment of its own).
    """
    (folder / "slo").mkdir(parents=True)
    for name in names(count):
        (folder / "slo" / f"{name}.yaml").write_text(_RIVAL.format(name=name))
    steps = "".join(_RIVAL_STEP.format(seconds=days * DAY or 3600) for days in (0, 1, 7, 28))
    (folder / "config.yaml").write_text(_RIVAL_CONFIG.format(url=url, steps=steps))
    return [os.environ["SLO_GENERATOR"], "compute", "-f", str(folder / "slo"), "-c", str(folder / "config.yaml")]
