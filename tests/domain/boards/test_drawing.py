"""Lines are as wide as they are told to be, whatever is in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.boards.drawing import fit, text_of, width_of, with_role

TEXTS = st.text(st.sampled_from("ab 车é\u0301█"), max_size=12)


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["", "bad"])), max_size=5), st.integers(0, 30))
def test_a_fitted_line_is_exactly_as_wide(pieces, width):
    assert width_of(fit(pieces, width)) == width


def test_a_wide_character_on_the_edge_becomes_a_blank():
    assert text_of(fit([("车车", "")], 3)) == "车 "


def test_roles_add_up():
    assert with_role((("a", ""), ("b", "bad")), "dim") == (("a", "dim"), ("b", "bad dim"))


def test_neighbours_alike_become_one():
    assert fit([("a", "bad"), ("b", "bad"), ("c", "")], 5) == (("ab", "bad"), ("c  ", ""))
