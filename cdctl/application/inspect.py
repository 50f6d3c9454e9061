"""Look at the sources behind promises without judging the promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cdctl.application.evaluate import DEFAULT_LAG, instant, sources_of
from cdctl.domain.ports import BucketRequest, Finding, Inspector, Probe, Source
from cdctl.domain.slo.objective import Slo
from cdctl.domain.slo.series import Span
from cdctl.domain.slo.tiling import COARSE
from cdctl.domain.slo.window import bounds
from cdctl.errors import CdctlError


async def inspect(slos: Sequence[Slo], sources: Mapping[str, Source], now: float) -> list[tuple[Slo, Finding]]:
    """Findings of every objective, in order. An objective whose source cannot be looked at is one finding.

    Raises UnavailableError when a source cannot be asked.
    """
    found: list[tuple[Slo, Finding]] = []
    at = instant(now, DEFAULT_LAG)
    for slo in slos:
        start = bounds(slo.window, at).start // COARSE * COARSE
        for objective in slo.objectives:
            span = Span(start, at // COARSE * COARSE, COARSE)
            request = BucketRequest(objective.name, objective.indicator, slo.group_by, (span,), at)
            for name in sorted(sources_of(objective.indicator)):
                found += [(slo, finding) for finding in await _look(name, sources.get(name), request)]
    return found


async def _look(name: str, source: Source | None, request: BucketRequest) -> Sequence[Finding]:
    if source is None:
        return [Finding(request.key, False, f"the context has no source {name!r}", "add it to the settings")]
    if not isinstance(source, Inspector):
        return [Finding(request.key, True, f"the source {name!r} cannot be looked at before it is asked")]
    return await source.inspect([request])


async def probe(
    context: str,
    name: str,
    table: Mapping[str, object],
    make: Callable[[str, Mapping[str, object]], Source],
) -> Probe:
    """Connect to one source and say what it is; whatever fails is said, not raised."""
    url = str(table.get("url", table.get("file", "")))
    try:
        source = make(name, table)
    except CdctlError as error:
        return Probe(context, name, url, False, str(error.message), error.hint)
    try:
        if not isinstance(source, Inspector):
            return Probe(context, name, url, True, "cannot be probed; it answers when asked")
        ok, found, hint = await source.probe()
    except CdctlError as error:
        return Probe(context, name, url, False, str(error.message), error.hint)
    finally:
        await source.aclose()
    return Probe(context, name, url, ok, found, hint)
