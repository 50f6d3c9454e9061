"""`cdctl slo` as a script calls it: exit codes, formats and files, against a real Prometheus."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from monthly import DAY, END
from specs_of import outcome, slo, write
from stock import Stock, counter, outcomes

from cdctl.lab.servers import free_port

pytest_plugins = ["stocked"]

AT = datetime.fromtimestamp(END, UTC).isoformat()
Process = Callable[..., subprocess.CompletedProcess[str]]


class Metrics:
    """Metrics whose promises end in every verdict."""

    def __init__(self, stock: Stock) -> None:
        self.url = stock.url
        self.met = stock.outcomes(0.001)
        self.at_risk = stock.outcomes(0.0095)
        self.breached = stock.outcomes(0.02)
        self.no_data = stock.outcomes(0.001, days=0.5)
        self.regions = stock.name()
        stock.put(*outcomes(self.regions, 0.001, region="eu"), *outcomes(self.regions, 0.3, region="us"))

    def document(self, verdict: str) -> str:
        """A promise that ends so."""
        if verdict == "error":
            return slo("error", "sum by (pod) (x)", "y")
        return outcome(verdict.replace("_", "-"), getattr(self, verdict))


@pytest.fixture(scope="session")
def metrics(stock: Stock) -> Metrics:
    return Metrics(stock)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of our own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("verdicts", "fail_on", "code"),
    [
        ("met", "", 0),
        ("met at_risk", "", 0),
        ("met breached", "", 1),
        ("met no_data", "", 3),
        ("met error", "", 2),
        ("met breached no_data", "", 1),
        ("breached no_data error", "", 2),
        ("met at_risk", "at_risk", 1),
        ("met", "at_risk,no_data", 0),
        ("met no_data", "at_risk, no_data", 1),
        ("no_data at_risk", "at_risk", 1),
        ("error", "error", 2),
        ("met", "met", 1),
    ],
)
@pytest.mark.parametrize("command", ["report", "status"])
def test_exit_codes(cdctl, metrics: Metrics, here: Path, command: str, verdicts: str, fail_on: str, code: int) -> None:
    write(here, *map(metrics.document, verdicts.split()))
    more = ["--fail-on", fail_on] if fail_on else []
    ran = cdctl("--prometheus", metrics.url, "slo", command, "specs", "--at", AT, *more)
    assert ran.code == code
    for verdict in verdicts.split():
        assert f" {verdict}" in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_a_process_says_the_same(cdctl_process: Process, metrics: Metrics, here: Path) -> None:
    for verdict, code in (("met", 0), ("breached", 1), ("error", 2), ("no_data", 3)):
        write(here, metrics.document(verdict))
        ran = cdctl_process("--prometheus", metrics.url, "--quiet", "slo", "report", "specs", "--at", AT)
        assert (ran.returncode, ran.stderr) == (code, "")
        assert verdict in ran.stdout


def test_nobody_there(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, *map(metrics.document, ("met", "breached")))
    url = f"http://127.0.0.1:{free_port()}"
    ran = cdctl("--prometheus", url, "slo", "report", "specs", "-o", "json")
    assert ran.code == 3
    rows = json.loads(ran.out)["slos"]
    assert [row["verdict"] for row in rows] == ["error", "error"]
    assert all(f"cannot reach {url}" in row["reason"] and "is the URL right" in row["reason"] for row in rows)


@pytest.mark.parametrize("command", ["ls", "validate", "status", "report"])
def test_a_wrong_spec_is_told_with_its_place_before_anything_is_asked(cdctl, here: Path, command: str) -> None:
    write(here, slo("fine", "x", "y"), slo("wrong", "x", "y", target="1.5"))
    ran = cdctl("--prometheus", f"http://127.0.0.1:{free_port()}", "slo", command, "specs")
    assert ran.code == 2
    assert ran.out == ""
    assert "specs/slo.yaml:" in ran.err
    assert "1.5" in ran.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["report", "specs", "--at", "tomorrow"], "--at"),
        (["report", "specs", "--at", "2999-01-01T00:00:00Z"], "not in the past"),
        (["report", "specs", "--fail-on", "atrisk"], "did you mean at_risk"),
        (["status", "specs", "--fail-on", "x"], "verdicts: met"),
        (["report", "specs", "--min-coverage", "101%"], "--min-coverage"),
        (["report", "specs", "-o", "jsno"], "did you mean json"),
        (["report", "specs", "-o", "html="], "names no file"),
        (["report", "specs", "-o", "json=a", "-o", "csv=a"], "two outputs"),
        (["report", "nowhere"], "nowhere"),
        (["report", "specs", "--slo", "mets"], "nearest: met"),
        (["ls", "specs", "--slo", "zzz"], "cdctl slo ls lists them"),
    ],
)
def test_wrong_arguments(cdctl, metrics: Metrics, here: Path, args: list[str], said: str) -> None:
    write(here, metrics.document("met"))
    ran = cdctl("--prometheus", metrics.url, "slo", *args)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_no_server_is_needed_to_list_and_validate(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, metrics.document("met"), outcome("regions", metrics.regions, group_by="region"))
    listed = cdctl("slo", "ls", "specs", "-o", "json")
    assert listed.code == 0
    assert [(row["slo"], row["group_by"]) for row in json.loads(listed.out)] == [("met", []), ("regions", ["region"])]
    valid = cdctl("slo", "validate", "specs")
    assert (valid.code, valid.out) == (0, "")
    assert "2 SLOs in 1 file: valid" in valid.err


def test_numbers_and_groups(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, outcome("regions", metrics.regions, group_by="region"), metrics.document("met"))
    ran = cdctl("--prometheus", metrics.url, "slo", "report", "specs", "--at", AT, "-o", "json")
    assert ran.code == 1
    report = json.loads(ran.out)
    assert report["at"] == AT.replace("+00:00", "Z")
    rows = {(row["name"], row["group"].get("region")): row for row in report["slos"]}
    assert set(rows) == {("regions", "eu"), ("regions", "us"), ("met", None)}
    us = rows["regions", "us"]
    assert (us["verdict"], us["total"], us["sli"]) == ("breached", pytest.approx(10 * DAY), pytest.approx(0.7))
    assert us["burn_rates"]["5m"] == pytest.approx(30)
    assert us["evidence"][0]["query"]
    assert rows["met", None]["verdict"] == "met"


def test_only_some(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, *map(metrics.document, ("met", "breached", "no_data")))
    ran = cdctl("--prometheus", metrics.url, "slo", "report", "specs", "--at", AT, "--slo", "me*", "-o", "jsonl")
    assert ran.code == 0
    assert [json.loads(line)["name"] for line in ran.out.splitlines()] == ["met"]
    ran = cdctl(
        "--prometheus", metrics.url, "slo", "status", "specs", "--at", AT, "--slo", "met", "--slo", "*data", "-o", "csv"
    )
    assert ran.code == 3
    assert [row["slo"] for row in csv.DictReader(io.StringIO(ran.out))] == ["met", "no-data"]


def test_less_coverage_may_be_enough(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, metrics.document("no_data"))
    for least, code in (("90%", 3), ("40%", 0), ("0.4", 0)):
        ran = cdctl("--prometheus", metrics.url, "slo", "report", "specs", "--at", AT, "--min-coverage", least)
        assert ran.code == code
    assert "history covers" in cdctl("--prometheus", metrics.url, "slo", "report", "specs", "--at", AT).out


@pytest.mark.parametrize("command", ["report", "status"])
def test_a_shorter_window_may_be_judged_and_is_named(cdctl, metrics: Metrics, here: Path, command: str) -> None:
    write(here, metrics.document("no_data"), metrics.document("met"))
    args = ("--prometheus", metrics.url, "slo", command, "specs", "--at", AT)
    assert cdctl(*args).code == 3
    ran = cdctl(*args, "--window", "6h")
    assert ran.code == 0
    assert "warning: every SLO is judged over the last 6h (--window), whatever window it names" in ran.err
    wrong = cdctl(*args, "--window", "77m")
    assert (wrong.code, wrong.out) == (2, "")
    if command == "report":
        found = json.loads(cdctl(*args, "--window", "6h", "-q", "-o", "json").out)
        assert {row["window"]["duration_s"] for row in found["slos"]} == {6 * 3600}
        assert any("(--window)" in said for said in found["warnings"])
        assert json.loads(cdctl(*args, "-o", "json").out)["warnings"] == []


def test_what_is_left_out_is_said_even_to_a_quiet_run(cdctl, metrics: Metrics, here: Path) -> None:
    sloth = "version: prometheus/v1\nservice: s\nslos:\n  - {name: odd, objective: 99, sli: {plugin: {id: x/y}}}\n"
    write(here, metrics.document("met"), sloth)
    args = ("--prometheus", metrics.url, "--quiet", "slo")
    for command in ("report", "status"):
        ran = cdctl(*args, command, "specs", "--at", AT)
        assert ran.code == 0
        assert ran.err.startswith('warning: s-odd: SLI plugin "x/y" runs inside Sloth')
        assert ran.err.count("\n") == 1
    found = json.loads(cdctl(*args, "report", "specs", "--at", AT, "-o", "json").out)
    assert [said.split(":")[0] for said in found["warnings"]] == ["s-odd"]


def test_a_source_that_nobody_has(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, metrics.document("met").replace("type: prometheus", "type: datadog"), metrics.document("breached"))
    ran = cdctl("slo", "validate", "specs")
    assert ran.code == 2
    assert ran.err.count('there is no source "datadog" (sources: prometheus, traces)') == 2
    ran = cdctl("--prometheus", metrics.url, "slo", "report", "specs", "--at", AT)
    assert "no source named 'datadog' is configured in this context; cdctl plugin ls lists those there are" in ran.out
    assert "breached" in ran.out


def test_several_outputs_in_one_run(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, *map(metrics.document, ("met", "breached", "no_data", "error")))
    forms = ("json", "jsonl", "csv", "markdown", "junit", "openmetrics", "html", "wide")
    files = [item for form in forms for item in ("-o", f"{form}=out.{form}")]
    ran = cdctl("--prometheus", metrics.url, "slo", "report", "specs", "--at", AT, *files)
    assert ran.code == 2
    for verdict in ("met", "breached", "no_data", "error"):
        assert verdict in ran.out, "the table is on stdout"
        assert all(verdict in (here / f"out.{form}").read_text() for form in forms if form != "openmetrics")
    assert [row["verdict"] for row in json.loads((here / "out.json").read_text())["slos"]] == [
        "met",
        "breached",
        "no_data",
        "error",
    ]
    suite = ElementTree.parse(here / "out.junit").getroot()
    assert len(list(suite.iter("testcase"))) == 4
    assert (here / "out.html").read_text().startswith("<!doctype html")
    assert (here / "out.openmetrics").read_text().endswith("# EOF\n")
    assert sorted(path.name for path in here.iterdir()) == sorted([*(f"out.{form}" for form in forms), "specs"])


def test_one_output_to_stdout_and_one_to_a_file(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, metrics.document("met"))
    ran = cdctl(
        "--prometheus", metrics.url, "slo", "report", "specs", "--at", AT, "-o", "json", "-o", "csv=a.csv", "--quiet"
    )
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)["summary"]["met"] == 1
    assert (here / "a.csv").read_text().count("\n") == 2


def test_the_settings_say_whom_to_ask(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, metrics.document("met"))
    ran = cdctl("slo", "report", "specs", "--at", AT)
    assert (ran.code, "no context" in ran.err) == (2, True)
    (here / "cdctl.toml").write_text(
        f'[contexts.prod]\nprometheus = {{ url = "{metrics.url}" }}\n[paths]\nslo_specs = "specs"\ncache = "kept"\n'
    )
    assert cdctl("slo", "report", "--at", AT).code == 0
    assert (here / "kept" / "ledger.db").exists()


HOSTILE = "\x1b[2J\x1b]0;gone\x07\u202e\x9b31m[/x][@click=app.quit]<script>|`\n"


@pytest.mark.parametrize("form", ["table", "wide", "markdown", "csv", "json", "jsonl", "junit", "openmetrics", "html"])
def test_hostile_labels_never_reach_the_terminal(cdctl, stock: Stock, here: Path, form: str) -> None:
    name = stock.name()
    stock.put(*outcomes(name, 0.3, region=HOSTILE))
    write(here, outcome("hostile", name, group_by="region"))
    ran = cdctl("--prometheus", stock.url, "slo", "report", "specs", "--at", AT, "-o", form)
    assert ran.code == 1
    assert "hostile" in ran.out
    raw = {char for char in "\x1b\x07\u202e\x9b" if char in ran.out + ran.err}
    assert raw == set()
    if form in {"html", "junit"}:
        assert "<script>|" not in ran.out


def test_hostile_labels_in_the_status(cdctl, stock: Stock, here: Path) -> None:
    name = stock.name()
    stock.put(*outcomes(name, 0.3, region=HOSTILE))
    write(here, outcome("hostile", name, group_by="region"))
    ran = cdctl("--prometheus", stock.url, "slo", "status", "specs", "--at", AT)
    assert ran.code == 1
    assert "\\x1b[2J" in ran.out
    assert not set("\x1b\x07\u202e\x9b") & set(ran.out + ran.err)


def test_the_same_numbers_cold_warm_and_without_a_ledger(cdctl, metrics: Metrics, here: Path) -> None:
    write(here, *map(metrics.document, ("met", "breached")))
    said = []
    for more in ([], [], ["--no-cache"]):
        ran = cdctl("--prometheus", metrics.url, "slo", "report", "specs", "--at", AT, "-o", "json", *more)
        report = json.loads(ran.out)
        # What was asked for differs, what it amounts to does not.
        said.append([{key: value for key, value in row.items() if key != "evidence"} for row in report["slos"]])
    assert len(said[0]) == 2
    assert said[0] == said[1] == said[2]


def test_a_promise_without_events(cdctl, stock: Stock, here: Path) -> None:
    name = stock.name()
    stock.put(counter(name, {}, END - 4 * DAY, END, rate=0))
    write(here, slo("quiet", name, "nothing_at_all"))
    ran = cdctl("--prometheus", stock.url, "slo", "report", "specs", "--at", AT, "-o", "json")
    (row,) = json.loads(ran.out)["slos"]
    assert (ran.code, row["verdict"], row["total"], row["sli"]) == (0, "met", 0, None)
    assert any("no events in the window" in text for text in row["warnings"])
