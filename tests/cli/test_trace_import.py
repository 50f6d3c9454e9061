"""`cdctl trace import` as it is typed: answers, exit codes, words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from otlp_json import numbered, request, span


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def _file(path: Path, *bodies: bytes) -> Path:
    path.write_bytes(b"".join(body + b"\n" for body in bodies))
    return path


def test_all_taken_and_again(cdctl, tmp_path, store):
    file = _file(tmp_path / "a.json", numbered(1, 2, 3))
    ran = cdctl("trace", "import", file, "--store", store)
    assert ran.code == 0
    assert ran.out.splitlines()[1].split() == [str(file), "OTLP", "JSON", "lines", "taken", "3", "0", "0"]
    again = cdctl("trace", "import", file, "--store", store, "-o", "json")
    told = json.loads(again.out)
    assert again.code == 0
    assert (told["taken"], told["already_there"], told["files"][0]["state"]) == (0, 0, "taken before")


def test_json(cdctl, tmp_path, store):
    file = _file(tmp_path / "a.json", request(span(1), span(2, kind=9)), numbered(1))
    ran = cdctl("trace", "import", str(tmp_path / "*.json"), "--store", store, "-o", "json")
    assert ran.code == 1, "something was rejected"
    assert json.loads(ran.out) == {
        "store": str(store),
        "taken": 1,
        "already_there": 1,
        "rejected": 1,
        "reasons": [
            {"reason": "the kind is not a number from 0 to 5", "count": 1, "example": f"{file}: line 1: span 2"}
        ],
        "odd": {},
        "files": [
            {"file": str(file), "format": "OTLP JSON lines", "taken": 1, "already_there": 1, "rejected": 1,
             "state": "taken", "error": None}
        ],
    }  # fmt: skip


def test_what_is_rejected_and_what_is_odd_is_in_the_table(cdctl, tmp_path, store):
    odd = span(3, startTimeUnixNano="9000", endTimeUnixNano="5000")
    file = _file(tmp_path / "a.json", request(span(1), span(2, traceId="0" * 32), odd), b"{rubbish")
    ran = cdctl("trace", "import", file, "--store", store)
    assert ran.code == 1
    assert "the trace id is all zero" in ran.out
    assert "a.json: line 2: this is no OTLP/JSON" in ran.out
    assert "spans that end before they start: 1 (taken)" in ran.out


def test_a_file_of_something_else(cdctl, tmp_path, store):
    file, good = _file(tmp_path / "a.txt", b"\x1b]0;owned\x07"), _file(tmp_path / "b.json", numbered(1))
    ran = cdctl("trace", "import", file, good, "--store", store)
    assert ran.code == 2
    assert f"{file}: not a file of spans: it begins with" in ran.err
    assert "\x1b" not in ran.err + ran.out
    assert "hint: OTLP" in ran.err
    assert ran.out.splitlines()[1].split()[-4:] == ["unreadable", "0", "0", "0"]
    assert ran.out.splitlines()[2].split()[-4:] == ["taken", "1", "0", "0"], "the other is taken"


def test_no_such_file(cdctl, tmp_path, store):
    ran = cdctl("trace", "import", tmp_path / "a.json", "--store", store)
    assert (ran.code, ran.out) == (2, "")
    assert "there is no such file" in ran.err
    assert not store.exists()


def test_a_store_that_cannot_be_used(cdctl, tmp_path):
    file = _file(tmp_path / "a.json", numbered(1))
    ran = cdctl("trace", "import", file, "--store", file)
    assert (ran.code, ran.out) == (3, "")
    assert "error: " in ran.err


def test_stdin_and_the_users_own_store(cdctl_process, own_home):
    ran = cdctl_process("trace", "import", "-", input=numbered(1, 2).decode() + "\n")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[1].split() == ["stdin", "OTLP", "JSON", "lines", "taken", "2", "0", "0"]
    assert list((own_home / "data" / "cdctl" / "spans").glob("data/*.parquet"))


def test_a_format_of_output_that_there_is_not(cdctl, tmp_path, store):
    ran = cdctl("trace", "import", tmp_path / "a.json", "--store", store, "-o", "csv")
    assert ran.code == 2
    assert "formats: table, json" in ran.err


def test_help_shows_an_example(cdctl):
    ran = cdctl("trace", "import", "--help")
    assert ran.code == 0
    assert "cdctl trace import spans-*.json.zst" in ran.out
