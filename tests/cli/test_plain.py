"""Text for a stdout that lacks some characters."""

from __future__ import annotations

import json
import os

import pytest

from cdctl.cli.plain import carried

UTF8 = {"LC_ALL": "C.UTF-8"}
BAR = "██▌░ é … 🚗"


@pytest.mark.parametrize("form", ["table", "wide", "csv", "json", "html", "markdown", "slack"])
def test_utf_8_carries_all(form):
    assert carried(BAR, form, "utf-8", UTF8) == BAR
    assert carried(BAR, form, "UTF8", {}) == BAR, "containers name no locale"


@pytest.mark.parametrize("form", ["table", "wide", "csv", "slack"])
def test_bars_have_a_twin_in_ascii_and_letters_are_written_out(form):
    assert carried(BAR, form, "ascii", {}) == "##=. \\xe9 ~ \\U0001f697"
    assert carried(BAR, form, "iso8859-1", {}) == "##=. é ~ \\U0001f697"


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1", "cp1252"])
@pytest.mark.parametrize("form", ["json", "jsonl", "slack"])
def test_json_loses_nothing(form, encoding):
    text = json.dumps({"a": BAR, "b": "\ud800"}, ensure_ascii=False)
    found = carried(text, form, encoding, {})
    assert found.isascii()
    assert json.loads(found) == json.loads(text)


@pytest.mark.parametrize("encoding", ["ascii", "iso8859-1"])
@pytest.mark.parametrize("form", ["html", "junit", "markdown"])
def test_markup_loses_nothing(form, encoding):
    assert carried("<p>é ░ 🚗", form, encoding, {}) == "<p>&#233; &#9617; &#128663;"


@pytest.mark.parametrize(
    ("environment", "plain"),
    [
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "C"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "C"}, False),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, False),
        ({"LC_ALL": "C", "PYTHONUTF8": "1"}, False),
        ({}, False),
    ],
)
def test_a_plain_locale_has_plain_tables(environment, plain):
    assert carried("█", "table", "utf-8", environment) == ("#" if plain else "█")
    assert carried("█", "markdown", "utf-8", environment) == "█", "data is UTF-8 wherever Python can write it"


def test_a_lone_surrogate_ends_no_run():
    assert carried("a\ud800", "csv", "utf-8", {}) == "a\\ud800"


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
@pytest.mark.parametrize("form", ["table", "wide", "json", "jsonl", "csv"])
def test_a_list_in_a_plain_terminal(form, environment, cdctl_process, tmp_path):
    (tmp_path / "c.toml").write_text('[paths]\nslo_specs = "ü█"\n')
    ran = cdctl_process(
        "--config", tmp_path / "c.toml", "config", "show", "-o", form, env={**os.environ, **environment}
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.isascii() or (form not in {"table", "wide"} and "LC_ALL" in environment)
    assert (
        ("ü█" in [row["value"].split("/")[-1] for row in json.loads(ran.stdout) if isinstance(row["value"], str)])
        if form == "json"
        else True
    )
