"""Carries rollouts in this process: begins them, or goes on where one stood."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cdctl.cli import cmd_asking, exits, output, records, rollout_looking, rollout_planning, rollout_rows
from cdctl.cli.cmd_send import vehicles
from cdctl.cli.settings import settings_of
from cdctl.domain.orders.rollout import talk
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.cli.options import Run
    from cdctl.domain.orders.rollout.engine import Picture

_EVERY = 10.0
"""Seconds between lines that say how far it is, when nothing else is said."""


class Lines:
    """Tells what happens on stderr: every event once, and how far it is now and then."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._told = 0
        self._at = time.monotonic()
        self.last: dict[str, Any] = {}

    def doing(self) -> str:
        """What is interrupted."""
        return rollout_looking.progress(self.last) if self.last else "nothing was sent"

    def show(self, picture: Picture) -> None:
        """How it is now."""
        body = talk.plain(picture)
        self.last = body
        events = [one for one in picture.events if one.at > self._told]
        for one in events:
            exits.note(
                self._run, rollout_rows.event({"at": one.at, "word": one.word, "words": one.words, "by": one.by})
            )
            self._told = max(self._told, one.at)
        now = time.monotonic()
        if events or now - self._at >= _EVERY:
            self._at = now
            exits.note(self._run, f"  {safe(rollout_looking.progress(body), 300)}")


def start(
    run: Run,
    file: str,
    outputs: list[str] | None,
    *,
    seconds: str,
    expect: int | None,
    yes: bool,
    break_glass: bool = False,
    despite_caps: bool = False,
) -> exits.Code:
    """From the file to the end of its rollout; the exit code."""
    from cdctl.application import rolling
    from cdctl.application.orders_wiring import with_orders

    wanted = output.parse(outputs)
    found = rollout_planning.ready(run, file, seconds=seconds, expect=expect, despite_caps=despite_caps)
    plan, command = found.job.plan, found.command
    if not plan.targets:
        exits.note(run, "no vehicle matches: nothing is sent")
        return exits.Code.DONE
    cmd_asking.must_be_able(command.risk, yes)
    lines = Lines(run)
    expected = expect if expect is not None else found.wanted.expect

    async def work(orders: Orders, dispatch: Dispatch) -> Picture:
        if break_glass:
            exits.insist("BREAK GLASS: approvals are passed over; who, what and why go into the audit")
        missing = await rolling.allowed(orders, plan, command, expected, break_glass=break_glass)
        job = rolling.job_of(plan, found.wanted, command, missing)
        for row in rollout_rows.planned(job):
            exits.note(run, f"  wave {row['wave']}: {row['vehicles']:,} vehicles, {row['total']:,} in all")
        for name, value in rollout_rows.guarded(job):
            exits.note(run, f"  {name:<10} {value}")
        what = f"roll {command.name} out to {vehicles(len(plan.targets))} of {plan.context}"
        await cmd_asking.agreed(run, command.risk, what, len(plan.targets), yes)
        exits.note(run, f"rollout {plan.id}: cdctl rollout status|pause|abort {plan.id}")
        return await rolling.carry(
            orders, dispatch, job, shown=lines.show, warn=exits.insist, config=run.config, plugins=run.plugins
        )

    with exits.in_flight(lines.doing, f"go on where it stands: cdctl rollout resume {plan.id}"):
        with_orders(found.settings, work, plugins=run.plugins)
    return ended(run, wanted, lines.last)


def resume(run: Run, rollout: str, outputs: list[str] | None, *, reason: str, anyway: bool, yes: bool) -> exits.Code:
    """Tell whoever runs it to go on; where nobody does and this journal has it, go on here."""
    wanted = output.parse(outputs)
    try:
        return rollout_looking.wish(run, rollout, "resume", reason, anyway=anyway)
    except UnavailableError as nobody:
        return _take_up(run, rollout, wanted, nobody, yes)


def _take_up(
    run: Run, rollout: str, wanted: Sequence[output.Output], nobody: UnavailableError, yes: bool
) -> exits.Code:
    from cdctl.application import rolling
    from cdctl.application.orders_wiring import journal_path, with_journal, with_orders
    from cdctl.application.rollout_notes import Told, told
    from cdctl.domain.orders.keeping import Journal

    settings = settings_of(run)
    if not journal_path(settings).exists():
        raise nobody

    async def look(journal: Journal) -> list[Told]:
        return told(journal, rollout)

    kept = [one for one in with_journal(settings, look) if not one.standing.phase.terminal]
    if len(kept) != 1:
        raise nobody
    (one,) = kept
    lines = Lines(run)
    exits.note(run, f"nobody runs {one.id}: it goes on here, from wave {one.standing.wave + 1}")

    async def work(orders: Orders, dispatch: Dispatch) -> Picture:
        newest = rolling.one(orders.journal, one.id)
        job = rolling.kept(orders, newest)
        await cmd_asking.agreed(run, job.command.risk, f"go on with {job.command.name}", len(job.plan.targets), yes)
        return await rolling.carry(
            orders, dispatch, job, standing=newest.standing, shown=lines.show, warn=exits.insist,
            config=run.config, plugins=run.plugins,
        )  # fmt: skip

    with exits.in_flight(lines.doing, f"go on where it stands: cdctl rollout resume {one.id}"):
        with_orders(settings, work, session=one.session, plugins=run.plugins)
    return ended(run, wanted, lines.last)


def ended(run: Run, wanted: Sequence[output.Output], body: dict[str, Any]) -> exits.Code:
    """The last words, the waves, and the exit code."""
    rows = rollout_rows.waves(body)

    def render(form: str, width: int | None) -> str:
        if form == "json":
            return records.document(body)
        return records.render(rows, rollout_rows.WAVES, form, width)

    output.emit(run, wanted, lambda form: render(form, None), render)
    for line in rollout_rows.why(body):
        exits.note(run, f"{body['state']}: {safe(line, 400)}")
    return code(body)


def code(body: dict[str, Any]) -> exits.Code:
    """0 when it was completed and everybody succeeded; 1 when it was stopped, or a vehicle failed; 4 when some never
    answered."""
    totals = rollout_rows.totals(body["waves"])
    if body["phase"] in {"aborted", "failed"} or totals.get("failed") or totals.get("rejected"):
        return exits.Code.BAD_NEWS
    whole = body["phase"] == "completed" and totals.get("succeeded", 0) == sum(totals.values())
    return exits.Code.DONE if whole else exits.Code.PARTLY
