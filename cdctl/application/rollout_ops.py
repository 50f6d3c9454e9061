"""The operators' topics: whoever runs a rollout shows it and hears wishes; whoever looks on sees it and wishes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence

from cdctl.application.refusals import Refusals
from cdctl.domain.orders.rollout import talk
from cdctl.domain.orders.rollout.engine import Picture
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.telling import CONTROL
from cdctl.domain.orders.trust import Identity, Sealer, Trust
from cdctl.domain.ports import Clock
from cdctl.domain.wire import Filter, Grant, Link, Listener, Message, Publish, Up
from cdctl.errors import CdctlError, RefusedError, UnavailableError

Open = Callable[[Listener], Link]
Allowed = Callable[[Identity, Control], str]
"""Why policy refuses a wish of somebody; empty when it allows it."""
ALIVE_MS = 5_000
"""A state is told at least this often while somebody runs the rollout."""
_LEAST_MS = 500
_WISH_MS = 60_000
_LONGEST_WISH_MS = 10 * _WISH_MS
_NONCES = 10_000
"""Wishes that are remembered: of those that may, in the time in which one is good."""
_REMEMBERED = 200
_KEPT = 7 * 86_400


class _Line:
    """One region's link, and what is done with what it brings."""

    def __init__(self, region: str, opens: Open, heard: Callable[[str, Message], None]) -> None:
        self.region, self._heard = region, heard
        self.link = opens(self)

    def on_messages(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._heard(self.region, message)

    def on_up(self, up: Up) -> None: ...

    def on_down(self, reason: str) -> None: ...

    def on_grants(self, grants: Sequence[Grant]) -> None: ...


class Lines:
    """A link to every region. One that cannot be reached is left out, unless all are."""

    def __init__(self, opens: Mapping[str, Open], heard: Callable[[str, Message], None]) -> None:
        self._lines = [_Line(region, one, heard) for region, one in opens.items()]
        self.up: dict[str, Link] = {}
        self.notes: list[str] = []

    async def open(self, topic: Callable[[str], str]) -> None:
        """Connect, and listen to a topic of each region. Raises UnavailableError when none can be reached."""
        for line in self._lines:
            try:
                await line.link.connect()
                grants = await line.link.subscribe([Filter(topic(line.region), 1)])
            except UnavailableError as error:
                self.notes.append(f"{line.region}: {error.message}")
                continue
            if grants[0].qos is None:
                self.notes.append(f"{line.region}: the broker does not let us hear other operators")
            else:
                self.up[line.region] = line.link
        if not self.up:
            hint = "cdctl broker ping"
            raise UnavailableError(f"no operators' topic can be heard: {'; '.join(self.notes)}", hint=hint)

    async def aclose(self) -> None:
        """Let go."""
        for line in self._lines:
            await line.link.aclose()


class Showing:
    """Of whoever runs a rollout: tells its state, hears wishes, and answers them in the next state."""

    def __init__(
        self, opens: Mapping[str, Open], root: str, plan: tuple[str, str], sealer: Sealer, trust: Trust, clock: Clock
    ) -> None:
        """plan: its id, which is the rollout's, and its digest."""
        self._root, (self._rollout, self._digest) = root, plan
        self._sealer, self._trust, self._clock = sealer, trust, clock
        self._lines = Lines(opens, self._message)
        self._heard: dict[str, str] = {}
        self._told = 0
        self._last = b""
        self.untold = ""
        """Why nobody could be told how it is, lately."""
        self._sending: set[asyncio.Task[None]] = set()
        self._allowed: Allowed = lambda identity, control: "nobody hears wishes yet"
        self._wish: Callable[[Control], None] = lambda control: None
        self._nonces: dict[str, None] = {}
        """Of wishes that were heard: none is heard twice."""
        self.refusals = Refusals(plan, sealer.identity.name, clock)

    async def open(self, allowed: Allowed, wish: Callable[[Control], None]) -> Sequence[str]:
        """Connect and hear wishes; what is degraded. Raises UnavailableError."""
        self._allowed, self._wish = allowed, wish
        await self._lines.open(lambda region: talk.control_topic(self._root, region, self._rollout))
        return self._lines.notes

    def show(self, picture: Picture, *, last: bool = False) -> None:
        """Tell how it is: at most twice a second, and again when nothing changed for a while."""
        body = talk.write_state(picture, self._heard)
        new = talk.write_state(_timeless(picture), self._heard)
        age = picture.at - self._told
        if not last and (self._sending or age < _LEAST_MS or (new == self._last and age < ALIVE_MS)):
            return  # what waits for a broker is not heaped up
        self._told, self._last = picture.at, new
        task = asyncio.get_running_loop().create_task(self._publish(body))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def aclose(self) -> None:
        """The last state leaves, as far as brokers are there."""
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=5)
            for task in late:
                task.cancel()
        await self._lines.aclose()

    async def _publish(self, body: bytes) -> None:
        try:
            (envelope,) = await self._sealer.seal_all([body], CONTROL)
        except UnavailableError as error:
            self.untold = str(error)
            return
        self.untold = ""
        for region, link in self._lines.up.items():
            topic = talk.state_topic(self._root, region, self._rollout)
            await link.publish([Publish(topic, envelope, retain=True, expiry=_KEPT)])

    def _message(self, region: str, message: Message) -> None:
        """What cannot be believed or understood gets no answer, and is written down."""
        who = ""
        try:
            opened = self._trust.open(bytes(message.payload), CONTROL)
            who = opened.by[0].name
            self._asked(opened.by[0], talk.read_control(opened.payload))
        except (CdctlError, ValueError) as error:
            why = error.message if isinstance(error, CdctlError) else str(error)
            self.refusals.take(who, "", why if who else f"not an operator's: {why}")

    def _asked(self, who: Identity, asked: talk.Asked) -> None:
        now, wish = round(self._clock.now() * 1000), asked.control.wish.value
        if asked.rollout != self._rollout:
            self.refusals.take(who.name, wish, "it is about another rollout")
            return
        if asked.nonce in self._nonces or asked.nonce in self._heard:
            self.refusals.take(who.name, wish, "it came a second time")
            return
        control = Control(
            asked.control.wish, who.name, now, asked.control.why, asked.control.wave, asked.control.anyway
        )
        if now > asked.expires:
            why = "too late: it expired"
        elif asked.expires > now + _LONGEST_WISH_MS:
            why = "it is good for too long"
        elif asked.plan != self._digest and control.wish in {Wish.APPROVE, Wish.RESUME}:  # anybody may stop anything
            why = "it is about another plan"
        else:
            why = self._allowed(who, control)
        self._heard[asked.nonce] = why
        while len(self._heard) > _REMEMBERED:
            self._heard.pop(next(iter(self._heard)))
        if why:
            self.refusals.take(who.name, wish, why)
            return
        self._nonces[asked.nonce] = None
        if len(self._nonces) > _NONCES:
            self._nonces.pop(next(iter(self._nonces)))
        self._wish(control)


