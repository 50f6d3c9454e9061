"""What no shape can say of a scenario: names that must exist, shares that must add up, times that must follow."""

from __future__ import annotations

from collections.abc import Collection

from cdctl.files.faults import Faults
from cdctl.files.nearest import shown, suggestion
from cdctl.files.nodes import Mapping, Node, Scalar
from cdctl.lab.model import Outcomes, Scenario
from cdctl.lab.scenarios.times import seconds

_RESERVED = "ops"
_LONGEST_PACE = 60
_SLACK = 1e-9


def judge(root: Mapping, found: Scenario, faults: Faults) -> None:
    """Record what is wrong between the parts; `found` is the scenario that was read from `root` and what it is like."""
    regions = [one.name for one in found.regions]
    models = [one.name for one in found.models]
    versions = [one.version for one in found.software]
    for region in _all(root, "regions"):
        if region.text("name") == _RESERVED:
            faults.error(region.at("name"), "no region can be called ops: its topics are the operators'")
    for software in _all(root, "software"):
        _each(software, "regions", regions, "region", faults)
        _each(software, "models", models, "model", faults)
    for key in ("incidents", "faults", "outages"):
        for node in _all(root, key):
            _known(node, "region", regions, faults)
            _known(node, "software", versions, faults)
            _order(node, faults)
    if planned := root.mapping("planned"):
        _known(planned, "region", regions, faults)
    _pace(root, faults)
    _metrics(root, found, faults)
    _covered(root, found, faults)


def _all(root: Mapping, key: str) -> list[Mapping]:
    return [one for one in root.items(key) if isinstance(one, Mapping)]


def _known(node: Mapping, key: str, known: Collection[str], faults: Faults) -> None:
    text = node.text(key)
    if text and text not in known:
        faults.error(node.at(key), f"there is no {key} {shown(text)} in this scenario", suggestion(text, known))


def _each(node: Mapping, key: str, known: Collection[str], noun: str, faults: Faults) -> None:
    for one in node.items(key):
        if isinstance(one, Scalar) and one.text not in known:
            faults.error(one, f"there is no {noun} {shown(one.text)} in this scenario", suggestion(one.text, known))


def _order(node: Mapping, faults: Faults) -> None:
    begin, end = node.text("begin"), node.text("end")
    if begin and end and seconds(end) <= seconds(begin):
        faults.error(node.at("end"), f"ends at {end}, before it begins at {begin}", "-62h is earlier than -38h")
    every, lasts = node.text("every"), node.text("lasts")
    if bool(every) != bool(lasts):
        missing = "lasts" if every else "every"
        faults.error(node.at("every" if every else "lasts"), f"{missing} is missing", f"add {missing}: 10s")
    elif every and not 0 < seconds(lasts) < seconds(every):
        faults.error(node.at("lasts"), f"lasts {lasts}, and comes again every {every}", "let it last less than that")


def _pace(root: Mapping, faults: Faults) -> None:
    pace = root.mapping("telemetry")
    for key in pace.values if pace else ():
        text = pace.text(key) if pace else ""
        if pace and not 1 <= seconds(text) <= _LONGEST_PACE:
            faults.error(pace.at(key), f"{key}: {text} is not from 1s to 1m", "a broker cuts who is silent for longer")


def _metrics(root: Mapping, found: Scenario, faults: Faults) -> None:
    outcomes = {one.metric: one for one in found.metrics if isinstance(one, Outcomes)}
    for node in _all(root, "outcomes"):
        shares = node.mapping("shares")
        total = sum(float(shares.decimal(name) or 0) for name in shares.values) if shares else 1.0
        if abs(total - 1.0) > _SLACK:
            faults.error(node.at("shares"), f"shares add up to {total:g}, not 1")
    for node in _all(root, "incidents"):
        metric = outcomes.get(node.text("metric"))
        if metric is None:
            _known(node, "metric", outcomes, faults)
        else:
            _incident(node, metric, faults)


def _incident(node: Mapping, metric: Outcomes, faults: Faults) -> None:
    shares = node.mapping("shares")
    if shares is None:
        return
    names = list(metric.shares)
    for key, place in shares.keys.items():
        if key not in names[1:]:
            what = "gives way to the other outcomes" if key in names else "is no outcome"
            faults.error(place, f"{shown(key)} {what} of {metric.metric}", suggestion(key, names[1:]))
    changed = {**metric.shares, **{key: float(shares.decimal(key) or 0) for key in shares.values}}
    if sum(changed[name] for name in names[1:]) > 1.0 + _SLACK:
        where: Node = node.at("shares")
        faults.error(where, f"with these, {metric.metric} has bad outcomes of more than 100 %")


def _covered(root: Mapping, found: Scenario, faults: Faults) -> None:
    """Every vehicle must find a version to run."""
    for region in found.regions:
        for model in found.models:
            if not any(one.fits(region.name, model.name) for one in found.software):
                message = f"no software fits model {shown(model.name)} in region {shown(region.name)}"
                faults.error(root.at("software"), message, "add an entry without regions and models")
