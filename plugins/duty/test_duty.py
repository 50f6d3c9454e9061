"""The panel duty, through the real loader."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from cdctl.api import About, Copy, Key, Panel, PluginError, Say, UsageError
from cdctl.testing import examples, snapshots
from cdctl.testing.panels import check_panel, look, screen
from cdctl.testing.plugins import catalogue_of, check_folder

FOLDER = Path(__file__).parent
EXAMPLE = FOLDER / "duty.md"
ROSTER = (
    "# On duty\n- 2025-06-09 Ana\n- 2025-06-15 15:00 Bo\n* 2025-06-15 15:11 Chidi\n- 2025-99-99 Nobody\n- soon Eve\n"
)
SEEN = replace(snapshots.typical(), about=About("p", {"region": "eu", "model": "i4"}))
"""At 15:10 UTC on the 15th of June 2025."""


def panel(path: Path) -> Panel:
    return catalogue_of(FOLDER).load("panels", "duty").make({"file": str(path)})


def shown(text: str, folder: Path, *, width: int = 80, height: int = 30) -> list[str]:
    (folder / "notes.md").write_text(text)
    return screen(panel(folder / "notes.md"), SEEN, width, height)


def test_the_folder_is_a_good_plugin() -> None:
    assert [finding for finding in check_folder(FOLDER) if not finding.passed] == []


@pytest.mark.parametrize("name", ["example", "empty", "missing", "hostile", "folder", "long"])
def test_contract(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.md"
    if name == "folder":
        path.mkdir()
    elif name != "missing":
        hostile = "\n".join(f"# {text}\n{text}\n- 2025-06-01 {text}" for text in examples.HOSTILE)
        texts = {"example": EXAMPLE.read_text(), "empty": "", "long": "word " * 100_000}
        text = texts.get(name, "# On duty\n- 2025-06-01 \x1b[2J\n" + hostile)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    check_panel(catalogue_of(FOLDER).load("panels", "duty"), settings={"file": str(path)})


def test_made_by_the_catalogue_it_draws_the_same() -> None:
    made = catalogue_of(FOLDER).panel("duty", {"file": str(EXAMPLE)})
    assert screen(made, snapshots.typical(), 60, 12) == screen(panel(EXAMPLE), snapshots.typical(), 60, 12)
    assert made.data()["on_duty"] == "Ana, +49 89 1234 01"


def test_who_is_on_duty_and_who_is_next(tmp_path: Path) -> None:
    assert shown(ROSTER, tmp_path)[0] == "duty · Bo is on duty · until 2025-06-15 15:11, then Chidi"
    made = panel(tmp_path / "notes.md")
    for at, who in ((-(10**6), None), (0, "Bo"), (59, "Bo"), (60, "Chidi"), (10**9, "Chidi")):
        look(made, replace(SEEN, at=snapshots.AT - snapshots.AT % 60 + at))
        assert made.data()["on_duty"] == who
    look(made, replace(SEEN, at=0.0))
    assert made.title == "duty · nobody is on duty yet · until 2025-06-09, then Ana"


def test_notes_about_the_promise_come_alone_those_about_its_group_first(tmp_path: Path) -> None:
    ours = "# p\nplain\n# p region=us\nelsewhere\n# p model=i4 region=eu\nboth\n# p region=eu\nhere\n"
    text = f"before\n{ours}# p x\nno\n# q\nno"
    assert shown(text, tmp_path)[1:] == [
        " p model=i4 region=eu", " both", "", " p region=eu", " here", "", " p", " plain",
    ]  # fmt: skip
    made = panel(tmp_path / "notes.md")
    look(made, SEEN)
    made.press("all", Key("a", "a"))
    assert [note["heading"] for note in made.data()["notes"]][:3] == ["", "p", "p region=us"]
    look(made, replace(SEEN, about=About("nothing-is-written-about-it")))
    made.press("all", Key("a", "a"))
    assert len(made.data()["notes"]) == 7


def test_a_heading_in_code_is_none_and_long_lines_are_folded(tmp_path: Path) -> None:
    text = "# p\n```\n# not one\nrun this\n```\n- " + "word " * 20
    lines = shown(text, tmp_path, width=30)
    assert lines[1:5] == [" p", " # not one", " run this", " - word word word word word"]
    assert lines[5].startswith("   word")


def test_a_line_is_copied_as_it_is_to_be_pasted(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# p\n- `cdctl rollout ls`\n2. " + "word " * 30 + "\n\nend")
    made = panel(tmp_path / "notes.md")
    screen(made, SEEN, 40, 20)
    found = []
    for _ in range(6):
        found.append(made.press("copy", Key("y", "y")))
        made.press("down", Key("down"))
        screen(made, SEEN, 40, 20)
    assert found[:2] == [(Copy("p", "line"),), (Copy("cdctl rollout ls", "line"),)]
    assert found[2] == found[3] == (Copy(("word " * 30).strip(), "line"),)
    made.press("last", Key("end"))
    made.press("up", Key("up"))
    assert made.press("copy", Key("y", "y")) == (Say("there is nothing on this line", bad=True),)


def test_a_file_is_read_anew_when_it_was_written_and_no_sooner(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    made = panel(path)
    assert "cannot read" in screen(made, SEEN)[1]
    path.write_text("first")
    assert "cannot read" in screen(made, SEEN)[1]  # in the same second
    assert screen(made, replace(SEEN, at=SEEN.at + 1))[1] == " first"
    path.write_text("second")
    os.utime(path, ns=(1, 1))
    assert screen(made, replace(SEEN, at=SEEN.at + 2.5))[1] == " second"
    path.unlink()
    lines = screen(made, replace(SEEN, at=SEEN.at + 4))
    assert "cannot read" in lines[1]
    assert lines[2] == " second"  # what was read stays


def test_a_file_that_is_too_long_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("x\n" * 200_000)
    assert "more than 256 kB: the end is not shown" in screen(panel(tmp_path / "notes.md"), SEEN, 200)[1]


@pytest.mark.parametrize("settings", [{}, {"file": ""}, {"file": 3}])
def test_settings_that_are_wrong(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError) as error:
        catalogue_of(FOLDER).panel("duty", settings)
    assert error.value.subject == "file"
    assert not isinstance(error.value, PluginError)
