"""The platform's spans tell the story of its metrics, in the form of the Collector's file exporter."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from span_file import SpanFile

from cdctl.lab.commands import Commands
from cdctl.lab.model import DAY
from cdctl.lab.past import RECENT, STEP, TRACED, past
from cdctl.lab.platform import Live
from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.population import population

END = 1_790_000_000 // STEP * STEP


@pytest.fixture(scope="module")
def standing():
    return past("bad-software", seed=3, vehicles=900, end=END, days=1).standing


def written(standing, folder: Path) -> list[dict]:
    """Spans of the last quarter of an hour and of a minute after it."""
    story = scenario(standing.scenario)
    file = SpanFile(folder / "spans.jsonl")
    commands = Commands(story, standing.fleet, standing.seed, standing.end, file.export)
    for place, region in enumerate(story.regions):
        recent = np.array(standing.recent[f"{TRACED} {region.name}"])
        commands.tell(place, recent, np.arange(-RECENT, 1) * float(STEP))
    live = Live(standing, commands.tell)
    for later in range(5, 65, 5):
        live.text(END + later)
    spans = []
    for line in (folder / "spans.jsonl").read_text().splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            (service,) = [one["value"]["stringValue"] for one in resource["resource"]["attributes"]]
            for scope in resource["scopeSpans"]:
                spans += [{**span, "service": service, **told(span)} for span in scope["spans"]]
    return spans


def told(span: dict) -> dict[str, str]:
    return {one["key"]: one["value"]["stringValue"] for one in span["attributes"]}


@pytest.fixture(scope="module")
def spans(standing, tmp_path_factory):
    return written(standing, tmp_path_factory.mktemp("spans"))


def test_there_is_a_trace_for_every_command_that_was_counted(standing, spans):
    counted = sum(np.sum(drawn) for drawn in standing.recent.values())
    roots = [one for one in spans if not one["parentSpanId"]]
    during = [one for one in roots if int(one["endTimeUnixNano"]) <= END * 10**9]
    assert len(during) == counted > 500
    assert len(roots) > len(during), "the live minute, too"
    assert {one["kind"] for one in roots} == {2}
    assert {one["service"] for one in roots} == {"remote-command"}


def test_what_fails_in_the_bad_region_is_the_bad_version(spans):
    who = population(scenario("bad-software"), 900, 3)
    software = dict(zip(who.vins, (who.versions[code] for code in who.software.tolist()), strict=True))
    bad = [one for one in spans if one.get("command.outcome") == "failed" and one["region"] == "eu"]
    versions = Counter(software[one["vehicle.id"]] for one in bad)
    assert versions["23-07.60"] > 0.9 * len(bad) > 40
    elsewhere = [one for one in spans if one.get("command.outcome") and one["region"] == "us"]
    assert sum(one["command.outcome"] == "failed" for one in elsewhere) < 0.02 * len(elsewhere)
    assert any(software[one["vehicle.id"]] == "23-07.60" for one in elsewhere)
    for one in (one for one in spans if one["service"] == "vehicle"):
        assert one["vehicle.software"] == software[one["vehicle.id"]], "it says what it is"


def test_spans_are_well_formed(spans):
    ids = {one["spanId"]: one for one in spans}
    assert len(ids) == len(spans)
    for one in spans:
        assert len(one["traceId"]) == 32
        assert int(one["startTimeUnixNano"]) <= int(one["endTimeUnixNano"])
        if one["parentSpanId"]:
            assert ids[one["parentSpanId"]]["traceId"] == one["traceId"]
        failed = one.get("error.type") is not None
        assert (one["status"].get("code") == 2) is failed
    assert {one["service"] for one in spans if one["kind"] == 5} == {"vehicle"}
    assert {one["messaging.destination.template"] for one in spans if one["kind"] == 4} == {"cd/{region}/{vin}/cmd"}


def test_what_never_arrived_has_no_span_of_the_vehicle(spans):
    processed = {one["traceId"] for one in spans if one["kind"] == 5}
    outcomes = {one["traceId"]: one["command.outcome"] for one in spans if not one["parentSpanId"]}
    for trace, outcome in outcomes.items():
        assert (trace in processed) is (outcome in {"succeeded", "failed"})


def test_the_same_seed_gives_the_same_spans(standing, spans, tmp_path):
    assert written(standing, tmp_path) == spans


def test_after_a_long_pause_only_the_last_minutes_have_spans(standing, tmp_path):
    heard = []
    Live(standing, lambda place, drawn, ages: heard.append((drawn.shape, ages[0], ages[-1]))).text(END + DAY)
    assert len(heard) == 3
    for (_, steps), first, last in heard:
        assert last == DAY
        assert DAY - 400 < first < DAY
        assert steps < 10


def test_the_file_is_bounded(standing, spans, tmp_path):
    path = tmp_path / "spans.jsonl"
    story = scenario("calm")
    commands = Commands(story, 50, 1, END, SpanFile(path, 50_000).export)
    for _ in range(8):
        commands.tell(0, np.array([[20.0], [0], [0], [0]]), np.array([0.0, 5.0]))
    assert {one.name for one in tmp_path.iterdir()} == {"spans.jsonl", "spans-old.jsonl"}
    assert all(0 < one.stat().st_size <= 50_000 for one in tmp_path.iterdir())
    for one in tmp_path.iterdir():
        assert all(json.loads(line)["resourceSpans"] for line in one.read_text().splitlines())
