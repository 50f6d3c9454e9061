"""Sends plans: policy first, then the question, then the orders; and says how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cdctl.application.calling_off import refuse_called_off
from cdctl.application.stopping import stoppable
from cdctl.cli import cmd_asking, exits
from cdctl.cli.cmd_patience import within
from cdctl.cli.cmd_progress import Board, Sum, counts
from cdctl.domain.duration import brief
from cdctl.domain.orders.order import TERMINAL, State
from cdctl.domain.text import safe
from cdctl.errors import RefusedError, UnavailableError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.tally import Outcome
    from cdctl.cli.options import Run
    from cdctl.domain.orders.command import Command
    from cdctl.domain.orders.keeping import Journal, Kept
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.trust import Identity
    from cdctl.domain.settings import Settings

_BAD = frozenset({State.FAILED, State.REJECTED})
_SHORT = 16
_REASONS = 4


@dataclass(frozen=True, slots=True)
class Parcel:
    """A plan and what it needs to be allowed."""

    plan: Plan
    command: Command
    approvers: Sequence[Identity] = ()
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class How:
    """How plans are sent. rate: orders a second; what: "send lock to 3 vehicles", for the question. patience: seconds
    after which nobody waits for the ends; None: as long as it takes."""

    what: str
    yes: bool = False
    wait: bool = True
    rate: float | None = None
    retries: int = 0
    patience: float | None = None
    action: str = "send"
    break_glass: bool = False


@dataclass(slots=True)
class Ended:
    """How it ended. kept: an order a target; unsent: targets nothing was written down for. gave_up: the time that was
    given for it was over before."""

    kept: list[Kept] = field(default_factory=list)
    sum: Sum = field(default_factory=Sum)
    plans: list[str] = field(default_factory=list)
    session: str = ""
    unsent: int = 0
    waited: bool = True
    forged: int = 0
    stopped: bool = False
    gave_up: bool = False


def deliver(run: Run, settings: Settings, parcels: Sequence[Parcel], how: How) -> Ended:
    """Ask policy, ask the person, send. Raises UsageError, RefusedError and UnavailableError."""
    from cdctl.application.orders_wiring import with_orders

    risk = cmd_asking.worst([parcel.command.risk for parcel in parcels])
    cmd_asking.must_be_able(risk, how.yes)
    total = sum(len(parcel.plan.targets) for parcel in parcels)
    names = ", ".join(dict.fromkeys(parcel.command.name for parcel in parcels))
    board = Board(run, names, f"sending {names}")

    async def work(orders: Orders, dispatch: Dispatch) -> Ended:
        await _allowed(run, orders, parcels, how)
        await _reached(dispatch, parcels)
        await cmd_asking.agreed(run, risk, how.what, total, how.yes)
        plans = [parcel.plan.digest() for parcel in parcels]
        async with stoppable(orders, dispatch, plans):
            sending = [
                dispatch.send(
                    parcel.plan, parcel.command, rate=how.rate, retries=how.retries, wait=how.wait,
                    tell=board.tell(number),
                )
                for number, parcel in enumerate(parcels)
            ]  # fmt: skip
            wanted = [(digest, len(parcel.plan.targets)) for digest, parcel in zip(plans, parcels, strict=True)]
            try:
                with board.shown():
                    outcomes = await within(how.patience, sending)
            except UnavailableError:
                with suppress(UnavailableError):  # what was begun is told, as far as it can be read
                    found = await so_far(dispatch, orders.journal, wanted, board)
                    if found.kept:
                        closing(run, names, replace(found, gave_up=False))
                raise
            if outcomes is None:
                return await so_far(dispatch, orders.journal, wanted, board)
        return ended(outcomes, board, waited=how.wait)

    plans = [parcel.plan.digest()[:_SHORT] for parcel in parcels]
    with interruptible(board, lambda: f"go on: cdctl cmd resume {plans[0]}; take it back: cdctl cmd cancel {plans[0]}"):
        return with_orders(settings, work, plugins=run.plugins)


async def _allowed(run: Run, orders: Orders, parcels: Sequence[Parcel], how: How) -> None:
    if how.break_glass:
        exits.insist("BREAK GLASS: approvals are passed over; who, what and why go into the audit")
    for parcel in parcels:
        refuse_called_off(orders.journal, parcel.plan.digest())
        try:
            ruling = await orders.authorise(
                parcel.plan, parcel.command, action=how.action, approvers=parcel.approvers,
                expected=parcel.expected, break_glass=how.break_glass,
            )  # fmt: skip
        except RefusedError as error:
            raise _with_the_number(error, parcel) from None
        exits.detail(run, f"policy allows it: {', '.join(ruling.rules)}")
    vins = [target.vin for parcel in parcels for target in parcel.plan.targets]
    if orders.context.commands is not None:
        return  # nobody signs what an API says of a vehicle
    strangers = sum(not known for known in orders.trust.knows(vins))
    if strangers:
        exits.insist(f"of {strangers:,} of {len(vins):,} vehicles no key is trusted: what they answer is not believed")


async def _reached(dispatch: Dispatch, parcels: Sequence[Parcel]) -> None:
    """Say who cannot be told now, before anybody is asked."""
    places = Counter(target.region for parcel in parcels for target in parcel.plan.targets)
    for region, why in (await dispatch.open(places)).items():
        count = f"{places[region]:,} of {places.total():,} vehicles"
        exits.insist(
            safe(f"{region} cannot be reached now: {count} are told when it can, until it expires: {why}", 300)
        )


def _with_the_number(error: RefusedError, parcel: Parcel) -> RefusedError:
    """Whoever has to say how many there are is told how many there are."""
    if parcel.expected is not None or "--expect" not in error.message:
        return error
    hint = f"when you mean all of them: --expect {len(parcel.plan.targets)}"
    return RefusedError(error.message, subject=error.subject, hint=hint)


@contextmanager
def interruptible(board: Board, after: Callable[[], str]) -> Iterator[None]:
    """Let Ctrl-C inside say what is in flight, and how to go on when anything is."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if stop.args:
            raise
        begun = any(count for state, count in board.sum.states.items() if state is not State.QUEUED)
        text = f"while {board.said()}; {after()}" if begun else "before anything was sent"
        raise KeyboardInterrupt(safe(text)) from stop


