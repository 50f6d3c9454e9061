"""How sure a ratio is: the Wilson score interval."""

from __future__ import annotations

import math

_Z = 1.959963984540054
"""97.5 % quantile of the normal distribution: a 95 % two-sided interval."""


def wilson(good: float, total: float) -> tuple[float, float]:
    """95 % interval of good / total, total > 0.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). Unlike the
    normal approximation it stays inside 0..1 and is honest for few events.
    """
    ratio = good / total
    z2 = _Z * _Z / total
    middle = (ratio + z2 / 2) / (1 + z2)
    half = _Z / (1 + z2) * math.sqrt(ratio * (1 - ratio) / total + z2 / (4 * total))
    return max(0.0, min(middle - half, ratio)), min(1.0, max(middle + half, ratio))
