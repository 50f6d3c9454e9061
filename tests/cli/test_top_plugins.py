"""Boards with panels of plugins on the command line: one picture, `check`, and what `plugin` says of them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from strangers import BOARD, stranger


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text(
        '[paths]\nplugins = ["odd"]\ndashboards = "boards"\n[contexts.x]\nprometheus = { url = "http://127.0.0.1:1" }\n'
    )
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "odd.yaml").write_text(BOARD)
    return tmp_path


def test_one_picture_has_the_first_real_drawing(cdctl, here):
    stranger(here, see="self.title = 'odd in ' + snapshot.context\nreturn Arrange()")
    ran = cdctl("top", "--once", "--board", "odd", "--size", "60x12")
    assert "── odd in x ──" in ran.out
    assert " of x" in ran.out
    ran = cdctl("top", "--once", "--board", "odd", "-o", "json")
    told = json.loads(ran.out)["panels"]["o"]
    assert (told["kind"], told["pressed"]) == ("odd", [])
    assert told["n"] >= 1


def test_it_shows_what_it_made_of_its_answer(cdctl, here):
    see = "found = snapshot.answers.get(letter)\nself.title = str(found and found.value)\nreturn Arrange()"
    stranger(here, see=see)
    assert "Missing(reason=" in cdctl("top", "--once", "--board", "odd").out


def test_a_slow_one_is_waited_for_and_one_that_blocks_only_for_a_while(cdctl, here):
    stranger(here, draw="time.sleep(0.3)")
    assert " of x" in cdctl("top", "--once", "--board", "odd").out
    begin = time.monotonic()
    (here / "blocked").mkdir()
    stranger(here / "blocked", draw="threading.Event().wait()")
    (here / "cdctl.toml").write_text((here / "cdctl.toml").read_text().replace('"odd"', '"blocked/odd"'))
    ran = cdctl("top", "--once", "--board", "odd")
    assert "odd has not answered for" in ran.out
    assert time.monotonic() - begin < 20
    told = json.loads(cdctl("top", "--once", "--board", "odd", "-o", "json").out)
    assert told["panels"]["o"]["error"].startswith("has not answered for")


def test_what_it_prints_is_no_part_of_the_picture(cdctl_process, here):
    noise = "print('noise'); os.write(1, b'noise'); os.system('echo noise')"
    stranger(here, draw=noise, make=noise)
    ran = cdctl_process("top", "--once", "--board", "odd", "-o", "json")
    assert json.loads(ran.stdout)["panels"]["o"]["kind"] == "odd"
    assert "noise" not in ran.stdout
    assert "noise" in ran.stderr  # it was printed


@pytest.mark.parametrize(
    ("code", "settings", "said"),
    [
        ({}, "", ""),
        ({}, ", settings: {fiel: x}", "a odd panel has no setting 'fiel'"),
        ({"make": "raise UsageError('cannot be', subject='file')"}, ", settings: {file: x}", "file cannot be"),
        ({"init": "self.bindings = (Binding('go', ('q',), 'x'),)"}, "", "its key 'q' for 'go' is taken"),
        ({"make": "1 / 0"}, "", "its make raised ZeroDivisionError"),
    ],
)
def test_check_judges_boards_with_its_panels(cdctl, here, code, settings, said):
    stranger(here, **code)
    (here / "boards" / "odd.yaml").write_text(BOARD.replace("{kind: odd", f"{{kind: odd{settings}"))
    ran = cdctl("check")
    line = next(line for line in ran.out.splitlines() if "odd.yaml" in line)
    assert ("ok" in line) is (not said)
    assert said in " ".join(ran.out.split())


def test_without_plugins_the_board_names_a_kind_that_there_is_not(cdctl, here):
    stranger(here)
    assert "there is no panel of kind 'odd'" in cdctl("--no-plugins", "check").out


def test_plugin_knows_the_room(cdctl, here):
    place = stranger(here)
    listed = cdctl("plugin", "ls", "-o", "csv").out
    assert [line for line in listed.splitlines() if line.startswith("panels,odd,1.0.0")]
    assert [line for line in listed.splitlines() if line.startswith("panels,fleet,")]
    told = cdctl("plugin", "info", "panels.odd").out
    assert "setting file" in told
    checked = cdctl("plugin", "check", str(place)).out
    assert "panels.odd loads" in checked
    assert "panels.odd keeps the contract of panels" in checked
    assert "passed" in next(line for line in checked.splitlines() if "panels.odd loads" in line)


def test_plugin_check_finds_a_panel_that_breaks_its_contract(cdctl, here):
    place = stranger(here, draw="return [(('x' * 500, 'wild'),)] * 500")
    (place / "README.md").write_text("# odd\n")
    (place / "test_odd.py").write_text("")
    ran = cdctl("plugin", "check", str(place))
    assert ran.code == 2
    assert "there is no role wild" in " ".join(ran.out.split())
