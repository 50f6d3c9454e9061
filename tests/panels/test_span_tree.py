"""Parts of a trace are folded away, and come back as they were."""

from __future__ import annotations

from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import lay_out
from cdctl.panels.span_tree import SpanTree


def span(number: int, parent: int) -> SpanRow:
    above = f"{parent:x}" if parent else ""
    return SpanRow("t", f"{number:x}", above, "s", f"n{number}", "server", "ok", "", number, 100 - number)


def tree() -> SpanTree:
    """1 (2 (3, 4 (5)), 6), and 7 beside it."""
    parents = {1: 0, 2: 1, 3: 2, 4: 2, 5: 4, 6: 1, 7: 0}
    return SpanTree(lay_out([span(number, parent) for number, parent in parents.items()]))


def shown(one: SpanTree) -> str:
    return "".join(one.keys)


def test_what_is_below_a_span_is_folded_and_unfolded():
    one = tree()
    assert shown(one) == "1234567"
    assert one.fold(1, True)
    assert shown(one) == "1267"
    assert one.folded(1)
    assert one.below(1) == 3
    assert one.fold(0, True)
    assert shown(one) == "17"
    assert one.fold(0, False)
    assert shown(one) == "1267", "what was folded inside stays so"
    assert one.fold(1, False)
    assert shown(one) == "1234567"


def test_a_span_with_nothing_below_is_not_folded():
    one = tree()
    assert not one.fold(2, True)
    assert not one.fold(1, False)
    assert not one.folded(2)
    assert shown(one) == "1234567"


def test_the_span_above_is_found_past_what_is_folded():
    one = tree()
    assert one.parent(4) == 3
    one.fold(1, True)
    assert shown(one) == "1267"
    assert one.parent(2) == 0
    assert one.parent(3) == 3, "it is a root"
