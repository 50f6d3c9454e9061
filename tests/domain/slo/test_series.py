"""The array from which everything is computed."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.slo.series import SAMPLED, Buckets, Sampled, Span


@pytest.mark.parametrize(
    ("span", "ends"),
    [
        (Span(0, 900, 300), [300, 600, 900]),
        (Span(600, 900, 300), [900]),
        (Span(900, 900, 300), []),
        (Span(1200, 900, 300), []),
        (Span(3600, 10_800, 3600), [7200, 10_800]),
    ],
)
def test_a_span_is_its_buckets(span, ends):
    assert span.ends.tolist() == ends
    assert span.ends.dtype == np.int64
    assert len(span) == len(ends)


def parts(**wrong: np.ndarray) -> dict[str, object]:
    values = {name: np.zeros((2, 3)) for name in ("good", "total", "seen")}
    return {"groups": (("a",), ("b",)), "ends": np.arange(3), "widths": np.ones(3), **values, **wrong}


def test_values_are_groups_by_buckets():
    assert Buckets(**parts()).good.shape == (2, 3)


@pytest.mark.parametrize("name", ["good", "total", "seen"])
@pytest.mark.parametrize("shape", [(3, 2), (2, 4), (1, 3), (3,), (2, 3, 1)])
def test_another_shape_is_refused_by_name(name, shape):
    with pytest.raises(ValueError, match=rf"^{name} is .*, not \(2, 3\) \(groups, buckets\)$"):
        Buckets(**parts(**{name: np.zeros(shape)}))


@pytest.mark.parametrize("name", SAMPLED)
def test_what_stands_behind_the_events_has_their_shape(name):
    arrays = {one: np.zeros((2, 3)) for one in SAMPLED}
    assert Buckets(**parts(sampled=Sampled(**arrays))).sampled is not None
    with pytest.raises(ValueError, match=rf"^{name} is "):
        Buckets(**parts(sampled=Sampled(**{**arrays, name: np.zeros((1, 3))})))


def test_a_watch_has_the_shape_of_the_buckets():
    assert Buckets(**parts(watched=np.zeros(3))).watched is not None
    with pytest.raises(ValueError, match=r"^watched is "):
        Buckets(**parts(watched=np.zeros((2, 3))))


def test_events_that_count_as_one_stand_for_themselves():
    sample = Buckets(**parts(good=np.full((2, 3), 4.0), total=np.full((2, 3), 5.0))).sample
    assert [float(getattr(sample, name)[0, 0]) for name in SAMPLED] == [5, 1, 5, 1, 0]
