"""The state machine of an order: every state times everything that can be heard, in every order."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.orders.order import TERMINAL, VEHICLE, Course, Effect, Heard, Order, State, due, step

SKEW = 5_000
ENDS = {
    Heard.SUCCEEDED: State.SUCCEEDED,
    Heard.FAILED: State.FAILED,
    Heard.REJECTED: State.REJECTED,
    Heard.TIMED_OUT: State.TIMED_OUT,
    Heard.CANCELLED: State.CANCELLED,
    Heard.EXPIRED: State.EXPIRED,
}
CLOCK = {Heard.OVERDUE, Heard.OVERRUN}
ORDER = Order("o", "k", "V1", "eu", "lock", {}, "n", 1_000, 1_000, 61_000, 30_000)
news = st.lists(st.sampled_from(Heard), max_size=12)


def courses() -> list[Course]:
    """Every course that news can lead to, found by going everywhere (times as small as they distinguish)."""
    found = {Course()}
    todo = [Course()]
    while todo:
        course = todo.pop()
        for heard in Heard:
            after, _ = step(course, heard, 7)
            if after not in found:
                found.add(after)
                todo.append(after)
    return sorted(found, key=repr)


EVERYWHERE = courses()


def run(heard: list[Heard] | tuple[Heard, ...], begin: Course | None = None) -> Course:
    course = begin or Course()
    for at, one in enumerate(heard, 1):
        course, _ = step(course, one, at)
    return course


def test_every_state_is_reached() -> None:
    assert {course.state for course in EVERYWHERE} == set(State)


@pytest.mark.parametrize("course", EVERYWHERE, ids=lambda c: f"{c.state}-{c.acked}-{c.began}-{c.stray}-{c.told}")
def test_each_news_in_each_course(course: Course) -> None:
    for heard in Heard:
        after, effect = step(course, heard, 9)
        if course.state.terminal:
            assert after == course and effect is not Effect.MOVED, heard
            continue
        assert (effect is Effect.MOVED) == (after.state is not course.state), heard
        assert effect is not Effect.LATE, heard
        if after.state is State.SUCCEEDED:
            assert heard is Heard.SUCCEEDED
        if course.state is State.UNKNOWN and effect is Effect.MOVED:
            assert heard in VEHICLE | CLOCK
        if heard in ENDS:
            assert after.state is ENDS[heard] and after.told
        if after.state in TERMINAL and not after.told:
            assert heard in {*CLOCK, Heard.REFUSED, Heard.WITHDRAWN}
        if effect is Effect.MOVED:
            assert after.since == 9
        assert after.began is None or after.acked is not None
        again, second = step(after, heard, 10)
        assert again == after and (second is Effect.SAME or (second is Effect.LATE and not after.told)), heard


@pytest.mark.parametrize("course", [c for c in EVERYWHERE if c.state.terminal], ids=repr)
def test_what_is_late(course: Course) -> None:
    for heard in Heard:
        _, effect = step(course, heard, 9)
        if heard not in VEHICLE or heard is Heard.UNHELD:
            assert effect is Effect.SAME, heard  # only a vehicle brings news of what has ended
        elif not course.told:
            assert effect is Effect.LATE, heard  # our own clock, the broker or the operator ended it
        else:
            assert (effect is Effect.LATE) == (heard in ENDS and ENDS[heard] is not course.state), heard


@settings(max_examples=400, deadline=None)
@given(news)
def test_the_end_is_the_first_end(heard: list[Heard]) -> None:
    """Whatever is heard: the first thing that ends it decides, and what was said stands."""
    course, ended = Course(), None
    for at, one in enumerate(heard, 1):
        course, _ = step(course, one, at)
        if course.state in TERMINAL and ended is None:
            ended = course
    assert ended is None or course == ended
    said = [ENDS[one] for one in heard if one in ENDS]
    if said and not {Heard.REFUSED, Heard.WITHDRAWN, *CLOCK} & set(heard):
        assert course.state is said[0]


@pytest.mark.parametrize("end", sorted(ENDS))
def test_order_of_news_does_not_matter_for_the_end(end: Heard) -> None:
    """Sent, cut, acked, running and one end, in all 120 orders, each said once or twice."""
    for heard in permutations([Heard.SENT, Heard.LOST, Heard.ACKED, Heard.RUNNING, end]):
        assert run(heard).state is ENDS[end], heard
        assert run([one for one in heard for _ in (1, 2)]).state is ENDS[end], heard


def test_order_of_news_does_not_matter_on_the_way() -> None:
    for heard in permutations([Heard.SENT, Heard.ACKED, Heard.RUNNING]):
        assert run(heard).state is State.RUNNING, heard
    for heard in permutations([Heard.SENT, Heard.ACKED]):
        assert run(heard).state is State.ACKED, heard


@settings(max_examples=400, deadline=None)
@given(news)
def test_success_is_a_vehicles_word(heard: list[Heard]) -> None:
    if Heard.SUCCEEDED not in heard:
        assert run(heard).state is not State.SUCCEEDED


@settings(max_examples=400, deadline=None)
@given(news)
def test_unknown_ends_by_the_vehicle_or_the_clock(heard: list[Heard]) -> None:
    course = run([Heard.SENT, Heard.LOST])
    for at, one in enumerate((one for one in heard if one not in VEHICLE | CLOCK), 1):
        course, effect = step(course, one, at)
        assert (course.state, effect) == (State.UNKNOWN, Effect.SAME)


@settings(max_examples=400, deadline=None)
@given(news)
def test_every_order_ends_when_its_time_is_over(heard: list[Heard]) -> None:
    """Our own clock always has something to say of what has not ended, and in two words at most it ends."""
    course = run(heard)
    for _ in range(2):
        when = due(ORDER, course, SKEW)
        if when is None:
            break
        course, _ = step(course, when[1], when[0])
    assert course.state in TERMINAL and due(ORDER, course, SKEW) is None


def test_what_may_have_left_is_never_taken_back_without_the_vehicle() -> None:
    """A cut in the middle of a first publish, then `unheld`: an earlier copy may be on its way."""
    lost = run([Heard.LOST])
    assert lost.state is State.UNKNOWN
    assert step(lost, Heard.WITHDRAWN, 5) == (lost, Effect.SAME)
    back, _ = step(lost, Heard.UNHELD, 5)
    assert (back.state, back.stray) == (State.QUEUED, True)
    for heard in (Heard.WITHDRAWN, Heard.REFUSED):
        assert step(back, heard, 6) == (back, Effect.SAME)
        assert run([Heard.SENT, heard], back).state is State.SENT
    assert due(ORDER, back, SKEW) == (ORDER.expires + SKEW, Heard.OVERDUE)


def test_what_never_left_is_taken_back() -> None:
    for heard in ([], [Heard.SENT, Heard.RETURNED]):
        assert run([*heard, Heard.WITHDRAWN]).state is State.CANCELLED
        assert run([*heard, Heard.REFUSED]).state is State.FAILED
        assert due(ORDER, run(heard), SKEW) == (ORDER.expires, Heard.OVERDUE)


def test_a_ledger_that_forgot_proves_nothing() -> None:
    for heard in ([Heard.ACKED], [Heard.RUNNING], [Heard.ACKED, Heard.LOST], [Heard.RUNNING, Heard.LOST]):
        course = run(heard)
        assert step(course, Heard.UNHELD, 9) == (course, Effect.SAME)


def test_back_from_unknown_it_is_where_it_was() -> None:
    assert run([Heard.RUNNING, Heard.LOST, Heard.ACKED]).state is State.RUNNING
    assert run([Heard.ACKED, Heard.LOST, Heard.ACKED]).state is State.ACKED


def test_the_clocks() -> None:
    sent, acked, running = run([Heard.SENT]), run([Heard.ACKED]), run([Heard.ACKED, Heard.RUNNING])
    assert due(ORDER, sent, SKEW) == (66_000, Heard.OVERDUE)
    assert due(ORDER, acked, SKEW) == (66_000, Heard.OVERDUE)
    assert due(ORDER, Course(State.ACKED, 40_000, 40_000), SKEW) == (75_000, Heard.OVERDUE)
    assert due(ORDER, running, SKEW) == (2 + 30_000 + SKEW, Heard.OVERRUN)
    assert step(sent, Heard.OVERDUE, 9)[0].state is State.EXPIRED
    assert step(acked, Heard.OVERDUE, 9)[0].state is State.TIMED_OUT
    assert step(running, Heard.OVERRUN, 9)[0].state is State.TIMED_OUT
    for course, heard in product((sent, acked), (Heard.OVERRUN,)):
        assert step(course, heard, 9)[1] is Effect.SAME  # it has not begun: it cannot have run too long
    assert step(running, Heard.OVERDUE, 9)[1] is Effect.SAME  # it began in time


def test_times_are_those_of_the_first_word() -> None:
    course = run([Heard.SENT, Heard.ACKED, Heard.ACKED, Heard.RUNNING, Heard.RUNNING, Heard.LOST, Heard.SUCCEEDED])
    assert (course.acked, course.began, course.since) == (2, 4, 7)
    assert run([Heard.RUNNING]).acked == 1
    late = run([Heard.RUNNING, Heard.ACKED])
    assert (late.acked, late.began, late.since) == (1, 1, 1)
