"""Judge promises: ask sources for the buckets that the ledger does not have, and conclude."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cdctl.application.mixing import MixedSource, lag_of
from cdctl.domain.ports import BucketRequest, Clock, Ledger, Progress, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.composite import with_composite
from cdctl.domain.slo.judge import RULES, judge, no_data
from cdctl.domain.slo.measure import Asked, Measured, alike, measure_all
from cdctl.domain.slo.objective import Indicator, Objective, Ratio, RawRatio, Slo
from cdctl.domain.slo.series import Buckets, Span
from cdctl.domain.slo.stack import stacked, unstacked
from cdctl.domain.slo.tiling import COARSE, FINE, Tiling, assemble, coarsen, join, missing, slices, take, tile
from cdctl.domain.slo.verdict import Row, SloReport, Verdict

TAIL = 900
"""Seconds before the run's instant in which late data may still change a bucket: asked for again, not kept."""
_AT_ONCE = 250
_TOGETHER = 32
"""Jobs concluded as one: enough that calls cost nothing, few enough to go on while a source still answers."""
DEFAULT_LAG = 60
DEFAULT_COVERAGE = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class Options:
    """How a run differs from the usual. `at` is an instant (epoch seconds) instead of now minus the lag; `history`
    keeps the buckets of every row for charts."""

    at: int | None = None
    lag: int = DEFAULT_LAG
    min_coverage: Decimal = DEFAULT_COVERAGE
    history: bool = True
    title: str = "Service level report"


_Known = tuple[tuple[int, bytes, bytes], ...]
"""Which buckets are kept: the bytes of their ends and of their watch, by step."""


@dataclass(slots=True, eq=False)
class _Job:
    """One objective on its way from question to rows."""

    asked: Asked
    source: Source | None
    tiling: Tiling
    key: str
    kept: dict[int, Buckets] = field(default_factory=dict)
    known: _Known = ()
    rows: tuple[Row, ...] = ()
    measured: Measured | None = None


_Answered = list[tuple[_Job, SourceAnswer]]


@dataclass(slots=True, eq=False)
class _Run:
    options: Options
    ledger: Ledger | None
    progress: Progress
    jobs: dict[str, _Job] = field(default_factory=dict)
    wanted: dict[tuple[Tiling, _Known], tuple[Span, ...]] = field(default_factory=dict)
    """What has to be asked for, by what is needed and what is kept: mostly the same for many jobs."""
    ready: dict[Hashable, _Answered] = field(default_factory=dict)
    """Answered jobs that can be concluded as one."""


def instant(now: float, lag: int) -> int:
    """The last bucket edge at least `lag` seconds ago: floor((now - lag) / 5 min) x 5 min."""
    return int(now - lag) // FINE * FINE


async def evaluate(
    slos: Sequence[Slo],
    sources: Mapping[str, Source],
    *,
    clock: Clock,
    progress: Progress,
    ledger: Ledger | None = None,
    options: Options = Options(),
) -> SloReport:
    """Judge every objective of every SLO at one instant. A failing one is a row with its reason; the others are judged.

    sources: by the name that `metricSource.type` gives. Sources and ledger stay open.
    """
    now = clock.now()
    run = _Run(options, ledger, progress)
    asked: dict[int, Source] = {}
    mixed: dict[tuple[str, ...], Source] = {}
    for i, slo in enumerate(slos):
        for j, objective in enumerate(slo.objectives):
            job = run.jobs[f"{i}.{j}"] = _job(slo, objective, sources, mixed, now, options)
            if job.source is not None:
                asked[id(job.source)] = job.source
    progress.start("asking sources", len(run.jobs))
    try:
        for source in asked.values():
            await _ask(source, run)
    finally:
        if ledger is not None:
            ledger.flush()
        progress.stop()
    at = options.at // FINE * FINE if options.at is not None else instant(now, options.lag)
    warnings = ledger.warnings() if ledger is not None else ()
    return SloReport(at, int(now), tuple(_rows(slos, run)), RULES, warnings, options.title)


