"""`cdctl cmd status` and `cdctl cmd history`: the journal, looked at. A key is needed for where vehicles were alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cdctl.cli import cmd_kept, cmd_places, cmd_rows, cmd_sending, exits, fleet_rows, output, records
from cdctl.cli.settings import settings_of
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.orders.command import Command
    from cdctl.domain.orders.keeping import Journal, Kept
    from cdctl.domain.settings import Settings


def status(
    run: Run, which: str, limit: int, outputs: Sequence[str] | None, *, reason: str, show_vins: bool
) -> exits.Code:
    """Plans, the orders of one, or one order. The exit code is that of what is shown."""
    from cdctl.application.orders_wiring import with_journal

    settings, chosen = settings_of(run), output.parse(outputs)
    if not which:

        async def plans(journal: Journal) -> list[dict[str, object]]:
            return cmd_kept.plans(journal, limit)

        rows = [] if cmd_kept.is_none(settings) else with_journal(settings, plans)
        output.show(run, outputs, rows, cmd_kept.PLANS)
        if not rows:
            exits.note(run, "nothing was sent yet")
        left = [str(row["plan"])[:16] for row in rows if row["open"]]
        if left:
            exits.note(run, f"not ended yet: {', '.join(left)}; where nobody waits, cdctl cmd resume PLAN asks")
        return exits.Code.DONE

    async def look(journal: Journal) -> tuple[cmd_kept.Found, list[dict[str, object]]]:
        found = cmd_kept.find(journal, which)
        return found, cmd_kept.steps(journal, found.kept[0].order.id) if found.single else []

    cmd_kept.is_none(settings, which)
    found, steps = with_journal(settings, look)
    head: dict[str, object] = {"plan": found.plan, **({"steps": steps} if found.single else {})}
    known = _known(run, settings)
    places = cmd_places.may_be_shown(run, settings, found.kept, known, reason)
    told = cmd_rows.Told(found.kept, known, places, head)
    render = cmd_rows.orders(told)

    def whole(form: str, hide: bool, width: int | None) -> str:
        text = render(form, hide, width)
        if form not in {"table", "wide"} or not steps:
            return text
        return text + "\n" + records.render(steps, cmd_kept.STEPS, form, width)

    fleet_rows.emit(run, chosen, whole, show_vins=show_vins)
    ended = cmd_sending.Ended(list(found.kept), plans=[found.plan], unsent=found.unsent)
    if not found.single:
        cmd_sending.closing(run, "plan", ended)
    return cmd_sending.code(ended)


def history(run: Run, wanted: cmd_kept.Wanted, outputs: Sequence[str] | None, *, reason: str, show_vins: bool) -> None:
    """Orders, newest first."""
    from cdctl.application import wiring
    from cdctl.application.orders_wiring import with_journal

    settings, chosen = settings_of(run), output.parse(outputs)

    async def look(journal: Journal) -> tuple[Kept, ...]:
        return cmd_kept.history(journal, wanted)

    kept = () if cmd_kept.is_none(settings) else with_journal(settings, look)
    if wanted.command and not kept:
        wiring.catalogue(settings, plugins=run.plugins).command(wanted.command)  # one that nobody brings is misspelt
    known = _known(run, settings)
    places = cmd_places.may_be_shown(run, settings, kept, known, reason)
    told = cmd_rows.Told(kept, known, places, {}, each=True)
    fleet_rows.emit(run, chosen, cmd_rows.orders(told), show_vins=show_vins)
    if not kept:
        exits.note(run, "no order matches")
    elif len(kept) == wanted.limit:
        exits.note(run, f"the latest {wanted.limit:,} are shown; --limit shows more")


def _known(run: Run, settings: Settings) -> Callable[[str], Command | None]:
    from cdctl.application import wiring

    doors = wiring.catalogue(settings, plugins=run.plugins)

    def command_of(name: str) -> Command | None:
        try:
            return doors.command(name)
        except CdctlError:
            return None

    return command_of
