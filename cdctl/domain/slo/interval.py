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


def effective(total: float, bad: float, squares: float, squares_bad: float) -> float:
    """How many equal observations tell as much about bad / total as these weighted ones do; total > 0.

    total, bad: sums of weights; squares, squares_bad: of squared weights. Kish's (sum w)^2 / (sum w^2) (L. Kish, Survey
    Sampling, 1965), and less where the few bad events have the large weights: then the variance of the weighted ratio,
    sum w^2 (y - p)^2 / (sum w)^2, is that of p (1 - p) / n with fewer. Never more than were kept.
    """
    kish = total * total / squares if squares > 0 else total
    ratio = min(max(bad / total, 0.0), 1.0)
    spread = squares_bad * (1 - ratio) ** 2 + max(squares - squares_bad, 0.0) * ratio**2
    if not 0 < ratio < 1 or spread <= 0:
        return kish
    return min(kish, ratio * (1 - ratio) * total * total / spread)
