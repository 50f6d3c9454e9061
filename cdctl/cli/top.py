"""`cdctl top`: the live view on a terminal, or one picture of it."""

from __future__ import annotations

import gc
import os
import re
import sys
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, output
from cdctl.cli.options import OutputOption, Run, run_of
from cdctl.cli.settings import settings_of
from cdctl.domain.looks import THEMES
from cdctl.domain.text import safe
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.application.top.boards_wiring import Boards
    from cdctl.application.top.lookout import Lookout
    from cdctl.application.top.promising import Promising
    from cdctl.application.top.stage import Stage
    from cdctl.domain.boards.asking import Missing
    from cdctl.domain.boards.keys import Keymap
    from cdctl.domain.boards.requests import About
    from cdctl.domain.boards.snapshot import Snapshot
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
FORMS = ("text", "json", "svg")
USUAL = (160, 50)
_ELSE = "cdctl top --once prints one picture"
_DUMB = ("dumb", "unknown")
_PATIENCE = 15.0
_SIZE = re.compile(r"([0-9]{1,3})x([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class _Look:
    """How it looks. size: columns and lines of one picture."""

    size: tuple[int, int]
    theme: str
    readonly: bool
    show_vins: bool

    @property
    def colours(self) -> str:
        """A file has no terminal whose own colours it could wear."""
        return "dark" if self.theme == "terminal" else self.theme


@app.command(epilog="Example: cdctl top --board slo; cdctl top --once -o svg=fleet.svg --size 120x40")
def top(
    ctx: typer.Context,
    board: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Which board; fleet unless told.", autocompletion=completion.boards)
    ] = "",
    alert: Annotated[
        str,
        typer.Option(
            metavar="FILE|URL|SLO",
            help="Open the board incident about it: an alert as triage takes it, or a promise.",
            autocompletion=completion.slos,
        ),
    ] = "",
    readonly: Annotated[bool, typer.Option("--readonly", help="Nothing can be sent.")] = False,
    once: Annotated[bool, typer.Option("--once", help="One picture on stdout: text, json or svg.")] = False,
    size: Annotated[str, typer.Option(metavar="COLUMNSxLINES", help="Of --once; 160x50 unless told.")] = "",
    theme: Annotated[
        str,
        typer.Option(metavar="NAME", help=f"Its colours: {', '.join(THEMES)}.", autocompletion=completion.themes),
    ] = "",
    show_vins: Annotated[
        bool, typer.Option("--show-vins", help="Write whole VINs into files; else they are masked.")
    ] = False,
    outputs: OutputOption = None,
) -> None:
    """Keep an eye on vehicles and promises: a board that is drawn anew as things change; ? shows its keys."""
    run = run_of(ctx)
    settings = settings_of(run)
    board, theme = board or ("incident" if alert else settings.top.board), theme or settings.top.theme
    if theme not in THEMES:
        raise UsageError(
            f"there is no theme {safe(theme, 40)!r}", subject="--theme", hint=f"one of {', '.join(THEMES)}"
        )
    if once:
        shown = _size(size)
        look = _Look(shown, theme, readonly=readonly, show_vins=show_vins)
        _once(run, settings, (board, _about(run, settings, alert)), look, outputs)
        return
    if outputs or size:
        raise UsageError("is for one picture", subject="-o" if outputs else "--size", hint="add --once")
    if output.terminal_width() is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("the live view needs a terminal", hint=_ELSE)
    if os.environ.get("TERM", "").lower() in _DUMB:
        raise UsageError(f"is {os.environ['TERM']}: no screen can be drawn there", subject="TERM", hint=_ELSE)
    look = _Look((0, 0), theme, readonly=readonly, show_vins=show_vins)
    _live(run, settings, (board, _about(run, settings, alert)), look)


def _about(run: Run, settings: Settings, alert: str) -> About:
    """What the board is about. Raises as `alerted.about`."""
    from cdctl.cli import alerted
    from cdctl.domain.boards.requests import About

    return alerted.place(run, settings, alert) if alert else About()