def _job(
    slo: Slo,
    objective: Objective,
    sources: Mapping[str, Source],
    mixed: dict[tuple[str, ...], Source],
    now: float,
    options: Options,
) -> _Job:
    at = options.at // FINE * FINE if options.at is not None else instant(now, _lag(slo, sources, options))
    least = slo.min_coverage if slo.min_coverage is not None else options.min_coverage
    asked = Asked(slo, objective, at, least)
    names = sources_of(objective.indicator)
    missing_names = [name for name in sorted(names) if name not in sources]
    if missing_names:
        reason = (
            f"no source named {missing_names[0]!r} is configured in this context; cdctl plugin ls lists those there are"
        )
        failed = replace(no_data(asked, {}, reason, Verdict.ERROR), spec_at_fault=True)
        return _Job(asked, None, Tiling(()), "", rows=(failed,))
    source = sources[names[0]]
    if len(names) > 1:
        source = mixed.setdefault(names, MixedSource(*(sources[name] for name in names)))
    question = source.fingerprint(objective.indicator, slo.group_by)
    key = hashlib.sha256(f"{source.identity}\n{question}".encode()).hexdigest()
    return _Job(asked, source, _tiling(asked.window.start, at, objective.slice_seconds), key)


def _lag(slo: Slo, sources: Mapping[str, Source], options: Options) -> int:
    """Seconds before now that a promise is judged: its own, or the longest of the run's and its sources', so that all
    of its objectives are judged for one instant."""
    if slo.lag_seconds is not None:
        return slo.lag_seconds
    names = {name for objective in slo.objectives for name in sources_of(objective.indicator) if name in sources}
    return max([options.lag, *(lag_of(sources[name]) for name in names)])


def sources_of(indicator: Indicator) -> tuple[str, ...]:
    """Names of the sources that an indicator's queries are asked of: that of the total first, each once."""
    if isinstance(indicator, Ratio):
        queries = (indicator.total, indicator.good, indicator.bad)
        return tuple(dict.fromkeys(query.source for query in queries if query))
    return (indicator.raw.source if isinstance(indicator, RawRatio) else indicator.metric.source,)


@lru_cache(maxsize=64)
def _tiling(start: int, at: int, step: int | None) -> Tiling:
    starts = [start, *(at - seconds for seconds in BURN_WINDOWS.values())]
    return slices(min(starts), at, step) if step else tile(starts, at)


async def _ask(source: Source, run: _Run) -> None:
    jobs = {key: job for key, job in run.jobs.items() if job.source is source}
    names = list(jobs)
    # A few hundred at a time: what the ledger keeps of them is in memory until they are judged.
    for first in range(0, len(names), _AT_ONCE):
        requests = [_request(key, jobs[key], run) for key in names[first : first + _AT_ONCE]]
        try:
            async for answer in source.fetch(requests):
                _take(jobs[answer.key], answer, run)
        finally:
            for alike_jobs in list(run.ready):
                _conclude(run.ready.pop(alike_jobs), run)


def _take(job: _Job, answer: SourceAnswer | SourceFailure, run: _Run) -> None:
    if isinstance(answer, SourceFailure):
        asked = replace(job.asked, evidence=answer.evidence)
        reason = f"{answer.reason}; {answer.hint}" if answer.hint else answer.reason
        job.rows = (replace(no_data(asked, {}, reason, Verdict.ERROR), spec_at_fault=answer.mine),)
        job.kept = {}
    else:
        job.asked = replace(job.asked, evidence=answer.evidence, warnings=answer.warnings)
        times = tuple((part.ends.tobytes(), part.widths.tobytes(), _watch(part)) for part in answer.buckets)
        same = (alike(job.asked), job.asked.slo.composite, job.tiling, job.known, times)
        ready = run.ready.setdefault(same, [])
        ready.append((job, answer))
        if len(ready) >= _TOGETHER:
            _conclude(run.ready.pop(same), run)
    run.progress.step(job.asked.slo.name)


