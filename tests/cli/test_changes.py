"""`cdctl changes`: a pipeline writes a change down, and it is there for whoever looks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text(
        '[contexts.prod]\nprometheus = { url = "http://127.0.0.1:9" }\nchanges = "changes.jsonl"\n'
    )
    monkeypatch.setenv("CDCTL_JOURNAL", str(tmp_path / "journal.db"))
    return tmp_path


def test_what_is_added_is_listed(cdctl, here):
    added = cdctl(
        "changes", "add", "api 1.4.2", "--service", "api", "--version", "1.4.2", "--by", "ci", "--label", "pull=12",
        "--at", "now-1h",
    )  # fmt: skip
    assert (added.code, added.out) == (0, "")
    assert str(here / "changes.jsonl") in added.err
    (told,) = json.loads(cdctl("changes", "ls", "-o", "json").out)
    assert (told["kind"], told["title"], told["service"], told["by"], told["labels"]) == (
        "deployment", "api 1.4.2", "api", "ci", {"pull": "12"},
    )  # fmt: skip
    assert "api 1.4.2" in cdctl("changes", "ls").out
    none = cdctl("changes", "ls", "--since", "30m", "-o", "json")
    assert (json.loads(none.out), none.code) == ([], 0)
    assert "changes.jsonl" in none.err


def test_a_line_that_is_wrong_is_told_and_spoils_no_other(cdctl, here):
    cdctl("changes", "add", "one")
    with (here / "changes.jsonl").open("a") as file:
        file.write("nonsense\n")
    cdctl("changes", "add", "two")
    ran = cdctl("changes", "ls", "-o", "json")
    assert [one["title"] for one in json.loads(ran.out)] == ["one", "two"]
    assert "changes.jsonl:2:1" in ran.err


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["add", " "], "needs a title"),
        (["add", "x", "--label", "nothing"], "is no label"),
        (["add", "x", "--at", "noon"], "is no instant"),
        (["ls", "--since", "long"], "not a duration"),
    ],
)
def test_what_is_wrong_says_so(cdctl, args, reason):
    ran = cdctl("changes", *args)
    assert ran.code == 2
    assert reason in ran.err


def test_hostile_titles_do_nothing(cdctl):
    cdctl("changes", "add", "\x1b[2Jx", "--by", "\x1b]0;y\x07")
    assert "\x1b" not in cdctl("changes", "ls").out


def test_a_disk_that_takes_nothing(cdctl, here):
    (here / "changes.jsonl").mkdir()
    ran = cdctl("changes", "add", "x")
    assert ran.code == 3
    assert "cannot be written down" in ran.err


def test_data_stays_as_it_was_told_and_tables_are_safe(cdctl, here):
    title = "a \x1b[2J \u202e b " + "c" * 600
    assert cdctl("changes", "add", title, "--by", "x\x07").code == 0
    for form in ("json", "jsonl"):
        ran = cdctl("changes", "ls", "-o", form)
        assert "\x1b" not in ran.out, "escaped as JSON escapes"
        told = json.loads(ran.out)
        (one,) = told if form == "json" else [told]
        assert (one["title"], one["by"]) == (title, "x\x07")
    for form in ("table", "wide", "csv"):
        ran = cdctl("changes", "ls", "-o", form)
        assert "a \\x1b[2J \\u202e b" in ran.out
        assert not {"\x1b", "\u202e", "\x07"} & set(ran.out)
