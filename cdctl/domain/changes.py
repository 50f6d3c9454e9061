"""What was changed, when, by whom: deployments, settings, flags, software that spreads. Marks on the timeline, and
candidates for why something burns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

DEPLOYMENT = "deployment"
SOFTWARE = "software"
"""Kind of changes that cdctl sees in the fleet itself: a version reached a share of a region's vehicles."""
STEPS = (0.01, 0.05, 0.10, 0.25, 0.50, 0.90)
"""Shares of a region's vehicles that are told of when a version reaches them."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change. at: epoch seconds. kind: such as deployment, config, flag, software. service, version and region are
    empty when it names none; `labels` are further attributes. by: who or what did it. source: where we know it from."""

    at: float
    kind: str
    title: str
    service: str = ""
    version: str = ""
    region: str = ""
    by: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """How many vehicles of a region there were in a minute, and how many ran a version. start: epoch seconds."""

    start: int
    region: str
    version: str
    vehicles: int
    of: int


def spread(shares: Iterable[Share], steps: Sequence[float] = STEPS) -> list[Change]:
    """When versions reached shares of a region's vehicles, in order of time.

    A step is told once, when it is first reached from below; one that was reached before the first minute known is not.
    """
    last: dict[tuple[str, str], float] = {}
    told: list[Change] = []
    seen: set[str] = set()
    for start, minutes in _by_minute(shares):
        for one in minutes:
            if not one.of:
                continue
            share, key = one.vehicles / one.of, (one.region, one.version)
            # A version that was not there when the region was first seen begins at nothing.
            before = last.get(key, 0.0 if one.region in seen else share)
            for step in steps:
                if before < step <= share:
                    title = f"software {one.version} reached {step:.0%} of {one.region}"
                    told.append(Change(start, SOFTWARE, title, "", one.version, one.region, source="fleet"))
            last[key] = max(before, share)
        seen |= {one.region for one in minutes}
    return told


def _by_minute(shares: Iterable[Share]) -> list[tuple[int, list[Share]]]:
    minutes: dict[int, list[Share]] = {}
    for one in shares:
        minutes.setdefault(one.start, []).append(one)
    return sorted(minutes.items())


@dataclass(frozen=True, slots=True)
class Near:
    """A change and how far it was from a beginning: seconds, positive when it came before. related: it names what the
    beginning is about (a version, a region, a service)."""

    change: Change
    ahead: float = 0.0
    related: bool = False


def shortly_before(
    changes: Iterable[Change],
    since: float,
    about: Collection[str] = (),
    reach: float = 7_200.0,
    grace: float = 600.0,
    between: tuple[float, float] | None = None,
) -> list[Near]:
    """The changes that may have begun something: at most `reach` seconds before `since`, or `grace` after it, because a
    beginning is known to a few minutes. Where it is known to be `between` two moments only, before and after these; all
    changes between them are as near. Those that name something of `about` come first, then the nearest."""
    first, last = between or (since, since)
    last = max(last, since + grace)
    near = [
        Near(one, since - one.at, any(text and text in about for text in (one.version, one.region, one.service)))
        for one in changes
        if first - reach <= one.at <= last
    ]

    def apart(one: Near) -> float:
        return max(first - one.change.at, one.change.at - last, 0.0) if between else abs(one.ahead)

    return sorted(near, key=lambda one: (not one.related, apart(one), abs(one.ahead)))
