"""Which files are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cdctl.errors import FileError
from cdctl.files.spec_files import find
from cdctl.files.specs import read


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["b.yaml", "a.yml", "a.test.yaml", "sub/deeper/c.yaml", "sub/d.test.yml", "sub/note.md", ".git/x.yaml"]
    for name in [*names, ".hidden.yaml", "empty/note.md", "tests-only/e.test.yaml"]:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(*paths):
    found = find([Path(path) for path in paths])
    return [str(file) for file in found.files], [str(problem) for problem in found.problems]


def test_folders_are_read_whole_and_in_order(folder):
    assert names(".") == (["a.yml", "b.yaml", "sub/deeper/c.yaml"], [])
    assert names("sub", "b.yaml") == (["sub/deeper/c.yaml", "b.yaml"], [])
    assert names(folder) == ([f"{folder}/a.yml", f"{folder}/b.yaml", f"{folder}/sub/deeper/c.yaml"], [])


def test_a_file_named_is_read_whatever_its_ending(folder):
    assert names("sub/note.md") == (["sub/note.md"], [])
    assert names(".hidden.yaml") == ([".hidden.yaml"], [])


def test_each_file_once(folder):
    Path("link.yaml").symlink_to("b.yaml")
    assert names("b.yaml", ".", folder / "b.yaml", "link.yaml") == (["b.yaml", "a.yml", "sub/deeper/c.yaml"], [])


def test_links_to_folders_are_not_followed(folder):
    Path("sub/up").symlink_to("..")
    assert names("sub") == (["sub/deeper/c.yaml"], [])


def test_spec_tests_are_passed_over(folder):
    assert names("a.test.yaml", "b.yaml") == (
        ["b.yaml"],
        ["a.test.yaml: error: holds only spec tests (name a file or folder with specs)"],
    )
    assert names("tests-only") == ([], ["tests-only: error: holds only spec tests (name a file or folder with specs)"])


def test_nothing_found_is_a_problem(folder):
    assert names("empty") == (
        [],
        ["empty: error: holds no *.yaml or *.yml file (name a file or folder with specs)"],
    )
    assert names() == ([], ["specs: error: no file or folder was named (name one, such as slo_specs)"])


def test_missing_paths(folder):
    assert names("b.yml", "sbu", "z/y/x.yaml", "b.yaml") == (
        ["b.yaml"],
        [
            'b.yml: error: no such file or folder (did you mean "b.yaml"?)',
            'sbu: error: no such file or folder (did you mean "sub"?)',
            "z/y/x.yaml: error: no such file or folder (check the path)",
        ],
    )
    assert names("x" * 5000)[1][0].endswith("no such file or folder (check the path)")
    assert names("a\0b")[1] == ["a\\x00b: error: no such file or folder (check the path)"]
    assert names("\x1b]0;title\x07.yaml")[1][0].startswith("\\x1b]0;title\\x07.yaml: error: no such file")


def test_a_folder_that_cannot_be_read_is_said(folder, monkeypatch):
    """No promise may vanish in silence. Root can read every folder, so the refusal is put in."""
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("deeper"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert names(".") == (
        ["a.yml", "b.yaml"],
        ["sub/deeper: error: cannot be read: permission denied (check its permissions)"],
    )


def test_places_name_files_as_they_were_named(folder, slo_text):
    Path("b.yaml").write_text(slo_text)
    Path("sub/deeper/c.yaml").write_text(slo_text.replace("commands", "others"))
    Path("a.yml").unlink()
    found = read([Path()])
    assert [slo.place.file for slo in found.slos] == ["b.yaml", "sub/deeper/c.yaml"]
    assert read([folder / "b.yaml"]).slos[0].place.file == f"{folder}/b.yaml"


def test_reading_nothing_is_an_error(folder):
    with pytest.raises(FileError, match="no such file"):
        read([Path("nowhere")])
