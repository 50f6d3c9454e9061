"""Orders of `cdctl diag`: who is asked, and the orders that ask; all else is as in `cdctl cmd send`."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cdctl.application import planning
from cdctl.application.targets import Selected
from cdctl.cli import cmd_planning, cmd_sending, cmd_targets, exits, fleet_rows
from cdctl.cli.cmd_progress import Board
from cdctl.cli.cmd_sending import Ended, How, Parcel
from cdctl.cli.settings import settings_of
from cdctl.domain.diagnostics.trips import Trip
from cdctl.domain.orders.arguments import judge
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.planning import Spans
    from cdctl.application.tally import Outcome
    from cdctl.cli.options import Run
    from cdctl.domain.orders.command import Arguments, Command
    from cdctl.domain.orders.executing import Executor
    from cdctl.domain.orders.keeping import Kept
    from cdctl.domain.orders.plan import Target
    from cdctl.domain.orders.trust import Identity
    from cdctl.domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the line; see `cmd_options`."""

    vins: Sequence[str] = ()
    where: str = ""
    region: str = ""
    seconds: str = ""
    expect: int | None = None
    expires: str = ""
    timeout: str = ""
    rate: str = ""
    yes: bool = False
    reason: str = ""
    show_vins: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom: nothing is left to be wrong on our side. rate: orders a second."""

    settings: Settings
    command: Command
    arguments: Arguments
    selected: Selected
    spans: Spans
    by: Identity
    asked: Asked
    rate: float | None = None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Who is asked."""
        return self.selected.targets

    def parcel(self) -> Parcel:
        """The plan of one round; every one is another."""
        plan = planning.planned(
            self.command,
            self.arguments,
            self.selected,
            self.spans,
            context=self.settings.context().name,
            by=self.by,
            reason=self.asked.reason,
            now=time.time(),
        )
        return Parcel(plan, self.command, expected=self.asked.expect)


def question(
    run: Run, name: str, arguments: Mapping[str, str], asked: Asked, selected: Selected | None = None
) -> Question:
    """Judge what is asked, and choose the vehicles unless that is done. Raises UsageError, RefusedError when --expect
    does not fit, and UnavailableError."""
    from cdctl.application import security_wiring, wiring

    settings = settings_of(run)
    command = wiring.catalogue(settings, plugins=run.plugins).command(name)
    spans = cmd_planning.spans_of(command, asked.expires, asked.timeout)
    rate = cmd_planning.rate_of(asked.rate)
    by = security_wiring.sealer_of(settings.context()).identity
    if selected is None:
        selected = _selected(run, settings, asked)
        fleet_rows.refuse_unless(asked.expect, len(selected.targets))
    return Question(settings, command, judge(command, arguments), selected, spans, by, asked, rate)


def _selected(run: Run, settings: Settings, asked: Asked) -> Selected:
    if bool(asked.vins) is bool(asked.where.strip()):
        text = "vehicles and --where exclude each other" if asked.vins else "name vehicles, or a filter"
        raise UsageError(text, hint="VIN..., or --where 'region:eu online'")
    return cmd_targets.chosen(
        run,
        settings,
        to=asked.vins,
        where=asked.where,
        region=asked.region,
        seconds=asked.seconds,
        reason=asked.reason,
    )


def ask(run: Run, about: Question) -> Ended:
    """One round: every vehicle is asked once. Nobody is asked when nobody matches."""
    if not about.targets:
        exits.note(run, "no vehicle matches: nobody is asked")
        return Ended()
    what = f"send {about.command.name} to {len(about.targets):,} vehicles of {about.settings.context().name}"
    return cmd_sending.deliver(run, about.settings, [about.parcel()], How(what, yes=about.asked.yes, rate=about.rate))


@dataclass(slots=True)
class Pinged:
    """Round trips by vehicle, in order, and how all orders ended."""

    trips: dict[str, list[Trip]] = field(default_factory=lambda: defaultdict(list))
    last: dict[str, Kept] = field(default_factory=dict)
    ended: Ended = field(default_factory=Ended)


def ping(run: Run, about: Question, count: int, interval: float) -> Pinged:
    """So many rounds, one after the other; a round ends when every vehicle has answered or can no longer."""
    from cdctl.application.diagnosing import Stopwatch
    from cdctl.application.orders_wiring import with_orders

    found = Pinged()
    if not about.targets:
        exits.note(run, "no vehicle matches: nobody is asked")
        return found
    watches: list[Stopwatch] = []
    board = Board(run, about.command.name)

    def around(executor: Executor) -> Executor:
        watches.append(Stopwatch(executor))
        return watches[0]

    async def work(orders: Orders, dispatch: Dispatch) -> Ended:
        kept: list[Kept] = []
        outcomes: list[Outcome] = []
        with board.shown():
            for number in range(count):
                if number:
                    await asyncio.sleep(interval)
                parcel = about.parcel()
                await _allowed(run, orders, parcel, first=not number)
                outcome = await dispatch.send(parcel.plan, about.command, rate=about.rate, tell=board.tell(number))
                outcomes.append(outcome)
                round_ = list(outcome.results())
                kept += round_
                found.last |= {one.order.vin: one for one in round_}
                for vin, trip in watches[0].trips(round_).items():
                    found.trips[vin].append(trip)
        return replace(cmd_sending.ended(outcomes, board), kept=kept)

    with cmd_sending.interruptible(board, lambda: "what was sent is in the journal: cdctl cmd history"):
        found.ended = with_orders(about.settings, work, plugins=run.plugins, around=around)
    return found


async def _allowed(run: Run, orders: Orders, parcel: Parcel, *, first: bool) -> None:
    ruling = await orders.authorise(parcel.plan, parcel.command, expected=parcel.expected)
    if not first:
        return
    exits.detail(run, f"policy allows it: {', '.join(ruling.rules)}")
    known = orders.trust.knows([target.vin for target in parcel.plan.targets])
    if strangers := sum(not one for one in known):
        exits.insist(f"of {strangers:,} of {len(known):,} vehicles no key is trusted: what they answer is not believed")
