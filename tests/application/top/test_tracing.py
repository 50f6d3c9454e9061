"""Traces for the live view: out of a real store of spans, and of a server that only finds them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trace_servers
from failing_commands import COUNT, DAY, END, HOUR, batch, told
from screens import Look, Still, vin

from cdctl.application.top.lookout_wiring import Means
from cdctl.application.top.tracing import LOOKS, of_vin, windows
from cdctl.application.top.tracing_wiring import answering
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.tracing import FindTrace, FoundTrace
from cdctl.domain.settings import Context, Settings, Traces
from cdctl.domain.traces.traceql.parser import parse
from cdctl.errors import CdctlError, UnavailableError, UsageError
from cdctl.stores.spans.folder import SpanFolder

NOBODY = Missing("nobody asked")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return told(tmp_path_factory.mktemp("commands"))


def find(settings: Settings, ask: FindTrace, now: float = END) -> FoundTrace:
    look = Look(COUNT)
    clock = Still()
    clock.at = now
    means = Means(settings, clock, look.fleet, NOBODY, plugins=False)

    async def run() -> object:
        return await answering(means)[FindTrace](ask, look.lookout.snapshot())

    found = asyncio.run(run())
    assert isinstance(found, FoundTrace)
    return found


def root(found: FoundTrace) -> Any:
    return found.laid.lines[0].span


def test_of_a_promise_the_newest_bad_traces_are_found(settings):
    found = find(settings, FindTrace(promise="commands", group=(("region", "eu"),)))
    assert root(found).attributes["span.command.outcome".removeprefix("span.")] == "failed"
    assert root(found).attributes["region"] == "eu"
    assert root(found).end / 1e9 > END - 600
    assert [line.depth for line in found.laid.lines] == [0, 1], "the whole trace, not the event alone"
    assert root(found).trace == found.examples[0]
    assert 10 < len(found.examples) == len(set(found.examples)) <= 50
    assert found.of == "bad traces of commands region=eu"
    ends = [root(find(settings, FindTrace(trace=one))).end for one in found.examples[:5]]
    assert ends == sorted(ends, reverse=True)


def test_another_group_has_others(settings):
    eu, us = (find(settings, FindTrace(promise="commands", group=(("region", region),))) for region in ("eu", "us"))
    assert root(us).attributes["region"] == "us"
    assert not set(eu.examples) & set(us.examples)


def test_a_promise_of_good_events_has_bad_traces_too(settings):
    assert root(find(settings, FindTrace(promise="good-traces"))).attributes["command.outcome"] == "failed"


def test_where_spans_do_not_say_the_group_the_fleet_does(tmp_path):
    found = find(told(tmp_path, regions=False), FindTrace(promise="commands-traces", group=(("region", "us"),)))
    assert int(root(found).attributes["vehicle.id"].removeprefix("WBA")) % 3 == 1
    with pytest.raises(UnavailableError, match="no bad traces of commands-traces region=mars in the last week"):
        find(told_again(tmp_path), FindTrace(promise="commands-traces", group=(("region", "mars"),)))


def told_again(folder: Path) -> Settings:
    context = Context("test", traces=Traces("store", str(folder / "spans")))
    return Settings(contexts={"test": context}, default_context="test", slo_specs=str(folder / "specs"))


def test_older_ones_are_found_when_there_are_no_new_ones(settings):
    late = END + round(LOOKS[1])
    found = find(settings, FindTrace(promise="commands"), now=late)
    assert END - HOUR < root(found).end / 1e9 <= END
    with pytest.raises(UnavailableError, match="in the last week"):
        find(settings, FindTrace(promise="commands"), now=END + 8 * DAY)


def test_nothing_is_looked_at_twice():
    found = list(windows(1e9))
    assert [one.end for one in found] == [1e9, *(one.start for one in found[:-1])]
    assert found[-1].start == 1e9 - LOOKS[-1]


def test_of_a_vehicle_its_newest_trace(settings):
    found = find(settings, FindTrace(vin=vin(9)))
    assert root(found).attributes["vehicle.id"] == vin(9)
    assert found.of == f"traces of {vin(9)}"
    assert len(found.examples) > 5
    with pytest.raises(UnavailableError, match="no traces of WBB in the last week") as wrong:
        find(settings, FindTrace(vin="WBB"))
    assert "vehicle.id" in wrong.value.hint
    assert parse(of_vin('a"\\').text) == of_vin('a"\\'), "an id of any characters is a filter that can be read"


def test_by_its_id_with_zeros_in_front_missing(settings):
    found = find(settings, FindTrace(promise="commands"))
    again = find(settings, FindTrace(trace=root(found).trace.lstrip("0").upper()))
    assert again.laid.lines == found.laid.lines
    assert (again.examples, again.of) == ((), "")


@pytest.mark.parametrize(
    ("ask", "kind", "wrong"),
    [
        (FindTrace(trace="ab" * 16), UnavailableError, "there is no trace abab"),
        (FindTrace(trace="x\x1b"), UsageError, "is no trace id"),
        (FindTrace(promise="comands"), UsageError, "there is no promise 'comands'"),
        (FindTrace(promise="alone"), UnavailableError, "no spans are counted for alone"),
    ],
)
def test_what_is_not_there_is_told_with_its_cure(settings, ask, kind, wrong):
    with pytest.raises(kind, match=wrong) as error:
        find(settings, ask)
    assert error.value.hint


def test_without_traces_the_cure_is_told(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    bare = replace(settings, contexts={"test": Context("test")})
    for ask in (FindTrace(trace="ab" * 16), FindTrace(promise="commands"), FindTrace(vin=vin(1))):
        with pytest.raises(UnavailableError, match="context test names no traces") as error:
            find(bare, ask)
        assert "cdctl trace serve" in error.value.hint
    with pytest.raises(UnavailableError, match="no traces are known"):
        find(Settings(slo_specs=settings.slo_specs), FindTrace(trace="ab" * 16))


def test_a_store_that_is_damaged_is_told(tmp_path):
    settings = told(tmp_path)
    for file in (tmp_path / "spans").rglob("*.parquet"):
        file.write_bytes(b"not parquet")
    with pytest.raises(CdctlError):
        find(settings, FindTrace(promise="commands"))


def served(settings: Settings, url: str) -> Settings:
    return replace(settings, contexts={"test": Context("test", traces=Traces("tempo", url))})


@pytest.fixture(scope="module")
def tempo() -> Iterator[trace_servers.Server]:
    """Some of the same spans, at a server that finds them and does not hand out all of them."""
    rows = batch_rows()
    with trace_servers.tempo(rows) as server:
        yield server


def batch_rows() -> list[dict[str, Any]]:
    spans = []
    for number in range(30):
        failed, end = number % 3 == 0, (END - 10 * number) * 10**9
        said = {"command.outcome": "failed" if failed else "succeeded", "vehicle.id": vin(number)}
        said["region"] = "eu" if number % 2 else "us"
        spans.append(
            {
                "trace": f"{number + 1:032x}", "span": f"{number + 1:016x}", "parent": "", "state": "", "name": "lock",
                "kind": 2, "status": 2 if failed else 0, "message": "", "scope": "", "start": end - 10**6, "end": end,
                "attributes": said, "resource": {"service.name": "remote-command"},
            }
        )  # fmt: skip
    return spans


def test_a_server_that_only_finds_is_searched(settings, tempo):
    found = find(served(settings, tempo.url), FindTrace(promise="commands", group=(("region", "eu"),)))
    assert root(found).trace == f"{4:032x}", "the newest that failed in eu"
    assert [int(one, 16) for one in found.examples] == [4, 10, 16, 22, 28]
    found = find(served(settings, tempo.url), FindTrace(vin=vin(5)))
    assert root(found).trace == f"{6:032x}"


def test_what_a_server_that_only_finds_cannot_tell_is_told(settings, tempo):
    with pytest.raises(UsageError, match="cannot tell which are not good"):
        find(served(settings, tempo.url), FindTrace(promise="good-traces"))
    with pytest.raises(UnavailableError):
        find(served(settings, "http://127.0.0.1:1"), FindTrace(promise="commands"))


def test_spans_of_one_store_are_enough_for_the_windows_looked_at(tmp_path):
    """Of a day, the last quarter of an hour is looked at first: what is newest is found whatever there is besides."""
    settings = told(tmp_path)
    with SpanFolder(tmp_path / "spans") as spans:
        spans.write(batch(END - 6 * HOUR, 1.0, 500))
    assert root(find(settings, FindTrace(promise="commands"))).end / 1e9 > END - 900
