"""The question how the fleet is by some of its fields, and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.boards.asking import Ask
from cdctl.domain.fleet.pivot import BY, Group, Pivot
from cdctl.domain.fleet.selection.values import version_key
from cdctl.domain.fleet.view import fields_of
from cdctl.domain.orders.arguments import nearest
from cdctl.domain.text import safe
from cdctl.domain.why.picking import term

Floats = NDArray[np.float64]
Numbers = Mapping[str, Floats]
CHANGE, RATE = "online_change", "messages_per_s"
NUMBERS = (
    "vehicles", "online", "online_share", CHANGE, "unknown", "faulty", "faulty_share", RATE, "offline", "never_seen",
)  # fmt: skip
"""What is told of a group, by the names that JSON has, too."""


@dataclass(frozen=True, slots=True)
class Aggregate(Ask):
    """Vehicles that match `where`, by some of `fleet.pivot.BY`, sorted by one of these or of `NUMBERS` (empty: most
    vehicles first). Answer: Aggregated."""

    by: tuple[str, ...]
    where: str = ""
    sort: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Aggregated:
    """groups [g]: as they are sorted. numbers: see `NUMBERS`, each [g] in that order, NaN where it is not known.
    matched: vehicles in all groups. more: groups that are not told. change_over, rate_over: seconds over which
    online_change and messages_per_s are told, None while they are not known. left_out: see `Page`. error: what is
    wrong with the filter; there are no groups then."""

    groups: Sequence[Group] = ()
    numbers: Numbers = field(default_factory=dict)
    matched: int = 0
    more: int = 0
    change_over: float | None = None
    rate_over: float | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    error: str = ""


def misnamed(by: Sequence[str]) -> str:
    """Why vehicles cannot be grouped by these names; empty when they can."""
    for name in by:
        if name in fields_of(()) and name not in BY:
            return f"vehicles cannot be grouped by {name}: by {', '.join(BY)}"
        if name not in BY:
            near = nearest(name, BY)
            return f"there is no column {safe(name, 40)!r} to group by: " + (
                f"did you mean {near}?" if near else f"there are {', '.join(BY)}"
            )
    return "" if by else f"name at least one of {', '.join(BY)}"


def numbers(pivot: Pivot, change: Floats, seconds: float | None) -> Numbers:
    """What is told of each group. change [g]: of the vehicles online; seconds: in which `pivot.said` was said."""
    vehicles, online = pivot.vehicles.astype(np.float64), pivot.online.astype(np.float64)
    return {
        "vehicles": vehicles,
        "online": online,
        "online_share": share(online, vehicles),
        CHANGE: change,
        "unknown": pivot.unknown.astype(np.float64),
        "faulty": np.where(pivot.told > 0, pivot.faulty, np.nan),
        "faulty_share": share(pivot.faulty, pivot.told),
        RATE: np.full(len(vehicles), np.nan) if pivot.said is None or not seconds else pivot.said / seconds,
        "offline": pivot.offline.astype(np.float64),
        "never_seen": pivot.never_seen.astype(np.float64),
    }


def records(ask: Aggregate, found: Aggregated) -> list[dict[str, object]]:
    """Every group as JSON has it."""
    told = [[_number(name, value) for value in found.numbers[name].tolist()] for name in NUMBERS]
    return [
        {**dict(zip(ask.by, group, strict=True)), **dict(zip(NUMBERS, values, strict=True))}
        for group, values in zip(found.groups, zip(*told, strict=True), strict=True)
    ]


def _number(name: str, value: float) -> float | int | None:
    if np.isnan(value):
        return None
    return value if name in {"online_share", "faulty_share", RATE} else int(value)


def filter_of(ask: Aggregate, group: Group) -> tuple[str, Sequence[str]]:
    """What picks the vehicles of a group, and the fields about which nothing can."""
    terms = [term(name, value) if value else "" for name, value in zip(ask.by, group, strict=True)]
    beyond = [name for name, told in zip(ask.by, terms, strict=True) if not told]
    picked = [told for told in terms if told]
    if picked and ask.where:
        picked.insert(0, f"({ask.where})" if "|" in ask.where else ask.where)
    return " ".join(picked), beyond


def order(ask: Aggregate, groups: Sequence[Group], told: Numbers) -> NDArray[np.int64]:
    """Rows as the question sorts them; what is not known comes last either way, equals stay as they were."""
    if ask.sort in ask.by:
        key = _places([group[ask.by.index(ask.sort)] for group in groups])
    elif ask.sort:
        key = told[ask.sort]
    else:
        return np.arange(len(groups))
    return np.argsort(-key if ask.descending else key, kind="stable")  # NaN is sorted last


def share(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Floats:
    """A ratio, NaN of nothing."""
    some, ratio = whole.astype(np.float64), np.full(len(whole), np.nan)
    np.divide(part.astype(np.float64), some, out=ratio, where=some > 0)
    return ratio


def _places(texts: Sequence[str | None]) -> Floats:
    """The place of each text in the order of versions, NaN for what is not told."""
    known = sorted({text for text in texts if text}, key=version_key)
    places = {text: float(place) for place, text in enumerate(known)}
    return np.array([places.get(text or "", np.nan) for text in texts], np.float64)
