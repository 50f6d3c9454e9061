"""One ratio out of two sources: good over total out of both answers. What is asked of each: `objective.halves`.

Good events that a load balancer's counters tell of over requests that spans tell of, or the other way round.
"""

from __future__ import annotations

import numpy as np

from cdctl.domain.slo.series import Buckets, Floats, Sampled
from cdctl.domain.slo.tiling import regroup


def joined(total: Buckets, part: Buckets, *, bad: bool) -> Buckets:
    """Good over total; both hold the same buckets. `bad` says that the part is the bad events.

    Groups are those of the total; one that the part does not have had none of its events. Where either comes from
    single events and their store was not there, nothing is known about the ratio, and nothing was seen.
    """
    other = regroup(part, total.groups)
    events = other.total - other.good if bad else other.good
    known = np.ones(len(total.ends), bool)
    for one in (total, part):
        if one.watched is not None:
            known &= one.watched > 0
    # Where the total's own source was silent its events come later, and the part's stay where they are.
    seen, whole, events = (np.where(known, values, 0.0) for values in (total.seen, total.total, events))
    sampled = _sampled(total, other, events, bad=bad)
    if sampled is not None:
        sampled = sampled.over(lambda values: np.where(known, values, 0.0))
    watched = None if total.watched is None else np.where(known, total.watched, 0.0)
    good = whole - events if bad else events
    return Buckets(total.groups, total.ends, total.widths, good, whole, seen, sampled, watched)


def strangers(total: Buckets, part: Buckets) -> tuple[tuple[str, ...], ...]:
    """Groups of the part that have events and are no group of the total: their events are not counted."""
    came = part.total.sum(axis=1) > 0
    known = set(total.groups)
    return tuple(group for group, some in zip(part.groups, came, strict=True) if some and group not in known)


def _sampled(total: Buckets, part: Buckets, events: Floats, *, bad: bool) -> Sampled | None:
    """What stands behind the events of both: where one source tells no weights, the mean weight of the other counts."""
    if total.sampled is None and part.sampled is None:
        return None
    behind = part.sampled
    if behind is None:
        kept_part, squares_part = (events * share for share in _shares(total))
    elif bad:
        kept_part, squares_part = behind.kept_bad, behind.squares_bad
    else:
        kept_part, squares_part = behind.kept, behind.squares
    rest = np.maximum(total.total - events, 0.0)
    kept_rest, squares_rest = rest, rest
    if total.sampled is not None:
        kept_rest = np.maximum(total.sampled.kept - kept_part, 0.0)
        squares_rest = np.maximum(total.sampled.squares - squares_part, 0.0)
    elif not bad:
        # The rest is a difference from sampled events, and no surer than they are.
        kept_rest, squares_rest = (rest * _ratio(values, events) for values in (kept_part, squares_part))
    kept_bad, squares_bad = (kept_part, squares_part) if bad else (kept_rest, squares_rest)
    unknown = sum((one.sampled.unknown for one in (total, part) if one.sampled is not None), np.zeros_like(rest))
    kept = kept_part + kept_rest
    return Sampled(kept, kept_bad, squares_part + squares_rest, squares_bad, np.minimum(unknown, kept))


def _shares(total: Buckets) -> tuple[Floats, Floats]:
    sample = total.sample
    return _ratio(sample.kept, total.total), _ratio(sample.squares, total.total)


def _ratio(values: Floats, over: Floats) -> Floats:
    return np.divide(values, over, out=np.ones_like(over), where=over > 0)
