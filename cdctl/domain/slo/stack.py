"""Many series as one: the groups of several objectives under each other in the same arrays.

All of the arithmetic goes row by row, so that a thousand objectives cost little more than one: what is paid for is the
call, not the number. A stack is a series like any other whose groups carry the number of their owner in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from cdctl.domain.slo.series import SAMPLED, Buckets, Sampled


def stacked(parts: Sequence[Buckets]) -> Buckets:
    """One series of all groups; the parts have the same bucket ends, and were watched alike. The owner of a group is
    its part's position."""
    first = parts[0]
    samples = [part.sample for part in parts] if any(part.sampled is not None for part in parts) else []
    return Buckets(
        tuple((str(i), *group) for i, part in enumerate(parts) for group in part.groups),
        first.ends,
        first.widths,
        np.concatenate([part.good for part in parts]),
        np.concatenate([part.total for part in parts]),
        np.concatenate([part.seen for part in parts]),
        Sampled(*(np.concatenate([getattr(one, name) for one in samples]) for name in SAMPLED)) if samples else None,
        first.watched,
    )


def sorted_by_owner(stack: Buckets, count: int) -> tuple[Buckets, list[slice]]:
    """The stack with the rows of every owner next to each other, and where they are, by owner.

    Joined stacks are not in order: groups that only a later part has come last.
    """
    owners = np.array([int(group[0]) for group in stack.groups], dtype=np.int64)
    if (owners[1:] < owners[:-1]).any():
        order = np.argsort(owners, kind="stable")
        owners = owners[order]
        stack = stack.rows(lambda values: values[order], tuple(stack.groups[i] for i in order.tolist()))
    edges = np.searchsorted(owners, np.arange(count + 1)).tolist()
    return stack, [slice(low, high) for low, high in pairwise(edges)]


def rows_of(stack: Buckets, rows: slice) -> Buckets:
    """The series of one owner, as it was before stacking; `rows` are its own."""
    return stack.rows(lambda values: values[rows], tuple(group[1:] for group in stack.groups[rows]))


def unstacked(stack: Buckets, count: int) -> list[Buckets]:
    """The series of every owner."""
    stack, rows = sorted_by_owner(stack, count)
    return [rows_of(stack, one) for one in rows]
