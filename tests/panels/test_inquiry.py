"""When a question is due, and which answer counts."""

from __future__ import annotations

from screens import NOW, Look

from cdctl.domain.boards.asking import Answer, Arrange
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.panels.inquiry import Inquiry

ASK = Arrange("region:eu")


def snapshot(at: float, answer: Answer | None = None, frozen_at: float | None = None) -> Snapshot:
    seen = Look(3).lookout.snapshot()
    return Snapshot(
        NOW + at, seen.context, seen.fleet, seen.slo, frozen_at, {"x": answer} if answer is not None else {}
    )


def answered(at: float, ask: Arrange = ASK) -> Answer:
    return Answer(ask, "told", NOW + at)


def test_one_answer_does_where_nothing_changes():
    inquiry = Inquiry(ASK, every=None)
    assert inquiry.see(snapshot(0), "x") == ASK
    assert inquiry.see(snapshot(1), "x") is None
    assert inquiry.see(snapshot(2, answered(0)), "x") is None
    assert inquiry.current
    assert inquiry.see(snapshot(9_000, answered(0)), "x") is None
    inquiry.again()
    assert inquiry.see(snapshot(9_001, answered(0)), "x") == ASK


def test_an_answer_that_got_lost_is_asked_for_again():
    """As when another board was on the screen while it came."""
    inquiry = Inquiry(ASK, every=None)
    assert inquiry.see(snapshot(0), "x") == ASK
    assert inquiry.see(snapshot(29), "x") is None
    assert inquiry.see(snapshot(31), "x") == ASK
    assert inquiry.see(snapshot(32, answered(31)), "x") is None
    assert inquiry.see(snapshot(99, answered(31)), "x") is None


def test_an_answer_to_another_question_is_none():
    inquiry = Inquiry(ASK, every=None)
    inquiry.see(snapshot(0), "x")
    inquiry.want(Arrange("region:us"))
    assert inquiry.see(snapshot(1, answered(0)), "x") == Arrange("region:us")
    assert not inquiry.current


def test_of_a_picture_that_is_held_nothing_is_asked_again():
    inquiry = Inquiry(ASK)
    assert inquiry.see(snapshot(0), "x") == ASK
    assert inquiry.see(snapshot(60, answered(0), frozen_at=NOW), "x") is None
    assert inquiry.see(snapshot(61, answered(0)), "x") == ASK
