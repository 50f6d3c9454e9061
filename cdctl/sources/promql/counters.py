"""What a query of a spec is: counters that can be counted exactly, or a text with a `{{window}}` to be filled in.

Exact counting needs the selectors themselves, so the query is parsed. Accepted as a counter are a selector, `sum` over
one, and `sum(rate(selector[{{window}}]))` or `increase`, which say the same in the form other tools want; sums and
differences of such sums; and each with `or vector(0)` behind it, for a counter that is not there counts nothing anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from cdctl.domain.slo.objective import Query
from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.parsing import SENTINEL, parse, read_matcher, walk
from cdctl.sources.promql.refusal import QueryError
from cdctl.sources.promql.tokens import WINDOW
from cdctl.sources.promql.units import Unit, unit

EXTRAPOLATED = "this query cannot be counted exactly: its numbers are extrapolated, five minutes and hours at a time"
"""What is said of a query with functions that guess."""
EXACT = "exact are sum(increase(x[{{window}}])), sums and differences of such, and each with `or vector(0)`"
_GUESSING = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv"})


@dataclass(frozen=True, slots=True)
class Counter:
    """A selector of ever-growing counters. `offset` in seconds."""

    metric: str
    matchers: frozenset[Matcher]
    offset: int = 0

    def over(self, window: str, offset: int = 0, *, at_end: bool = False) -> str:
        """The selector as a range, for instance `x{a="b"}[1d] offset 300s`; `at_end` fixes it to the query's end."""
        inside = ",".join(sorted(map(str, self.matchers)))
        shift = f" offset {offset + self.offset}s" if offset + self.offset else ""
        return f"{self.metric}{{{inside}}}[{window}]{' @ end()' * at_end}{shift}"


@dataclass(frozen=True, slots=True)
class Term:
    """One counter of a sum; `sign` is 1 or -1. `optional`: the query says itself that silence is zero."""

    counter: Counter
    sign: int = 1
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """Counters added and subtracted, in the order written."""

    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Windowed:
    """Any other query. `per_second` when it yields rates, which must be multiplied by time to become events;
    `extrapolated` when it holds functions that guess what happened between a window's edge and the next scrape."""

    text: str
    per_second: bool = False
    extrapolated: bool = field(default=False, compare=False)

    def filled(self, window: str) -> str:
        """The query for a window such as `1h`."""
        return WINDOW.sub(window, self.text)


@dataclass(frozen=True, slots=True)
class _Exact:
    """What part of a query counts. `by` is None for a selector without `sum`; `function` is rate, increase or none."""

    terms: tuple[Term, ...]
    by: frozenset[str] | None = None
    function: str = ""

    def made_optional(self) -> _Exact:
        return replace(self, terms=tuple(replace(term, optional=True) for term in self.terms))


def counter(query: Query, group_by: tuple[str, ...], growing: bool) -> Counter | Sum | Windowed:
    """Read a good, bad or total query; `growing` is OpenSLO's `counter`.

    Raises QueryError when it is no PromQL, would yield a series for labels that nobody asked for, is neither a counter
    nor windowed, or is neither events nor events per second.
    """
    windowed = bool(WINDOW.search(query.text))
    tree = parse(query.text)
    found = _exact(tree, group_by)
    if found is not None and (growing or windowed):
        return found.terms[0].counter if len(found.terms) == 1 else Sum(found.terms)
    if not windowed:
        raise QueryError(
            f"the query {query.text!r} is no plain counter and has no {{{{window}}}}",
            "write a selector with `counter: true`, or put {{window}} where the range belongs, "
            "for example sum(increase(x[{{window}}]))",
            brief="the query is no plain counter and has no {{window}}",
        )
    guessed = any(type(part).__name__ == "Call" and part.func.name in _GUESSING for part in walk(tree))
    return Windowed(query.text, unit(tree, query.text) is Unit.RATE, guessed)


