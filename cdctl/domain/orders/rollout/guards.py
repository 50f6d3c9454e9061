"""Guards: what must stay healthy while a rollout goes on. A guard that does not know pauses; it never passes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class Health(StrEnum):
    """What a guard says."""

    HEALTHY = "healthy"
    THIN = "thin"  # nothing bad, and too little evidence for the next wave
    BURNING = "burning"
    NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one guard said at one time. at: when it was read, epoch milliseconds. words: for people, with
    numbers. burn: how fast the promise is spent, 1 is as fast as it may; 0 where that has no meaning."""

    guard: str
    health: Health
    at: int
    words: str
    value: float | None = None
    burn: float = 0.0


@dataclass(frozen=True, slots=True)
class Slo:
    """A promise: it burns when one of its alert window pairs fires, its bad events rose since the rollout began, or its
    budget is spent."""

    name: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Promql:
    """A query whose every answer must compare as said; no answer is no data."""

    query: str
    op: str
    bound: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the rollout's vehicles, in percent, that must compare as said. filter: in the selection language."""

    filter: str
    op: str
    bound: float


@dataclass(frozen=True, slots=True)
class Cohort:
    """Vehicles that were told against matched ones that were not. metric: "commands" (shares of bad outcomes), "dtcs"
    (new trouble codes an hour), or a signal's name (its mean). rise: how much worse is to be found: 0.02 is two points,
    0.02 codes an hour, or 0.02 of the signal's unit. alpha: chance of a false stop; power: chance that such a rise is
    not passed. least, most: bounds of a signal. lower: its lower values are worse."""

    metric: str
    rise: float = 0.02
    alpha: float = 0.01
    power: float = 0.9
    least: float = 0.0
    most: float = 0.0
    lower: bool = False


What = Slo | Promql | Share | Cohort


@dataclass(frozen=True, slots=True)
class Guard:
    """A guard of a rollout. text: as written, its name everywhere. aborts: what a burning one does, else it pauses.
    fresh: seconds after which a reading is no data. every: seconds between readings."""

    text: str
    what: What
    aborts: bool = False
    every: int = 30
    fresh: int = 120


OPERATORS = {
    "<": float.__lt__,
    "<=": float.__le__,
    ">": float.__gt__,
    ">=": float.__ge__,
    "==": float.__eq__,
    "!=": float.__ne__,
}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_PROMQL = re.compile(rf"(.*\S)\s*(<=|>=|==|!=|<|>)\s*({_NUMBER})", re.DOTALL)
_SHARE = re.compile(rf"share of (.*\S)\s*(<=|>=|<|>)\s*({_NUMBER})\s*%")
_SLO = re.compile(r"([a-z0-9][a-z0-9-]*)(?:@(\S+))?")
_METRIC = re.compile(r"[A-Za-z_][\w.]*")


def parse(text: str) -> What:
    """What a guard looks at: `slo:NAME[@group]`, `promql:EXPR OP VALUE`, `fleet:share of FILTER < 2%`, `cohort:METRIC`.
    The comparison is what must hold. Raises ValueError with what is meant."""
    kind, _, rest = text.partition(":")
    rest = rest.strip()
    if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "'\"":
        rest = rest[1:-1].strip()
    if kind == "slo" and (found := _SLO.fullmatch(rest)):
        return Slo(found[1], found[2] or "")
    if kind == "promql" and (found := _PROMQL.fullmatch(rest)):
        return Promql(found[1], found[2], float(found[3]))
    if kind == "fleet" and (found := _SHARE.fullmatch(rest)):
        return Share(found[1], found[2], float(found[3]))
    if kind == "cohort" and _METRIC.fullmatch(rest):
        return Cohort(rest)
    if kind in _MEANT:
        raise ValueError(f"a {kind} guard is written {_MEANT[kind]}")
    raise ValueError("a guard begins with slo:, promql:, fleet: or cohort:")


