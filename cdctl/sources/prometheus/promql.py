"""What a query of a spec is: a counter that can be counted exactly, or a text with a `{{window}}` to be filled in.

Exact counting needs the selector itself, so the query is parsed. Accepted as a counter are a selector, `sum` over one,
and `sum(rate(selector[{{window}}]))` or `increase`, which say the same in the form other tools want.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cdctl.domain.slo.objective import Query

WINDOW = re.compile(r"\{\{\s*\.?window\s*\}\}")
_SENTINEL = 7_919
"""Seconds put in for {{window}} while parsing: a prime no author would write, so that it is known again in the tree."""


class QueryError(Exception):
    """The query cannot be used; the spec's author must act. `hint` says how."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Matcher:
    """One label matcher; `op` is = != =~ or !~."""

    label: str
    op: str
    value: str

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.label}{self.op}"{value}"'

    def holds(self, value: str) -> bool:
        """Whether a label of this value matches; regular expressions are RE2 and anchored, as in PromQL."""
        if self.op in {"=", "!="}:
            return (value == self.value) is (self.op == "=")
        import re2

        return (re2.fullmatch(self.value, value) is not None) is (self.op == "=~")


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
        )
    return Windowed(query.text, _per_second(tree))


def parse(text: str) -> Any:
    """The syntax tree. Raises QueryError with the parser's words."""
    import promql_parser

    try:
        return promql_parser.parse(WINDOW.sub(f"{_SENTINEL}s", text))
    except ValueError as error:
        raise QueryError(f"the query {text!r} is not PromQL: {error}", "check brackets and quotes") from None


def _counter(tree: Any, group_by: tuple[str, ...]) -> Counter | None:
    kind = type(tree).__name__
    if kind == "ParenExpr":
        return _counter(tree.expr, group_by)
    if kind == "AggregateExpr" and str(tree.op) == "sum":
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
    extra = sorted(set(modifier.labels) - set(group_by))
    if "Without" in str(modifier.type) or extra:
        labels = ", ".join(modifier.labels)
        raise QueryError(
            f"the query sums by ({labels}), which makes a series for every value",
            f"name the grouping in the spec (cdctl.io/group-by: {labels}) and write sum without it",
        )


def _ranged(tree: Any) -> Counter | None:
    if type(tree).__name__ != "MatrixSelector" or tree.range.total_seconds() != _SENTINEL:
        return None
    return _selector(tree.vector_selector)


def _selector(tree: Any) -> Counter | None:
    if type(tree).__name__ != "VectorSelector" or tree.at is not None or tree.matchers.or_matchers:
        return None
    matchers = frozenset(map(read_matcher, tree.matchers.matchers))
    offset = int(tree.offset.total_seconds()) if tree.offset else 0
    return Counter(tree.name or "", matchers, offset)


_OPS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def read_matcher(matcher: Any) -> Matcher:
    """A matcher of the parser as ours."""
    return Matcher(matcher.name, _OPS[str(matcher.op).rsplit(".", 1)[-1]], matcher.value)


def _per_second(tree: Any) -> bool:
    """Whether a rate function stands anywhere in the tree."""
    return bool(re.search(r"\bi?rate\s*\(", str(tree)))
