"""Composes a page of triage from promises, explanations, changes and brokers. See `wiring` for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cdctl.application.changes_wiring import changes_of
from cdctl.domain.pasting import PLAIN, Shell
from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.application.explaining import Fleets
    from cdctl.domain.ports import Probe
    from cdctl.domain.settings import Settings
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.slo.series import Buckets
    from cdctl.domain.slo.verdict import SloReport
    from cdctl.domain.traces.ports import Window
    from cdctl.domain.triage.alerts import About
    from cdctl.domain.triage.page import Page, State
    from cdctl.domain.why.explanation import Explanation
    from cdctl.extend.catalogue import Catalogue


def states_of(settings: Settings, *, plugins: bool = True) -> tuple[State, ...]:
    """How the servers of the context in use are: each is asked now."""
    from concurrent.futures import ThreadPoolExecutor

    from cdctl.application.broker_wiring import probe_beside, probe_brokers
    from cdctl.application.wiring import probe_sources

    name = settings.context().name
    with ThreadPoolExecutor(3) as pool:
        asked = [
            pool.submit(probe_sources, settings, name, plugins=plugins),
            pool.submit(probe_brokers, settings, name, plugins=plugins),
            pool.submit(probe_beside, settings, name, plugins=plugins),
        ]
        return _states(probe for one in asked for probe in one.result())


def _states(probes: Iterable[Probe]) -> tuple[State, ...]:
    """Regions of one broker are one state."""
    from cdctl.domain.triage.page import State

    found: dict[tuple[str, bool], list[Probe]] = {}
    for probe in probes:
        found.setdefault((probe.url, probe.ok), []).append(probe)
    return tuple(
        State(
            ", ".join([same[0].source, *(one.source.removeprefix("broker ") for one in same[1:])]),
            same[0].ok, same[0].found, same[0].hint,
        )
        for same in found.values()
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Means:
    """What triage works with. slos: all promises that are known, to find those that say the same by spans. fleets: see
    `why_wiring.explain_slo`."""

    settings: Settings
    doors: Catalogue
    slos: Sequence[Slo]
    config: str = ""
    plugins: bool = True
    shell: Shell = PLAIN
    fleets: Fleets | None = None


def page(asked: str, about: About, means: Means) -> Page:
    """The page about an alert. Raises CdctlError when the promises cannot be judged at all."""
    from cdctl.application.triage import Asking, triage

    settings, plugins = means.settings, means.plugins
    asking = Asking(
        judge=lambda slos: judge(slos, means),
        recent=lambda slo: recent(slo, means),
        explain=lambda slo, group, window: explain(slo, group, window, means),
        changes=lambda since: changes_of(settings, since, config=means.config, plugins=plugins),
        states=lambda: states_of(settings, plugins=plugins),
    )
    return triage(asked, about, asking, settings.default_context, means.shell)


def judge(slos: Sequence[Slo], means: Means) -> SloReport:
    """The verdicts on promises, as of now."""
    from cdctl.application.evaluate import Options
    from cdctl.application.wiring import evaluate_slos

    class Silent:
        def start(self, what: str, total: int) -> None: ...
        def step(self, note: str = "") -> None: ...
        def stop(self) -> None: ...

    return evaluate_slos(slos, means.settings, means.doors, progress=Silent(), options=Options(history=False))


def recent(slo: Slo, means: Means) -> Buckets:
    """Five-minute buckets of the last week of a promise's first objective. Raises CdctlError."""
    return asyncio.run(_recent(slo, means))


async def _recent(slo: Slo, means: Means) -> Buckets:
    from cdctl.application.evaluate import DEFAULT_LAG, instant, sources_of
    from cdctl.application.traces_wiring import sources_of as tables_of
    from cdctl.application.triage import LOOK_BACK
    from cdctl.application.wiring import WallClock
    from cdctl.domain.ports import BucketRequest, SourceAnswer
    from cdctl.domain.slo.series import Span
    from cdctl.domain.slo.tiling import FINE

    indicator = slo.objectives[0].indicator
    at = instant(WallClock().now(), slo.lag_seconds if slo.lag_seconds is not None else DEFAULT_LAG)
    request = BucketRequest("recent", indicator, slo.group_by, (Span(at - LOOK_BACK, at, FINE),), at)
    names = tuple(sources_of(indicator))
    tables = tables_of(means.settings.context())
    if len(names) != 1 or names[0] not in tables:
        raise UnavailableError(f"{slo.name} has no single source to be looked at closely", subject=slo.name)
    (name,) = names
    async with AsyncExitStack() as stack:
        source = means.doors.source(name, tables[name])
        stack.push_async_callback(source.aclose)
        async for answer in source.fetch([request]):
            if isinstance(answer, SourceAnswer):
                return answer.buckets[0]
            raise UnavailableError(answer.reason, subject=slo.name, hint=answer.hint)
    raise UnavailableError("the source gave no answer", subject=slo.name)


def explain(slo: Slo, group: Mapping[str, str], window: Window, means: Means) -> Explanation:
    """By spans where a promise of the same is told by them, else by what the promise itself asks; why not by what would
    have been better is a note. Raises CdctlError."""
    from cdctl.application.explaining import Wanted
    from cdctl.application.why_wiring import explain_slo

    failed: CdctlError | None = None
    for promise, source in _ways(slo, means):
        wanted = Wanted(promise, promise.objectives[0], round(window.end), round(window.end - window.start), group)
        try:
            told = explain_slo(
                wanted, source, means.settings, means.doors,
                config=means.config, plugins=means.plugins, fleets=means.fleets,
            )  # fmt: skip
        except CdctlError as error:
            failed = failed or error
        else:
            return replace(told, notes=(*told.notes, f"not by spans: {failed.message}")) if failed else told
    raise failed or UnavailableError("nobody can be asked for its events", subject=slo.name)


def _ways(slo: Slo, means: Means) -> list[tuple[Slo, str]]:
    """Whose events are looked at, and where they are from, the best first. Where there are no spans, a sibling that is
    told by them is of no use."""
    from cdctl.application.traces_wiring import counts_spans
    from cdctl.application.why_wiring import TRACES, sibling, sources_of

    own = sorted(sources_of(slo))
    if len(own) > 1:
        raise UnavailableError(f"it asks {' and '.join(own)} together: its events cannot be told apart one by one")
    if own == [TRACES]:
        return [(slo, TRACES)]
    settings = means.settings
    by_spans = sibling(slo, means.slos) if counts_spans(settings.context() if settings.contexts else None) else None
    return [*([(by_spans, TRACES)] if by_spans else []), *((slo, name) for name in own)]


FORMS = ("table", "json", "markdown")


def render(told: Page, form: str) -> str:
    """A page in one of FORMS."""
    if form == "json":
        import json

        from cdctl.domain.text import unseen
        from cdctl.reports.triage.document import document

        return unseen(json.dumps(document(told), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"
    from cdctl.reports.triage import page as pages

    return pages.markdown(told) if form == "markdown" else pages.text(told)


def fetch_alert(url: str) -> object:
    """The document behind a URL. Raises UsageError and UnavailableError."""
    from cdctl.sources.alerts import fetch

    return fetch(url)