def _exact(tree: Any, group_by: tuple[str, ...]) -> _Exact | None:
    tree = _unwrapped(tree)
    if type(tree).__name__ == "AggregateExpr" and str(tree.op) == "sum":
        _check_labels(tree, group_by)
        inner = _counted(tree.expr)
        by = frozenset(tree.modifier.labels) if tree.modifier is not None else frozenset()
        return replace(inner, by=by) if inner is not None else None
    if type(tree).__name__ == "BinaryExpr":
        sign = str(tree.op).lower()
        if sign == "or" and is_zero(tree.rhs):
            found = _exact(tree.lhs, group_by)
            return found.made_optional() if found is not None else None
        return _added(tree, sign, group_by) if sign in {"+", "-"} else None
    return _selector(tree)


def _counted(tree: Any) -> _Exact | None:
    """What a sum is over."""
    tree = _unwrapped(tree)
    kind = type(tree).__name__
    if kind == "BinaryExpr" and str(tree.op).lower() == "or" and is_zero(tree.rhs):
        found = _counted(tree.lhs)
        return found.made_optional() if found is not None else None
    if kind == "Call" and tree.func.name in {"rate", "increase"}:
        found = _ranged(tree.args[0])
        return replace(found, function=tree.func.name) if found is not None else None
    return _selector(tree)


def _added(tree: Any, sign: str, group_by: tuple[str, ...]) -> _Exact | None:
    left, right = _exact(tree.lhs, group_by), _exact(tree.rhs, group_by)
    if left is None or right is None or left.by is None or left.by != right.by or left.function != right.function:
        return None
    if not _one_to_one(tree.modifier, left.by):
        return None
    turned = right.terms if sign == "+" else tuple(replace(term, sign=-term.sign) for term in right.terms)
    return replace(left, terms=left.terms + turned)


def _one_to_one(modifier: Any, by: frozenset[str]) -> bool:
    """Whether both sides are matched by all of their labels, as without `on` and `ignoring`."""
    if modifier is None or modifier.matching is None:
        return True
    labels, plain = frozenset(modifier.matching.labels), "OneToOne" in str(modifier.card)
    return plain and (labels == by if "Include" in str(modifier.matching.type) else not labels & by)


def is_zero(tree: Any) -> bool:
    """Whether this is `vector(0)`, or something times 0: what an author writes for a counter that is not there yet."""
    tree = _unwrapped(tree)
    kind = type(tree).__name__
    if kind == "Call":
        return str(tree.func.name) == "vector" and _nought(tree.args[0])
    return kind == "BinaryExpr" and str(tree.op) == "*" and (_nought(tree.lhs) or _nought(tree.rhs))


def _nought(tree: Any) -> bool:
    tree = _unwrapped(tree)
    return type(tree).__name__ == "NumberLiteral" and tree.val == 0


def _unwrapped(tree: Any) -> Any:
    while type(tree).__name__ == "ParenExpr":
        tree = tree.expr
    return tree


def _check_labels(tree: Any, group_by: tuple[str, ...]) -> None:
    modifier = tree.modifier
    if modifier is None:
        return
    labels = ", ".join(modifier.labels)
    if "Without" in str(modifier.type):
        raise QueryError(
            f"the query sums without ({labels}), which makes a series for every value of all other labels",
            "name the labels to keep in the spec, such as cdctl.io/group-by: region, and write a plain sum( )",
        )
    if set(modifier.labels) - set(group_by):
        raise QueryError(
            f"the query sums by ({labels}), which makes a series for every value",
            f"name the grouping in the spec (cdctl.io/group-by: {labels}) and write sum without it",
        )


def _ranged(tree: Any) -> _Exact | None:
    if type(tree).__name__ != "MatrixSelector" or tree.range.total_seconds() != SENTINEL:
        return None
    return _selector(tree.vector_selector)


def _selector(tree: Any) -> _Exact | None:
    if type(tree).__name__ != "VectorSelector" or tree.at is not None or tree.matchers.or_matchers:
        return None
    matchers = frozenset(map(read_matcher, tree.matchers.matchers))
    offset = tree.offset.total_seconds() if tree.offset else 0.0
    if offset % 1:
        raise QueryError(
            f"the query has an offset of {offset:g} s", "write whole seconds: buckets start and end at them"
        )
    return _Exact((Term(Counter(tree.name or "", matchers, int(offset))),))