def ended(outcomes: Sequence[Outcome], board: Board, *, waited: bool = True) -> Ended:
    """How dispatches ended, read from the journal while it is open."""
    kept = [one for outcome in outcomes for one in outcome.results()]
    return Ended(
        kept,
        board.sum,
        [outcome.plan for outcome in outcomes],
        outcomes[0].session if outcomes else "",
        sum(outcome.tally.total - outcome.tally.written for outcome in outcomes),
        waited,
        sum(outcome.tally.forged for outcome in outcomes),
        any(outcome.stopped for outcome in outcomes),
    )


async def so_far(dispatch: Dispatch, journal: Journal, plans: Sequence[tuple[str, int]], board: Board) -> Ended:
    """How it stands now that nobody waits any longer. plans: digests, and how many targets each has."""
    from cdctl.application.resuming import last_tries

    await dispatch.settle()
    each = [list(last_tries(journal.orders(plan=digest))) for digest, _ in plans]
    unsent = sum(max(0, total - len(kept)) for (_, total), kept in zip(plans, each, strict=True))
    kept = [one for some in each for one in some]
    return Ended(kept, board.sum, [digest for digest, _ in plans], dispatch.session, unsent, gave_up=True)


def code(found: Ended) -> exits.Code:
    """0 when every vehicle succeeded, or was sent to and nobody wanted to wait; 1 when one failed or refused; 4 when
    the truth of one is not known, it was not sent to, or it never began."""
    states = {one.course.state for one in found.kept}
    if states & _BAD:
        return exits.Code.BAD_NEWS
    fine = {State.SUCCEEDED} if found.waited else {State.SUCCEEDED, *set(State) - TERMINAL - {State.QUEUED}}
    return exits.Code.DONE if states <= fine and not found.unsent else exits.Code.PARTLY


def closing(run: Run, what: str, found: Ended) -> None:
    """The last words, on stderr: how many of how many, what became of the others, and what can be done about it."""
    states: dict[State, int] = {}
    for one in found.kept:
        states[one.course.state] = states.get(one.course.state, 0) + 1
    total = len(found.kept) + found.unsent
    whole = Sum(total=total, states=states)
    took = f" in {brief(found.sum.elapsed)}" if found.sum.elapsed >= 0.1 else ""
    good = states.get(State.SUCCEEDED, 0)
    rest = counts(whole, [state for state in State if state is not State.SUCCEEDED])
    unsent = f", {found.unsent:,} not sent" if found.unsent else ""
    exits.note(run, f"{what}: {good:,} of {total:,} succeeded{took}{f'; {rest}' if rest else ''}{unsent}")
    for line in _why(found.kept):
        exits.note(run, line)
    plan = found.plans[0][:_SHORT] if found.plans else ""
    if queued := states.get(State.QUEUED):
        why = f" ({'; '.join(found.sum.degraded)})" if found.sum.degraded else ""
        note = f"{queued:,} not sent{safe(why, 300)}: cdctl cmd resume {plan} sends them as long as they may begin"
        exits.note(run, note.replace("  ", " "))
    if found.gave_up:
        flying = counts(whole, [state for state in State if not state.terminal]) or "nothing"
        exits.note(run, f"the time to wait is over; under way: {flying}{unsent}; take it back: cdctl cmd cancel {plan}")
    if found.unsent and found.gave_up:
        exits.note(run, f"cdctl cmd resume {plan} sends the rest, as long as it may begin")
    if any(not state.terminal for state in states):
        exits.note(
            run, f"not ended yet: cdctl cmd status {plan} looks, cdctl cmd resume {plan} goes on".replace("  ", " ")
        )
    if found.stopped:
        exits.note(run, "it was cancelled while it was being sent")
    if found.forged:
        exits.insist(f"{found.forged:,} answers had no valid signature and were not believed")


_SILENT = {
    State.EXPIRED: "no answer while it could still begin",
    State.TIMED_OUT: "it had the order, and did not tell the end of it",
}
"""What a state means where nobody gave a reason."""


def _why(kept: Sequence[Kept]) -> Iterator[str]:
    """`  rejected: precondition: parked (3)`, most first."""
    from cdctl.cli.cmd_rows import summary

    told = [(State(str(row["state"])), str(row["reason"]), row["vehicles"]) for row in summary(kept)]
    rows = [(state, reason or _SILENT.get(state, ""), count) for state, reason, count in told]
    rows = [row for row in rows if row[1] and row[0] is not State.SUCCEEDED]
    for state, reason, count in rows[:_REASONS]:
        yield f"  {state.value.replace('_', ' ')}: {safe(reason, 200)} ({count:,})"
    if len(rows) > _REASONS:
        yield f"  and {len(rows) - _REASONS} other reasons"
