"""What a rollout that is carried here says on its way, and its last words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cdctl.application.rollout_asking import Audience
from cdctl.application.rollout_states import why
from cdctl.cli import exits, output, records, rollout_looking, rollout_rows
from cdctl.domain.orders.rollout import talk
from cdctl.domain.text import safe

if TYPE_CHECKING:
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

    @property
    def audience(self) -> Audience:
        """These lines, for whoever carries a rollout."""
        return Audience(self.show, exits.insist, self._run.config, self._run.plugins)

    def since(self, at: int) -> None:
        """What happened before this (epoch milliseconds) is not told again."""
        self._told = at - 1

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


def ended(run: Run, wanted: Sequence[output.Output], body: dict[str, Any]) -> exits.Code:
    """The last words, the waves, and the exit code."""
    rows = rollout_rows.waves(body)

    def render(form: str, width: int | None) -> str:
        if form == "json":
            return records.document(body)
        return records.render(rows, rollout_rows.WAVES, form, width)

    output.emit(run, wanted, lambda form: render(form, None), render)
    for line in why(body):
        exits.note(run, f"{body['state']}: {safe(line, 400)}")
    for line in rollout_rows.left_open(body):
        exits.note(run, line)
    return code(body)


def code(body: dict[str, Any]) -> exits.Code:
    """0 when it was completed and everybody succeeded; 1 when it was stopped, or a vehicle failed; 4 when some never
    answered."""
    totals = rollout_rows.totals(body["waves"])
    if body["phase"] in {"aborted", "failed"} or totals.get("failed") or totals.get("rejected"):
        return exits.Code.BAD_NEWS
    whole = body["phase"] == "completed" and totals.get("succeeded", 0) == sum(totals.values())
    return exits.Code.DONE if whole else exits.Code.PARTLY
