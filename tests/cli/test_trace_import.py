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
             "state": "taken", "unread": 0, "error": None}
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


def test_what_was_not_read_is_told(cdctl, tmp_path, store):
    bodies = [numbered(number) for number in range(1, 7)]
    data = bytearray(b"".join(len(body).to_bytes(4, "big") + body for body in bodies))
    second = 4 + len(bodies[0])
    data[second] = 1  # its length is wrong: nothing behind it can be found
    file = tmp_path / "a.bin"
    file.write_bytes(data)
    ran = cdctl("trace", "import", file, "--store", store)
    assert ran.code == 4
    assert ran.out.splitlines()[1].split()[-4:] == ["incomplete", "1", "0", "0"]
    said = f"{file}: byte {second}: the file ends in the middle of a message"
    assert f"{said}; {len(data) - second:,} bytes from there on were not read" in ran.err
    told = json.loads(cdctl("trace", "import", file, "--store", store, "-o", "json").out)
    assert (told["files"][0]["state"], told["files"][0]["unread"]) == ("incomplete", len(data) - second)


def test_an_empty_file_is_no_mistake(cdctl, tmp_path, store):
    file, good = tmp_path / "a.json", _file(tmp_path / "b.json", numbered(1))
    file.write_bytes(b"")
    ran = cdctl("trace", "import", file, good, "--store", store)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1].split() == [str(file), "empty", "taken", "0", "0", "0"]
    _file(file, numbered(2))
    assert json.loads(cdctl("trace", "import", file, "--store", store, "-o", "json").out)["taken"] == 1


def test_a_folder_of_others_is_no_store(cdctl, tmp_path):
    file = _file(tmp_path / "a.json", numbered(1))
    ran = cdctl("trace", "import", file, "--store", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert f"{tmp_path}: other things are in this folder" in ran.err
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]
