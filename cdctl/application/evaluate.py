"""Judge promises: ask sources for the buckets that the ledger does not have, and conclude."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from cdctl.domain.ports import BucketRequest, Clock, Ledger, Progress, Source, SourceAnswer, SourceFailure
from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.composite import with_composite
from cdctl.domain.slo.judge import RULES, Asked, Measured, judge, measure, no_data
from cdctl.domain.slo.objective import Indicator, Objective, Ratio, RawRatio, Slo
from cdctl.domain.slo.series import Buckets, Span
from cdctl.domain.slo.tiling import COARSE, FINE, Tiling, assemble, coarsen, join, missing, slices, take, tile
from cdctl.domain.slo.verdict import Row, SloReport, Verdict

TAIL = 900
"""Seconds before the run's instant in which late data may still change a bucket: asked for again, not kept."""
_AT_ONCE = 250
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


@dataclass(slots=True, eq=False)
class _Job:
    """One objective on its way from question to rows."""

    asked: Asked
    source: Source | None
    tiling: Tiling
    key: str
    kept: dict[int, Buckets] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    measured: Measured | None = None


@dataclass(slots=True, eq=False)
class _Run:
    options: Options
    ledger: Ledger | None
    progress: Progress
    jobs: dict[str, _Job] = field(default_factory=dict)


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
    for i, slo in enumerate(slos):
        for j, objective in enumerate(slo.objectives):
            run.jobs[f"{i}.{j}"] = _job(slo, objective, sources, now, options)
    progress.start("asking sources", len(run.jobs))
    try:
        for source in {id(source): source for source in sources.values()}.values():
            await _ask(source, run)
    finally:
        if ledger is not None:
            ledger.flush()
        progress.stop()
    at = options.at // FINE * FINE if options.at is not None else instant(now, options.lag)
    warnings = ledger.warnings() if ledger is not None else ()
    return SloReport(at, int(now), tuple(_rows(slos, run)), RULES, warnings, options.title)


def _job(slo: Slo, objective: Objective, sources: Mapping[str, Source], now: float, options: Options) -> _Job:
    lag = slo.lag_seconds if slo.lag_seconds is not None else options.lag
    at = options.at // FINE * FINE if options.at is not None else instant(now, lag)
    least = slo.min_coverage if slo.min_coverage is not None else options.min_coverage
    asked = Asked(slo, objective, at, least)
    names = sources_of(objective.indicator)
    missing_names = sorted(names - set(sources))
    if len(names) != 1 or missing_names:
        reason = (
            f"no source named {missing_names[0]!r} is configured"
            if missing_names
            else f"good and total come from different sources: {', '.join(sorted(names))}"
        )
        failed = replace(no_data(asked, {}, reason, Verdict.ERROR), spec_at_fault=True)
        return _Job(asked, None, Tiling(()), "", rows=(failed,))
    source = sources[names.pop()]
    question = source.fingerprint(objective.indicator, slo.group_by)
    key = hashlib.sha256(f"{source.identity}\n{question}".encode()).hexdigest()
    return _Job(asked, source, _tiling(asked), key)


def sources_of(indicator: Indicator) -> set[str]:
    """Names of the sources that an indicator's queries are asked of."""
    if isinstance(indicator, Ratio):
        return {query.source for query in (indicator.total, indicator.good, indicator.bad) if query}
    return {indicator.raw.source if isinstance(indicator, RawRatio) else indicator.metric.source}


def _tiling(asked: Asked) -> Tiling:
    starts = [asked.window.start, *(asked.at - seconds for seconds in BURN_WINDOWS.values())]
    step = asked.objective.slice_seconds
    return slices(min(starts), asked.at, step) if step else tile(starts, asked.at)


async def _ask(source: Source, run: _Run) -> None:
    jobs = {key: job for key, job in run.jobs.items() if job.source is source}
    names = list(jobs)
    # A few hundred at a time: what the ledger keeps of them is in memory until they are judged.
    for first in range(0, len(names), _AT_ONCE):
        requests = [_request(key, jobs[key], run.ledger) for key in names[first : first + _AT_ONCE]]
        async for answer in source.fetch(requests):
            _take(jobs[answer.key], answer, run)


def _take(job: _Job, answer: SourceAnswer | SourceFailure, run: _Run) -> None:
    if isinstance(answer, SourceFailure):
        asked = replace(job.asked, evidence=answer.evidence)
        reason = f"{answer.reason}; {answer.hint}" if answer.hint else answer.reason
        job.rows = (replace(no_data(asked, {}, reason, Verdict.ERROR), spec_at_fault=answer.mine),)
    else:
        _conclude(job, answer, run)
    job.kept = {}
    run.progress.step(job.asked.slo.name)


def _request(key: str, job: _Job, ledger: Ledger | None) -> BucketRequest:
    """What has to be asked for: what the tiling needs and the ledger does not have; the tail always."""
    job.kept = ledger.read(job.key, job.tiling.spans) if ledger else {}
    spans: list[Span] = []
    for step in job.tiling.steps:
        known = job.tiling.replaced(step)
        if step in job.kept:
            known = np.concatenate([known, job.kept[step].ends])
        for wanted in job.tiling.of(step):
            spans.extend(missing(wanted, known))
    return BucketRequest(key, job.asked.objective.indicator, job.asked.slo.group_by, tuple(spans), job.asked.at)


def _conclude(job: _Job, answer: SourceAnswer, run: _Run) -> None:
    levels = {
        step: join(part for part in answer.buckets if len(part.ends) and part.widths[0] == step)
        for step in job.tiling.steps
    }
    if run.ledger is not None:
        # What the server itself has doubts about (a part of it did not answer) is used, but not kept.
        doubted = any(text.startswith("server:") for text in answer.warnings)
        levels = _kept(job, levels, None if doubted else run.ledger)
    job.asked = replace(job.asked, evidence=answer.evidence, warnings=answer.warnings)
    measured = measure(job.asked, assemble(levels, job.tiling))
    job.rows = judge(measured, history=run.options.history)
    if job.asked.slo.composite:
        job.measured = measured


def _kept(job: _Job, fresh: dict[int, Buckets], ledger: Ledger | None) -> dict[int, Buckets]:
    """Fresh and kept buckets by step; what will not change any more goes into the ledger."""
    # The last bucket of every level is asked for again, however long it is.
    closed = job.asked.at - max(TAIL, job.asked.objective.slice_seconds or 0)
    levels = {step: join([job.kept[step], new]) for step, new in fresh.items()}
    if ledger is None:
        return levels
    for step, new in fresh.items():
        ledger.keep(job.key, step, take(new, np.flatnonzero(new.ends <= closed)))
    if COARSE in levels and FINE in levels:
        # Twelve fine buckets make a coarse one: an hour that was watched live is never asked for again.
        hours = coarsen(levels[FINE], COARSE)
        known = set(levels[COARSE].ends.tolist())
        unkept = np.array([end <= closed and end not in known for end in hours.ends.tolist()], bool)
        ledger.keep(job.key, COARSE, take(hours, np.flatnonzero(unkept)))
    return levels


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
