"""Dialogs of the view, and what they lead to: commands that are prepared, orders that are steered, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from cdctl.domain.boards.requests import About, Prepare, Steer
from cdctl.domain.text import safe
from cdctl.errors import CdctlError

if TYPE_CHECKING:
    from cdctl.application.top.hands import Hands
    from cdctl.application.top.view import View
    from cdctl.tui.form_words import Wanted


class Acting:
    """Opens dialogs on an application; nothing is done before whoever sits there agrees."""

    def __init__(self, app: App[None], view: View, hands: Hands) -> None:
        self._app, self._view, self._hands = app, view, hands

    def prepare(self, request: Prepare) -> None:
        """Prepare a command to vehicles."""
        from cdctl.application.top.choosing import Meant
        from cdctl.tui.form_words import Wanted

        self._form(Wanted(Meant(request.vins, request.where), request.command))

    @property
    def _busy(self) -> bool:
        """Whether a dialog is open: one at a time."""
        return len(self._app.screen_stack) > 1

    def _form(self, wanted: Wanted) -> None:
        from cdctl.tui.send_form import SendForm

        if self._busy:
            return

        def ended(sent: bool | None) -> None:
            if sent:
                self._view.go("orders", About())

        self._app.push_screen(SendForm(self._hands, wanted, self._view.say), ended)

    def steer(self, request: Steer) -> None:
        """Do something about a plan or a rollout."""
        self._app.run_worker(self._again(request.subject) if request.what == "retry" else self._asked(request))

    async def _again(self, plan: str) -> None:
        from cdctl.tui.form_words import Wanted

        try:
            found = await self._hands.steering.again(plan)
        except CdctlError as error:
            self._sorry(error)
            return
        self._form(Wanted(found.meant, found.command, found.arguments, found.said))

    async def _asked(self, request: Steer) -> None:
        from cdctl.tui.confirm import Ask, Confirm

        try:
            question = await self._hands.steering.question(request.what, request.subject)
        except CdctlError as error:
            self._sorry(error)
            return
        if self._busy:
            return
        button = {"abort": "Abort it", "cancel": "Cancel it"}.get(question.what, question.what.capitalize())

        def ended(reason: str | None) -> None:
            if reason is not None:
                self._view.say(f"{question.what} ...")
                self._hands.steering.do(question, reason)

        ask = Ask(question.title, question.lines, button, question.typed, question.reasoned)
        self._app.push_screen(Confirm(ask), ended)

    def leave(self) -> None:
        """End the view; while orders are in flight, after a question."""
        from cdctl.tui.confirm import Ask, Confirm

        going_on = self._hands.going_on()
        if not going_on:
            self._app.exit()
            return
        if self._busy:
            return
        count = len(going_on)
        title = f"{count} thing{'s are' if count > 1 else ' is'} under way"
        means = "vehicles go on with what they have; nobody listens to their answers until somebody goes on with it"

        def ended(reason: str | None) -> None:
            if reason is not None:
                self._app.exit()

        self._app.push_screen(Confirm(Ask(title, [*going_on, means], "Leave", "leave")), ended)

    def _sorry(self, error: CdctlError) -> None:
        subject = f"{safe(error.subject, 60)}: " if error.subject else ""
        self._view.say(
            f"{subject}{safe(error.message, 300)}{f'; {safe(error.hint, 200)}' if error.hint else ''}", bad=True
        )
