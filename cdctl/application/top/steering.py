"""What is done from the live view about orders that are under way: asked first, then done in the background."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdctl.application import letting_go, rollout_asking
from cdctl.application.planning import vehicles
from cdctl.application.rollout_asking import Audience
from cdctl.application.rollout_states import NOBODY
from cdctl.application.top.choosing import Meant
from cdctl.application.top.flights import Flight, Flights, Say
from cdctl.application.top.orders import again
from cdctl.application.top.sending import Ways
from cdctl.domain.boards.ordering import FAILED, PlanSeen, RolloutSeen, SentSight, Targeted
from cdctl.domain.text import safe
from cdctl.errors import RefusedError, UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.application.rollout_notes import Told
    from cdctl.application.tally import Tally
    from cdctl.domain.orders.rollout.engine import Job, Picture


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before something is done. title: what it is, with its numbers; lines: what it means. typed: what
    whoever agrees types, empty when Enter alone does. reasoned: whether a reason can be given."""

    what: str
    subject: str
    title: str
    lines: tuple[str, ...]
    typed: str = ""
    reasoned: bool = True

    def agreed(self, text: str) -> bool:
        """Whether it says so."""
        return text.strip().lower().replace(",", "") == self.typed


@dataclass(frozen=True, slots=True)
class Again:
    """A command to be prepared once more. said: whom it is for, and why."""

    meant: Meant
    command: str
    arguments: dict[str, str]
    said: str


class Steering:
    """sight: what is under way now. targeted: the vehicles of a plan, by its digest."""

    def __init__(
        self,
        ways: Ways,
        flights: Flights,
        say: Say,
        sight: Callable[[], Awaitable[SentSight]],
        targeted: Callable[[str], Awaitable[Targeted]],
    ) -> None:
        self._ways, self._flights, self._say, self._sight, self._targeted = ways, flights, say, sight, targeted

    async def question(self, what: str, subject: str) -> Question:
        """What to ask before it is done. subject: a rollout's id, or a plan's digest. Raises CdctlError when there is
        no such thing, or it is over."""
        sight, now = await self._sight(), self._ways.clock.now() * 1000
        if what == "cancel":
            plan = next((one for one in sight.plans if one.digest == subject), None)
            if plan is None:
                raise UsageError("there is no such plan in the journal of this host", subject=subject[:16])
            if not plan.under_way(now):
                raise RefusedError("it is over: nothing of it can be taken back", subject=subject[:16])
            return _cancelling(plan)
        rollout = next((one for one in sight.rollouts if one.id == subject), None)
        if rollout is None:
            raise UsageError("nobody tells of such a rollout", subject=safe(subject, 40))
        if rollout.over:
            raise RefusedError(f"it is {rollout.state}: nothing more can be wanted of it", subject=rollout.id)
        return _about(what, rollout)

    async def again(self, digest: str) -> Again:
        """The command of a plan, to exactly those of its vehicles that failed. Raises UnavailableError."""
        found = await self._targeted(digest)
        targets = again(found, FAILED)
        if not targets:
            raise UsageError("nothing of it failed: there is nothing to be tried again", subject=digest[:16])
        if found.plan.failed > len(targets):
            why = f"{found.plan.failed:,} vehicles failed, and {len(targets):,} can be told again from here"
            raise RefusedError(why, subject=digest[:16], hint="cdctl rollout start FILE goes to them in waves")
        states = {state: sum(one.state == state for one in found.orders) for state in FAILED}
        said = ", ".join(f"{count:,} {state.replace('_', ' ')}" for state, count in states.items() if count)
        meant = Meant(tuple(one.vin for one in targets), targets=targets)
        return Again(meant, found.plan.command, dict(found.plan.arguments), f"once more: {said}")

    def do(self, question: Question, reason: str) -> Flight:
        """Do it in the background; how it went is said. Whoever calls has asked."""
        what, subject = question.what, question.subject
        if what == "cancel":
            flight = Flight(f"cancel of {subject[:16]}", f"cdctl cmd cancel {subject[:16]}")
            return self._flights.begin(flight, lambda: self._cancel(subject, flight))
        flight = Flight(f"{what} of the rollout {subject}", f"cdctl rollout {what} {subject}")
        work = self._abort if what == "abort" else self._wish
        return self._flights.begin(flight, lambda: work(what, subject, reason))

    async def _wish(self, what: str, rollout: str, reason: str) -> None:
        try:
            async with self._ways.operators(self._warn) as looking:
                await rollout_asking.wish(looking, rollout, what, reason)
        except UnavailableError:
            one = await self._of_journal(rollout) if what == "resume" else None
            if one is None:
                raise
            await self._go_on(one, reason)
            return
        self._say(f"{what}: heard by whoever runs {rollout}")

    async def _go_on(self, one: Told, reason: str) -> None:
        """Nobody runs it: it goes on here."""
        flight = Flight(f"rollout {one.id}", f"cdctl rollout resume {one.id}")

        async def agreed(job: Job) -> None:
            self._say(f"nobody ran {one.id}: it goes on here, from wave {one.standing.wave + 1}")

        async def work() -> None:
            async with self._ways.opened(one.session) as (orders, dispatch):
                picture = await rollout_asking.go_on(
                    orders, dispatch, one, reason, anyway=False, agreed=agreed, to=self._audience()
                )
            self._told(picture)

        self._flights.begin(flight, work)

    async def _abort(self, what: str, rollout: str, reason: str) -> None:
        try:
            async with self._ways.operators(self._warn) as looking:
                await rollout_asking.wish(looking, rollout, what, reason)
        except UnavailableError:
            one = await self._of_journal(rollout)
            if one is None:
                raise
            await self._end(one, reason)
            return
        self._say(f"abort: heard by whoever runs {rollout}")

    async def _end(self, one: Told, reason: str) -> None:
        """By the journal: whoever runs it reads that; where nobody does, it is ended here."""
        async with self._ways.opened("") as (orders, _):
            await rollout_asking.call_off(orders, one, reason)
        try:
            async with self._ways.opened(one.session) as (orders, dispatch):
                self._say(f"nobody runs {one.id}: it is ended here")
                self._told(await rollout_asking.end(orders, dispatch, one, reason, self._audience()))
        except RefusedError as taken:  # somebody runs it, and has read it by now
            async with self._ways.journal() as journal:
                if not await rollout_asking.heard(journal, one.id):
                    raise rollout_asking.unheard(taken.message, one.id) from None
            self._say(f"abort: heard by whoever runs {one.id}")

    async def _cancel(self, digest: str, flight: Flight) -> None:
        async with self._ways.journal() as journal:
            names = [kept.order.id for kept in journal.orders(plan=digest, open_only=True)]
        async with self._ways.opened("") as (orders, dispatch):
            live = await letting_go.open_of(orders, digest, names, whole=True)
            if not live:
                self._say(f"cancelled {digest[:16]}: nothing of it leaves any more")
                return

            def tell(tally: Tally) -> None:
                flight.tally = tally

            outcome = await dispatch.cancel(live, tell=tell)
            states = [one.course.state.value for one in outcome.results()]
        self._say(f"cancelled {states.count('cancelled'):,} of {vehicles(len(states))} that were open")

    async def _of_journal(self, rollout: str) -> Told | None:
        try:
            async with self._ways.journal() as journal:
                return rollout_asking.of_journal(journal, rollout)
        except UnavailableError:
            return None

    def _audience(self) -> Audience:
        return Audience(lambda picture: None, self._warn, self._ways.config, self._ways.plugins)

    def _warn(self, text: str) -> None:
        self._say(safe(text, 300), bad=True)

    def _told(self, picture: Picture) -> None:
        state, name = picture.standing.shown, picture.job.plan.id
        self._say(f"rollout {name}: {state}", bad=state != "completed")


