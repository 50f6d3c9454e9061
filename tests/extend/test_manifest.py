"""plugin.toml: everything that is wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.errors import PluginError
from cdctl.extend import manifest

GOOD = """
name = "slack"
version = "1.2.0"
api = 1
summary = "messages"
[[provides]]
room = "reports"
name = "slack"
object = "slack.report:PLUGIN"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    return folder


def test_reads_what_is_there(tmp_path: Path) -> None:
    said = manifest.read(write(tmp_path, GOOD))
    assert (said.name, said.version, said.api, said.summary) == ("slack", "1.2.0", 1, "messages")
    assert said.provides == (manifest.Provided("reports", "slack", "slack.report:PLUGIN"),)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "slack"\nversion', "version", "name is missing"),
        ('version = "1.2.0"', "version = 1.2", "version must be a text"),
        ("api = 1", "api = true", "api must be a whole number"),
        ("api = 1", 'api = "1"', "api must be a whole number"),
        ('"messages"', '"two\\nlines"', "summary must be one line of text"),
        ('version = "1.2.0"', 'version = "\\u001b[31m"', "version must be one line of text"),
        ("summary", "sumary", "unknown key 'sumary'"),
        ('room = "reports"', 'room = "report"', "there is no room 'report'"),
        ('room = "reports"', "room = 1", "provides 1: room must be a text"),
        ('name = "slack"\nobject', 'name = "-x"\nobject', "name '-x' must be lower case"),
        ('"slack.report:PLUGIN"', '"../evil:PLUGIN"', 'must be "module:OBJECT"'),
        ('"slack.report:PLUGIN"', '"slack.report"', 'must be "module:OBJECT"'),
        ("[[provides]]", "[provides]", "provides must be a list of tables"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(PluginError) as caught:
        manifest.read(write(tmp_path, GOOD.replace(old, new, 1)))
    assert problem in caught.value.message


def test_one_name_provided_twice(tmp_path: Path) -> None:
    twice = GOOD + GOOD[GOOD.index("[[provides]]") :]
    with pytest.raises(PluginError, match=r"reports\.slack is provided twice"):
        manifest.read(write(tmp_path, twice))


def test_all_problems_come_together(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as caught:
        manifest.read(write(tmp_path, "api = 1\nnmae = 'x'\n"))
    for problem in ("name is missing", "version is missing", "provides is missing", "unknown key 'nmae'"):
        assert problem in caught.value.message


@pytest.mark.parametrize("raw", [b"name = 'x", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, raw: bytes | None) -> None:
    if raw is not None:
        (tmp_path / "plugin.toml").write_bytes(raw)
    with pytest.raises(PluginError, match=r"plugin\.toml cannot be read"):
        manifest.read(tmp_path)
