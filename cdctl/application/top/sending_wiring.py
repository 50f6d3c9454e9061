"""Composes what sends commands from the live view and acts on what was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application.top.choosing import Chooser
from cdctl.application.top.flights import Flights, Say
from cdctl.application.top.hands import Hands
from cdctl.application.top.sending import Sender
from cdctl.application.top.steering import Steering
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.ordering import Sent, SentSight, Targeted, TargetsOf
from cdctl.errors import UnavailableError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import House, Orders
    from cdctl.application.rollout_ops import Looking
    from cdctl.application.top.lookout import Lookout
    from cdctl.application.top.sending import Ways
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.trust import Sealer
    from cdctl.domain.settings import Settings


def hands_of(
    settings: Settings,
    lookout: Lookout,
    fleet: Fleet | Missing,
    say: Say,
    *,
    config: str = "",
    plugins: bool = True,
) -> Hands:
    """With what a view acts that looks with `lookout`. say: tells whoever sits there. Nothing is opened before it is
    needed."""
    ways, setting = ways_of(settings, config=config, plugins=plugins), lookout.setting
    regions = tuple(settings.context().brokers)
    chooser = Chooser(fleet, signals=tuple(settings.fleet_columns), hidden=setting.hidden, regions=regions)

    async def told(ask: Ask) -> object:
        return await setting.answering[type(ask)](ask, lookout.snapshot())

    async def sight() -> SentSight:
        found = await told(Sent())
        assert isinstance(found, SentSight)
        return found

    async def targeted(digest: str) -> Targeted:
        found = await told(TargetsOf(digest))
        assert isinstance(found, Targeted)
        return found

    flights = Flights(ways, say)
    return Hands(Sender(ways, chooser), flights, Steering(ways, flights, say, sight, targeted))


def ways_of(settings: Settings, *, config: str = "", plugins: bool = True) -> Ways:
    """How orders leave the context in use."""
    from cdctl.application import orders_wiring, rolling, security_wiring
    from cdctl.application.targets import sending_context
    from cdctl.application.top.sending import Ways
    from cdctl.application.wiring import WallClock

    def house() -> House:
        sending_context(settings)
        return orders_wiring.house_of(settings, plugins=plugins)

    def opened(session: str) -> AbstractAsyncContextManager[tuple[Orders, Dispatch]]:
        return orders_wiring.opened_orders(settings, session=session, plugins=plugins)

    def write(file: str, plan: Plan, sealer: Sealer) -> None:
        try:
            security_wiring.write_plan(Path(file).expanduser(), plan, sealer)
        except OSError as error:
            raise UnavailableError(f"cannot write: {error.strerror}", subject=file) from None

    def operators(warn: Callable[[str], None]) -> AbstractAsyncContextManager[Looking]:
        return rolling.opened_ops(settings, warn)

    return Ways(house, opened, write, operators, lambda: _journal(settings), WallClock(), config, plugins)


@asynccontextmanager
async def _journal(settings: Settings) -> AsyncIterator[Journal]:
    """The journal of this host, for looking only. Raises UnavailableError when there is none."""
    from cdctl.application.orders_wiring import journal_path
    from cdctl.stores.journal import read_journal

    path = journal_path(settings)
    if not path.exists():
        raise UnavailableError("there is no journal", subject=str(path), hint="nothing was sent from here yet")
    journal = read_journal(path)
    try:
        yield journal
    finally:
        await journal.aclose()
