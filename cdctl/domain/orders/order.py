"""The order: a state machine without a clock.

    queued ── sent ── acked ── running ── succeeded | failed | rejected | timed_out | cancelled | expired
        ╲_______╲________╲________╲__ unknown

What ended never changes; what is heard afterwards is late. `unknown` is where an order waits while the truth is not
known: only the vehicle's answer ends it, or the end of the time in which the vehicle could still have begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum


class State(StrEnum):
    """Where an order is."""

    QUEUED = "queued"  # written down, not on its way
    SENT = "sent"  # the broker has it; that proves nothing
    ACKED = "acked"  # the vehicle has it
    RUNNING = "running"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the vehicle tried, or the broker will not have it
    REJECTED = "rejected"  # the vehicle refused before it began; never tried again
    TIMED_OUT = "timed_out"  # it had it, and did not tell the end of it in time
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # it never began as far as is known, and can no longer begin

    @property
    def terminal(self) -> bool:
        """Never changes any more."""
        return self in TERMINAL


TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.REJECTED, State.TIMED_OUT, State.CANCELLED, State.EXPIRED})


class Heard(StrEnum):
    """What can happen to an order. The vehicle says the second half of them, signed where it can."""

    SENT = "sent"  # the broker took it
    RETURNED = "returned"  # it certainly did not leave, and may be tried again
    REFUSED = "refused"  # the broker will never take it
    LOST = "lost"  # the link was cut, the broker or this program restarted: it may or may not have arrived
    WITHDRAWN = "withdrawn"  # the operator takes back what was never sent; whatever was needs the vehicle's word
    OVERDUE = "overdue"  # our clock: the vehicle can no longer begin (expiry and skew are over)
    OVERRUN = "overrun"  # our clock: it had its time since it began
    ACKED = "acked"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNHELD = "unheld"  # its ledger holds no such order


VEHICLE = frozenset(
    {
        Heard.ACKED, Heard.RUNNING, Heard.SUCCEEDED, Heard.FAILED, Heard.REJECTED, Heard.TIMED_OUT, Heard.CANCELLED,
        Heard.EXPIRED, Heard.UNHELD,
    }
)  # fmt: skip
"""What only the vehicle can say."""


@dataclass(frozen=True, slots=True)
class Order:
    """One command to one vehicle, as it is signed. Instants are epoch milliseconds, spans milliseconds.

    id: unique, sortable by time (see `ids`). key: equal for a try and its retries: a vehicle executes a key once.
    nonce: random, never used twice. not_before and expires: when the vehicle may begin. timeout: how long it may take
    once it began. plan: the plan's hash. reply: where answers go. traceparent: W3C, empty when not traced.
    """

    id: str
    key: str
    vin: str
    region: str
    command: str
    arguments: Mapping[str, object]
    nonce: str
    created: int
    not_before: int
    expires: int
    timeout: int
    plan: str = ""
    reply: str = ""
    traceparent: str = ""
    tracestate: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """How far an order is. since: when the state began. acked, began: when the vehicle said so, as we heard it.

    stray: it is queued again because the vehicle did not hold it; a copy from before may still arrive. told: the
    vehicle itself said how it ended.
    """

    state: State = State.QUEUED
    since: int = 0
    acked: int | None = None
    began: int | None = None
    stray: bool = False
    told: bool = False


class Effect(Enum):
    """What a step did."""

    MOVED = "moved"
    SAME = "same"  # nothing new: a duplicate, or news overtaken by later ones
    LATE = "late"  # it had ended; to be written down as late


@dataclass(frozen=True, slots=True)
class Word:
    """What a vehicle says of an order. at: by its clock. took: milliseconds it spent. duplicate: the order had come
    before, this is the kept answer. by: the key that verified (empty: nobody signed)."""

    order: str
    vin: str
    heard: Heard
    at: int = 0
    took: int = 0
    reason: str = ""
    result: Mapping[str, object] = field(default_factory=dict)
    duplicate: bool = False
    by: str = ""
    traceparent: str = ""


_ENDS: Mapping[Heard, State] = {
    Heard.SUCCEEDED: State.SUCCEEDED,
    Heard.FAILED: State.FAILED,
    Heard.REJECTED: State.REJECTED,
    Heard.TIMED_OUT: State.TIMED_OUT,
    Heard.CANCELLED: State.CANCELLED,
    Heard.EXPIRED: State.EXPIRED,
}


_MOVES: Mapping[tuple[State, Heard], State] = {
    (State.QUEUED, Heard.SENT): State.SENT,
    (State.QUEUED, Heard.WITHDRAWN): State.CANCELLED,
    **dict.fromkeys([(State.QUEUED, Heard.REFUSED), (State.SENT, Heard.REFUSED)], State.FAILED),
    (State.SENT, Heard.RETURNED): State.QUEUED,
    **{(state, Heard.LOST): State.UNKNOWN for state in (State.QUEUED, State.SENT, State.ACKED, State.RUNNING)},
    **{(state, Heard.UNHELD): State.QUEUED for state in (State.SENT, State.UNKNOWN)},
    **{(state, Heard.ACKED): State.ACKED for state in (State.QUEUED, State.SENT, State.UNKNOWN)},
    **{(state, Heard.RUNNING): State.RUNNING for state in (State.QUEUED, State.SENT, State.ACKED, State.UNKNOWN)},
}
_HELD = VEHICLE - {Heard.UNHELD}


def step(course: Course, heard: Heard, at: int) -> tuple[Course, Effect]:
    """What becomes of an order when this is heard at `at` (our clock, milliseconds). Total: any news in any state."""
    if course.state in TERMINAL:
        return course, Effect.LATE if _late(course, heard) else Effect.SAME
    acked = at if course.acked is None and heard in _HELD else course.acked
    began = at if course.began is None and heard is Heard.RUNNING else course.began
    to = _next(course, heard)
    if to is not None and to is not course.state:
        stray = course.stray or heard is Heard.UNHELD
        return Course(to, at, acked, began, stray, heard in VEHICLE and to in TERMINAL), Effect.MOVED
    if acked is course.acked and began is course.began:
        return course, Effect.SAME
    return replace(course, acked=acked, began=began), Effect.SAME


def _late(course: Course, heard: Heard) -> bool:
    """Whether it is news that a vehicle says this of what has ended. After its own end, only another end is: anything
    else is a copy, or was overtaken."""
    return heard in _ENDS and _ENDS[heard] is not course.state if course.told else heard in _HELD


def _next(course: Course, heard: Heard) -> State | None:
    if heard is Heard.OVERDUE:
        return None if course.began is not None else State.EXPIRED if course.acked is None else State.TIMED_OUT
    if heard is Heard.OVERRUN:
        return None if course.began is None else State.TIMED_OUT
    if heard is Heard.ACKED and course.began is not None:
        return State.RUNNING
    if heard is Heard.UNHELD and course.acked is not None:
        return None  # it had it: a ledger that forgot is no proof that nothing happened
    if course.stray and heard in _NEVER_LEFT:
        return None  # an earlier copy may be on its way: nobody but the vehicle can say that it will not run
    return _ENDS.get(heard) or _MOVES.get((course.state, heard))


_NEVER_LEFT = frozenset({Heard.WITHDRAWN, Heard.REFUSED})


def due(order: Order, course: Course, skew: int) -> tuple[int, Heard] | None:
    """When our own clock speaks next of this order, and what it says; None when it has ended.

    skew: milliseconds by which clocks may differ, and messages be under way. An order that never left expires at its
    expiry; one that left gets the skew, too; one that began has its timeout from then on.
    """
    if course.state in TERMINAL:
        return None
    if course.began is not None:
        return course.began + order.timeout + skew, Heard.OVERRUN
    if course.acked is not None:
        return max(order.expires, course.acked + order.timeout) + skew, Heard.OVERDUE
    never_left = course.state is State.QUEUED and not course.stray
    return order.expires + (0 if never_left else skew), Heard.OVERDUE
