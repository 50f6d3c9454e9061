"""What calls of an API mean: for a job of ours they say sooner what looking would say later, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from cdctl.domain.orders.api import ApiProfile, Callback
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import Heard, Order
from cdctl.errors import CdctlError
from cdctl.protocols.http import judging
from cdctl.protocols.http.knowledge import Knowledge
from cdctl.protocols.http.receiving import LATER, TAKEN, Verdict
from cdctl.protocols.http.teller import Teller
from cdctl.protocols.http.templates import at, words

_PATIENCE = 4.0
"""Seconds in which a call is answered: whoever calls waits about ten."""
_NAMELESS = Verdict(400, "a call that names no job, or no state of it")
_UNKNOWN = Verdict(404, "a call about no job of ours")
_ELSEWHERE = Verdict(404)
"""An order of another process, that looks after it."""
_MIXED_UP = Verdict(409, "a call that names another job than its order's")


class Calls:
    """mine: whether this process looks after an order. recall: the API's id of an order's job as the journal has it.
    kept: an order as the journal has it."""

    def __init__(
        self,
        profile: ApiProfile,
        callback: Callback,
        knowledge: Knowledge,
        teller: Teller,
        *,
        mine: Callable[[Order], bool],
        recall: Callable[[str], str],
        kept: Callable[[str], Kept | None],
    ) -> None:
        self._callback, self._known, self._teller = callback, knowledge, teller
        self._mine, self._recall, self._kept = mine, recall, kept
        self._profile = replace(
            profile, id=callback.id, state=callback.state, reason=callback.reason, result=callback.result
        )

    async def take(self, body: object) -> Verdict:
        """The body of a proven call. TAKEN when what it says is written down; LATER when it cannot be: it comes again
        then, and until it does, nobody relies on it."""
        document = at(body, self._callback.at)
        remote = judging.remote(document, self._profile)
        named = words(at(body, self._callback.order)) if self._callback.order is not None else ""
        if not (named or remote) or not words(at(document, self._profile.state)):
            return _NAMELESS
        order = named or await self._order_of(remote)
        if not order:
            return _UNKNOWN
        try:
            verdict = self._learn(order, remote, document)
        except CdctlError:
            return LATER
        return verdict if verdict is not TAKEN or await self._written() else LATER

    def _learn(self, named: str, remote: str, document: object) -> Verdict:
        job = self._known.jobs.by_order.get(named)
        if job is not None:
            if remote and remote != job.remote:
                return _MIXED_UP
            self._known.learn(job, document, self._profile)
            self._wonder(document, named)
            return TAKEN
        kept = self._kept(named)
        if kept is None or kept.order.id != named:
            return _UNKNOWN
        if not self._mine(kept.order):
            return _ELSEWHERE
        known = self._recall(named)
        if remote and known and remote != known:
            return _MIXED_UP
        if kept.course.state.terminal or not (remote or known):
            heard, _ = judging.heard(document, self._profile)
            self._known.say(kept.order, heard or Heard.ACKED, document, self._profile)
        else:
            self._known.found(kept.order, remote or known, document, self._profile)
            self._wonder(document, named)
        return TAKEN

    def _wonder(self, document: object, named: str) -> None:
        """A state that nobody understands says at least that something happened: look."""
        job = self._known.jobs.by_order.get(named)
        if job is not None and judging.heard(document, self._profile)[0] is None:
            self._known.jobs.soon(job)

    async def _order_of(self, remote: str) -> str:
        """The order of a job; an API may call before it has answered the submit, so those under way are waited for."""
        waiting, end = set(self._known.leaving), asyncio.get_running_loop().time() + _PATIENCE
        while waiting and not self._known.order_of(remote):
            left = end - asyncio.get_running_loop().time()
            done, waiting = await asyncio.wait(waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
        return self._known.order_of(remote)

    async def _written(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._teller.drain()
        except TimeoutError:
            return False
