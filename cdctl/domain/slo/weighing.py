"""How sure weighted events are: an interval by what was kept, and what to say of weights that are not known.

Weights make rates right and say nothing about certainty: one span that stands for a hundred is one observation.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cdctl.domain import figures
from cdctl.domain.slo.interval import effective, wilson
from cdctl.domain.slo.measure import Measured

_SEVERAL = 1.001
"""A mean weight above this means that spans stand for more than themselves."""
MIXED = "some of its spans stand for several and others for nobody knows how many"


def interval_of(measured: Measured, i: int, good: float, total: float) -> tuple[float, float] | None:
    """95 % interval of one group's ratio; None without events. Slices are counted one by one, whatever is in them."""
    if not total:
        return None
    if measured.buckets.sampled is None or measured.asked.objective.slice_seconds is not None:
        return wilson(good, total)
    _, _, squares, squares_bad, _ = _sums(measured, i)
    count = effective(total, total - good, squares, squares_bad)
    return wilson(good / total * count, count)


def mixed(measured: Measured, i: int) -> bool:
    """Whether known weights above one and unknown ones stand side by side, so that the ratio itself may be wrong."""
    if measured.buckets.sampled is None:
        return False
    kept, _, squares, _, unknown = _sums(measured, i)
    return 0 < unknown < kept and squares - unknown > _SEVERAL * (kept - unknown)


def weight_warnings(measured: Measured, i: int) -> Iterator[str]:
    """What is not known about the weights of one group's events."""
    if measured.buckets.sampled is None:
        return
    kept, *_, unknown = _sums(measured, i)
    if unknown <= 0:
        return
    cure = "let the sampler write ot=th, or give `weight` in the spec"
    share = f"{figures.percent(unknown / kept)} of the spans do not say how many they stand for"
    if unknown >= kept:
        share = "no span says how many it stands for"
    said = f"{share}: each counts as one, and how many events there were is not known"
    if mixed(measured, i):
        said = f"{share} and others stand for several: the ratio may be far off"
    yield f"{said}; {cure}"


def _sums(measured: Measured, i: int) -> tuple[float, ...]:
    """Kept, kept bad, squares, squares of bad, unknown in the window."""
    sample = measured.buckets.sample.over(lambda values: values[i, measured.inside].sum(keepdims=True))
    arrays = (sample.kept, sample.kept_bad, sample.squares, sample.squares_bad, sample.unknown)
    return tuple(float(np.maximum(one, 0.0)[0]) for one in arrays)
