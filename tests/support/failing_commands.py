"""Spans of commands to the vehicles of `screens.columns`: those of region eu that are an i4 fail. Each command has a
span where it is entered; a failed one has another of the vehicle below it.

settings = told(tmp_path)      # a context with such a store, and promises on it
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from screens import HOSTILE, NOW, vin
from span_batches import coded, ids, pairs

from cdctl.domain.settings import Context, Settings, Traces
from cdctl.domain.traces.attributes import PROMOTED
from cdctl.domain.traces.batch import TEXTS, SpanBatch
from cdctl.stores.spans.folder import SpanFolder

HOUR, DAY = 3600, 86_400
END = round(NOW)
COUNT = 120
WHERE = "region:eu model:i4"
_NAMES = {str(one): one for one in PROMOTED}
_SPEC = """apiVersion: openslo/v1
kind: SLO
metadata:
  name: {name}
  annotations: {{cdctl.io/group-by: region}}
spec:
  service: commands
  indicator:
    metadata: {{name: {name}-indicator}}
    spec:
      ratioMetric:
        counter: {counter}
        {part}: {{metricSource: {{type: {source}, spec: {{query: '{bad}'}}}}}}
        total: {{metricSource: {{type: {source}, spec: {{query: '{total}'}}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{displayName: ok, target: 0.99}}]
"""
_TOTAL = '{ resource.service.name = "remote-command" }'
SPECS = {
    "commands": ("bad", "prometheus", 'commands_total{code="500"}', "commands_total", "true"),
    "commands-traces": ("bad", "traces", '{ span.command.outcome = "failed" }', _TOTAL, "false"),
    "good-traces": ("good", "traces", '{ span.command.outcome = "succeeded" }', _TOTAL, "false"),
    "alone": ("bad", "prometheus", 'alone_total{code="500"}', "alone_total", "true"),
}
"""Promises by name; the first is told by spans, too."""


def batch(end: int, rate: float, n: int = 3_000, *, regions: bool = True) -> SpanBatch:
    """An hour of commands. regions: whether spans say the region of their vehicle."""
    rng = np.random.default_rng(end % 1_000_003)  # the same at every hour
    vehicle = rng.integers(0, COUNT, n)
    failed = rng.random(n) < np.where(vehicle % 9 == 0, rate, 0.004)
    ends = (end - np.sort(rng.integers(0, HOUR, n))[::-1]).astype(np.int64) * 1_000_000_000
    number = rng.integers(1, 2**60, n)
    below = np.flatnonzero(failed)
    every, child = np.concatenate([np.arange(n), below]), np.arange(n + len(below)) >= n
    columns = {
        "resource.service.name": ["vehicle" if one else "remote-command" for one in child],
        "span.vehicle.id": [vin(one) for one in vehicle[every]],
        "span.command.outcome": ["failed" if one else "succeeded" for one in failed[every]],
    }
    if regions:
        columns["span.region"] = [("eu", "us", "cn")[one % 3] for one in vehicle[every]]
    texts = {text: coded([None] * len(every)) for text in TEXTS}
    texts["name"] = coded(["process cmd" if one else "remote_command lock" for one in child])
    texts["message"] = coded([HOSTILE if one else None for one in child])
    more = [{"note": HOSTILE} if one else {} for one in child]
    return SpanBatch(
        ids(number[every], 16), ids(number[every] + child, 8), ids(np.where(child, number[every], 0), 8),
        ends[every] - 30_000_000, ends[every] - np.where(child, 1_000_000, 0),
        np.where(child, 5, 2).astype(np.int8), np.where(failed[every], 2, 0).astype(np.int8), np.ones(len(every)),
        texts, {_NAMES[name]: coded(values) for name, values in columns.items()}, pairs(more), pairs([{}] * len(every)),
    )  # fmt: skip


def told(folder: Path, *, regions: bool = True, empty: bool = False) -> Settings:
    """Settings with a store of an hour that burns, and of the same hour of the day before, which did not; and SPECS."""
    with SpanFolder(folder / "spans") as spans:
        for end, rate in () if empty else ((END, 0.4), (END - DAY, 0.004)):
            spans.write(batch(end, rate, regions=regions))
    specs = folder / "specs"
    specs.mkdir()
    for name, (part, source, bad, total, counter) in SPECS.items():
        text = _SPEC.format(name=name, part=part, source=source, bad=bad, total=total, counter=counter)
        (specs / f"{name}.yaml").write_text(text)
    context = Context("test", traces=Traces("store", str(folder / "spans")))
    return Settings(contexts={"test": context}, default_context="test", slo_specs=str(specs))
