"""Requests about orders: filled in from the profile, each in its turn; and what their answers mean for the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cdctl.domain.orders.api import ApiProfile, Call
from cdctl.domain.orders.order import Order
from cdctl.domain.ports import Clock
from cdctl.errors import UnavailableError
from cdctl.protocols.http.reaching import UNFIT, Answer, Place, Reach
from cdctl.protocols.http.templates import Filling, submit_headers

STAYED = Answer(None, False, "it did not leave")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0
_READY_PAUSE = 1.0


class Asking:
    """Asks one API. tell: told in one line what is wrong with the API, and "" when that is over."""

    def __init__(
        self, profile: ApiProfile, place: Callable[[], Place], clock: Clock, tell: Callable[[str], None]
    ) -> None:
        self._profile, self._place, self._clock, self._tell = profile, place, clock, tell
        self._failures, self._note = 0, ""
        self._reach: Reach | None = None
        self.callback = ""
        """Where the API calls us; empty while nobody listens."""

    async def open(self) -> None:
        """See whether it answers. Raises UsageError and UnavailableError."""
        if self._reach is not None:
            return
        reach = Reach(self._place(), self._profile.pace, self._profile.headers, self._clock)
        try:
            await probe(reach, self._profile)
        except BaseException:
            await reach.aclose()
            raise
        self._reach = reach

    async def aclose(self) -> None:
        """Let go of the connections."""
        if self._reach is not None:
            await self._reach.aclose()

    async def ask(
        self,
        call: Call,
        order: Order,
        remote: str = "",
        *,
        leaving: Callable[[], bool] = lambda: True,
        submit: bool = False,
    ) -> Answer:
        """One request. remote: the API's id of the job. leaving: whether it may still go when its turn has come, else
        the answer is STAYED. submit: the API does it once, where it can."""
        reach, profile = self._reach, self._profile
        if reach is None:
            return STAYED
        now = round(self._clock.now() * 1000)
        filling = Filling(order, profile.commands.get(order.command), now, remote, self.callback)
        headers = submit_headers(profile, filling, self.callback) if submit else {}
        if order.traceparent:
            headers["traceparent"] = order.traceparent
        try:
            url, body = filling.url(call.url), filling.json(call.body)
        except ValueError as error:
            return Answer(UNFIT, False, str(error))
        async with reach.turns.turn():
            if not leaving():
                return STAYED
            answer = await reach.ask(call.method, url, headers, body)
        self._weigh(answer, reach)
        return answer

    def _weigh(self, answer: Answer, reach: Reach) -> None:
        """What an answer means for everything that is to leave."""
        if answer.code is None and not answer.arrived:
            if not reach.turns.held:  # those that left together have failed together: once
                reach.turns.hold(min(_FIRST_PAUSE * 2 ** min(self._failures, 10), _LONGEST_PAUSE))
                self._failures += 1
            self.say(f"{self._profile.name} {answer.said}")
            return
        self._failures = 0
        if answer.code in self._profile.later:
            reach.turns.hold(_READY_PAUSE if answer.wait is None else answer.wait)
            self.say(f"{self._profile.name} is not ready: {answer.said}")
        elif answer.code in {401, 403}:
            self.say(f"{self._profile.name} does not let us: {answer.said}")
        elif answer.code is not None and answer.code < 300:
            self.say("")

    def say(self, note: str) -> None:
        """Tell what is wrong, when it is something else than before."""
        if note != self._note:
            self._note = note
            self._tell(note)


async def probe(reach: Reach, profile: ApiProfile) -> str:
    """What the API says when it is asked for nothing. Raises UnavailableError when nobody answers, or it does not know
    us."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    answer = await reach.ask("GET", profile.check, {})
    if answer.code is None:
        raise UnavailableError(f"the command API does not answer: {answer.said}", subject=reach.url)
    if answer.code in {401, 403}:
        hint = "check the token or the user of `commands`"
        raise UnavailableError(f"the command API does not know us: {answer.said}", subject=reach.url, hint=hint)
    return f"answers {answer.said.partition(':')[0]} in {(loop.time() - began) * 1000:.0f} ms"
