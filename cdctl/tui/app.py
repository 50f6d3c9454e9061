"""The live view as an application of a terminal: does what the view itself cannot."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import App, ComposeResult

from cdctl.domain.boards.requests import Copy, Leave, Palette, Prepare, Save, Steer, Theme
from cdctl.tui import terminal
from cdctl.tui.acting import Acting
from cdctl.tui.alone import alone
from cdctl.tui.colourless import COLOURLESS
from cdctl.tui.form_style import THEME_OF
from cdctl.tui.lenient import lenient
from cdctl.tui.looks import THEMES
from cdctl.tui.screen import BoardView

if TYPE_CHECKING:
    from cdctl.application.top.hands import Hands
    from cdctl.application.top.view import View
    from cdctl.domain.boards.requests import Request
    from cdctl.tui.saving import Kept


class Top(App[None]):
    """The live view."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: ansi_default; }" + COLOURLESS

    def __init__(
        self,
        view: View,
        changed: Callable[[], list[str]] | None = None,
        theme: str = "terminal",
        hands: Hands | None = None,
        painted: Callable[[], None] = lambda: None,
        *,
        show_vins: bool = False,
    ) -> None:
        """hands: with what commands are sent; None where nothing can be. painted: see `BoardView`. show_vins: files
        have ids of vehicles as they are."""
        super().__init__(ansi_color=True)
        self.view = view
        self._acting = Acting(self, view, hands) if hands is not None else None
        self._board = BoardView(view, changed, painted)
        self._board.theme = theme
        self._show_vins = show_vins

    async def run_async(self, **options: Any) -> None:
        """Until somebody leaves; the terminal is its alone for so long."""
        lenient()
        with alone():
            await super().run_async(**options)

    def compose(self) -> ComposeResult:
        """One widget."""
        yield self._board

    def on_unmount(self) -> None:
        """It may go."""
        self._gone.set()

    def on_board_view_asked(self, message: BoardView.Asked) -> None:
        """Do what is asked, one after the other."""
        self.all(message.requests)

    def all(self, requests: tuple[Request, ...]) -> None:
        """Do what is asked, one after the other."""
        for request in requests:
            self.do(request)

    def do(self, request: Request) -> None:
        """One thing that only a terminal can do."""
        match request:
            case Leave() if self._acting is not None:
                self._acting.leave()
            case Leave():
                self.exit()
            case Prepare() if self._acting is not None:
                self._acting.prepare(request)
            case Steer() if self._acting is not None:
                self._acting.steer(request)
            case Copy(text, what):
                self.copy_to_clipboard(text)
                self.view.say(f"copied the {what}")
            case Theme(name):
                self._wear(name)
            case Save():
                from cdctl.tui.saving import keep

                size = (self._board.size.width, self._board.size.height)
                self._save(keep(self.view.stage, size, self._board.theme, time.time(), whole=self._show_vins))
            case Palette():
                from cdctl.tui.palette import Search

                self.push_screen(Search())
            case _:
                self.view.say("this cannot be done here yet", bad=True)

    async def action_quit(self) -> None:
        """The library's own key for leaving."""
        self.do(Leave())

    def on_mount(self) -> None:
        """Dialogs wear what the boards do; and from now on the terminal has to be there."""
        self._gone = terminal.watch()
        self._dress(self._board.theme)

    @work(thread=True)
    def _save(self, kept: Kept) -> None:
        """Rows of a million vehicles take seconds: nobody waits for them."""
        try:
            told = kept.write(Path.cwd())
        except OSError as error:
            self.call_from_thread(self.view.say, f"nothing was saved here: {error.strerror}", bad=True)
        else:
            self.call_from_thread(self.view.say, told)

    def _wear(self, name: str) -> None:
        if name not in THEMES:
            self.view.say(f"there is no theme {name!r}: {', '.join(THEMES)}", bad=True)
            return
        self._board.wear(name)
        self._dress(name)

    def _dress(self, name: str) -> None:
        """Dialogs in colours that go with a theme: sixteen of them where the terminal's own are worn."""
        self.ansi_color = name == "terminal"
        self.theme = THEME_OF.get(name, self.theme)
