"""`cdctl slo why`, as a user calls it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from monthly import END
from specs_of import slo, write
from stock import Stock, counter

from cdctl.cli import slo_why
from cdctl.errors import UsageError
from tests.conftest import Cdctl

pytest_plugins = ["stocked"]


def incident(stock: Stock, fault: float = 0.3) -> str:
    """A metric by region and software; eu with software 2 fails."""
    name = stock.name()
    for region in ("eu", "us"):
        for sw in ("1", "2", "3"):
            bad = fault if (region, sw) == ("eu", "2") else 0.001
            for code, rate in (("200", 2 * (1 - bad)), ("500", 2 * bad)):
                labels = {"region": region, "sw": sw, "code": code}
                stock.put(counter(name, labels, END - 7200, END, 30, rate))
    return name


@pytest.fixture
def specs(tmp_path: Path, stock: Stock) -> Path:
    metric = incident(stock)
    write(tmp_path, slo("commands-ok", metric, f'{metric}{{code="500"}}'))
    return tmp_path


@pytest.fixture
def when() -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(END, UTC).isoformat()


def test_the_answer_stands_in_the_first_line(cdctl: Cdctl, stock: Stock, specs: Path, when: str) -> None:
    ran = cdctl("--prometheus", stock.url, "slo", "why", "commands-ok", specs, "--at", when)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("region eu with sw 2: ") or ran.out.startswith("region eu with software 2: ")
    assert "fleet ls" not in ran.out, "nobody can be asked about vehicles here"


def test_json_and_a_page_in_one_run(cdctl: Cdctl, stock: Stock, specs: Path, when: str, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    ran = cdctl(
        "--prometheus", stock.url, "slo", "why", "commands-ok", specs, "--at", when, "-o", "json", "-o", f"html={page}"
    )  # fmt: skip
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["schema"] == "cdctl.why/v1"
    assert [cause["selection"]["where"] for cause in told["causes"]] == ["region:eu sw:2"]
    assert page.read_text().startswith("<!doctype html>")


def test_what_it_selects_is_what_fleet_takes(cdctl: Cdctl, stock: Stock, specs: Path, when: str) -> None:
    from cdctl.domain.fleet.selection import select
    from cdctl.domain.fleet.view import fields_of

    ran = cdctl("--prometheus", stock.url, "slo", "why", "commands-ok", specs, "--at", when, "-o", "json")
    (cause,) = json.loads(ran.out)["causes"]
    assert select(cause["selection"]["where"], fields_of(())).fields == ("region", "sw")


def test_a_group_and_no_single_cause(cdctl: Cdctl, stock: Stock, specs: Path, when: str) -> None:
    ran = cdctl("--prometheus", stock.url, "slo", "why", "commands-ok", specs, "--at", when, "--group", "region=us")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("no single cause: 0.1% of 21,")


def test_no_data_is_three(cdctl: Cdctl, stock: Stock, specs: Path, when: str) -> None:
    ran = cdctl("--prometheus", stock.url, "slo", "why", "commands-ok", specs, "--at", when, "--group", "region=cn")
    assert (ran.code, ran.out) == (3, "")
    assert "nothing to explain" in ran.err
    away = cdctl("--prometheus", "http://127.0.0.1:9", "slo", "why", "commands-ok", specs, "--at", when)
    assert away.code == 3


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["comands-ok"], "nearest: commands-ok"),
        (["zzz"], "cdctl slo ls lists them"),
        (["commands-ok", "--window", "5"], "write 1h"),
        (["commands-ok", "--window", "10s"], "from 1m to 31d"),
        (["commands-ok", "--group", "region"], "write --group region=eu"),
        (["commands-ok", "--source", "promethius"], "did you mean prometheus?"),
        (["commands-ok", "--source", "traces"], "it has those of prometheus"),
        (["commands-ok", "--objective", "good"], "it has 'ok'"),
        (["commands-ok", "--at", "yesterday"], "is no instant"),
        (["commands-ok", "-o", "csv"], "formats: table, wide, json, html"),
    ],
)
def test_what_is_written_wrong_is_two(cdctl: Cdctl, tmp_path: Path, args: list[str], said: str) -> None:
    name, *more = args
    write(tmp_path, slo("commands-ok", "x", 'x{code="500"}'))
    ran = cdctl("--prometheus", "http://127.0.0.1:9", "slo", "why", name, tmp_path, *more)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_without_spans_the_metric_is_asked_and_that_is_said(
    cdctl: Cdctl, stock: Stock, tmp_path: Path, when: str
) -> None:
    metric = incident(stock)
    own = slo("commands-ok", metric, f'{metric}{{code="500"}}')
    spans = slo("commands-ok-traces", "{ }", "{ status = error }").replace("type: prometheus", "type: traces")
    write(tmp_path, own, spans)
    config = tmp_path / "cdctl.toml"
    store = tmp_path / "spans"
    config.write_text(f'[contexts.x]\nprometheus = {{url = "{stock.url}"}}\ntraces = {{store = "{store}"}}\n')
    args = ("--config", config, "slo", "why", "commands-ok", tmp_path / "specs", "--at", when)
    ran = cdctl(*args)
    assert ran.code == 0, ran.err
    assert "warning: not by traces: " in ran.err
    assert "from the series of a metric" in ran.out
    asked = cdctl(*args, "--source", "traces")
    assert asked.code == 3, asked.err


def test_groups_are_read_as_pairs() -> None:
    assert slo_why.groups(["region=eu", "sw=1=2"]) == {"region": "eu", "sw": "1=2"}
    for bad in (["region"], ["=eu"], ["region="], ["region=eu", "region=us"]):
        with pytest.raises(UsageError):
            slo_why.groups(bad)


def test_help_loads_nothing_heavy() -> None:
    import subprocess

    code = (
        "import sys\nfrom cdctl.cli.main import app\ntry:\n    app(['slo', 'why', '--help'])\n"
        "except SystemExit: pass\nsys.stderr.write(' '.join(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "--group" in ran.stdout
    assert not {"numpy", "httpx", "duckdb", "asyncio"} & set(ran.stderr.split())


def test_a_metric_without_labels_says_so(cdctl: Cdctl, stock: Stock, tmp_path: Path, when: str) -> None:
    name = stock.outcomes(0.05, days=0.1)
    write(tmp_path, slo("plain", name, f'{name}{{code="500"}}'))
    ran = cdctl("--prometheus", stock.url, "slo", "why", "plain", tmp_path, "--at", when)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("not known: 5% of 36,0")
    assert "no labels to tell events apart by" in ran.out


def test_where_nobody_keeps_spans_a_sibling_on_spans_is_not_missed(
    cdctl: Cdctl, stock: Stock, tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    metric = incident(stock)
    own = slo("commands-ok", metric, f'{metric}{{code="500"}}')
    spans = slo("commands-ok-traces", "{ }", "{ status = error }").replace("type: prometheus", "type: traces")
    write(tmp_path, own, spans)
    ran = cdctl("--prometheus", stock.url, "slo", "why", "commands-ok", tmp_path / "specs", "--at", when)
    assert ran.code == 0, ran.err
    assert "not by traces" not in ran.err


def test_what_a_sibling_counts_is_told_of_the_promise_that_was_asked(cdctl: Cdctl, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    import numpy as np

    from cdctl.lab.made_spans import MadeSpans, stock

    own = slo("commands-ok", "x", 'x{code="500"}')
    spans = slo("commands-ok-traces", "{ }", "{ status = error }").replace("type: prometheus", "type: traces")
    write(tmp_path, own, spans)
    ends = END - 3_000 + np.arange(2_000) * 1.0
    groups = [MadeSpans(ends, "a", status="error"), MadeSpans(ends, "b"), MadeSpans(ends, "c")]
    stock(tmp_path / "spans", groups, [(END - 4_000, END)])
    config = tmp_path / "cdctl.toml"
    traces = f'traces = {{store = "{tmp_path / "spans"}"}}'
    config.write_text(f'[contexts.x]\nprometheus = {{url = "http://127.0.0.1:9"}}\n{traces}\n')
    page, when = tmp_path / "why.html", datetime.fromtimestamp(END, UTC).isoformat()
    args = ("slo", "why", "commands-ok", tmp_path / "specs", "--at", when, "-o", "json", "-o", f"html={page}")
    ran = cdctl("--config", config, *args)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (told["slo"], told["by"]) == ("commands-ok", "commands-ok-traces")
    assert "<title>Why commands-ok, " in page.read_text()
    assert "as commands-ok-traces counts them" in ran.err
