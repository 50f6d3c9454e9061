"""The one composer: which adapters a use case works with. Nothing else in the house imports an adapter by name."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from cdctl.application.evaluate import Options
    from cdctl.application.inspect import Look
    from cdctl.domain.ports import Grammar, Probe, Progress, Source
    from cdctl.domain.settings import Settings
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.slo.specset import SpecSet
    from cdctl.domain.slo.verdict import SloReport
    from cdctl.extend.catalogue import Catalogue


T = TypeVar("T")


class WallClock:
    """The machine's time."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; asyncio is loaded here because most commands ask nobody anything."""
    import asyncio

    found: list[T] = []

    async def whole() -> None:
        found.append(await work)

    # Not the task's own result: as it ends, asyncio makes text of the task, and a report of thousands of rows is long.
    asyncio.run(whole())
    return found[0]


def read_settings(*, config: str = "", context: str = "", prometheus: str = "") -> Settings:
    """The settings of a run; the arguments are the flags of the same names. Raises UsageError and FileError."""
    from cdctl.files import settings

    return settings.read(config=config, context=context, prometheus=prometheus)


def read_specs(settings: Settings, paths: Sequence[str] = ()) -> SpecSet:
    """Every spec of the paths, or of the settings' folder when none is given. Raises FileError with all problems."""
    from cdctl.files import specs

    return specs.read([Path(path) for path in paths] or [Path(settings.slo_specs)])


def judge_specs(settings: Settings, paths: Sequence[str] = (), *, plugins: bool = True) -> SpecSet:
    """As `read_specs`; every query is read as well, so that what no server would take is told with the rest, and a
    source that nobody has (`plugins`: whose plugin is not there) as well."""
    from cdctl.files import specs
    from cdctl.sources.promql import grammar
    from cdctl.sources.traceql import grammar as filters

    def sources() -> set[str]:
        return {listing.name for listing in catalogue(settings, plugins=plugins).names("sources")}

    grammars: dict[str, Grammar] = {"prometheus": grammar.judge, "traces": filters.judge}
    return specs.read([Path(path) for path in paths] or [Path(settings.slo_specs)], grammars, sources)


def catalogue(settings: Settings, *, plugins: bool = True) -> Catalogue:
    """Everything that a door can let in; without `plugins`, only what ships with cdctl."""
    from cdctl.extend.catalogue import Catalogue

    return Catalogue([Path(folder) for folder in settings.plugins], enabled=plugins)


def evaluate_slos(
    slos: Sequence[Slo],
    settings: Settings,
    doors: Catalogue,
    *,
    progress: Progress,
    cache: bool = True,
    options: Options | None = None,
) -> SloReport:
    """Judge promises with the sources of the context in use. Raises UsageError when there is no context, and whatever a
    source says of its settings; what a server says becomes rows."""
    from cdctl.application.evaluate import Options, evaluate, sources_of
    from cdctl.application.traced import evaluation
    from cdctl.application.traces_wiring import sources_of as tables_of
    from cdctl.application.tracing import traces_of
    from cdctl.stores.ledger import SqliteLedger

    tables = tables_of(settings.context())
    names = {name for slo in slos for objective in slo.objectives for name in sources_of(objective.indicator)}
    ledger = SqliteLedger(Path(settings.cache_dir).expanduser() / "ledger.db") if cache and settings.cache_dir else None

    async def run() -> SloReport:
        async with AsyncExitStack() as stack:
            sources = await _sources(stack, doors, tables, names)
            traces = traces_of(settings.context())
            stack.callback(traces.close)
            with evaluation(traces, slos) as told:
                report = await evaluate(
                    slos, told.sources(sources), clock=WallClock(), progress=progress, ledger=ledger,
                    options=options or Options(),
                )  # fmt: skip
                told.ended(report)
            return report

    try:
        return _run(run())
    finally:
        if ledger is not None:
            ledger.close()


async def _sources(
    stack: AsyncExitStack, doors: Catalogue, tables: Mapping[str, Mapping[str, object]], names: set[str]
) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for name in sorted(names & set(tables)):
        sources[name] = doors.source(name, tables[name])
        stack.push_async_callback(sources[name].aclose)
    return sources


def inspect_slos(slos: Sequence[Slo], settings: Settings, doors: Catalogue) -> list[Look]:
    """Look at the live sources behind promises: metrics, labels, targets, history. Raises UnavailableError."""
    from cdctl.application.evaluate import sources_of
    from cdctl.application.inspect import inspect
    from cdctl.application.traces_wiring import sources_of as tables_of

    tables = tables_of(settings.context())
    names = {name for slo in slos for objective in slo.objectives for name in sources_of(objective.indicator)}

    async def run() -> list[Look]:
        async with AsyncExitStack() as stack:
            return await inspect(slos, await _sources(stack, doors, tables, names), WallClock().now())

    return _run(run())


def probe_sources(settings: Settings, name: str, *, plugins: bool = True) -> list[Probe]:
    """Whether every source of a context answers. A plugin or setting that is wrong is a probe that failed. Traces are
    probed by `traces_wiring`: not every place of spans is a source of promises."""
    from cdctl.application.inspect import probe

    context = settings.context(name)
    doors = catalogue(settings, plugins=plugins)

    async def run() -> list[Probe]:
        tables = {source: table for source, table in context.sources.items() if source != "traces"}
        return [await probe(context.name, source, table, doors.source) for source, table in tables.items()]

    return _run(run())
