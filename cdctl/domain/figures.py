"""How numbers are written for people, the same in reports and in lists.

Percentages are cut, never rounded up: an objective that was missed must not read as if it were reached. A number that
is not known reads as `UNKNOWN`.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdctl.domain.slo.verdict import Row

UNKNOWN = "-"


def known(value: float | None) -> bool:
    """Whether there is a finite number to show."""
    return value is not None and math.isfinite(value)


def percent(value: float | Decimal | None, digits: int = 1) -> str:
    """A ratio as a percentage with `digits` decimals, cut towards minus infinity; whole ones are short (`100%`).

    15 significant digits are read: 999/1000 is 99.9 %, and nothing that is short of it becomes it.
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    exact = Decimal(f"{value:.15g}") * 100
    if exact == exact.to_integral_value():
        return f"{exact.to_integral_value():,f}%".replace("-0%", "0%")
    digits = 0 if abs(exact) >= 1000 else digits
    return f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR):,f}%"


def target(value: Decimal) -> str:
    """A target exactly as promised: `99.95%`."""
    return f"{(value * 100).normalize():f}%"


def sli(value: float | None, against: Decimal) -> str:
    """An SLI with two decimals more than its target has, so that the distance shows."""
    exponent = (against * 100).normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return percent(value, max(2, decimals + 2))


def budget_left(row: Row) -> float | None:
    """Remaining budget of a row as a ratio, negative when overspent; None when not known.

    A row without a verdict has none: the budget of what little was seen would read as a promise that holds.
    """
    if row.verdict in {"no_data", "error"}:
        return None
    left = row.error_budget.remaining_ratio if row.error_budget else None
    return left if known(left) else None


def burn(value: float | None) -> str:
    """A burn rate, a multiple of the allowed bad ratio, in three figures: `0.43`, `13.4`, `144`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value == 0:
        return "0"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
