"""`cdctl slo` when things go wrong under its hands: interrupted, refused, no room, no rights, a server in trouble."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cutter import Cutter, Fault, answered, cut, dropped, hung, rewritten
from monthly import END
from specs_of import outcome, slo, write
from stock import Stock, outcomes

pytest_plugins = ["stocked"]

AT = datetime.fromtimestamp(END, UTC).isoformat()
Process = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of our own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cutter(stock: Stock) -> Iterator[Cutter]:
    with Cutter(stock.url) as proxy:
        yield proxy


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def after(prologue: str, *args: str) -> list[str]:
    """The command line of `cdctl ARGS` in a process that has first done something to itself."""
    return [sys.executable, "-c", f"{prologue}; from cdctl.cli.main import run; run()", *args]


def started(*args: str) -> subprocess.Popen[str]:
    """`cdctl ARGS` under way, as from a shell: Ctrl-C counts, even where these tests run in the background."""
    listening = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    return subprocess.Popen(after(listening, *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def confined(room: int, *args: str) -> subprocess.CompletedProcess[str]:
    """`cdctl ARGS` where no file may become longer than `room` bytes."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    return subprocess.run(after(limit, *args), capture_output=True, text=True, timeout=60, check=False)


def seconds_asked(cutter: Cutter, metric: str) -> int:
    """How much history of a metric was asked for."""
    asked = [one.params for one in cutter.asked if metric in one.query]
    return sum(int(params["end"]) - int(params["start"]) for params in asked)