def _cancelling(plan: PlanSeen) -> Question:
    lines = [f"{vehicles(plan.open)} that have it are asked to drop it: what they began, they may end"]
    if plan.unsent:
        lines.append(f"{vehicles(plan.unsent)} are told nothing any more")
    title = f"Cancel {safe(plan.command, 60)} {plan.digest[:16]}, {vehicles(plan.vehicles)}"
    return Question("cancel", plan.digest, title, tuple(lines), "cancel", reasoned=False)


def _about(what: str, rollout: RolloutSeen) -> Question:
    told = rollout.vehicles - rollout.count("planned")
    lines = [f"{rollout.state}, wave {rollout.wave + 1} of {len(rollout.waves)}: {told:,} of {rollout.vehicles:,} told"]
    title = f"{what.capitalize()} the rollout {safe(rollout.name, 60)} ({rollout.id}) of {safe(rollout.command, 60)}"
    typed = "y"
    if what == "pause":
        lines.append("nothing leaves until somebody resumes it; orders that left go on")
        typed = ""
    elif what == "abort":
        count = rollout.count("queued", "sent", "acked", "running", "unknown")
        lines.append(f"nothing leaves any more, and {vehicles(count)} that are open are asked to drop it")
        lines.append(f"{vehicles(rollout.count('planned', 'again'))} are told nothing; it cannot be taken up again")
        typed = "abort"
    elif what == "resume" and rollout.runner == NOBODY:
        lines.append("nobody runs it: it goes on here, as long as this view is open")
        typed = str(rollout.vehicles)
    elif what == "approve":
        lines.append("you agree that this wave begins")
    lines += [f"why it does not go on: {safe(text, 300)}" for text in rollout.why]
    return Question(what, rollout.id, title, tuple(lines), typed)
