"""Makes what a plugin offers, and stands between its code and ours: a bug in it is a named error, never a traceback."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar, cast

from cdctl.domain.ports import (
    BucketRequest,
    Divisible,
    Finding,
    Inspector,
    Labels,
    Plugin,
    Report,
    Source,
    SourceAnswer,
    SourceFactory,
    SourceFailure,
)
from cdctl.errors import CdctlError, PluginError
from cdctl.extend import vetting
from cdctl.extend.hush import hush
from cdctl.extend.reasons import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdctl.domain.slo.objective import Indicator
    from cdctl.domain.slo.verdict import SloReport

T = TypeVar("T")


def report(plugin: Plugin, subject: str) -> Report:
    """The report of a vetted plugin. Its `render` raises PluginError where the plugin's code raises anything."""
    return _Report(made(cast("Callable[[], Report]", plugin.make), plugin.room, subject), subject)


def source(plugin: Plugin, settings: Mapping[str, object], subject: str) -> Source:
    """The source of a vetted plugin. Raises the UsageError with which it refuses a setting, PluginError for a bug."""
    make = cast("SourceFactory", plugin.make)
    thing = made(lambda: make(settings), plugin.room, subject)
    return _Inspected(thing, thing, subject) if isinstance(thing, Inspector) else _Source(thing, subject)


def made(make: Callable[[], T], room: str, subject: str) -> T:
    """What `make()` gives, vetted. What its code raises on purpose comes through, anything else is a PluginError."""
    try:
        with hush():
            thing = make()
            vetting.vet_made(thing, room)
    except PluginError as error:
        raise PluginError(error.message, subject=subject, hint=error.hint) from error
    except CdctlError:
        raise
    except Exception as error:
        raise bug(error, "make", subject) from error
    return thing


def bug(error: BaseException, where: str, subject: str) -> PluginError:
    """What a bug in a plugin is called."""
    hint = "tell its author; --debug shows where"
    return PluginError(f"its {where} raised {type(error).__name__}: {said(error)}", subject=subject, hint=hint)


class _Report:
    def __init__(self, report: Report, subject: str) -> None:
        self._report = report
        self._subject = subject

    @property
    def suffix(self) -> str:
        return self._report.suffix

    def render(self, report: SloReport) -> str:
        try:
            with hush():
                text: object = self._report.render(report)
        except CdctlError:
            raise
        except Exception as error:
            raise bug(error, "render", self._subject) from error
        if not isinstance(text, str):
            raise PluginError(f"its render gave a {type(text).__name__}, not a text", subject=self._subject)
        return text


class _Source:
    """Keeps the promise of the port for a source that does not: every request is answered exactly once."""

    def __init__(self, source: Source, subject: str) -> None:
        self._source = source
        self._subject = subject

    @property
    def identity(self) -> str:
        return self._source.identity

    @property
    def lag(self) -> int:
        """See the port Belated; 0 for a source that says nothing, or nonsense."""
        lag: object = getattr(self._source, "lag", 0)
        return lag if isinstance(lag, int) and lag >= 0 else 0

    def fingerprint(self, indicator: Indicator, group_by: tuple[str, ...]) -> str:
        try:
            return self._source.fingerprint(indicator, group_by)
        except CdctlError:
            raise
        except Exception as error:
            raise bug(error, "fingerprint", self._subject) from error

    async def labels(self, request: BucketRequest, most: int) -> Labels:
        """See the port Divisible; of a source that is none, the grouping of the request."""
        if not isinstance(self._source, Divisible):
            return Labels(request.group_by)
        try:
            return await self._source.labels(request, most)
        except CdctlError:
            raise
        except Exception as error:
            raise bug(error, "labels", self._subject) from error

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncGenerator[SourceAnswer | SourceFailure]:
        waiting = {request.key for request in requests}
        reason, hint = "the source gave no answer", f"{self._subject}: tell its author"
        try:
            async with aclosing(_closable(self._source.fetch(requests))) as answers:
                async for answer in answers:
                    if answer.key in waiting:
                        waiting.remove(answer.key)
                        yield answer
        except CdctlError:
            raise
        except Exception as error:
            found = bug(error, "fetch", self._subject)
            reason, hint = found.message, f"{self._subject}: {found.hint}"
        for key in sorted(waiting):
            yield SourceFailure(key, reason, hint)

    async def aclose(self) -> None:
        await self._source.aclose()


class _Inspected(_Source):
    """A source that can be looked at, too (port Inspector)."""

    def __init__(self, source: Source, inspector: Inspector, subject: str) -> None:
        super().__init__(source, subject)
        self._inspector = inspector

    async def probe(self) -> tuple[bool, str, str]:
        try:
            return await self._inspector.probe()
        except CdctlError:
            raise
        except Exception as error:
            raise bug(error, "probe", self._subject) from error

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        try:
            return await self._inspector.inspect(requests)
        except CdctlError:
            raise
        except Exception as error:
            raise bug(error, "inspect", self._subject) from error


async def _closable(
    answers: AsyncIterator[SourceAnswer | SourceFailure],
) -> AsyncGenerator[SourceAnswer | SourceFailure]:
    try:
        async for answer in answers:
            yield answer
    finally:
        if isinstance(answers, AsyncGenerator):
            await answers.aclose()