class Looking:
    """Of whoever looks on: states as they come, and wishes."""

    def __init__(self, opens: Mapping[str, Open], root: str, sealer: Sealer | None, trust: Trust, clock: Clock) -> None:
        self._root, self._sealer, self._trust, self._clock = root, sealer, trust, clock
        self._lines = Lines(opens, self._message)
        self.states: dict[str, dict[str, object]] = {}
        self._regions: dict[str, str] = {}
        self._news = asyncio.Event()

    async def open(self) -> Sequence[str]:
        """Connect and listen; what is degraded. Raises UnavailableError."""
        await self._lines.open(lambda region: talk.state_topic(self._root, region))
        return self._lines.notes

    async def news(self, seconds: float) -> bool:
        """Wait for a new state; false when none came."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def wish(self, rollout: str, control: Control, seconds: float) -> str:
        """Tell whoever runs it, and wait for the answer: empty when it was heard. Raises RefusedError with why not,
        UnavailableError when nobody answers."""
        if self._sealer is None:
            raise RefusedError("there is no key to sign with")
        nonce, now = secrets.token_hex(12), round(self._clock.now() * 1000)
        plan = str(self.states.get(rollout, {}).get("plan", ""))
        payload = talk.write_control(talk.Asked(rollout, control, nonce, now + _WISH_MS, plan))
        region = self._regions.get(rollout) or next(iter(self._lines.up))
        topic = talk.control_topic(self._root, region, rollout)
        (envelope,) = await self._sealer.seal_all([payload], CONTROL)
        await self._lines.up[region].publish([Publish(topic, envelope, expiry=60)])
        until = asyncio.get_running_loop().time() + seconds
        while True:
            heard = self.states.get(rollout, {}).get("heard")
            if isinstance(heard, Mapping) and nonce in heard:
                if heard[nonce]:
                    raise RefusedError(str(heard[nonce]), subject=rollout)
                return ""
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                hint = "cdctl rollout ls shows what runs; cdctl rollout resume goes on with one that nobody runs"
                raise UnavailableError("nobody who runs it answers", subject=rollout, hint=hint)
            await self.news(left)

    async def aclose(self) -> None:
        """Let go."""
        await self._lines.aclose()

    def _message(self, region: str, message: Message) -> None:
        try:
            opened = self._trust.open(bytes(message.payload), CONTROL)
            state = talk.read_state(opened.payload)
        except (CdctlError, ValueError):
            return
        name = str(state["rollout"])
        before = self.states.get(name)
        if before is None or _at(state) >= _at(before):
            state["runner"] = opened.by[0].name
            self.states[name] = state
            self._regions[name] = region
            self._news.set()


def _at(state: Mapping[str, object]) -> int:
    at = state["at"]
    return at if isinstance(at, int) else 0


def _timeless(picture: Picture) -> Picture:
    """The same without what changes by itself."""
    from dataclasses import replace

    readings = {name: replace(one, at=0) for name, one in picture.readings.items()}
    return replace(picture, at=0, readings=readings)
