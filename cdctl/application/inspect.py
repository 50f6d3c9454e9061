"""Look at the sources behind promises without judging the promises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cdctl.application.evaluate import DEFAULT_LAG, instant, sources_of
from cdctl.domain.ports import BucketRequest, Finding, Inspector, Probe, Source
from cdctl.domain.slo.objective import Slo, halves
from cdctl.domain.slo.series import Span
from cdctl.domain.slo.tiling import COARSE
from cdctl.domain.slo.window import bounds
from cdctl.errors import CdctlError


@dataclass(frozen=True, slots=True)
class Look:
    """One finding and every promise that it is about."""

    slos: tuple[str, ...]
    finding: Finding


async def inspect(slos: Sequence[Slo], sources: Mapping[str, Source], now: float) -> list[Look]:
    """Findings of every objective, in order, each once with all promises that share it. An objective whose source
    cannot be looked at is one finding.

    Raises UnavailableError when a source cannot be asked.
    """
    at = instant(now, DEFAULT_LAG)
    asked: dict[str, list[BucketRequest]] = {}
    owners: dict[str, str] = {}
    for i, slo in enumerate(slos):
        span = Span(bounds(slo.window, at).start // COARSE * COARSE, at // COARSE * COARSE, COARSE)
        for j, objective in enumerate(slo.objectives):
            owners[f"{i}.{j}"] = slo.name
            names = sources_of(objective.indicator)
            for name, part in zip(names, halves(objective.indicator) or (objective.indicator,), strict=True):
                asked.setdefault(name, []).append(BucketRequest(f"{i}.{j}", part, slo.group_by, (span,), at))
    found: dict[Finding, list[str]] = {}
    for name, requests in asked.items():
        for finding in await _look(name, sources.get(name), requests):
            found.setdefault(replace(finding, key=""), []).append(owners.get(finding.key, ""))
    return [Look(tuple(dict.fromkeys(names)), finding) for finding, names in found.items()]


async def _look(name: str, source: Source | None, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
    if source is None:
        reason, cure = f"the context has no source {name!r}", "add it to the settings"
        return [Finding(request.key, False, reason, cure, mine=True) for request in requests]
    if not isinstance(source, Inspector):
        reason = f"the source {name!r} cannot be looked at before it is asked"
        return [Finding(request.key, True, reason) for request in requests]
    return await source.inspect(requests)


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
