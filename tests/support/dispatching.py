"""A dispatch of an operator `ada` to simulated vehicles, with a journal, keys and links as in life.

async with operating(lab, tmp_path) as desk:
    outcome = await desk.dispatch.send(desk.plan("ping", vins), desk.command("ping"))
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ordered import Lab

from cdctl.application.dispatch import Dispatch
from cdctl.application.executing import LinkExecutor
from cdctl.application.issuing import Means
from cdctl.application.tally import Outcome
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.executing import Executor
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.wire import Address
from cdctl.errors import RefusedError
from cdctl.lab.child import Child
from cdctl.lab.servers import Server
from cdctl.lab.vehicles.judging import commands
from cdctl.links.opening import open_link
from cdctl.protocols.native_orders import NativeTelling
from cdctl.security import trust
from cdctl.security.ed25519 import PrivateKey
from cdctl.security.keys import KeySealer, sealer
from cdctl.stores.journal import SqliteJournal, open_journal
from cdctl.stores.session_lock import claimed

COMMANDS = commands()


@dataclass
class Operator:
    """One process of an operator, as far as orders go."""

    dispatch: Dispatch
    journal: SqliteJournal
    means: Means
    regions: Mapping[str, str]

    def command(self, name: str) -> Command:
        return COMMANDS[name]

    def plan(
        self, command: str, vins: Sequence[str], *, expires: int = 60, timeout: int = 20, **arguments: object
    ) -> Plan:
        """A plan of now; seconds."""
        targets = tuple(Target(vin, self.regions[vin]) for vin in vins)
        now = self.means.now()
        return Plan(secrets.token_hex(8), "lab", command, arguments, targets, "ada", now, expires, timeout)


@asynccontextmanager
async def operating(
    lab: Lab,
    folder: Path,
    *,
    session: str = "",
    urls: Mapping[str, str] | None = None,
    executor: Executor | None = None,
    by: KeySealer | None = None,
    skew: float = 2.0,
    patience: float = 1.0,
) -> AsyncIterator[Operator]:
    """urls: of brokers by region, where they are others than the lab's. by: who signs, when it is not ada."""
    session = session or secrets.token_hex(8)
    telling, clock = NativeTelling(), WallClock()

    def opener(region: str):  # type: ignore[no-untyped-def]
        url = (urls or {}).get(region, f"mqtt://127.0.0.1:{lab.broker.port}")
        address = Address(url, client_id=f"cdctl-{session}-{region}", session_expiry=3600)
        return lambda listener: open_link(address, listener)

    believed = trust.read(lab.trust)
    sealed_by = by or sealer(PrivateKey(b"a" * 32), "ada", ("operator",))
    folder.mkdir(parents=True, exist_ok=True)
    journal = open_journal(folder / "journal.db", sign=sealed_by, clock=clock, trust=believed, reserve=65_536)
    carrier = executor or LinkExecutor(telling, session, {region: opener(region) for region in lab.plan.brokers}, clock)
    claims = ExitStack()

    async def take_over(other: str) -> bool:
        try:
            claims.enter_context(claimed(folder / "sessions", other, "ada"))
        except RefusedError:
            return False
        await carrier.listen(other)  # type: ignore[attr-defined]
        return True

    claims.enter_context(claimed(folder / "sessions", session, "ada"))
    means = Means(carrier, journal, sealed_by, believed, telling, clock, secrets.token_bytes, COMMANDS.get, take_over)
    dispatch = Dispatch(means, session=session, skew=skew, patience=patience)
    try:
        yield Operator(dispatch, journal, means, lab.regions)
    finally:
        await dispatch.aclose()
        await journal.aclose()
        claims.close()


def states(outcome: Outcome) -> dict[str, State]:
    """How it ended, by vehicle."""
    return {kept.order.vin: kept.course.state for kept in outcome.results()}


def reasons(outcome: Outcome) -> dict[str, str]:
    return {kept.order.vin: kept.reason for kept in outcome.results()}


def results(outcome: Outcome) -> dict[str, Kept]:
    return {kept.order.vin: kept for kept in outcome.results()}


def started_again(broker: Server) -> None:
    """Start it on the port it had."""
    broker.stop()
    child = broker._child = Child(broker._argv(), broker.log)
    child.start()
    child.wait_until(broker._ready)
