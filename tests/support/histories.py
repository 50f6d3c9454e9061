"""A checker of recorded histories: what the journal, the wire and the vehicles each wrote down, against what orders
promise. Every promise is a function; it gives a line for each violation.

The three observers do not know each other: the journal's chain says what was intended and believed, a tap on the broker
what was really published and answered, the vehicles what they really did.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cdctl.domain.orders.order import TERMINAL, State

ABORT_MS = 2_000
"""No publish is later than this after an abort."""


@dataclass(frozen=True, slots=True)
class Intended:
    """The journal: an order was written down. Instants are epoch milliseconds."""

    at: float
    order: str
    key: str
    vin: str
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """The journal: an order's state after something was heard; in the order of the chain."""

    at: float
    order: str
    state: State
    by: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """The wire: an order on its way to a vehicle."""

    at: float
    order: str
    vin: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The wire: a vehicle's word whose signature holds. by: the key's fingerprint."""

    at: float
    order: str
    vin: str
    state: str
    by: str


@dataclass(frozen=True, slots=True)
class Executed:
    """A vehicle: it did what an order says."""

    at: float
    order: str
    key: str
    vin: str


@dataclass(frozen=True, slots=True)
class Ruled:
    """A plan: who asked for it, how many approvals policy wants, who approved, how many may be in flight at once (0: no
    limit), and when it was aborted (0: never)."""

    by: str = ""
    needs: int = 0
    approved: tuple[str, ...] = ()
    limit: int = 0
    aborted: float = 0.0


@dataclass(frozen=True, slots=True)
class History:
    """What was recorded of a run. reachable: vehicles that could be reached after everything had healed."""

    intended: Sequence[Intended] = ()
    moved: Sequence[Moved] = ()
    published: Sequence[Published] = ()
    answered: Sequence[Answered] = ()
    executed: Sequence[Executed] = ()
    plans: Mapping[str, Ruled] = field(default_factory=dict)
    reachable: frozenset[str] = frozenset()


def once(history: History) -> Iterable[str]:
    """At most one execution per vehicle and idempotency key."""
    done = Counter((one.vin, one.key) for one in history.executed)
    return [f"{vin} executed {key} {count} times" for (vin, key), count in done.items() if count > 1]


def ended(history: History) -> Iterable[str]:
    """Every intent ends; none of a reachable vehicle is left unknown."""
    states = {one.order: State.QUEUED for one in history.intended}
    states |= {one.order: one.state for one in history.moved if not one.late}
    vins = {one.order: one.vin for one in history.intended}
    for order, state in states.items():
        if state not in TERMINAL and (state is not State.UNKNOWN or vins.get(order) in history.reachable):
            yield f"{order} is left {state}"


def intent_first(history: History) -> Iterable[str]:
    """Durable intent precedes every publish."""
    intents = {one.order: one.at for one in history.intended}
    for one in history.published:
        if one.order not in intents:
            yield f"{one.order} was published, and the journal has no intent"
        elif intents[one.order] > one.at:
            yield f"{one.order} was published {intents[one.order] - one.at:.0f} ms before its intent"


def vehicle_says_so(history: History) -> Iterable[str]:
    """Success only with the vehicle's own signed result."""
    said = {(one.order, one.by) for one in history.answered if one.state == State.SUCCEEDED}
    for one in history.moved:
        if one.state is State.SUCCEEDED and not one.late and (one.order, one.by) not in said:
            yield f"{one.order} succeeded, and no signed result says so"


def within_limit(history: History) -> Iterable[str]:
    """A wave never exceeds its limit."""
    plan_of = {one.order: one.plan for one in history.intended}
    flying: dict[str, set[str]] = defaultdict(set)
    for one in history.moved:
        plan = plan_of.get(one.order, "")
        limit = history.plans[plan].limit if plan in history.plans else 0
        if one.state in TERMINAL:
            flying[plan].discard(one.order)
        elif one.state is not State.QUEUED:
            flying[plan].add(one.order)
            if limit and len(flying[plan]) > limit:
                yield f"plan {plan} has {len(flying[plan])} in flight, its limit is {limit}"


def abort_holds(history: History) -> Iterable[str]:
    """No publish later than 2 s after an abort."""
    plan_of = {one.order: one.plan for one in history.intended}
    for one in history.published:
        plan = history.plans.get(plan_of.get(one.order, ""), Ruled())
        if plan.aborted and one.at > plan.aborted + ABORT_MS:
            yield f"{one.order} was published {one.at - plan.aborted:.0f} ms after the abort"


def terminal_stays(history: History) -> Iterable[str]:
    """What ended never changes."""
    ends: dict[str, State] = {}
    for one in history.moved:
        if one.late:
            continue
        if one.order in ends:
            yield f"{one.order} had {ends[one.order]}, then became {one.state}"
        elif one.state in TERMINAL:
            ends[one.order] = one.state


def approved(history: History) -> Iterable[str]:
    """What is executed had its approvals, by distinct identities who had not asked for it."""
    plan_of = {one.order: one.plan for one in history.intended}
    for one in history.executed:
        plan = history.plans.get(plan_of.get(one.order, ""), Ruled())
        others = set(plan.approved) - {plan.by}
        if len(others) < plan.needs:
            yield f"{one.order} was executed with {len(others)} of {plan.needs} approvals"


def chained(history: History) -> Iterable[str]:
    """The chain holds every order that anybody saw."""
    known = {one.order for one in history.intended}
    seen = [*history.published, *history.executed, *history.answered]
    return [f"{order} is not in the chain" for order in sorted({one.order for one in seen} - known)]


PROMISES: Mapping[str, Callable[[History], Iterable[str]]] = {
    one.__name__: one
    for one in (
        once, ended, intent_first, vehicle_says_so, within_limit, abort_holds, terminal_stays, approved, chained,
    )
}  # fmt: skip


def violations(history: History) -> list[str]:
    """Every violation, named by its promise; none for a history that is as it should be."""
    return [f"{name}: {line}" for name, judge in PROMISES.items() for line in judge(history)]
