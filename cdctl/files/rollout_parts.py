"""The parts of a rollout file as values: waves, pace, hours, limits, guards. What is unsound is told at its place."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from zoneinfo import available_timezones

from cdctl.domain.orders.rollout.guards import Cohort, Guard, parse
from cdctl.domain.orders.rollout.hours import DAYS, Hours
from cdctl.domain.orders.rollout.pacing import Adaptive, Exponential, Fixed, Pace
from cdctl.domain.orders.rollout.rules import Retry
from cdctl.domain.orders.rollout.thresholds import Among, Failure, Limit, Success
from cdctl.domain.orders.rollout.waves import Wave
from cdctl.files.durations import seconds
from cdctl.files.faults import Faults
from cdctl.files.nearest import nearest, shown
from cdctl.files.nodes import Mapping, Node, Scalar


def percent(text: str) -> Fraction:
    """The number of `5 %`."""
    return Fraction(text.removesuffix("%").strip())


def whole(node: Mapping, key: str, faults: Faults, default: int = 0) -> int:
    """A whole number."""
    value = node.decimal(key)
    if value is None:
        return default
    if value != int(value):
        faults.error(node.at(key), f"{key} {value} is not a whole number")
    return int(value)


def time(node: Mapping, key: str, default: int) -> int:
    """Seconds."""
    text = node.text(key)
    return seconds(text) if text else default


def number(node: Mapping, key: str, default: float = 0.0) -> float:
    """A number."""
    value = node.decimal(key)
    return default if value is None else float(value)


def waves(nodes: list[Node], faults: Faults) -> tuple[Wave, ...]:
    """Every wave; one that is smaller than an earlier one, or a last one that is not 100%, is a fault."""
    found: list[Wave] = []
    for node in nodes:
        if not isinstance(node, Mapping):
            continue
        to = node.scalar("to")
        share = percent(to.text) if to is not None and to.text.endswith("%") else None
        wave = Wave(
            share,
            None if share is not None else whole(node, "to", faults),
            node.text("name"),
            time(node, "soak", 0),
            whole(node, "approvals", faults),
            time(node, "deadline", 0) if node.text("deadline") else None,
        )
        if share == 0:
            faults.error(node.at("to"), "a wave of 0 % tells nobody", "write more, or delete it")
        _grows(found, wave, node, faults)
        found.append(wave)
    if found and found[-1].percent != 100:
        faults.error(nodes[-1], f"the last wave goes to {found[-1].size}, not to everybody", 'write "to: 100%"')
    return tuple(found)


def _grows(before: list[Wave], wave: Wave, node: Mapping, faults: Faults) -> None:
    for other in reversed(before):
        ours, theirs = (wave.percent, other.percent) if wave.percent is not None else (wave.count, other.count)
        if ours is not None and theirs is not None:
            if ours <= theirs:
                faults.error(node.at("to"), f"a wave to {wave.size} comes after one to {other.size}", "let waves grow")
            return


def pace(node: Mapping | None, guarded: bool, faults: Faults) -> Pace | None:
    """The pace; an adaptive one needs guards to follow."""
    if node is None:
        return None
    exponential, adaptive = node.mapping("exponential"), node.mapping("adaptive")
    if exponential is not None:
        by = exponential.text("by", "sent")
        every = whole(exponential, "every", faults, 1)
        return Exponential(
            number(exponential, "base"), number(exponential, "factor"), every, number(exponential, "most"), by
        )
    if adaptive is None:
        return Fixed(number(node, "fixed"))
    found = Adaptive(
        number(adaptive, "start"),
        number(adaptive, "least"),
        number(adaptive, "most"),
        number(adaptive, "step"),
        cut=number(adaptive, "cut", 0.5),
        calm=number(adaptive, "calm", 1.0),
    )
    if not found.least <= found.start <= found.most:
        faults.error(adaptive.at("start"), "start is not between least and most", "mend one of the three")
    if not guarded:
        faults.error(adaptive, "an adaptive pace follows guards, and there are none", "add a guard, or write fixed")
    return found


def hours(node: Node, faults: Faults) -> Hours | None:
    """One maintenance window."""
    if not isinstance(node, Mapping):
        return None
    zone = node.text("zone", "UTC")
    known = available_timezones()
    if zone not in known:
        near = nearest(zone, known)
        faults.error(node.at("zone"), f"{shown(zone)} is no time zone", f"did you mean {near}?" if near else "")
        return None
    days = frozenset(DAYS.index(day.text) for day in node.items("days") if isinstance(day, Scalar))
    begins, ends = (_minutes(node.text(key)) for key in ("from", "to"))
    if begins in {ends, 24 * 60}:
        faults.error(node.at("from"), "the hours are empty", 'a whole day is from "00:00" to "24:00"')
    return Hours(begins, ends, days or frozenset(range(7)), zone)


def limit(node: Node, faults: Faults) -> Limit | None:
    """One limit of failures."""
    if not isinstance(node, Mapping):
        return None
    failure = Failure(node.text("failure", "any"))
    among = Among(node.text("of", "ended"))
    if failure is Failure.UNANSWERED and among is Among.ANSWERED:
        faults.error(node.at("of"), "who never answered is not among the answered", "write ended, told or total")
    return Limit(
        percent(node.text("above")),
        failure,
        among,
        whole(node, "minimum", faults, 1),
        node.text("over") == "rollout",
        node.text("then") == "pause",
    )


def success(node: Mapping | None, faults: Faults) -> Success | None:
    """What every wave needs."""
    if node is None:
        return None
    minimum = whole(node, "minimum", faults, 1)
    return Success(percent(node.text("least")), Among(node.text("of", "ended")), minimum)


def retry(node: Mapping | None, faults: Faults) -> Retry:
    """How often, and after how long."""
    return Retry(whole(node, "tries", faults, 1), time(node, "wait", 60)) if node is not None else Retry()


def guard(node: Node, faults: Faults) -> Guard | None:
    """One guard."""
    told = node.scalar("guard") if isinstance(node, Mapping) else node
    if not isinstance(told, Scalar):
        return None
    text = " ".join(told.text.split())
    try:
        what = parse(text)
    except ValueError as error:
        faults.error(told, f"{shown(text)} is no guard", str(error))
        return None
    if isinstance(node, Mapping):
        if isinstance(what, Cohort):
            what = _cohort(what, node, faults)
        else:
            _not_cohort(node, faults)
    elif isinstance(what, Cohort) and what.metric not in {"commands", "dtcs"}:
        faults.error(node, "the cohort of a signal has no bounds", "write guard, least, most and rise")
    if not isinstance(node, Mapping):
        return Guard(text, what)
    every, fresh = time(node, "every", 30), time(node, "fresh", 120)
    if not 0 < every <= fresh:
        faults.error(node.at("every"), f"read every {every} s, and no data after {fresh} s", "let fresh be longer")
    return Guard(text, what, node.text("then") == "abort", every, fresh)


_OF_COHORTS = ("rise", "alpha", "power", "least", "most", "worse")


def _not_cohort(node: Mapping, faults: Faults) -> None:
    for key in _OF_COHORTS:
        if key in node.values:
            faults.error(node.keys[key], f"{key} is of cohort guards alone", "delete it")


def _cohort(what: Cohort, node: Mapping, faults: Faults) -> Cohort:
    signal = what.metric not in {"commands", "dtcs"}
    if signal:
        for key in ("least", "most", "rise"):
            if key not in node.values:
                faults.error(node, f"the cohort of a signal has no {key}", f"add {key}")
        if number(node, "least") >= number(node, "most"):
            faults.error(node.at("most"), "most is not above least")
    told = node.scalar("rise")
    share = told is not None and told.text.endswith("%")
    if share is not (what.metric == "commands") and told is not None:
        fix = "write a share such as 2%" if what.metric == "commands" else "write a number"
        faults.error(told, f"rise {shown(told.text)} does not fit cohort:{what.metric}", fix)
        return what
    rise = float(percent(told.text)) / 100 if told is not None and share else number(node, "rise", 0.02)
    if not 0 < rise < (0.5 if what.metric == "commands" else float("inf")):
        faults.error(node.at("rise"), "rise is not above 0 and below 50 points")
    return replace(
        what,
        rise=rise,
        alpha=number(node, "alpha", 0.01),
        power=number(node, "power", 0.9),
        least=number(node, "least"),
        most=number(node, "most"),
        lower=node.text("worse") == "lower",
    )


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