def _watch(buckets: Buckets) -> bytes:
    return b"" if buckets.watched is None else buckets.watched.tobytes()


def _request(key: str, job: _Job, run: _Run) -> BucketRequest:
    """What has to be asked for: what the tiling needs and the ledger does not have; the tail always."""
    job.kept = run.ledger.read(job.key, job.tiling.spans) if run.ledger else {}
    job.known = tuple((step, buckets.ends.tobytes(), _watch(buckets)) for step, buckets in job.kept.items())
    spans = run.wanted.get((job.tiling, job.known))
    if spans is None:
        spans = run.wanted[job.tiling, job.known] = _wanted(job.tiling, job.kept)
    return BucketRequest(key, job.asked.objective.indicator, job.asked.slo.group_by, spans, job.asked.at)


def _wanted(tiling: Tiling, kept: Mapping[int, Buckets]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for step in tiling.steps:
        known = tiling.replaced(step)
        if step in kept:
            known = np.concatenate([known, kept[step].ends])
        for wanted in tiling.of(step):
            spans.extend(missing(wanted, known))
    return tuple(spans)


def _conclude(answered: _Answered, run: _Run) -> None:
    """Judge alike jobs whose answers, and what is kept of them, are for the same buckets."""
    tiling, jobs = answered[0][0].tiling, [job for job, _ in answered]
    parts = [stacked(same) for same in zip(*(answer.buckets for _, answer in answered), strict=True)]
    levels = {step: join(part for part in parts if len(part.ends) and part.widths[0] == step) for step in tiling.steps}
    if run.ledger is not None:
        fresh, kept = levels, {step: stacked([job.kept[step] for job in jobs]) for step in levels}
        levels = {step: join([kept[step], new]) for step, new in fresh.items()}
        _keep(answered, fresh, levels, run.ledger)
    for job, measured in zip(jobs, measure_all([job.asked for job in jobs], assemble(levels, tiling)), strict=True):
        job.rows = judge(measured, history=run.options.history)
        if job.asked.slo.composite:
            job.measured = measured
        job.kept = {}


def _keep(answered: _Answered, fresh: dict[int, Buckets], levels: dict[int, Buckets], ledger: Ledger) -> None:
    """Put what will not change any more into the ledger."""
    asked = answered[0][0].asked
    # The last bucket of every level is asked for again, however long it is.
    closed = asked.at - max(TAIL, asked.objective.slice_seconds or 0)
    for step, new in fresh.items():
        _keep_these(answered, step, new, new.ends <= closed, ledger)
    if COARSE in levels and FINE in levels:
        # Twelve fine buckets make a coarse one: an hour that was watched live is never asked for again.
        hours = coarsen(levels[FINE], COARSE)
        _keep_these(answered, COARSE, hours, (hours.ends <= closed) & ~np.isin(hours.ends, levels[COARSE].ends), ledger)


def _keep_these(answered: _Answered, step: int, stack: Buckets, which: NDArray[np.bool_], ledger: Ledger) -> None:
    if not which.any():
        return
    if stack.watched is not None:
        # A store that was not there then may still be filled from files.
        which = which & (stack.watched > 0)
    own = unstacked(take(stack, np.flatnonzero(which)), len(answered))
    for (job, answer), buckets in zip(answered, own, strict=True):
        # What the server itself has doubts about (a part of it did not answer) is used, but not kept.
        if not any(text.startswith("server:") for text in answer.warnings):
            ledger.keep(job.key, step, buckets)


def _rows(slos: Sequence[Slo], run: _Run) -> list[Row]:
    rows: list[Row] = []
    for i, slo in enumerate(slos):
        jobs = [run.jobs[f"{i}.{j}"] for j in range(len(slo.objectives))]
        own = [row for job in jobs for row in job.rows]
        if slo.composite:
            weights = {objective.name: objective.weight for objective in slo.objectives}
            own = list(with_composite(own, [job.measured for job in jobs if job.measured], weights))
        rows.extend(own)
    return rows
