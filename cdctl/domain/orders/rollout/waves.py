"""Waves: who is told first. Cumulative sizes, spread over columns, the same for the same plan on every machine."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wave:
    """How far a rollout has gone when this wave is over, all waves before it included, and what it waits for.

    percent: of all targets, above 0 and at most 100; or count. soak: seconds that it is watched after its orders were
    answered. approvals: how many others than the requester must agree before it begins. deadline: seconds in which its
    orders must have been answered, None: no such limit.
    """

    percent: Fraction | None = None
    count: int | None = None
    name: str = ""
    soak: int = 0
    approvals: int = 0
    deadline: int | None = None

    def end(self, total: int) -> int:
        """How many of `total` targets have been told when it is over. A share is rounded up, so that a wave of 1 % of
        fifty vehicles is one vehicle."""
        return min(total, ceil(self.percent * total / 100) if self.percent is not None else self.count or 0)

    @property
    def size(self) -> str:
        """As a person writes it: "10 %", "25"."""
        return f"{float(self.percent):g} %" if self.percent is not None else str(self.count)


def ends(waves: Sequence[Wave], total: int) -> tuple[int, ...]:
    """Where each wave ends in the sequence of `total` targets. A wave that adds nobody ends where the one before did.

    Raises ValueError when a wave ends before an earlier one, or the last one does not reach everybody.
    """
    found = tuple(wave.end(total) for wave in waves)
    for number, (before, after) in enumerate(pairwise(found), 2):
        if after < before:
            raise ValueError(f"wave {number} ends at {after} targets, before wave {number - 1} does ({before})")
    if not found or found[-1] != total:
        raise ValueError(f"the last wave reaches {found[-1] if found else 0} of {total} targets, not all of them")
    return found


def sequence(vins: Sequence[str], digest: str, strata: Sequence[Hashable] | None = None) -> Rows:
    """The rows of `vins` in the order in which they are told: a permutation, which the plan's digest decides.

    digest: hexadecimal. strata: what each vehicle is spread by, such as (region, model). The first vehicle of every
    stratum comes first, the largest stratum's before the others', so that canaries are everywhere. The rest follows
    by the divisor method of Sainte-Lague, (i + 1/2) / n for the i-th of a stratum's n vehicles: a beginning of any
    length holds every stratum in proportion, and a longer beginning never takes a vehicle away from a shorter one.
    Raises ValueError when a VIN is there twice.
    """
    if len(set(vins)) < len(vins):
        raise ValueError(f"{_twice(vins)} is named twice")
    ranks = _ranks(vins, digest)
    if strata is None or not len(vins):
        return np.argsort(ranks, kind="stable")
    numbers: dict[Hashable, int] = {}
    codes = np.fromiter((numbers.setdefault(one, len(numbers)) for one in strata), np.int64, len(vins))
    grouped = np.lexsort((ranks, codes))
    sizes = np.bincount(codes)
    within = np.arange(len(vins)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    size = np.repeat(sizes, sizes)
    keys = np.where(within == 0, -size.astype(np.float64), (within + 0.5) / size)
    return np.asarray(grouped[np.lexsort((ranks[grouped], keys))])


def numbers_of(order: Rows, ends: Sequence[int]) -> NDArray[np.uint16]:
    """The number of each row's wave, counted from 0, by row."""
    found = np.empty(len(order), np.uint16)
    found[order] = np.searchsorted(np.asarray(ends), np.arange(len(order)), side="right")
    return found


def _ranks(vins: Sequence[str], digest: str) -> NDArray[np.uint64]:
    # A hash of its own for every VIN: a generator's stream may change with numpy, and a rollout that is resumed after
    # an update would then tell other vehicles.
    keyed = hashlib.blake2b(digest_size=8, key=bytes.fromhex(digest)[:64])

    def rank(vin: str) -> bytes:
        one = keyed.copy()
        one.update(vin.encode())
        return one.digest()

    return np.frombuffer(b"".join(map(rank, vins)), ">u8").astype(np.uint64)


def _twice(vins: Sequence[str]) -> str:
    return next(vin for vin, often in Counter(vins).items() if often > 1)
