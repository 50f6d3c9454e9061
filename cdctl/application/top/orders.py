"""Answers what was sent and what became of it: from the journal, and from what operators tell of their rollouts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol

from cdctl.application import rollout_states
from cdctl.application.resuming import plan_of
from cdctl.application.rollout_states import Body
from cdctl.application.top.rollouts import Rollouts, seen
from cdctl.domain.boards.ordering import OrderSeen, PlanSeen, Sent, SentSight, Targeted, TargetsOf
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.orders.keeping import Journal, Kept, Record
from cdctl.domain.orders.plan import Target
from cdctl.errors import UnavailableError

MOST = 200
"""Plans that are told of, beside those that are under way; and orders to one vehicle."""
MOST_TARGETS = 2_000
"""Vehicles of a plan that are told one by one."""
_PLAN, _CANCEL = "plan", "cancel"
Texts = Callable[[str, Mapping[str, object]], Mapping[str, str]]
"""Arguments of a command, as a person writes them."""


class Counting(Protocol):
    """What a journal can count quickly; see `stores.journal_counts`."""

    def states(self, plan: str) -> Mapping[str, int]:
        """Vehicles of a plan by how the last order to each is."""
        ...

    def worst(self, plan: str, limit: int) -> Sequence[str]:
        """Ids of orders, those that went wrong first."""
        ...


class Book:
    """Plans of one journal. What is new in it is read, and what can no longer change is not read again. May be asked
    from several threads."""

    def __init__(self, journal: Journal, counts: Counting, rollouts: Rollouts, texts: Texts) -> None:
        self._journal, self._counts, self._rollouts, self._texts = journal, counts, rollouts, texts
        self._lock = threading.Lock()
        self._plans: dict[str, PlanSeen] = {}
        self._of_rollouts: dict[str, PlanSeen] = {}
        self._over: set[str] = set()
        self._after = {_PLAN: 0, _CANCEL: 0}

    def read(self, now: int) -> tuple[list[PlanSeen], dict[str, Body]]:
        """Plans of single commands, and states of rollouts. now: epoch milliseconds. Raises UnavailableError."""
        with self._lock:
            rollouts = self._rollouts.read(now)
            self._take_notes()
            return [self._counted(one, now) for one in list(self._plans.values())], rollouts

    def orders(self, vin: str) -> list[OrderSeen]:
        """Orders to one vehicle, newest first. Raises UnavailableError."""
        return [order_seen(kept) for kept in islice(self._journal.orders(vin=vin), MOST)]

    def targeted(self, digest: str, now: int) -> Targeted:
        """The vehicles of a plan. Raises UnavailableError when the journal does not hold it."""
        with self._lock:
            self._take_notes()
            plan = self._plans.get(digest) or self._of_rollouts.get(digest)
        if plan is None:
            raise UnavailableError("the journal of this host does not hold this plan", subject=digest[:16])
        states = self._counts.states(digest)
        kept = [self._journal.order(name) for name in self._counts.worst(digest, MOST_TARGETS)]
        found = [order_seen(one) for one in kept if one is not None]
        room = MOST_TARGETS - len(found)
        if room > 0 and plan.vehicles > len(found):
            found += self._untold(digest, {one.vin for one in found}, room)
        return Targeted(replace(plan, states=states), tuple(found), max(0, plan.vehicles - len(found)))

    def _untold(self, digest: str, told: set[str], room: int) -> list[OrderSeen]:
        whole = plan_of(self._journal, digest)
        rest = [one for one in whole.targets if one.vin not in told] if whole is not None else []
        return [OrderSeen(one.vin, one.region, whole.command if whole else "", "") for one in rest[:room]]

    def _take_notes(self) -> None:
        for record in self._journal.records(kind=_PLAN, after=self._after[_PLAN]):
            self._after[_PLAN] = record.number
            (self._of_rollouts if record.body.get("rollout") else self._plans)[record.subject] = self._plan(record)
        for record in self._journal.records(kind=_CANCEL, after=self._after[_CANCEL]):
            self._after[_CANCEL] = record.number
            if (plan := self._plans.get(record.subject)) is not None:
                self._plans[record.subject] = replace(plan, cancelled=record.actor or "somebody")
                self._over.discard(record.subject)
        old = [digest for digest in self._plans if digest in self._over]
        for digest in old[: max(0, len(self._plans) - MOST)]:  # oldest first
            del self._plans[digest]
        for digest in list(self._of_rollouts)[:-MOST]:
            del self._of_rollouts[digest]
        self._over &= self._plans.keys()

    def _plan(self, record: Record) -> PlanSeen:
        body: Mapping[str, Any] = record.body
        targets, arguments = body.get("targets"), body.get("arguments")
        created, expires = body.get("created"), body.get("expires")
        command = str(body.get("command", ""))
        return PlanSeen(
            record.subject,
            str(body.get("id", "")),
            record.at,
            record.actor,
            str(body.get("context", "")),
            command,
            len(targets) if isinstance(targets, list) else 0,
            arguments=self._texts(command, arguments) if isinstance(arguments, Mapping) else {},
            reason=str(body.get("reason", "")),
            until=created + expires * 1000 if isinstance(created, int) and isinstance(expires, int) else 0,
        )

    def _counted(self, plan: PlanSeen, now: int) -> PlanSeen:
        if plan.digest in self._over and not plan.under_way(now):  # it is again when the clock is set back
            return plan
        states = self._counts.states(plan.digest)
        if dict(plan.states) != states:
            plan = self._plans[plan.digest] = replace(plan, states=states)
        if not plan.under_way(now):
            self._over.add(plan.digest)
        return plan


class Operators(Protocol):
    """What operators tell of their rollouts, lately."""

    async def states(self) -> tuple[Mapping[str, Body], str]:
        """By id; and why nobody can be heard, empty while somebody can."""
        ...


class OrderAnswers:
    """Who answers. book: None while nothing was ever sent from here."""

    def __init__(self, book: Callable[[], Book | None], operators: Operators) -> None:
        self._book, self._operators = book, operators

    async def sent(self, ask: Sent, snapshot: Snapshot) -> object:
        """See `Sent`."""
        book, now = self._book(), round(snapshot.at * 1000)
        if ask.vin:
            orders = await asyncio.to_thread(book.orders, ask.vin) if book is not None else ()
            return SentSight(orders=tuple(orders))
        told, silence = await self._operators.states()
        plans, kept = await asyncio.to_thread(book.read, now) if book is not None else ([], {})
        bodies = rollout_states.merged(dict(told), kept)
        rollouts = [seen(body, now, ours=name in kept) for name, body in bodies.items()]
        notes = (f"rollouts of others are not seen: {silence}",) if silence else ()
        return SentSight(
            tuple(sorted(plans, key=lambda one: (not one.under_way(now), -one.at))),
            tuple(sorted(rollouts, key=lambda one: (one.over, -one.created))),
            notes=notes,
        )

    async def targets(self, ask: TargetsOf, snapshot: Snapshot) -> object:
        """See `TargetsOf`."""
        book = self._book()
        if book is None:
            raise UnavailableError("nothing was sent from here yet", hint="targets are in the journal of who sent it")
        return await asyncio.to_thread(book.targeted, ask.plan, round(snapshot.at * 1000))


def order_seen(kept: Kept) -> OrderSeen:
    """An order as the view has it."""
    order, course = kept.order, kept.course
    return OrderSeen(
        order.vin, order.region, order.command, course.state.value, kept.reason, course.since, order.created, order.id,
        order.plan, kept.took, kept.by,
    )  # fmt: skip


def again(targeted: Targeted, states: Sequence[str]) -> tuple[Target, ...]:
    """The vehicles of a plan whose orders ended in one of these states."""
    return tuple(Target(one.vin, one.region) for one in targeted.orders if one.state in states)
