"""Wrong spec files: every problem of every file, with its place, the value and the cure, word for word.

Beside each case in tests/data/bad/specs stands what must be said of it (same stem, .txt). `structure` holds what the
JSON Schema refuses too, `meaning` what only the reader can know, `yaml` what is no YAML that is read.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdctl.errors import FileError
from cdctl.files.specs import read

ROOT = Path(__file__).parents[1] / "data" / "bad" / "specs"
CASES = sorted(path for folder in ROOT.iterdir() for path in folder.iterdir() if path.suffix != ".txt")
NO_CURE = ("is a list, not", "is a mapping, not", "is not", "it must have", "not a number", "not a mapping")


def said(case: Path) -> list[str]:
    with pytest.raises(FileError) as caught:
        read([Path(case.name)])
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_every_problem_is_said_in_full(case, monkeypatch):
    monkeypatch.chdir(case.parent)
    assert said(case) == case.with_suffix(".txt").read_text().splitlines()


def test_the_corpus_is_whole():
    stems = {case.with_suffix("") for case in CASES}
    expected = {path.with_suffix("") for path in ROOT.glob("*/*.txt")}
    assert stems == expected
    assert len(CASES) > 70


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_every_line_has_a_place_and_most_have_a_cure(case):
    for line in case.with_suffix(".txt").read_text().splitlines():
        assert re.match(r"[\w./-]+(:\d+:\d+)?: (error|warning): ", line)
        assert line.endswith(")") or any(words in line for words in NO_CURE), line
        assert line.isprintable()


def test_all_problems_of_all_files_come_together(monkeypatch):
    """Problems come in the order of files and lines, whatever kind they are."""
    monkeypatch.chdir(ROOT)
    with pytest.raises(FileError) as caught:
        read([Path("yaml"), Path("structure/target-one.yaml"), Path("meaning/group-twice.yaml"), Path("nowhere.yaml")])
    places = [str(problem.place).partition(":")[0] for problem in caught.value.problems]
    assert {"yaml/tab.yaml", "structure/target-one.yaml", "meaning/group-twice.yaml", "nowhere.yaml"} <= set(places)
    assert places == sorted(places)
    assert caught.value.exit_code == 2
