"""Several short questions in one query.

The tail of a thousand SLOs is a thousand questions of three steps each; sent one by one, HTTP costs both sides more
than the answers. Questions about the same span that come in the same moment are joined by `or`, told apart by a label.
When the whole fails, each is asked alone and at once, so that one bad or slow question spoils no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from cdctl.domain.slo.series import Span
from cdctl.sources.prometheus.answers import Series
from cdctl.sources.prometheus.client import AskError

_LEG = "cdctl_leg"
_MOST_STEPS = 24
_MOST_CHARACTERS = 12_000
"""VictoriaMetrics takes queries of at most 16 KiB unless told otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """Series of one query, and the server's warnings."""

    series: list[Series]
    warnings: tuple[str, ...] = ()


Ask = Callable[[str, Span], Awaitable[Answer]]


@dataclass(slots=True, eq=False)
class _Batch:
    queries: list[str] = field(default_factory=list)
    turns: list[asyncio.Future[Answer]] = field(default_factory=list)
    characters: int = 0


class Pack:
    """Stands before a way of asking range queries: `ask` sends one, `once` one that is not worth a second try."""

    def __init__(self, ask: Ask, once: Ask) -> None:
        self._ask = ask
        self._once = once
        self._open: dict[Span, _Batch] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, query: str, span: Span) -> Answer:
        """The answer to one query; raises AskError as if it had been asked alone."""
        if len(span) > _MOST_STEPS:
            return await self._ask(query, span)
        batch = self._open.get(span)
        if batch is not None and batch.characters + len(query) > _MOST_CHARACTERS:
            self._send(span)
            batch = None
        if batch is None:
            batch = self._open[span] = _Batch()
            # Two rounds of the loop: whoever asks in this moment has asked by then.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._send, span, batch)
        turn: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        batch.queries.append(query)
        batch.turns.append(turn)
        batch.characters += len(query) + 60
        return await turn

    async def aclose(self) -> None:
        """End what nobody waits for any more, before the loop does: a connection that was never begun would be told of
        by the interpreter."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _send(self, span: Span, batch: _Batch | None = None) -> None:
        if batch is None or self._open.get(span) is batch:
            batch = self._open.pop(span)
            task = asyncio.ensure_future(self._answer(batch, span))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _answer(self, batch: _Batch, span: Span) -> None:
        answers: list[Answer | Exception]
        try:
            answers = await self._together(batch.queries, span)
        except Exception as error:  # whatever it was, everybody who waits for this batch is told
            answers = [error] * len(batch.turns)
        for turn, answer in zip(batch.turns, answers, strict=True):
            if turn.done():
                continue
            if isinstance(answer, Exception):
                turn.set_exception(answer)
            else:
                turn.set_result(answer)

    async def _together(self, queries: list[str], span: Span) -> list[Answer | Exception]:
        if len(queries) == 1:
            return [await self._ask(queries[0], span)]
        marked = (f'label_replace(({query}), "{_LEG}", "{i}", "", "")' for i, query in enumerate(queries))
        try:
            whole = await self._once(" or ".join(marked), span)
        except AskError as error:
            if error.fatal:
                raise
            alone = await asyncio.gather(*(self._ask(query, span) for query in queries), return_exceptions=True)
            return [one if isinstance(one, Answer) else _error(one) for one in alone]
        parts: list[list[Series]] = [[] for _ in queries]
        for series in whole.series:
            parts[int(series.labels.pop(_LEG))].append(series)
        return [Answer(part, whole.warnings) for part in parts]


def _error(raised: BaseException) -> Exception:
    return raised if isinstance(raised, Exception) else AskError("interrupted")
