"""A scenario file read: shape, names that must exist, numbers that must fit; then the values of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path

from cdctl.errors import UsageError
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown, suggestion
from cdctl.files.nodes import Mapping, Node, Scalar
from cdctl.files.reading import read_text
from cdctl.files.yaml import documents
from cdctl.lab.model import (
    Fault,
    Incident,
    Latencies,
    Level,
    Metric,
    Outage,
    Outcomes,
    Pace,
    Region,
    Scenario,
    Software,
    VehicleModel,
)
from cdctl.lab.scenario_shape import FILE
from cdctl.lab.scenarios.judging import judge
from cdctl.lab.scenarios.times import seconds

_EMPTY = Scenario("", "", (), (), (), ())


def read(name: str, path: Path, faults: Faults, shipped: Callable[[str], Path]) -> Scenario | None:
    """The scenario in a file; None, or one of no use, when `faults` has errors. `shipped` finds what `like` names."""
    root = _root(path, faults)
    if root is None:
        return None
    base = _base(root, faults, shipped)
    found = _scenario(name, root, base)
    judge(root, found, faults)
    return found


def _root(path: Path, faults: Faults) -> Mapping | None:
    text = read_text(path, faults)
    roots = documents(text, faults) if text is not None else []
    if text is not None and len(roots) != 1 and not faults.errors:
        faults.error(None, f"holds {len(roots)} documents, a scenario is one", "start with title:")
    for root in roots:
        FILE.check(root, "scenario", faults)
    return roots[0] if roots and isinstance(roots[0], Mapping) and not faults.errors else None


def _base(root: Mapping, faults: Faults, shipped: Callable[[str], Path]) -> Scenario:
    name = root.text("like")
    if not name:
        for key in ("regions", "models", "software", "outcomes"):
            if root.get(key) is None:
                faults.error(root, f"scenario has no {key}", f"add {key}, or like: calm to take them from there")
        return _EMPTY
    try:
        path = shipped(name)
    except UsageError as error:
        known = [path.stem for path in Path(__file__).parent.glob("*.yaml")]
        faults.error(root.at("like"), f"like: {error.message} as {shown(name)}", suggestion(name, known))
        return _EMPTY
    own = Faults(str(path))
    return read(name, path, own, shipped) or _EMPTY


def _scenario(name: str, root: Mapping, base: Scenario) -> Scenario:
    planned, pace = root.mapping("planned"), root.mapping("telemetry")
    written = {
        "regions": [_region(one) for one in _all(root, "regions")],
        "models": [_model(one) for one in _all(root, "models")],
        "software": [_software(one) for one in _all(root, "software")],
        "incidents": [_incident(one) for one in _all(root, "incidents")],
        "faults": [_fault(one) for one in _all(root, "faults")],
        "outages": [_outage(one) for one in _all(root, "outages")],
    }
    return replace(
        base,
        name=name,
        title=root.text("title"),
        metrics=_metrics(root, base),
        pace=_pace(pace) if pace else base.pace,
        planned=(planned.text("slo"), planned.text("region")) if planned else base.planned,
        **{key: values for key, values in written.items() if key in root.values},  # type: ignore[arg-type]
    )


def _all(root: Mapping, key: str) -> list[Mapping]:
    return [one for one in root.items(key) if isinstance(one, Mapping)]


def _metrics(root: Mapping, base: Scenario) -> list[Metric]:
    own: dict[str, tuple[type, list[Metric]]] = {
        "outcomes": (Outcomes, [_outcomes(one) for one in _all(root, "outcomes")]),
        "latencies": (Latencies, [_latencies(one) for one in _all(root, "latencies")]),
        "levels": (Level, [_level(one) for one in _all(root, "levels")]),
    }
    found: list[Metric] = []
    for key, (kind, written) in own.items():
        found += written if key in root.values else [one for one in base.metrics if isinstance(one, kind)]
    return found


def _number(node: Mapping, key: str, usual: float = 0.0) -> float:
    exact = node.decimal(key)
    return usual if exact is None else float(exact)


def _seconds(node: Mapping, key: str, usual: float) -> float:
    text = node.text(key)
    return seconds(text) if text else usual


def _words(nodes: list[Node]) -> tuple[str, ...]:
    return tuple(one.text for one in nodes if isinstance(one, Scalar))


def _shares(node: Mapping, key: str = "shares") -> dict[str, float]:
    shares = node.mapping(key)
    return {name: _number(shares, name) for name in shares.values} if shares else {}


def _labels(node: Mapping) -> dict[str, str]:
    labels = node.mapping("labels")
    return {name: labels.text(name) for name in labels.values} if labels else {}


def _outcomes(node: Mapping) -> Outcomes:
    return Outcomes(node.text("metric"), node.text("label"), _number(node, "per_day"), _shares(node), _labels(node))


def _latencies(node: Mapping) -> Latencies:
    bounds = tuple(float(word) for word in _words(node.items("bounds")))
    per_day, median, spread = (_number(node, key) for key in ("per_day", "median", "spread"))
    return Latencies(node.text("metric"), per_day, median, spread, bounds, _labels(node))


def _level(node: Mapping) -> Level:
    return Level(node.text("metric"), _number(node, "usual"), _number(node, "spread"))


def _region(node: Mapping) -> Region:
    return Region(node.text("name"), _number(node, "share"), _number(node, "hours"))


def _model(node: Mapping) -> VehicleModel:
    return VehicleModel(node.text("name"), _number(node, "share"), _number(node, "range"))


def _software(node: Mapping) -> Software:
    regions, models = _words(node.items("regions")), _words(node.items("models"))
    return Software(node.text("version"), _number(node, "share"), regions, models)


def _pace(node: Mapping) -> Pace:
    usual = Pace()
    return Pace(
        _seconds(node, "driving", usual.driving),
        _seconds(node, "charging", usual.charging),
        _seconds(node, "parked", usual.parked),
    )


def _incident(node: Mapping) -> Incident:
    begin, end = _seconds(node, "begin", -inf), _seconds(node, "end", inf)
    where = node.text("metric"), node.text("region")
    return Incident(*where, begin, end, _shares(node), node.text("software"), _number(node, "traffic", 1.0))


def _fault(node: Mapping) -> Fault:
    charge = node.decimal("charge")
    return Fault(
        node.text("region"),
        node.text("software"),
        None if charge is None else float(charge),
        _number(node, "drain"),
        node.text("code"),
        _number(node, "share", 1.0),
        node.text("remedy"),
    )


def _outage(node: Mapping) -> Outage:
    return Outage(
        node.text("region"),
        _seconds(node, "begin", 0.0),
        _seconds(node, "end", inf),
        _number(node, "share", 1.0),
        _seconds(node, "every", 0.0),
        _seconds(node, "lasts", 0.0),
        bool(node.flag("together")),
    )
