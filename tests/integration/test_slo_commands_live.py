"""`cdctl slo validate --live`: the promises are compared with what the server has."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from cutter import Cutter, answered, hung, rewritten
from specs_of import outcome, slo, write
from stock import Stock, gauge, outcomes

pytest_plugins = ["stocked"]


@dataclass(frozen=True)
class Live:
    """A metric that is scraped now, its targets, and when "now" is."""

    url: str
    healthy: str
    down: str
    short: str


@pytest.fixture(scope="session")
def live(stock: Stock) -> Live:
    now = int(time.time())
    healthy, down, short = stock.name(), stock.name(), stock.name()
    stock.put(*outcomes(healthy, 0.01, end=now, days=3, job="remote", instance="r:1", region="eu"))
    stock.put(*outcomes(down, 0.01, end=now, days=3, job="db", instance="b\x1b[2J:1"))
    stock.put(*outcomes(short, 0.01, end=now, days=0.5))
    minutes = np.arange(now - 600.0, now, 60)
    stock.put(gauge("up", {"job": "remote", "instance": "r:1"}, minutes, 1.0))
    stock.put(gauge("up", {"job": "db", "instance": "b\x1b[2J:1"}, minutes, 0.0))
    return Live(stock.url, healthy, down, short)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of our own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def looked(cdctl, live: Live, here: Path) -> Callable[..., tuple[int, list[dict[str, object]]]]:
    """Exit code and what was found wrong about these documents."""

    def look(*documents: str, url: str = "") -> tuple[int, list[dict[str, object]]]:
        write(here, *documents)
        ran = cdctl("--prometheus", url or live.url, "slo", "validate", "specs", "--live", "-o", "json")
        assert "Traceback" not in ran.err
        return ran.code, [found for found in json.loads(ran.out) if not found["ok"]]

    return look


def test_all_is_well(cdctl, live: Live, here: Path) -> None:
    write(here, outcome("healthy", live.healthy, group_by="region"))
    ran = cdctl("--prometheus", live.url, "slo", "validate", "specs", "--live")
    assert ran.code == 0
    assert f"{live.healthy}{{}}: 2 series" in ran.out
    assert " no " not in ran.out
    lines = ran.out.splitlines()
    assert lines[0].split() == ["SLO", "RESULT", "FOUND"]
    assert all(
        line.split()[1] == "ok" and "targets up 1/1, history covers the window from" in line for line in lines[1:]
    )


def test_an_unknown_metric(looked, live: Live) -> None:
    near = live.healthy.removesuffix("l")
    code, wrong = looked(outcome("healthy", live.healthy), slo("other", near, live.healthy))
    assert code == 2
    assert [found["result"] for found in wrong] == ["wrong"]
    assert [found["slo"] for found in wrong] == ["other"]
    assert wrong[0]["found"] == f"the server has no metric {near}"
    assert live.healthy in str(wrong[0]["hint"])


def test_an_unknown_label(looked, live: Live) -> None:
    code, wrong = looked(outcome("grouped", live.healthy, group_by="regio"))
    assert code == 2
    assert {found["found"] for found in wrong} == {f"{live.healthy} has no label regio"}
    code, wrong = looked(slo("matched", live.healthy, f'{live.healthy}{{cod="500"}}'))
    assert code == 2
    assert wrong[0]["found"] == f"{live.healthy} has no label cod"
    assert "code" in str(wrong[0]["hint"])


def test_errors_that_never_happened_are_a_note(cdctl, live: Live, here: Path) -> None:
    write(here, slo("matched", live.healthy, f'{live.healthy}{{code="501"}}'))
    ran = cdctl("--prometheus", live.url, "slo", "validate", "specs", "--live", "-o", "json")
    assert ran.code == 0
    (note,) = [found for found in json.loads(ran.out) if found["result"] == "note"]
    assert "has no series in the window" in note["found"]
    assert 'no series has code="501"' in note["hint"]


def test_a_total_that_nobody_has(looked, live: Live) -> None:
    total = f'{live.healthy}{{region="mars"}}'
    code, wrong = looked(slo("matched", total, total))
    assert code == 3
    assert [(found["result"], found["slo"]) for found in wrong] == [("unknown", "matched")]


def test_promises_share_a_line(looked, live: Live) -> None:
    code, wrong = looked(*(outcome(name, live.healthy, group_by="regio") for name in ("a", "b", "c", "d", "e")))
    assert code == 2
    assert [(found["slo"], found["slos"]) for found in wrong] == [("a, b, c, 2 more", ["a", "b", "c", "d", "e"])]


def test_a_target_that_is_down(looked, cdctl, live: Live, here: Path) -> None:
    code, wrong = looked(outcome("down", live.down))
    assert code == 3
    assert all("is down: db b\\x1b[2J:1" in str(found["found"]) for found in wrong)
    ran = cdctl("--prometheus", live.url, "slo", "validate", "specs", "--live")
    assert "is down" in ran.out
    assert "\x1b" not in ran.out + ran.err


def test_a_history_that_is_too_short(looked, live: Live) -> None:
    code, wrong = looked(outcome("short", live.short, window="2d"))
    assert code == 3
    assert all("goes back 0." in str(found["found"]) and "needs 2.0 d" in str(found["found"]) for found in wrong)
    assert looked(outcome("healthy", live.healthy, window="2d"))[0] == 0


def test_what_is_not_promql_is_said_with_its_place_and_no_server_is_asked(cdctl, live: Live, here: Path) -> None:
    write(here, outcome("healthy", live.healthy), slo("broken", "sum(", "y"))
    with Cutter(live.url) as cutter:
        ran = cdctl("--prometheus", cutter.url, "slo", "validate", "specs", "--live")
        assert (ran.code, cutter.asked) == (2, [])
    (line,) = [line for line in ran.err.splitlines() if ": error: " in line]
    text = (here / "specs" / "slo.yaml").read_text().splitlines()
    _, row, column, said = line.split(":", 3)
    assert text[int(row) - 1][int(column) - 1 :].startswith('("}')
    assert "( is never closed" in said


def test_a_wrong_spec_comes_first(cdctl, live: Live, here: Path) -> None:
    write(here, slo("wrong", "x", "y", target="7"))
    with Cutter(live.url) as cutter:
        ran = cdctl("--prometheus", cutter.url, "slo", "validate", "specs", "--live")
        assert (ran.code, cutter.asked) == (2, [])
    assert "specs/slo.yaml:" in ran.err


@pytest.mark.parametrize(("status", "said"), [(401, "401"), (404, "404")])
def test_a_server_that_turns_us_away(cdctl, live: Live, here: Path, status: int, said: str) -> None:
    write(here, outcome("healthy", live.healthy))
    with Cutter(live.url) as cutter:
        cutter.usual = answered(status, "\x1b[2J")
        ran = cdctl("--prometheus", cutter.url, "slo", "validate", "specs", "--live")
        assert cutter.url in ran.err
    assert ran.code == 3
    assert said in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert "Traceback" not in ran.err


def test_names_of_the_server_never_reach_the_terminal_raw(cdctl, live: Live, here: Path) -> None:
    write(here, slo("other", "zzzz", "zzzz"))

    def rename(body: dict[str, object]) -> None:
        body["data"] = ["zzzz\x1b[2J\u202e"]

    with Cutter(live.url) as cutter:
        cutter.spoils = lambda asked: rewritten(rename) if asked.path.endswith("__name__/values") else None
        ran = cdctl("--prometheus", cutter.url, "slo", "validate", "specs", "--live")
    assert ran.code == 2
    assert "zzzz\\x1b[2J\\u202e" in ran.out
    assert not set("\x1b\u202e") & set(ran.out + ran.err)


def test_without_a_server_the_specs_alone_are_judged(cdctl, live: Live, here: Path) -> None:
    write(here, slo("other", "zzzz", "zzzz"))
    with Cutter(live.url) as cutter:
        ran = cdctl("--prometheus", cutter.url, "slo", "validate", "specs")
        assert (ran.code, cutter.asked) == (0, [])


def test_ctrl_c_stops_a_look_at_a_server_that_hangs(live: Live, here: Path) -> None:
    write(here, outcome("healthy", live.healthy))
    with Cutter(live.url) as cutter:
        cutter.usual = hung
        command = [sys.executable, "-m", "cdctl", "--prometheus", cutter.url, "slo", "validate", "specs", "--live"]
        process = subprocess.Popen(
            # A shell in the background would leave SIGINT ignored.
            ["env", "--default-signal=INT", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            cutter.wait_for(1)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
        finally:
            process.kill()
            process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
