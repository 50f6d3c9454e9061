"""What a query of a spec is: a counter that can be counted exactly, or a text with a `{{window}}` to be filled in.

Exact counting needs the selector itself, so the query is parsed. Accepted as a counter are a selector, `sum` over one,
and `sum(rate(selector[{{window}}]))` or `increase`, which say the same in the form other tools want.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdctl.domain.slo.objective import Query
from cdctl.sources.promql.matchers import Matcher
from cdctl.sources.promql.parsing import SENTINEL, parse, read_matcher, walk
from cdctl.sources.promql.refusal import QueryError
from cdctl.sources.promql.tokens import WINDOW


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
class Windowed:
    """Any other query. `per_second` when it yields rates, which must be multiplied by time to become events."""

    text: str
    per_second: bool = False

    def filled(self, window: str) -> str:
        """The query for a window such as `1h`."""
        return WINDOW.sub(window, self.text)


def counter(query: Query, group_by: tuple[str, ...], growing: bool) -> Counter | Windowed:
    """Read a good, bad or total query; `growing` is OpenSLO's `counter`.

    Raises QueryError when it is no PromQL, would yield a series for labels that nobody asked for, or is neither a
    counter nor windowed.
    """
    windowed = bool(WINDOW.search(query.text))
    tree = parse(query.text)
    found = _counter(tree, group_by)
    if found is not None and (growing or windowed):
        return found
    if not windowed:
        raise QueryError(
            f"the query {query.text!r} is no plain counter and has no {{{{window}}}}",
            "write a selector with `counter: true`, or put {{window}} where the range belongs, "
            "for example sum(increase(x[{{window}}]))",
            brief="the query is no plain counter and has no {{window}}",
        )
    return Windowed(query.text, per_second=any(_is_rate(part) for part in walk(tree)))


def _counter(tree: Any, group_by: tuple[str, ...]) -> Counter | None:
    tree = _unwrapped(tree)
    if type(tree).__name__ == "AggregateExpr" and str(tree.op) == "sum":
        _check_labels(tree, group_by)
        inner = _unwrapped(tree.expr)
        if type(inner).__name__ == "Call" and inner.func.name in {"rate", "increase"}:
            return _ranged(inner.args[0])
        return _selector(inner)
    return _selector(tree)


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


def _ranged(tree: Any) -> Counter | None:
    if type(tree).__name__ != "MatrixSelector" or tree.range.total_seconds() != SENTINEL:
        return None
    return _selector(tree.vector_selector)


def _selector(tree: Any) -> Counter | None:
    if type(tree).__name__ != "VectorSelector" or tree.at is not None or tree.matchers.or_matchers:
        return None
    matchers = frozenset(map(read_matcher, tree.matchers.matchers))
    offset = tree.offset.total_seconds() if tree.offset else 0.0
    if offset % 1:
        raise QueryError(
            f"the query has an offset of {offset:g} s", "write whole seconds: buckets start and end at them"
        )
    return Counter(tree.name or "", matchers, int(offset))


def _is_rate(tree: Any) -> bool:
    return type(tree).__name__ == "Call" and tree.func.name in {"rate", "irate"}
