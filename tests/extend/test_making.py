"""A plugin's bugs become named errors, and a source's broken promise becomes a failure per request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from cdctl.domain.ports import BucketRequest, Divisible, Finding, Inspector, Labels, Plugin, SourceAnswer, SourceFailure
from cdctl.domain.slo.objective import Query, Threshold
from cdctl.domain.slo.verdict import SloReport
from cdctl.errors import PluginError, UsageError
from cdctl.extend import making

EMPTY = SloReport(at=0, generated_at=0, rows=())
REQUESTS = [BucketRequest(key, Threshold(Query("x"), "lte", 1.0), (), (), 0) for key in ("a", "b", "c")]


class Report:
    suffix = ".txt"

    def __init__(self, text: object = "fine") -> None:
        self.text = text

    def render(self, report: SloReport) -> str:
        print("a stray line")
        if isinstance(self.text, Exception):
            raise self.text
        return self.text  # type: ignore[return-value]


class Source:
    identity = "test"

    def __init__(self, settings: Mapping[str, object]) -> None:
        if "wrong" in settings:
            raise UsageError("wrong is not a setting")
        self.bug = settings.get("bug")

    def fingerprint(self, indicator: object, group_by: tuple[str, ...]) -> str:
        return {}["missing"]  # type: ignore[index, no-any-return]

    async def fetch(self, requests: Sequence[BucketRequest]) -> AsyncIterator[SourceAnswer | SourceFailure]:
        yield SourceFailure("a", "known")
        yield SourceFailure("a", "said twice")
        yield SourceFailure("z", "never asked")
        if self.bug:
            raise KeyError("lost")
        yield SourceFailure("b", "known")

    async def aclose(self) -> None:
        pass


class InspectedSource(Source):
    async def probe(self) -> tuple[bool, str, str]:
        if self.bug:
            raise KeyError("lost")
        return True, "a test", ""

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        return [Finding(requests[0].key, {"a": True}[requests[0].key], "fine")]


def report(text: object) -> making.Report:
    plugin = Plugin(1, "reports", "test", "1", "a test", lambda: Report(text))
    return making.report(plugin, "reports.test")


def source(settings: Mapping[str, object]) -> making.Source:
    return making.source(Plugin(1, "sources", "test", "1", "a test", Source), settings, "sources.test")


def fetched(settings: Mapping[str, object]) -> list[tuple[str, str]]:
    async def run() -> list[tuple[str, str]]:
        answers = [answer async for answer in source(settings).fetch(REQUESTS)]
        return [(a.key, a.reason) for a in answers if isinstance(a, SourceFailure)]

    return asyncio.run(run())


def test_a_report_renders_and_stdout_stays_clean(capfd: pytest.CaptureFixture[str]) -> None:
    assert report("fine").render(EMPTY) == "fine"
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "a stray line\n")


def test_a_bug_in_render_is_named() -> None:
    with pytest.raises(PluginError, match=r"reports\.test: its render raised ValueError: no") as caught:
        report(ValueError("no")).render(EMPTY)
    assert isinstance(caught.value.__cause__, ValueError)


def test_render_must_give_a_text() -> None:
    with pytest.raises(PluginError, match="gave a bytes, not a text"):
        report(b"raw").render(EMPTY)


def test_our_own_errors_come_through() -> None:
    with pytest.raises(UsageError, match="wrong is not a setting"):
        source({"wrong": 1})
    with pytest.raises(UsageError, match="own words"):
        report(UsageError("own words")).render(EMPTY)


def test_a_make_that_gives_the_wrong_thing() -> None:
    plugin = Plugin(1, "sources", "test", "1", "a test", lambda settings: object())
    with pytest.raises(PluginError, match=r"sources\.test: its make gives a object without identity"):
        making.source(plugin, {}, "sources.test")


def test_a_bug_in_make_is_named() -> None:
    plugin = Plugin(1, "sources", "test", "1", "a test", lambda settings: settings["url"])
    with pytest.raises(PluginError, match="its make raised KeyError: 'url'"):
        making.source(plugin, {}, "sources.test")


def test_a_bug_in_fingerprint_is_named() -> None:
    with pytest.raises(PluginError, match="its fingerprint raised KeyError"):
        source({}).fingerprint(REQUESTS[0].indicator, ())


def test_a_source_that_can_be_looked_at_stays_one() -> None:
    plugin = Plugin(1, "sources", "test", "1", "a test", InspectedSource)
    made = making.source(plugin, {}, "sources.test")
    assert isinstance(made, Inspector)
    assert not isinstance(source({}), Inspector)
    assert asyncio.run(made.probe()) == (True, "a test", "")
    assert asyncio.run(made.inspect(REQUESTS))[0].ok
    with pytest.raises(PluginError, match="its inspect raised KeyError: 'b'"):
        asyncio.run(made.inspect(REQUESTS[1:]))
    broken = making.source(plugin, {"bug": True}, "sources.test")
    with pytest.raises(PluginError, match="its probe raised KeyError"):
        asyncio.run(broken.probe())  # type: ignore[attr-defined]


def test_every_request_is_answered_exactly_once() -> None:
    assert fetched({}) == [("a", "known"), ("b", "known"), ("c", "the source gave no answer")]


def test_a_bug_in_fetch_fails_what_is_still_open() -> None:
    reason = "its fetch raised KeyError: 'lost'"
    assert fetched({"bug": True}) == [("a", "known"), ("b", reason), ("c", reason)]


class DividedSource(Source):
    async def labels(self, request: BucketRequest, most: int) -> Labels:
        return Labels((*request.group_by, {None: "pod"}[self.bug]))  # type: ignore[index]


def test_a_source_says_by_what_its_events_can_be_told_apart() -> None:
    def labels(kind: type[Source], **settings: object) -> Labels:
        plugin = Plugin(1, "sources", "test", "1", "a test", kind)
        made = making.source(plugin, settings, "sources.test")
        assert isinstance(made, Divisible)
        return asyncio.run(made.labels(BucketRequest("a", REQUESTS[0].indicator, ("region",), (), 0), 100))

    assert labels(DividedSource).names == ("region", "pod")
    assert labels(Source).names == ("region",)
    with pytest.raises(PluginError, match="its labels raised KeyError"):
        labels(DividedSource, bug=True)
