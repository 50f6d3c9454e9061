"""How one indicator is answered: which questions it becomes, and what of their answers is good, bad and total.

Where good is a subset of total by labels, one leg grouped by those labels serves both ("by outcome"), which costs the
server half. Sums and differences of counters are a leg for each counter, and added here.
"""

from __future__ import annotations

from collections import Counter as Multiset
from dataclasses import dataclass, replace

from cdctl.domain.slo.objective import Indicator, Query, Ratio, RawRatio, Threshold
from cdctl.sources.prometheus.legs import EventLeg, Leg, LookLeg, WindowLeg
from cdctl.sources.promql.counters import Counter, Sum, Term, Windowed, counter
from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.parsing import parse
from cdctl.sources.promql.silence import watched

_COMPARE = {"lte": "<=", "lt": "<", "gte": ">=", "gt": ">"}
_Read = tuple[Term, ...] | Windowed


@dataclass(frozen=True, slots=True)
class Part:
    """What of a leg's answer counts: the series whose labels hold for all of `keep`; `sign` is 1 or -1. `optional` when
    its absence does not mean that nothing was observed."""

    leg: Leg
    keep: tuple[Matcher, ...] = ()
    sign: int = 1
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How one indicator is answered: the parts that make total, and those that make good or bad. A LookLeg as `total`
    brings both."""

    total: tuple[Part, ...]
    good: tuple[Part, ...] = ()
    bad: tuple[Part, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """All of them, the total's first."""
        return (*self.total, *self.good, *self.bad)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Every leg once, the total's first."""
        return tuple(dict.fromkeys(part.leg for part in self.parts))

    @property
    def extrapolated(self) -> bool:
        """Whether some numbers are the server's guess at what happened between a bucket's edges and the scrapes."""
        return any(isinstance(leg, WindowLeg) and leg.query.extrapolated for leg in self.legs)


def plan(indicator: Indicator, group_by: tuple[str, ...]) -> Plan:
    """Raises QueryError when a query cannot be used."""
    if isinstance(indicator, Threshold):
        parse(indicator.metric.text)
        worth = f"{{x}} {_COMPARE[indicator.op]} bool {indicator.value!r}"
        return Plan((Part(LookLeg(indicator.metric.text, worth, group_by)),))
    if isinstance(indicator, RawRatio):
        parse(indicator.raw.text)
        worth = "clamp({x}, 0, 1)" if indicator.success else "1 - clamp({x}, 0, 1)"
        return Plan((Part(LookLeg(watched(indicator.raw.text), worth, group_by, ratio=True)),))
    return _ratio(indicator, group_by)


def _ratio(ratio: Ratio, group_by: tuple[str, ...]) -> Plan:
    query = ratio.good or ratio.bad
    if query is None:
        raise ValueError("a ratio has good or bad")
    total, other = (_read(one, group_by, ratio.counter) for one in (ratio.total, query))
    good = ratio.good is not None
    rest = _rest(total, other)
    if rest is not None:
        good, other = not good, rest
    whole = _parts(total, group_by, with_seen=True)
    parts = _by_outcome(total, other, group_by) or (whole, _parts(other, group_by, with_seen=False))
    return Plan(parts[0], good=parts[1]) if good else Plan(parts[0], bad=parts[1])


def _read(query: Query, group_by: tuple[str, ...], growing: bool) -> _Read:
    found = counter(query, group_by, growing)
    if isinstance(found, Counter):
        return (Term(found),)
    return found.terms if isinstance(found, Sum) else found


def _rest(total: _Read, other: _Read) -> tuple[Term, ...] | None:
    """What is left of the total when `other` is the total less something, as in bad = all - good; else None."""
    if isinstance(total, Windowed) or isinstance(other, Windowed):
        return None
    wanted, left = Multiset(map(_signed, total)), Multiset(map(_signed, other))
    if wanted - left or not left - wanted:
        return None
    rest = list(other)
    for term in total:
        rest.remove(next(one for one in rest if _signed(one) == _signed(term)))
    return tuple(Term(one.counter, -one.sign, one.optional) for one in rest)


def _signed(term: Term) -> tuple[Counter, int]:
    return term.counter, term.sign


def _by_outcome(total: _Read, other: _Read, group_by: tuple[str, ...]) -> tuple[tuple[Part, ...], ...]:
    """Total and its part out of one leg, or nothing when labels do not tell one from the other."""
    if isinstance(total, Windowed) or isinstance(other, Windowed) or not len(total) == len(other) == 1:
        return ()
    whole, some = total[0].counter, other[0].counter
    same = (whole.metric, whole.offset) == (some.metric, some.offset)
    if not same or not whole.matchers < some.matchers or other[0].sign < 0:
        return ()
    outcome = some.matchers - whole.matchers
    by = (*group_by, *sorted({matcher.label for matcher in outcome} - set(group_by)))
    leg = EventLeg(whole, by, group_by, with_seen=True)
    return (Part(leg),), (Part(leg, tuple(sorted(outcome, key=str))),)


def _parts(read: _Read, group_by: tuple[str, ...], *, with_seen: bool) -> tuple[Part, ...]:
    if isinstance(read, Windowed):
        text = watched(read.text) if with_seen else read.text
        return (Part(WindowLeg(replace(read, text=text), group_by)),)
    return tuple(_part(term, group_by, with_seen) for term in read)


def _part(term: Term, group_by: tuple[str, ...], with_seen: bool) -> Part:
    """What is taken away need not be there: nothing of it may have happened yet."""
    leg = EventLeg(term.counter, group_by, group_by, with_seen and term.sign > 0)
    return Part(leg, sign=term.sign, optional=term.optional or term.sign < 0)