def wait_until_idle(pid: int) -> None:
    """Until a process has used no processor time for a while: it only waits."""
    seen: list[str] = []
    pause = threading.Event()
    for _ in range(400):
        seen.append(" ".join(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        if len(seen) > 5 and len(set(seen[-5:])) == 1:
            return
        pause.wait(0.02)
    raise AssertionError("never idle")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle(
    cdctl_process: Process, stock: Stock, cutter: Cutter, here: Path, how: signal.Signals
) -> None:
    fine, stuck = stock.outcomes(), stock.outcomes()
    windowed = f"0 + sum(increase({stuck}[{{{{window}}}}]))"  # asked alone, never together with another
    write(here, outcome("fine", fine), slo("stuck", windowed, good=windowed))
    (here / "out.html").write_text("the old report")
    cutter.spoils = lambda asked: hung if stuck in asked.query else None
    args = ["--prometheus", cutter.url, "slo", "report", "specs", "--at", AT]
    process = started(*args, "-o", "html=out.html", "-o", "json=new.json")
    try:
        cutter.wait_for(3)
        wait_until_idle(process.pid)
        process.send_signal(how)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert "Error" not in err
    assert "interrupted while asking sources, 1 of 2 done; buckets that arrived are kept" in err
    assert "kept in the ledger: run it again to go on" in err
    assert names(here) == ["out.html", "specs"]
    assert (here / "out.html").read_text() == "the old report"

    first = seconds_asked(cutter, fine)
    cutter.asked.clear()
    cutter.spoils = lambda asked: None
    assert cdctl_process(*args).returncode == 0
    assert seconds_asked(cutter, fine) < first / 10, "what had arrived is not asked for again"
    assert seconds_asked(cutter, stuck) > first / 2


def test_stopped_without_a_ledger_says_that_nothing_was_kept(stock: Stock, cutter: Cutter, here: Path) -> None:
    name = stock.outcomes()
    write(here, outcome("stuck", name))
    cutter.usual = hung
    args = ["--prometheus", cutter.url, "slo", "status", "specs", "--at", AT, "--no-cache"]
    process = started(*args)
    try:
        cutter.wait_for(1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert "nothing was kept" in err
    assert "Traceback" not in err


def test_a_full_disk_leaves_whole_files_only(cdctl_process: Process, stock: Stock, here: Path) -> None:
    write(here, *(outcome(f"met-{number}", stock.outcomes()) for number in range(3)))
    (here / "big.html").write_text("the old report")
    args = ["--prometheus", stock.url, "slo", "report", "specs", "--at", AT, "--no-cache"]
    args += ["-o", "html=big.html", "-o", "csv=small.csv", "-o", "json=big.json"]
    done = confined(3000, *args)
    assert done.returncode == 3
    assert "big.html: cannot write: File too large" in done.stderr
    assert "big.json: cannot write: File too large" in done.stderr
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert names(here) == ["big.html", "small.csv", "specs"]
    assert (here / "big.html").read_text() == "the old report"
    assert len((here / "small.csv").read_text().splitlines()) == 4
    assert "met-2" in done.stdout, "the table still comes"
    assert cdctl_process(*args).returncode == 0
    assert len((here / "big.html").read_text()) > 3000


def test_a_full_disk_under_the_ledger_changes_no_number(cdctl_process: Process, stock: Stock, here: Path) -> None:
    write(here, outcome("met", stock.outcomes()))
    args = ["--prometheus", stock.url, "slo", "report", "specs", "--at", AT, "-o", "json"]
    full = confined(20_000, *args)
    assert full.returncode == 0
    assert "warning: the ledger" in full.stderr
    for _ in range(2):
        later = cdctl_process(*args)
        assert (later.returncode, later.stderr) == (0, "")
        assert [row["total"] for row in json.loads(later.stdout)["slos"]] == [
            row["total"] for row in json.loads(full.stdout)["slos"]
        ]


def test_stdout_on_a_full_disk(cdctl_process: Process, stock: Stock, here: Path) -> None:
    write(here, outcome("met", stock.outcomes()))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cdctl", "--prometheus", stock.url, "slo", "report", "specs", "--at", AT],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda ledger: ledger.write_bytes(b"noise" * 1000), "was corrupt and is rebuilt"),
        (lambda ledger: (ledger.unlink(), ledger.mkdir()), "cannot be used, every bucket is asked for again"),
    ],
    ids=["corrupt", "a folder"],
)
def test_a_ledger_that_cannot_be_read(
    cdctl, stock: Stock, here: Path, spoil: Callable[[Path], object], said: str
) -> None:
    write(here, outcome("breached", stock.outcomes(0.02)))
    args = ["--prometheus", stock.url, "slo", "report", "specs", "--at", AT, "-o", "json"]
    first = cdctl(*args)
    ledger = Path(os.environ["XDG_CACHE_HOME"]) / "cdctl" / "ledger.db"
    spoil(ledger)
    second = cdctl(*args)
    assert (first.code, first.err, second.code) == (1, "", 1)
    assert f"warning: the ledger {ledger} {said}" in second.err
    assert json.loads(second.out)["slos"] == json.loads(first.out)["slos"]


def test_no_cache_leaves_the_ledger_alone(cdctl, stock: Stock, cutter: Cutter, here: Path) -> None:
    write(here, outcome("met", stock.outcomes()))
    args = ["--prometheus", cutter.url, "slo", "report", "specs", "--at", AT]
    ledger = Path(os.environ["XDG_CACHE_HOME"]) / "cdctl" / "ledger.db"
    counts = []
    for more, there in (["--no-cache"], False), ([], True), ([], True), (["--no-cache"], True):
        cutter.asked.clear()
        assert cdctl(*args, *more).code == 0
        assert ledger.exists() == there
        counts.append(sum(int(one.params["end"]) - int(one.params["start"]) for one in cutter.asked))
    assert counts[0] == counts[1] == counts[3]
    assert counts[2] < counts[1] / 10


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (answered(500, "\x1b[2Jno luck"), "HTTP 500: \\x1b[2Jno luck"),
        (answered(401), "check the token"),
        (answered(404), "does the URL need a path prefix"),
        (answered(302, Location="http://elsewhere.example"), "write the final URL in the settings"),
        (answered(429, Retry_After="9999"), "HTTP 429"),
        (answered(200, "<html>sign in</html>"), "is this the URL of a Prometheus query API"),
        (cut(0.5), "truncated"),
        (dropped, "broke off"),
        (hung, "did not answer within"),
    ],
    ids=["500", "401", "404", "302", "429", "html", "cut", "dropped", "hung"],
)
def test_a_server_in_trouble(cdctl, stock: Stock, cutter: Cutter, here: Path, fault: Fault, said: str) -> None:
    spoilt = stock.outcomes()
    write(here, outcome("first", spoilt), outcome("second", spoilt), slo("wrong", "x{{", "y"))
    (here / "cdctl.toml").write_text(
        f'[contexts.prod]\nprometheus = {{ url = "{cutter.url}", retries = 0, timeout = 0.5, deadline = 4 }}\n'
    )
    cutter.usual = fault
    ran = cdctl(
        "slo", "report", "specs", "--at", AT, "-o", "json", "-o", "table=table.txt", "--slo", "*st", "--slo", "sec*"
    )
    assert ran.code == 3
    rows = json.loads(ran.out)["slos"]
    assert [row["verdict"] for row in rows] == ["error", "error"]
    assert all(said in row["reason"].replace("\x1b", "\\x1b") for row in rows)
    assert "\x1b" not in (here / "table.txt").read_text() + ran.err
    everything = cdctl("slo", "report", "specs", "--at", AT)
    assert everything.code == 2, "a spec that is wrong comes first"


