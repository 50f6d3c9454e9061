"""Series under each other, and apart again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cdctl.domain.slo.series import Sampled
from cdctl.domain.slo.stack import stacked, unstacked
from cdctl.domain.slo.tiling import join

HOUR = 3600


def same(one, other):
    assert one.groups == other.groups
    for name in ("ends", "widths", "good", "total", "seen"):
        assert (getattr(one, name) == getattr(other, name)).all()


def three(even, start=0):
    rng = np.random.default_rng(start)
    parts = []
    for groups in ((("eu",), ("us",)), (), (("cn",), ("eu",), ("us",))):
        good, total = rng.random((2, len(groups), 5))
        parts.append(even(start, start + 5 * HOUR, HOUR, good, total, groups=groups))
    return parts


def test_apart_again_they_are_what_they_were(even):
    parts = three(even)
    for one, other in zip(unstacked(stacked(parts), 3), parts, strict=True):
        same(one, other)


def test_groups_that_a_later_answer_brings_go_to_their_owner(even):
    early, late = three(even), three(even, 5 * HOUR)[::-1]
    found = unstacked(join([stacked(early), stacked(late)]), 3)
    for one, parts in zip(found, zip(early, late, strict=True), strict=True):
        same(one, join(list(parts)))


def test_an_owner_without_groups_at_the_end_has_none(even):
    parts = [*three(even), even(0, 5 * HOUR, HOUR, 1.0, 1.0, groups=())]
    assert [part.groups for part in unstacked(stacked(parts), 4)][3] == ()


def test_what_stands_behind_events_goes_with_them(even):
    weighted, plain, _ = three(even)
    sampled = Sampled(*(weighted.total * factor for factor in (1, 2, 3, 4, 5)))
    parts = [replace(weighted, sampled=sampled, watched=np.ones(5)), replace(plain, watched=np.ones(5))]
    found = unstacked(stacked(parts), 2)
    assert (found[0].sampled.squares == weighted.total * 3).all()
    assert found[1].sampled.kept.shape == (0, 5)
    assert [one.watched.tolist() for one in found] == [[1] * 5] * 2
    assert stacked([weighted, weighted]).sampled is None
