"""Looking at sources: what is asked, and what is said when there is nothing to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from cdctl.application.inspect import inspect, probe
from cdctl.domain.ports import BucketRequest, Finding, Source
from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, Slo
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place, UnavailableError, UsageError
from cdctl.testing.memory import MemorySource

DAY = 86_400
NOW = 1_750_000_000.0


class Seen(MemorySource):
    """A source that can be looked at; `words` is what its probe says."""

    def __init__(self, words: tuple[bool, str, str] | Exception = (True, "fine", "")) -> None:
        super().__init__({})
        self.words = words
        self.times = 0

    async def probe(self) -> tuple[bool, str, str]:
        if isinstance(self.words, Exception):
            raise self.words
        return self.words

    async def inspect(self, requests: Sequence[BucketRequest]) -> Sequence[Finding]:
        self.asked += requests
        self.times += 1
        return [Finding(request.key, True, f"seen {request.at}") for request in requests]


def promise(source: str = "prometheus", days: int = 7) -> Slo:
    objective = Objective("ok", Ratio(Query("t", source), good=Query("g", source)), Decimal("0.99"))
    return Slo(
        "x", "s", (objective,), Budgeting.OCCURRENCES, Rolling(days * DAY), Place("t.yaml"), group_by=("region",)
    )


def looked(slo: Slo, **sources: Source) -> list[Finding]:
    found = asyncio.run(inspect([slo], sources, NOW))
    assert all(one.slos == (slo.name,) for one in found)
    return [one.finding for one in found]


def test_the_whole_window_is_looked_at() -> None:
    source = Seen()
    (finding,) = looked(promise(days=9), prometheus=source)
    (request,) = source.asked
    assert finding == Finding("", True, f"seen {request.at}")
    assert NOW - 400 < request.at <= NOW - 60
    (span,) = request.spans
    assert request.at - span.start >= 9 * DAY
    assert request.group_by == ("region",)


def test_what_several_promises_share_is_one_line_and_one_question() -> None:
    source = Seen()
    slos = [replace(promise(), name=name) for name in "abc"]
    found = asyncio.run(inspect([*slos, promise("replay")], {"prometheus": source}, NOW))
    assert [one.slos for one in found] == [("a", "b", "c"), ("x",)]
    assert [one.finding.mine for one in found] == [False, True]
    assert len({request.key for request in source.asked}) == len(source.asked) == 3
    assert source.times == 1


def test_a_source_that_nobody_configured_is_a_finding() -> None:
    (finding,) = looked(promise("replay"), prometheus=Seen())
    assert (finding.ok, finding.text) == (False, "the context has no source 'replay'")
    assert finding.hint


def test_a_source_that_cannot_be_looked_at_is_none_of_the_promises_faults() -> None:
    (finding,) = looked(promise(), prometheus=MemorySource({}))
    assert finding.ok
    assert "cannot be looked at" in finding.text


@pytest.mark.parametrize(
    ("made", "ok", "found"),
    [
        (Seen(), True, "fine"),
        (Seen((False, "down", "start it")), False, "down"),
        (Seen(UnavailableError("no token")), False, "no token"),
        (MemorySource({}), True, "cannot be probed; it answers when asked"),
        (UsageError("no url", hint="write one"), False, "no url"),
    ],
)
def test_a_probe_says_whatever_happens(made: MemorySource | Exception, ok: bool, found: str) -> None:
    def make(name: str, table: object) -> Source:
        assert (name, table) == ("prometheus", {"url": "https://x"})
        if isinstance(made, Exception):
            raise made
        return made

    said = asyncio.run(probe("prod", "prometheus", {"url": "https://x"}, make))
    assert (said.context, said.source, said.url, said.ok, said.found) == ("prod", "prometheus", "https://x", ok, found)
    if isinstance(made, MemorySource):
        assert made.closed