_MEANT = {
    "slo": "slo:NAME or slo:NAME@group",
    "promql": "promql:EXPRESSION < NUMBER (or <=, >, >=, ==, !=): what must hold",
    "fleet": "fleet:share of FILTER < 2% (or <=, >, >=): what must hold",
    "cohort": "cohort:commands, cohort:dtcs or cohort:SIGNAL",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """What is known of a promise now. firing: the alert window pairs that fire, in words. remaining: of the budget,
    1 is all of it. burn: over the shortest window. missing: why it is not known, empty when it is. bears: the burn rate
    that the budget bears for a while. risen: why it burns although no pair fires yet, empty when nothing says so;
    compared: what was compared with what."""

    burn: float | None = None
    remaining: float | None = None
    firing: tuple[str, ...] = ()
    missing: str = ""
    bears: float = 1.0
    risen: str = ""
    compared: str = ""


def of_promise(guard: str, promise: Promise, at: int) -> Reading:
    """The reading of a promise. One that burns faster than its budget bears is never healthy: where chance may be
    behind it, it is thin, and no wave begins."""
    burn, left = promise.burn, promise.remaining
    if promise.missing or burn is None or left is None or not isfinite(burn) or not isfinite(left):
        return Reading(guard, Health.NO_DATA, at, promise.missing or "the promise has no number")
    words = f"burns {burn:.3g} times as fast as it may, {left * 100:.3g} % of the budget left"
    if promise.firing or promise.risen:
        why = ", ".join(filter(None, [*promise.firing, promise.risen]))
        return Reading(guard, Health.BURNING, at, f"{words}; {why}", burn, burn)
    if left <= 0:
        return Reading(guard, Health.BURNING, at, f"{words}: the budget is spent", burn, burn)
    if burn > promise.bears:
        words = f"{words}; above {promise.bears:.3g} nothing goes on, and on so few events nobody knows"
        return Reading(guard, Health.THIN, at, words, burn, burn)
    compared = f"; no rise ({promise.compared})" if promise.compared else ""
    return Reading(guard, Health.HEALTHY, at, words + compared, burn, burn)


def of_values(guard: str, what: Promql, values: list[float] | None, at: int, missing: str = "") -> Reading:
    """The reading of a query's answers: every one must hold, and there must be one. None or NaN is no data."""
    if not values:
        return Reading(guard, Health.NO_DATA, at, missing or "the query answers nothing")
    if not all(map(isfinite, values)):
        return Reading(guard, Health.NO_DATA, at, "the query answers NaN or infinity")
    holds = OPERATORS[what.op]
    bad = [value for value in values if not holds(value, what.bound)]
    if bad:
        many = f" ({len(bad)} of {len(values)} series)" if len(values) > 1 else ""
        return Reading(guard, Health.BURNING, at, f"{bad[0]:g} is not {what.op} {what.bound:g}{many}", bad[0])
    return Reading(guard, Health.HEALTHY, at, f"{values[0]:g} {what.op} {what.bound:g}", values[0])


def of_share(guard: str, what: Share, matched: int, known: int, left_out: int, at: int) -> Reading:
    """The reading of a share of vehicles. known: vehicles of which the filter could be judged, `matched` of them match;
    left_out: those of which it could not. When those could change the answer, nothing is known."""
    whole = known + left_out
    if not known:
        return Reading(guard, Health.NO_DATA, at, f"of none of {whole} vehicles is it known")
    share = 100 * matched / known
    holds = OPERATORS[what.op]
    words = f"{matched} of {known} vehicles, {share:.3g} %"
    if left_out:
        words += f"; not known of {left_out}"
    least, most = 100 * matched / whole, 100 * (matched + left_out) / whole
    if holds(least, what.bound) and holds(most, what.bound):
        return Reading(guard, Health.HEALTHY, at, words, share)
    if not holds(least, what.bound) and not holds(most, what.bound):
        return Reading(guard, Health.BURNING, at, f"{words}, is not {what.op} {what.bound:g} %", share)
    if left_out * 100 > 5 * whole:
        return Reading(guard, Health.NO_DATA, at, f"{words}: that decides", share)
    health = Health.HEALTHY if holds(share, what.bound) else Health.BURNING
    return Reading(guard, health, at, words, share)
