"""How far orders are: a few lines that redraw themselves on a terminal, a line every ten seconds in a pipe."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdctl.cli import exits
from cdctl.cli.progress import EVERY_SECONDS
from cdctl.domain.duration import brief
from cdctl.domain.orders.order import TERMINAL, State
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

    from cdctl.application.tally import Tally, Tell
    from cdctl.cli.options import Run

_WAITING = (State.QUEUED, State.SENT, State.ACKED, State.RUNNING, State.UNKNOWN)
_ENDED = tuple(state for state in State if state in TERMINAL)
_BAR = 24
_REDRAW = 0.1
_STYLES = {State.SUCCEEDED: "green", State.FAILED: "bold red", State.REJECTED: "red", State.UNKNOWN: "magenta"}


@dataclass(frozen=True, slots=True)
class Sum:
    """Several tallies as one. eta: seconds until all have left, None while it cannot be told; until: epoch milliseconds
    at which the last can no longer begin, 0 when that is not known."""

    total: int = 0
    ended: int = 0
    states: Mapping[State, int] = field(default_factory=dict)
    rate: float = 0.0
    elapsed: float = 0.0
    eta: float | None = None
    retried: int = 0
    degraded: tuple[str, ...] = ()
    until: int = 0


def summed(tallies: Sequence[Tally]) -> Sum:
    """All of them together; what is not written down yet counts as queued."""
    states: Counter[State] = Counter()
    for tally in tallies:
        states.update({state: count for state, count in tally.states.items() if state is not State.QUEUED})
        states[State.QUEUED] += tally.queued
    etas = [tally.eta for tally in tallies]
    return Sum(
        sum(tally.total for tally in tallies),
        sum(tally.ended for tally in tallies),
        states,
        sum(tally.rate for tally in tallies),
        max((tally.elapsed for tally in tallies), default=0.0),
        None if None in etas else max((eta for eta in etas if eta is not None), default=0.0),
        sum(tally.retried for tally in tallies),
        tuple(dict.fromkeys(line for tally in tallies for line in tally.degraded)),
        max((tally.until for tally in tallies), default=0),
    )


def counts(one: Sum, states: Sequence[State] = (*_WAITING, *_ENDED)) -> str:
    """`12 acked, 300 succeeded, 5 rejected`: what there is."""
    return ", ".join(f"{one.states[s]:,} {s.value.replace('_', ' ')}" for s in states if one.states.get(s))


class Board:
    """Tallies of what is under way, and where they are shown."""

    def __init__(self, run: Run, what: str, doing: str = "") -> None:
        """what: a name for it, doing: as in "interrupted while sending lock"."""
        self._run, self._what, self._doing = run, what, doing or what
        self._tallies: dict[int, Tally] = {}
        self._live: Live | None = None
        self._shown = time.monotonic()
        self._warned: set[str] = set()

    @property
    def sum(self) -> Sum:
        """Everything together."""
        return summed(list(self._tallies.values()))

    def said(self) -> str:
        """`sending lock: 3 acked, 5 succeeded`, for whoever interrupts it."""
        return f"{self._doing}: {counts(self.sum) or 'nothing was sent'}"

    def tell(self, number: int | None = None) -> Tell:
        """What a dispatch tells about one of several plans; without a number each is known by its tally."""

        def told(tally: Tally) -> None:
            self._tallies[id(tally) if number is None else number] = tally
            self._show()

        return told

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show what is told inside; nothing of it stays on a terminal."""
        if not self._run.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, no_color=not self._run.color)
            self._live = Live(console=console, transient=True, auto_refresh=False)
            self._live.start()
        try:
            yield
        finally:
            live, self._live = self._live, None
            if live is not None:
                live.stop()

    def _show(self) -> None:
        now, one = time.monotonic(), self.sum
        if self._live is not None:
            if now - self._shown >= _REDRAW or one.ended == one.total:
                self._shown = now
                self._live.update(screen(self._what, one), refresh=True)
            return
        for line in one.degraded:
            if line not in self._warned:
                self._warned.add(line)
                exits.warn(self._run, safe(line))
        if now - self._shown >= EVERY_SECONDS:
            self._shown = now
            exits.note(self._run, f"{self._what}: {one.ended:,} of {one.total:,} ended; {counts(one)}{pace(one)}")


def pace(one: Sum) -> str:
    """`; 120/s, all have left in about 40s`, then `; 105 without an answer, which may begin until 14:32`."""
    parts = [f"{one.rate:,.0f}/s"] if one.rate >= 0.5 else []
    silent = sum(one.states.get(state, 0) for state in (State.SENT, State.UNKNOWN))
    if one.eta:
        parts.append(f"all have left in about {brief(max(1.0, float(round(one.eta))))}")
    elif one.eta is not None and silent and one.rate < 0.5:
        clock = time.strftime("%H:%M", time.localtime(one.until / 1000))
        parts.append(f"{silent:,} without an answer" + (f", which may begin until {clock}" if one.until else ""))
    return f"; {', '.join(parts)}" if parts else ""


def screen(what: str, one: Sum) -> Text:
    """A bar, then where the orders are."""
    from rich.text import Text

    full = _BAR * one.ended // one.total if one.total else _BAR
    text = Text(f"{safe(what)}  ", style="bold")
    text.append("█" * full, "green").append("░" * (_BAR - full), "dim")
    text.append(f"  {one.ended:,} of {one.total:,} in {brief(one.elapsed)}{pace(one)}\n", "not bold")
    for states in (_WAITING, _ENDED):
        parts = [(s, one.states.get(s, 0)) for s in states if one.states.get(s) or s in _ALWAYS]
        for number, (state, count) in enumerate(parts):
            style = _STYLES.get(state, "") if count else "dim"
            text.append("   " if number else "  ", "not bold")
            text.append(f"{state.value.replace('_', ' ')} {count:,}", f"not bold {style}".strip())
        text.append("\n")
    for line in one.degraded[:4]:
        text.append(f"  {safe(line, 200)}\n", "not bold yellow")
    return text


_ALWAYS = frozenset({State.QUEUED, State.SENT, State.ACKED, State.RUNNING, State.SUCCEEDED, State.FAILED})
