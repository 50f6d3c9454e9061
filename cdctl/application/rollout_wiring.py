"""Composes rollouts: files, plans, guards, and the engine, for the context in use."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application.fleet_wiring import open_fleet
from cdctl.application.wiring import read_specs
from cdctl.errors import FileError, UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.roll_out import RollOut
    from cdctl.application.rollout_taking import Taking
    from cdctl.domain.fleet.reading import Fleet
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.rollout.engine import Job
    from cdctl.domain.orders.rollout.guards import What
    from cdctl.domain.orders.rollout.wanted import Wanted
    from cdctl.domain.ports import Source
    from cdctl.domain.settings import Broker, Settings
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.slo.verdict import Row
    from cdctl.domain.wire import Link, Listener
    from cdctl.extend.catalogue import Catalogue

_SETTLE = 15.0


def read_rollout(path: str, settings: Settings, doors: Catalogue) -> Wanted:
    """The rollout of a file. Raises FileError with everything that is wrong in it, for this context."""
    from cdctl.domain.fleet.selection import select
    from cdctl.domain.fleet.view import fields_of
    from cdctl.domain.orders.rollout import guards
    from cdctl.files import rollouts

    def judge(key: str, text: str) -> str:
        try:
            if key == "command":
                doors.command(text)
            elif key == "where":
                select(text, fields_of(tuple(settings.fleet_columns)))
            else:
                return lacking(text, guards.parse(" ".join(text.split())), settings)
        except UsageError as error:
            return error.message + (f": {error.hint}" if error.hint and "\n" not in error.hint else "")
        except ValueError:  # what is no guard was told of
            return ""
        return ""

    return rollouts.read(Path(path), judge)


def wanted_of(plan: Plan) -> Wanted:
    """The rollout that a plan holds. Raises FileError, and UsageError when it is a plan of a plain command."""
    from cdctl.files import rollouts

    if not plan.rollout:
        raise UsageError("that is no rollout", subject=plan.id, hint="cdctl rollout ls lists them")
    return rollouts.of_content(plan.rollout, f"plan {plan.id}")


def lacking(text: str, what: What, settings: Settings) -> str:
    """What a guard lacks in this context, empty when nothing: a promise that nobody wrote, a filter that cannot be
    read, a source that is not there."""
    from cdctl.domain.fleet.selection import select
    from cdctl.domain.fleet.view import fields_of
    from cdctl.domain.orders.rollout import guards

    match what:
        case guards.Slo(name, _) if name not in {slo.name for slo in _slos(settings)}:
            return f"{text}: there is no SLO {name} in {settings.slo_specs}"
        case guards.Promql() if "prometheus" not in settings.context().sources:
            return f"{text}: context {settings.context().name} has no prometheus"
        case guards.Cohort(metric) if metric not in {"commands", "dtcs", *settings.fleet_columns}:
            return f"{text}: [fleet.columns] keeps no {metric}"
        case guards.Share(where, _, _):
            try:
                select(where, fields_of(tuple(settings.fleet_columns)))
            except UsageError as error:
                return f"{text}: {error.message}"
    return ""


@asynccontextmanager
async def engine(
    orders: Orders, dispatch: Dispatch, job: Job, *, taking: Taking | None = None, config: str = "", plugins: bool
) -> AsyncIterator[RollOut]:
    """The local engine for a job, with everything its guards ask; let go of at the end."""
    from cdctl.application.roll_out import RollOut
    from cdctl.application.rollout_cohorts import Cohorts
    from cdctl.application.rollout_guards import Asks, Readers

    async with AsyncExitStack() as stack:
        fleet = _fleet_once(stack, orders.settings, config, plugins)
        asks = Asks(_promises(stack, orders), _values(orders), fleet)
        reader = Readers(job, asks, Cohorts(job, orders.journal, fleet))
        yield RollOut(
            job, dispatch, orders.journal, reader, orders.clock, actor=orders.sealer.identity.name, taking=taking
        )


def _fleet_once(
    stack: AsyncExitStack, settings: Settings, config: str, plugins: bool
) -> Callable[[], Awaitable[Fleet]]:
    """The fleet, opened when it is first asked for."""
    lock = asyncio.Lock()
    opened: list[Fleet] = []

    async def fleet() -> Fleet:
        async with lock:
            if not opened:
                found = await open_fleet(settings, config=config, plugins=plugins)
                stack.push_async_callback(found.aclose)
                await found.settle(_SETTLE)
                opened.append(found)
        return opened[0]

    return fleet


def _slos(settings: Settings) -> Sequence[Slo]:
    try:
        return read_specs(settings).slos
    except FileError as error:
        raise UnavailableError(
            "the SLOs cannot be read", subject=settings.slo_specs, hint="cdctl slo validate"
        ) from error


class _Quiet:
    """A progress that says nothing."""

    def start(self, what: str, total: int) -> None: ...

    def step(self, note: str = "") -> None: ...

    def stop(self) -> None: ...


def _promises(stack: AsyncExitStack, orders: Orders) -> Callable[[str], Awaitable[Sequence[Row]]]:
    """Rows of an SLO by its name, judged anew at every call; buckets are kept. Sources are opened for each call: one
    counts its deadline from its first question, and gives up for good on a server that was away for a moment."""
    from cdctl.application.evaluate import Options, evaluate, sources_of
    from cdctl.application.traces_wiring import sources_of as tables_of
    from cdctl.stores.ledger import SqliteLedger

    settings = orders.settings
    ledger = SqliteLedger(Path(settings.cache_dir).expanduser() / "ledger.db") if settings.cache_dir else None
    if ledger is not None:
        stack.callback(ledger.close)
    lock = asyncio.Lock()

    async def rows(name: str) -> Sequence[Row]:
        slos = [slo for slo in _slos(settings) if slo.name == name]
        tables = tables_of(settings.context())
        wanted = {one for slo in slos for objective in slo.objectives for one in sources_of(objective.indicator)}
        async with lock, AsyncExitStack() as asked:  # the ledger has one owner
            sources: dict[str, Source] = {}
            for one in sorted(wanted & set(tables)):
                sources[one] = orders.doors.source(one, tables[one])
                asked.push_async_callback(sources[one].aclose)
            options = Options(history=True)
            report = await evaluate(
                slos, sources, clock=orders.clock, progress=_Quiet(), ledger=ledger, options=options
            )
        return report.rows

    return rows


def _values(orders: Orders) -> Callable[[str], Awaitable[list[float]]]:
    from cdctl.sources.prometheus.now import values

    async def asked(query: str) -> list[float]:
        table = orders.settings.context().sources.get("prometheus")
        if table is None:
            raise UsageError(f"context {orders.context.name} has no prometheus")
        return await values(table, query, orders.clock.now())

    return asked


def ops_of(settings: Settings, regions: Sequence[str] = (), name: str = "") -> dict[str, Callable[[Listener], Link]]:
    """How to open a link for the operators' topics of every region, or of some. name: of our clients."""
    from cdctl.application.fleet_wiring import fleet_context, link

    def opener(broker: Broker) -> Callable[[Listener], Link]:
        own = replace(broker, client_id=f"cdctl-ops-{name or secrets.token_hex(6)}-{broker.region}", session_expiry=0)
        return lambda listener: link(own, listener)

    brokers = fleet_context(settings).brokers
    return {region: opener(broker) for region, broker in brokers.items() if not regions or region in regions}
