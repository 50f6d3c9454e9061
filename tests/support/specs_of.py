"""OpenSLO documents as text, for tests of the command line."""

from __future__ import annotations

import json
from pathlib import Path


def slo(
    name: str,
    total: str,
    bad: str = "",
    *,
    good: str = "",
    target: str = "0.99",
    window: str = "1d",
    counter: bool = True,
    **annotations: str,
) -> str:
    """A ratio promise; `group_by="region"` becomes the annotation cdctl.io/group-by."""
    part, query = ("bad", bad) if bad else ("good", good)
    own = {f"cdctl.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return f"""apiVersion: openslo/v1
kind: SLO
metadata:
  name: {name}
  annotations: {json.dumps(own)}
spec:
  service: commands
  indicator:
    metadata: {{name: {name}-indicator}}
    spec:
      ratioMetric:
        counter: {str(counter).lower()}
        {part}: {{metricSource: {{type: prometheus, spec: {{query: {json.dumps(query)}}}}}}}
        total: {{metricSource: {{type: prometheus, spec: {{query: {json.dumps(total)}}}}}}}
  timeWindow: [{{duration: {window}, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{displayName: ok, target: {target}}}]
"""


def outcome(name: str, metric: str, **more: str) -> str:
    """A promise on a metric of `stock.outcomes`: code 500 is bad."""
    return slo(name, metric, f'{metric}{{code="500"}}', **more)  # type: ignore[arg-type]


def write(folder: Path, *documents: str) -> Path:
    """The documents as one file in a folder of its own; the folder."""
    specs = folder / "specs"
    specs.mkdir(exist_ok=True)
    (specs / "slo.yaml").write_text("---\n".join(documents))
    return specs