def _live(run: Run, settings: Settings, place: tuple[str, About], look: _Look) -> None:
    from cdctl.application.top import lookout_wiring

    board, about = place
    gc.disable()  # what is imported stays: looking for cycles in it costs a tenth of the time to the first picture

    @cache
    def boards() -> tuple[Boards, Keymap]:
        """Importing what draws takes as long as the fleet takes to come up."""
        from cdctl.application import wiring
        from cdctl.application.top import sending_wiring, view  # noqa: F401
        from cdctl.application.top.boards_wiring import Boards, keymap_of
        from cdctl.tui import app  # noqa: F401

        doors = wiring.catalogue(settings, plugins=run.plugins)
        keymap = keymap_of(settings, doors)
        found = Boards(settings, doors, keymap)
        found.open(board)
        return found, keymap

    async def work(lookout: Lookout, fleet: Fleet | Missing, slo: Promising | Missing) -> int:
        import asyncio

        from cdctl.application.top.sending_wiring import hands_of
        from cdctl.application.top.view import View
        from cdctl.tui import colourless
        from cdctl.tui.app import Top

        view = View(lookout, *boards(), board, about)
        config, plugins = run.config, run.plugins
        hands = None if look.readonly else hands_of(settings, lookout, fleet, view.say, config=config, plugins=plugins)
        colourless.choose(run.color)
        app = Top(view, boards()[0].changed, look.theme, hands, partial(_painted, slo), show_vins=look.show_vins)
        try:
            await app.run_async()
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise asyncio.CancelledError  # it was told to end, which the library takes for a wish to leave
        finally:
            for line in hands.going_on() if hands is not None else ():
                exits.note(run, line)
            if hands is not None:
                await hands.flights.aclose()
        return 1 if app.return_code is None else app.return_code  # none: it gave up

    failed = lookout_wiring.with_lookout(
        settings, work, config=run.config, plugins=run.plugins, readonly=look.readonly, beside=boards
    )
    exits.leave(exits.Code.UNKNOWN if failed else exits.Code.DONE)  # what failed was told on the terminal


def _painted(slo: Promising | Missing) -> None:
    """The first picture is there: what would have held it up may begin."""
    from cdctl.application.top.promising import Promising

    gc.freeze()
    gc.enable()
    if isinstance(slo, Promising):
        slo.begin()


def _once(
    run: Run,
    settings: Settings,
    place: tuple[str, About],
    look: _Look,
    outputs: list[str] | None,
) -> None:
    from cdctl.application.top import lookout_wiring
    from cdctl.application.top.once_wiring import picture
    from cdctl.cli import fleet_rows

    values = outputs if outputs and not all("=" in value for value in outputs) else [*(outputs or ()), "text"]
    chosen = output.parse(values, FORMS)
    stage = _boards(run, settings).open(place[0])
    judged = _promised(stage) or stage.apart

    async def work(lookout: Lookout, fleet: Fleet | Missing, slo: Promising | Missing) -> Snapshot:
        lookout.about = place[1]
        await lookout_wiring.settled(lookout, slo, _PATIENCE, lambda what: exits.detail(run, what))
        return await picture(lookout, stage, look.size)

    seen = lookout_wiring.with_lookout(
        settings, work, config=run.config, plugins=run.plugins, readonly=look.readonly, promised=judged
    )

    def render(form: str, hide: bool, width: int | None) -> str:
        return _rendered(stage, form, look, seen, hide=hide)

    fleet_rows.emit(run, chosen, render, show_vins=look.show_vins)
    exits.leave(_code(seen, promised=_promised(stage)))


def _code(seen: Snapshot, *, promised: bool) -> exits.Code:
    """3 when nothing of what a board can show is known, 4 when a part is not."""
    from cdctl.cli import fleet_status
    from cdctl.domain.boards.asking import Missing

    fleet, codes = seen.fleet, []
    if isinstance(fleet, Missing):
        codes.append(exits.Code.UNKNOWN)
    else:
        old = bool(fleet.broken) or fleet.status.stalled
        codes.append(exits.Code.PARTLY if old else fleet_status.code(fleet.status))
    if promised:
        codes.append(exits.Code.UNKNOWN if isinstance(seen.slo, Missing) else exits.Code.DONE)
    if len(set(codes)) == 1:
        return codes[0]
    return exits.Code.PARTLY


def _boards(run: Run, settings: Settings) -> Boards:
    from cdctl.application import wiring
    from cdctl.application.top.boards_wiring import Boards

    return Boards(settings, wiring.catalogue(settings, plugins=run.plugins))


def _rendered(stage: Stage, form: str, look: _Look, seen: Snapshot, *, hide: bool) -> str:
    """hide: ids of vehicles are masked."""
    from cdctl.application.top.masking import ids_in, masked_data, masked_lines
    from cdctl.cli import records
    from cdctl.domain.boards.drawing import text_of
    from cdctl.tui.svg import svg

    data = stage.data()
    ids = ids_in(data) | ids_in({"vin": seen.about.vin})
    if form == "json":
        shown = masked_data(data, ids) if hide else data
        told = {"schema": "cdctl.top/v1", "board": stage.board.name, "at": seen.at, "panels": shown}
        return records.document(told)
    lines = stage.draw(*look.size)
    lines = masked_lines(lines, ids) if hide else lines
    if form == "svg":
        return svg(lines, look.size[0], stage.board.title or stage.board.name, look.colours)
    return "".join(f"{text_of(line).rstrip()}\n" for line in lines)


def _promised(stage: Stage) -> bool:
    return any(slot.kind == "slo" for slot in stage.board.slots)


def _size(text: str) -> tuple[int, int]:
    if not text:
        return USUAL
    found = _SIZE.fullmatch(text)
    width, height = (int(part) for part in found.groups()) if found else (0, 0)
    if not (width >= 20 and height >= 5):
        raise UsageError(f"{text} is not a size from 20x5 to 999x999", subject="--size", hint="write 160x50")
    return width, height