def test_one_that_fails_hides_no_other(cdctl, stock: Stock, cutter: Cutter, here: Path) -> None:
    met, breached, spoilt = stock.outcomes(), stock.outcomes(0.1), stock.outcomes()
    cutter.spoils = lambda asked: answered(500, "no luck") if spoilt in asked.query else None
    (here / "cdctl.toml").write_text(f'[contexts.prod]\nprometheus = {{ url = "{cutter.url}", retries = 0 }}\n')
    write(
        here,
        outcome("spoilt", spoilt),
        outcome("met", met),
        slo("wrong", f"count({met})", met),
        outcome("bad", breached),
    )
    ran = cdctl("slo", "report", "specs", "--at", AT, "-o", "json", "-o", "junit=out.xml", "-o", "markdown=out.md")
    rows = {row["name"]: row["verdict"] for row in json.loads(ran.out)["slos"]}
    assert rows == {"spoilt": "error", "met": "met", "wrong": "error", "bad": "breached"}
    assert ran.code == 2
    for name in rows:
        assert name in (here / "out.xml").read_text()
        assert name in (here / "out.md").read_text()
    assert "no luck" in (here / "out.xml").read_text()
    only = cdctl("slo", "report", "specs", "--at", AT, "--slo", "spoilt", "--slo", "met")
    assert only.code == 3


def test_warnings_of_the_server_are_shown(cdctl, stock: Stock, cutter: Cutter, here: Path) -> None:
    write(here, outcome("met", stock.outcomes()))
    cutter.usual = rewritten(lambda body: body.update(warnings=["a store \x1b[2J is down"]))
    ran = cdctl("--prometheus", cutter.url, "slo", "report", "specs", "--at", AT, "-o", "json", "-o", "wide=wide.txt")
    (row,) = json.loads(ran.out)["slos"]
    assert row["warnings"] == ["server: a store \x1b[2J is down"]
    assert "a store \\x1b[2J is down" in (here / "wide.txt").read_text()
    assert "\x1b" not in (here / "wide.txt").read_text() + ran.err


def test_a_token_goes_to_the_server_and_nowhere_else(cdctl, stock: Stock, cutter: Cutter, here: Path) -> None:
    (here / "token").write_text("sesame\n")
    (here / "cdctl.toml").write_text(
        f'[contexts.prod]\nprometheus = {{ url = "{cutter.url}", token_file = "token", retries = 0,'
        ' headers = { X-Scope-OrgID = "fleet" } }\n'
    )
    write(here, outcome("met", stock.outcomes()))
    forms = [item for form in ("json", "html", "junit", "wide") for item in ("-o", f"{form}=out.{form}")]
    for fault, code in ((None, 0), (answered(401), 3), (answered(400, "no"), 2)):
        cutter.asked.clear()
        cutter.spoils = lambda asked, fault=fault: fault
        ran = cdctl("slo", "report", "specs", "--at", AT, "--verbose", "--debug", *forms, "--no-cache")
        assert ran.code == code
        sent = {(one.headers["authorization"], one.headers["x-scope-orgid"]) for one in cutter.asked}
        assert sent == {("Bearer sesame", "fleet")}
        written = "".join(path.read_text() for path in here.glob("out.*"))
        assert "sesame" not in ran.out + ran.err + written
    (here / "token").unlink()
    ran = cdctl("slo", "report", "specs", "--at", AT)
    assert ran.code == 3
    assert "error: token_file: cannot read" in ran.err
    assert "Traceback" not in ran.err


def test_whoever_reads_only_the_beginning_breaks_nothing(stock: Stock, here: Path) -> None:
    name = stock.name()
    stock.put(*(one for n in range(150) for one in outcomes(name, 0.1, days=1.2, every=600, pod=f"{n:03}" + "x" * 60)))
    write(here, outcome("many", name, group_by="pod"))
    command = [
        sys.executable,
        "-m",
        "cdctl",
        "--prometheus",
        stock.url,
        "slo",
        "report",
        "specs",
        "--at",
        AT,
        "-o",
        "csv",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(30) == 1, "the verdict is still told"
    assert err == ""
