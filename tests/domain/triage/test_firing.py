"""Times in which an alert fired, out of its samples."""

from __future__ import annotations

import pytest

from cdctl.domain.triage.firing import Firing, firings, promise_of

LABELS = {"alertname": "A"}


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ([], []),
        ([0, 60, 120], [(0, 180, False)]),
        ([120, 180, 240], [(120, 300, True)]),
        ([120, 180, 300], [(120, 240, True), (300, 360, True)]),
        ([540, 600], [(540, None, True)]),
        ([480, 540], [(480, None, True)]),
        ([480], [(480, 540, True)]),
        ([0, 60, 540, 600], [(0, 120, False), (540, None, True)]),
    ],
)
def test_a_gap_ends_a_firing(times, found):
    told = firings(LABELS, times, 0, 600, 60)
    assert told == [Firing(LABELS, begin, end, seen) for begin, end, seen in found]


def test_the_promise_of_labels():
    assert promise_of({"alertname": "A", "sloth_slo": "remote"}) == "remote"
    assert promise_of({"alertname": "A", "slo": ""}) == ""
