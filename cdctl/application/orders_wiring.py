"""Composes what orders need: journal, keys, trust, policy, links per region, and how the fleet is told things."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from cdctl.application.authorise import Wish, authorise
from cdctl.application.fleet_wiring import finished, links
from cdctl.application.wiring import catalogue
from cdctl.domain.orders.executing import Executor
from cdctl.errors import CdctlError, RefusedError, UsageError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.order_line import Open
    from cdctl.domain.orders.authority import Authority, Ruling
    from cdctl.domain.orders.command import Command
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.telling import Telling
    from cdctl.domain.orders.trust import Identity, Sealer, Trust
    from cdctl.domain.settings import Broker, Context, Settings
    from cdctl.domain.wire import Link, Listener
    from cdctl.extend.catalogue import Catalogue

T = TypeVar("T")

_SESSION_EXPIRY = 86_400
"""Seconds for which brokers keep answers of a session that nobody listens to: longer than orders live."""


class SteadyClock:
    """The machine's time when it was made, and from then on the time that has passed: whoever sets the clock meanwhile
    ends no order."""

    def __init__(self) -> None:
        self._offset = time.time() - _passed()

    def now(self) -> float:
        """Epoch seconds."""
        return self._offset + _passed()


def _passed() -> float:
    """Seconds that pass while the machine sleeps, too, where the system has such a clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(frozen=True, slots=True)
class Orders:
    """Everything that a command about orders works with, for the context in use."""

    settings: Settings
    context: Context
    doors: Catalogue
    journal: Journal
    sealer: Sealer
    trust: Trust
    authority: Authority
    clock: SteadyClock

    @property
    def now(self) -> int:
        """Epoch milliseconds."""
        return round(self.clock.now() * 1000)

    def command(self, name: str) -> Command | None:
        """A command by its name; None when nobody brings it any more."""
        try:
            return self.doors.command(name)
        except CdctlError:
            return None

    async def authorise(
        self,
        plan: Plan,
        command: Command,
        *,
        action: str = "send",
        approvers: Sequence[Identity] = (),
        expected: int | None = None,
        break_glass: bool = False,
    ) -> Ruling:
        """What policy says to this plan by us. Raises RefusedError; see `application.authorise`. What the context's
        command API does not have is refused first."""
        if self.context.commands is not None:
            from cdctl.application.commands_wiring import must_carry

            must_carry(self.context.commands, plan.command)
        return await authorise(
            plan,
            command,
            self.sealer.identity,
            self.authority,
            self.journal,
            now=self.now,
            wish=Wish(action, approvers, expected, break_glass),
        )


def with_orders(
    settings: Settings,
    work: Callable[[Orders, Dispatch], Awaitable[T]],
    *,
    session: str = "",
    plugins: bool = True,
    around: Callable[[Executor], Executor] | None = None,
) -> T:
    """Do the work with the orders of the context in use, and let go of everything whatever happens.

    session: a session of the journal to go on with; a new one otherwise. around: what carries the orders, in something
    that looks on. The dispatch connects when it first sends.
    Raises UsageError, FileError, UnavailableError, and RefusedError when another process has the session.
    """

    async def run() -> T:
        async with opened_orders(settings, session=session, plugins=plugins, around=around) as (orders, dispatch):
            return await work(orders, dispatch)

    return finished(run())


def with_journal(settings: Settings, work: Callable[[Journal], Awaitable[T]]) -> T:
    """Look at the journal alone: no key is needed, and nothing is written. Raises UsageError and UnavailableError."""
    from cdctl.application.security_wiring import trust_of
    from cdctl.stores.journal import read_journal

    async def run() -> T:
        context = settings.contexts.get(settings.default_context)
        journal = read_journal(journal_path(settings), trust=trust_of(context) if context and context.trust else None)
        try:
            return await work(journal)
        finally:
            await journal.aclose()

    return finished(run())


def journal_path(settings: Settings) -> Path:
    """The file of the journal. Raises UsageError when the settings do not say."""
    if not settings.journal:
        raise UsageError("nothing says where the journal is", hint='write journal = "..." in [paths]')
    return Path(settings.journal).expanduser()


@dataclass(frozen=True, slots=True)
class House:
    """What can be known of a context's orders while nothing is sent: who asks, who is believed, what is allowed, how
    the fleet is told things."""

    context: Context
    doors: Catalogue
    telling: Telling
    trust: Trust
    sealer: Sealer
    authority: Authority


