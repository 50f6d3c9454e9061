"""What the result of a query is counted in.

A rate is per second and becomes events by the seconds of its bucket; a rate that only decides whether there is a result
(`... and sum(rate(x[5m])) > 0.1`) changes nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from cdctl.sources.promql.refusal import QueryError
from cdctl.sources.promql.tokens import tokens


class Unit(Enum):
    """PLAIN: a number, a ratio, a value as it stands."""

    PLAIN = "plain"
    EVENTS = "events"
    RATE = "rate"


_RATES = frozenset({"rate", "irate", "deriv"})
_COUNTS = frozenset({"increase", "delta", "idelta", "changes", "resets", "count_over_time"})
_KEEP = frozenset(
    {
        "abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "label_replace", "label_join", "sort",
        "sort_desc", "scalar", "vector", "histogram_count", "histogram_sum", "avg_over_time", "max_over_time",
        "min_over_time", "last_over_time", "first_over_time", "quantile_over_time",
    }
)  # fmt: skip
_PLAIN = frozenset(
    {"absent", "absent_over_time", "present_over_time", "sgn", "timestamp", "histogram_quantile", "histogram_fraction"}
)
_COMPARED = frozenset({"==", "!=", ">", "<", ">=", "<="})


class _UnclearError(Exception):
    """The result is neither events nor events per second."""


def unit(tree: Any, text: str) -> Unit:
    """The unit of the whole; `text` is what the tree was made of. Raises QueryError when it is unclear."""
    try:
        return _unit(tree)
    except _UnclearError as error:
        place = next((one.start for one in tokens(text) if one.kind == "word" and one.text in _RATES), 0)
        raise QueryError(
            f"the query {text!r} {error}, so its result is neither events nor events per second",
            "use increase( ) instead of rate( ) throughout",
            offset=place,
            brief=f"the query {error}, so its result is neither events nor events per second",
        ) from None


def _unit(tree: Any) -> Unit:
    kind = type(tree).__name__
    if kind in {"ParenExpr", "UnaryExpr", "SubqueryExpr"}:
        return _unit(tree.expr)
    if kind == "AggregateExpr":
        return Unit.PLAIN if str(tree.op) in {"count", "group", "count_values"} else _unit(tree.expr)
    if kind == "Call":
        return _call(tree)
    if kind == "BinaryExpr":
        return _binary(tree)
    return Unit.PLAIN


def _call(tree: Any) -> Unit:
    name = tree.func.name
    if name in _RATES:
        return Unit.RATE
    if name in _COUNTS:
        return Unit.EVENTS
    if name in _PLAIN:
        return Unit.PLAIN
    units = {_unit(part) for part in tree.args} - {Unit.PLAIN}
    if Unit.RATE not in units:
        return Unit.EVENTS if units or name == "sum_over_time" else Unit.PLAIN
    if name in _KEEP and len(units) == 1:
        return Unit.RATE
    raise _UnclearError(f"has {name}( ) of a rate")


def _binary(tree: Any) -> Unit:
    sign, (left, right) = str(tree.op).lower(), (_unit(tree.lhs), _unit(tree.rhs))
    if sign in {"and", "unless"}:
        return left
    if sign in _COMPARED:
        if tree.modifier is not None and tree.modifier.return_bool:
            return Unit.PLAIN
        # `0.1 < rate(...)` filters, too: what stays is the side that is no number.
        return right if type(tree.lhs).__name__ == "NumberLiteral" else left
    units = {left, right} - {Unit.PLAIN}
    if Unit.RATE not in units or sign in {"or", "+", "-"}:
        return _either(units)
    return _scaled(sign, left, right)


def _scaled(sign: str, left: Unit, right: Unit) -> Unit:
    """A rate times or divided by something."""
    if sign == "/" and left is right:
        return Unit.PLAIN
    if (sign == "*" and Unit.PLAIN in {left, right}) or (sign in {"/", "%"} and right is Unit.PLAIN):
        return Unit.RATE
    raise _UnclearError(f"has {sign} between a rate and what is none")


def _either(units: set[Unit]) -> Unit:
    if len(units) > 1:
        raise _UnclearError("mixes rates, which are per second, with numbers of events")
    return next(iter(units), Unit.PLAIN)
