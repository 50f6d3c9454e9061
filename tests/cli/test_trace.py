"""`cdctl trace query | show | top` as they are typed: answers, exit codes, words."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
import spans_both
from terminal import Terminal
from trace_servers import jaeger, tempo
from writing import intent, write

SPANS = spans_both.some(60)
TIMES = ("--since", "2026-11-30T01:00:00Z", "--until", "2026-11-30T01:30:00Z")
VIN = "WBA00000000012345"


def tree() -> list[dict]:
    """A trace with a root, two children, a failure, and an orphan."""
    base = spans_both.some(1)[0] | {"trace": "ab" * 16, "state": "", "scope": "", "message": "", "status": 0}
    start = spans_both.START * 10**9

    def span(number: int, parent: int, service: str, name: str, begin: int, end: int, **more: object) -> dict:
        return base | {
            "span": f"{number:016x}", "parent": f"{parent:016x}" if parent else "", "name": name, "kind": 2,
            "start": start + begin * 10**6, "end": start + end * 10**6,
            "resource": {"service.name": service}, "attributes": {"vehicle.id": VIN}, **more,
        }  # fmt: skip

    return [
        span(1, 0, "cdctl", "cmd lock", 100, 1100, attributes={"cdctl.command": "lock", "cdctl.plan": "ab" * 32}),
        span(2, 1, "api", "POST /lock", 150, 900, attributes={"vehicle.id": VIN, "url.path": f"/vehicles/{VIN}/lock"}),
        span(3, 2, "vehicle", "lock \x1b[2J", 120, 950, status=2, message="door open"),
        span(4, 0x77, "api", "late", 1000, 1050),
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    return spans_both.stored(tmp_path_factory.mktemp("spans"), [*SPANS, *tree()])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, store):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text(
        f'[contexts.a]\ntraces = {{ store = "{store}" }}\n[paths]\njournal = "journal.sqlite"\n'
    )
    return tmp_path


def test_query_in_every_form(cdctl):
    asked = ("trace", "query", '{ resource.service.name = "api" }', *TIMES, "--limit", "5")
    table = cdctl(*asked)
    assert table.code == 0
    assert table.err == "there are more than 5: --limit\n"
    head, *lines = table.out.splitlines()
    assert head.split() == ["END", "SERVICE", "NAME", "STATUS", "DURATION", "MS", "TRACE"]
    assert len(lines) == 5
    rows = json.loads(cdctl(*asked, "-o", "json").out)
    assert [row["service"] for row in rows] == ["api"] * 5
    assert [row["end_ns"] for row in rows] == sorted((row["end_ns"] for row in rows), reverse=True)
    assert [json.loads(line) for line in cdctl(*asked, "-o", "jsonl").out.splitlines()] == rows
    (first, *_) = csv.DictReader(io.StringIO(cdctl(*asked, "-o", "csv").out))
    assert (first["trace"], first["end_ns"]) == (rows[0]["trace"], str(rows[0]["end_ns"]))
    assert rows[0]["trace"] in cdctl(*asked, "-o", "wide").out


def test_nothing_found_is_an_answer(cdctl):
    ran = cdctl("trace", "query", '{ name = "never" }', *TIMES)
    assert (ran.code, ran.err) == (0, "no span matches; a longer --since may find some\n")
    assert cdctl("trace", "query", '{ name = "never" }', *TIMES, "-o", "json").out == "[]\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("{ nam = 1 }",), 2, "error: unknown name 'nam'\n    { nam = 1 }\n      ^\nhint: did you mean name?\n"),
        (("{ } | rate()",), 2, "not covered: the metrics function rate()"),
        (("--since", "yesterday"), 2, "'yesterday' is no instant"),
        (("--since", "1h", "--until", "2020-01-01T00:00:00Z", "--store", "x"), 3, "there is no span store"),
        (("--since", "2026-11-30T02:00:00Z", "--until", "2026-11-30T01:00:00Z"), 2, "it ends before it begins"),
        (("--store", "nowhere"), 3, "there is no span store"),
        (("-o", "html"), 2, "there is no format 'html'"),
    ],
)
def test_what_is_wrong(cdctl, words, code, said):
    ran = cdctl("trace", "query", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_ids_of_vehicles_are_masked_in_files(cdctl, here):
    asked = ("trace", "query", f'{{ span.vehicle.id = "{VIN}" }}', *TIMES)
    assert VIN in cdctl(*asked, "-o", "json", "-o", "json=out.json").out
    assert VIN not in (here / "out.json").read_text()
    assert "WBA…345" in (here / "out.json").read_text()
    cdctl(*asked, "-o", "json=out.json", "--show-vins")
    assert VIN in (here / "out.json").read_text()


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "table", "wide"])
def test_a_trace_in_a_file_names_no_vehicle(cdctl, here, form):
    cdctl("trace", "show", "ab" * 16, "-o", f"{form}=out")
    assert VIN not in (here / "out").read_text()
    assert "POST /lock" in (here / "out").read_text()


def test_show_draws_the_trace(cdctl):
    ran = cdctl("trace", "show", "ab" * 16)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == f"trace {'ab' * 16}: 4 spans, 3 services, 1 error, 1s from 2026-11-30T01:00:00.100000Z"
    assert lines[1] == "note: 1 parent is not here"
    assert "\x1b" not in ran.out
    drawn = {line[2:].split("  ")[0].strip(): line for line in lines if "█" in line or "░" in line}
    assert set(drawn) >= {"cdctl: cmd lock", "└ api: POST /lock", "? api: late"}
    (failed,) = [line for line in lines if line.startswith("!")]
    assert "vehicle: lock \\x1b[2J" in failed
    assert "█" in failed
    assert "starts 30ms before its parent" in ran.out
    assert "ends 50ms after its parent" in ran.out
    assert "error: door open" in ran.out
    assert "its parent 0000000000000077 is not here" in ran.out


def test_show_as_data(cdctl):
    told = json.loads(cdctl("trace", "show", "ab" * 16, "-o", "json").out)
    assert (told["duration_ms"], told["errors"], told["services"]) == (1000, 1, ["api", "cdctl", "vehicle"])
    by_name = {span["name"]: span for span in told["spans"]}
    assert [by_name[name]["depth"] for name in ("cmd lock", "POST /lock", "late")] == [0, 1, 0]
    assert by_name["late"]["orphan"] is True
    assert sum(span["critical_ms"] for span in told["spans"]) == pytest.approx(1000)
    assert [part["service"] for part in told["critical_path"]] == ["cdctl", "vehicle", "cdctl"]
    lines = cdctl("trace", "show", "ab" * 16, "-o", "jsonl").out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == [span["name"] for span in told["spans"]]
    assert "vehicle.id = " in cdctl("trace", "show", "ab" * 16, "-o", "wide").out


def test_show_names_the_orders_behind_a_trace(cdctl, here):
    carried = intent(1)
    order = replace(carried.order, traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01")
    write(here / "journal.sqlite", [replace(carried, order=order), intent(2)])
    told = json.loads(cdctl("trace", "show", "ab" * 16, "-o", "json").out)["cause"]
    assert (told["command"], told["plan"]) == ("lock", "ab" * 32)
    assert [one["id"] for one in told["orders"]] == [intent(2).order.id, order.id], "both are of that plan"
    text = cdctl("trace", "show", "ab" * 16).out
    assert f"ordered: lock of plan {'ab' * 10}"[:30] in text
    assert f"; cdctl audit show --plan {'ab' * 6}\n" in text, "a command to paste"
    assert f"order {order.id} to {order.vin}: queued" in text
    # A trace whose root is not there is known by what the order carried.
    other = SPANS[5]["trace"]
    three = intent(3)
    write(here / "other.sqlite", [replace(three, order=replace(three.order, traceparent=f"00-{other}-{'cd' * 8}-01"))])
    (here / "cdctl.toml").write_text((here / "cdctl.toml").read_text().replace("journal.sqlite", "other.sqlite"))
    told = json.loads(cdctl("trace", "show", other, "-o", "json").out)["cause"]
    assert [one["id"] for one in told["orders"]] == [three.order.id]


def test_a_trace_without_a_journal_has_no_cause(cdctl):
    assert json.loads(cdctl("trace", "show", SPANS[5]["trace"], "-o", "json").out)["cause"] is None


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("f" * 32, 3, "there is no such trace"),
        ("xyz", 2, "is no trace id"),
        ("0", 2, "is no trace id"),
        ("a" * 33, 2, "is no trace id"),
    ],
)
def test_show_what_is_not_there(cdctl, name, code, said):
    ran = cdctl("trace", "show", name)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_zeros_in_front_may_be_missing(cdctl):
    short = SPANS[5]["trace"].lstrip("0")
    assert cdctl("trace", "show", short.upper()).out.startswith(f"trace {SPANS[5]['trace']}: ")


def test_top(cdctl):
    rows = json.loads(cdctl("trace", "top", *TIMES, "-o", "json").out)
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)
    assert set(rows[0]) == {"service", "name", "kind", "count", "rate", "errors", "p50_ms", "p95_ms", "p99_ms"}
    services = json.loads(cdctl("trace", "top", "--by", "service", *TIMES, "-o", "json").out)
    assert {row["service"] for row in services} == {"", "api", "db", "remote-command", "cdctl", "vehicle"}
    assert all(row["name"] == "" for row in services)
    table = cdctl("trace", "top", "{ status = error }", "--by", "service", *TIMES, "--limit", "2")
    assert table.out.splitlines()[0].split()[:3] == ["SERVICE", "RATE", "ERRORS"]
    assert "100.00%" in table.out
    assert cdctl("trace", "top", "--by", "nothing").code == 2
    assert "no span matches" in cdctl("trace", "top", '{ name = "never" }', *TIMES).err


def test_top_live_ends_with_a_key(here):
    terminal = Terminal("trace", "top", "--live", "--every", "1s", *TIMES, "--limit", "5", folder=here)
    assert terminal.until("a key ends it")
    terminal.press(b"q")
    assert terminal.end() == 0
    assert b"SERVICE" in terminal.written


def test_top_live_in_a_pipe_is_lines(cdctl):
    ran = cdctl("trace", "top", "--live", "-o", "csv", *TIMES)
    assert ran.code == 2
    assert "--live shows a table, or -o jsonl" in ran.err


def test_other_places(cdctl, here):
    with tempo(SPANS) as server:
        server.partial = True
        (here / "cdctl.toml").write_text(f'[contexts.a]\ntraces = {{ tempo = "{server.url}" }}\n')
        ran = cdctl("trace", "query", '{ resource.service.name = "api" }', *TIMES)
        assert ran.code == 4, "Tempo did not look everywhere"
        assert "warning: Tempo did not look at all of its blocks" in ran.err
        assert len(ran.out.splitlines()) > 5
        shown = cdctl("trace", "show", SPANS[5]["trace"])
        assert (shown.code, shown.out.startswith("trace ")) == (4, True)
        top = cdctl("trace", "top", "--by", "service", *TIMES, "-o", "json")
        assert {row["service"] for row in json.loads(top.out)} >= {"api", "db"}
        check = json.loads(cdctl("config", "check", "-o", "json").out)
        assert [(row["source"], row["ok"], row["found"]) for row in check] == [("traces", True, "Tempo 2.9.0")]
        # A folder that is named is asked instead.
        assert cdctl("trace", "query", "--store", "nowhere").code == 3
    with jaeger(SPANS) as server:
        (here / "cdctl.toml").write_text(f'[contexts.a]\ntraces = {{ jaeger = "{server.url}" }}\n')
        assert cdctl("trace", "show", SPANS[5]["trace"]).code == 0
        refused = cdctl("trace", "top")
        assert (refused.code, "does not count" in refused.err) == (2, True)
    assert cdctl("trace", "show", SPANS[5]["trace"]).code == 3
    assert json.loads(cdctl("config", "check", "-o", "json").out)[0]["ok"] is False


def test_config_check_counts_a_store(cdctl, store):
    (row,) = json.loads(cdctl("config", "check", "-o", "json").out)
    assert (row["source"], row["url"], row["ok"]) == ("traces", str(store), True)
    assert row["found"] == "holds 64 spans in 1 file"


def test_with_a_store_that_is_named_the_lab_is_not_asked(cdctl, here, store, monkeypatch):
    (here / "cdctl.toml").unlink()
    (here / "lab.json").write_text('{"context": {"prometheus": {"url": "http://127.0.0.1:1"}}}')
    monkeypatch.setenv("CDCTL_LAB_DIR", str(here))
    for words in (("query", "{ }", *TIMES), ("show", "ab" * 16), ("top", *TIMES)):
        assert "the lab is asked" not in cdctl("trace", *words, "--store", store).err
    assert "the lab is asked" in cdctl("trace", "query", "{ }", *TIMES).err