def house_of(settings: Settings, *, plugins: bool = True) -> House:
    """Of the context in use. Raises UsageError, FileError, UnavailableError and RefusedError."""
    from cdctl.application.security_wiring import authority_of, live_trust_of, sealer_of

    context, doors = settings.context(), catalogue(settings, plugins=plugins)
    telling = telling_of(context, settings, doors)
    trust = live_trust_of(context)
    return House(context, doors, telling, trust, sealer_of(context, trust), authority_of(context))


@asynccontextmanager
async def opened_orders(
    settings: Settings,
    *,
    session: str = "",
    plugins: bool = True,
    around: Callable[[Executor], Executor] | None = None,
) -> AsyncIterator[tuple[Orders, Dispatch]]:
    """As `with_orders`, inside a loop that runs already."""
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.issuing import Means
    from cdctl.application.tracing import traces_of
    from cdctl.stores.journal import open_journal
    from cdctl.stores.session_lock import claimed

    # Files are read and keys are loaded in threads: whose loop this is may have a screen to draw.
    house = await asyncio.to_thread(house_of, settings, plugins=plugins)
    context, trust, sealer, clock = house.context, house.trust, house.sealer, SteadyClock()
    path, name = journal_path(settings), session or secrets.token_hex(8)
    with ExitStack() as claims:

        def claim(wanted: str) -> None:
            claims.enter_context(claimed(path.with_name(path.name + ".sessions"), wanted, sealer.identity.name))

        async def take_over(other: str) -> bool:
            try:
                claim(other)
            except RefusedError:
                return False
            await carrier.listen(other)
            return True

        claim(name)
        traces = traces_of(context)
        journal = await asyncio.to_thread(open_journal, path, sign=sealer, clock=clock, trust=trust)
        orders = Orders(settings, context, house.doors, journal, sealer, trust, house.authority, clock)
        carrier = _carrier(context, house.telling, name, journal, clock)
        given = (journal, sealer, trust, house.telling, clock, secrets.token_bytes, orders.command, take_over, traces)
        means = Means(around(carrier) if around else carrier, *given)
        dispatch = Dispatch(means, session=name)
        try:
            yield orders, dispatch
        finally:
            try:
                await dispatch.aclose()
            finally:
                await journal.aclose()
                await asyncio.to_thread(traces.close)


class Carrier(Executor, Protocol):
    """An executor that can hear the answers to other sessions, too."""

    async def listen(self, session: str) -> None:
        """From now on."""
        ...


def _carrier(context: Context, telling: Telling, session: str, journal: Journal, clock: SteadyClock) -> Carrier:
    """Links to brokers, or the API where the context has one for commands."""
    if context.commands is not None:
        from cdctl.application.commands_wiring import api_executor

        return api_executor(context.commands, context.name, session, journal, clock)
    from cdctl.application.executing import LinkExecutor

    return LinkExecutor(telling, session, _opens(context, session), clock)


def telling_of(context: Context, settings: Settings, doors: Catalogue) -> Telling:
    """How a context's fleet is told things (where an API carries orders, how they are written down). Raises UsageError
    when its protocol cannot carry orders."""
    if context.commands is not None:
        from cdctl.application.commands_wiring import api_telling

        return api_telling(context.commands, context)
    if context.protocol.name == "native":
        from cdctl.protocols.native_orders import NativeTelling

        return NativeTelling(context.topic_root)
    from cdctl.application.fleet_doors import speech

    spoken = speech(context, settings, doors)
    if not hasattr(spoken, "order_topic"):
        raise UsageError(
            f"the protocol {context.protocol.name} cannot carry orders",
            subject=f"contexts.{context.name}.protocol",
            hint="the native protocol can",
        )
    return cast("Telling", spoken)


def _opens(context: Context, session: str) -> dict[str, Open]:
    """How to open the link of every region; two regions of one broker have clients of their own."""
    brokers = context.brokers

    def opener(broker: Broker) -> Open:
        shared = sum(other.url == broker.url for other in brokers.values()) > 1
        client = f"cdctl-{session}-{broker.region}" if shared else f"cdctl-{session}"
        expiry = max(_SESSION_EXPIRY, broker.session_expiry or 0)
        own = replace(broker, client_id=client, session_expiry=expiry)

        def opened(listener: Listener) -> Link:
            return links(own, listener)

        return opened

    return {region: opener(broker) for region, broker in brokers.items()}
