"""Which attributes may be causes: none that says that an event is bad, none that names one event or one vehicle."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.traces.attributes import PROMOTED, VEHICLE_IDS
from cdctl.domain.traces.batch import Coded
from cdctl.domain.why.events import Column, Events
from cdctl.domain.why.rows import NONE, Codes

ABSENT = "(absent)"
"""The value of an attribute that most events have, where an event has it not."""
_TELLING = re.compile(
    r"(^|[._])(status|status_?code|errors?|error[._].*|exceptions?([._].*)?|outcome|result|failure.*|failed|success)$"
    r"|^(code|reason|le|quantile|otel[._]status.*)$",
    re.IGNORECASE,
)
"""Names of attributes that say how an event ended."""
_NAMING = re.compile(
    r"(^|[._])(id|uuid|guid|vin|ip|traceparent|session|token)$|^(url\.(path|full|query)|http\.(target|url)|client\.address"
    r"|user_agent\.original|network\.peer\.(address|port)|net\.(peer|sock)\..*|thread\.(id|name)|code\.(lineno|stacktrace))$",
    re.IGNORECASE,
)
"""Names of attributes that name one thing of very many, whatever their number in a window."""
_MANY = 500
_MOST_SHARE = 0.1
_FEW = 50
_TAUTOLOGY = 0.01
_PRESENT = 0.5
_PLACES = frozenset(attribute.key for attribute in PROMOTED) | {"model", "sw", "region"}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An attribute that is not searched, and why."""

    attribute: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Columns to search, with a code for what is absent where that means something; columns that name too many things
    (`ids`); what is left out; and for a column the names of others that say the same (`same`)."""

    columns: tuple[Column, ...]
    ids: tuple[Column, ...]
    left_out: tuple[LeftOut, ...]
    same: dict[str, tuple[str, ...]]


def choose(events: Events, defining: Collection[str] = ()) -> Chosen:
    """`defining` are names of attributes by which the SLI tells good from bad."""
    kept: list[Column] = []
    ids: list[Column] = []
    left_out: list[LeftOut] = []
    for column in events.columns:
        reason = _reason(column, events, defining)
        if reason == "id":
            ids.append(column)
        elif reason:
            left_out.append(LeftOut(column.name, reason))
        elif _distinct(column.coded.codes) > 1:
            kept.append(_with_absent(column))
    kept.sort(key=_rank)
    columns, same = _once(kept)
    return Chosen(tuple(columns), tuple(ids), tuple(left_out), same)


def _reason(column: Column, events: Events, defining: Collection[str]) -> str:
    name = column.name
    if name in defining or (name.partition(".")[2] in defining and name.partition(".")[0] in {"span", "resource"}):
        return "the SLI is defined by it"
    if _TELLING.search(name):
        return "it says how an event ended"
    if _naming(column, len(events)):
        return "id"
    if column.origin == "span" and name not in _PLACES and _tautology(column.coded, events):
        return "it says the same as being bad"
    return ""


def _naming(column: Column, n: int) -> bool:
    if column.name in VEHICLE_IDS or _NAMING.search(column.name):
        return True
    distinct = len(column.coded.values)
    return distinct > _FEW and (distinct > _MANY or distinct > _MOST_SHARE * n)


def _tautology(coded: Coded, events: Events) -> bool:
    """Whether its values (or having one) tell bad events from good ones, as the text of an error does."""
    bad = np.bincount(coded.codes + 1, weights=events.bad, minlength=2)
    total = np.bincount(coded.codes + 1, weights=events.total, minlength=2)
    mistaken = float(np.minimum(bad, total - bad).sum())
    return mistaken <= _TAUTOLOGY * max(float(bad.sum()), 1.0)


def _distinct(codes: Codes) -> int:
    return int(np.count_nonzero(np.bincount(codes + 1)))


def _with_absent(column: Column) -> Column:
    """With a value for what is absent, where most events have the attribute and it is not the fleet's."""
    codes, values = column.coded.codes, column.coded.values
    absent = codes == NONE
    if column.origin == "fleet" or not absent.any() or absent.mean() > 1 - _PRESENT:
        return column
    return Column(column.name, Coded(np.where(absent, len(values), codes), [*values, ABSENT]), column.origin)


def _rank(column: Column) -> tuple[int, str]:
    """Of several that say the same, the first is shown: what picks vehicles, then where it ran, then the rest."""
    order = {"fleet": 1, "label": 2, "resource": 3, "span": 4}
    return (0 if column.name in {"sw", "model", "region"} else order[column.origin], column.name)


def _once(columns: list[Column]) -> tuple[list[Column], dict[str, tuple[str, ...]]]:
    """One of all that divide the events in the same way."""
    kept: list[Column] = []
    same: dict[str, tuple[str, ...]] = {}
    sizes = {column.name: _distinct(column.coded.codes) for column in columns}
    for column in columns:
        size = sizes[column.name]
        equal = (one for one in kept if sizes[one.name] == size)
        other = next((one for one in equal if _alike(one.coded.codes, column.coded.codes, size)), None)
        if other is None:
            kept.append(column)
        else:
            same[other.name] = (*same.get(other.name, ()), column.name)
    return kept, same


def _alike(one: Codes, other: Codes, size: int) -> bool:
    """Whether each value of one goes with one value of the other; both have `size` of them."""
    if len(one) > 2_000 and len(np.unique(_pairs(one[:2_000], other[:2_000]))) > size:
        return False
    return len(np.unique(_pairs(one, other))) == size


def _pairs(one: Codes, other: Codes) -> NDArray[np.int64]:
    return (one.astype(np.int64) + 1) * (int(other.max(initial=0)) + 2) + other + 1


def same_values(same: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """In words, for people."""
    for name, others in same.items():
        yield f"{name} says the same as {', '.join(others)}"
