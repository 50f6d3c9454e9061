"""Files of other keys: what is taken, and what is wrong with its place and its cure."""

from __future__ import annotations

import pytest

from cdctl.application.top.boards_wiring import bound
from cdctl.domain.boards.keys import EVERYWHERE, Keymap
from cdctl.errors import FileError
from cdctl.extend.catalogue import Catalogue
from cdctl.files import keys

BOUND = bound(Catalogue(enabled=False))


def read(tmp_path, text: str) -> Keymap:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    return keys.read(path, BOUND)


def test_what_ships_has_no_conflict():
    assert list(Keymap().conflicts(BOUND)) == []


def test_other_keys(tmp_path):
    keymap = read(tmp_path, '[view]\nfreeze = "f5"\n[fleet]\nsort = ["s", "O"]\nmark = []\n')
    assert keymap.other == {"view.freeze": ("f5",), "fleet.sort": ("s", "O"), "fleet.mark": ()}


@pytest.mark.parametrize(
    ("text", "place", "said", "fix"),
    [
        ('[flet]\nsort = "s"', "1:2", "no panel of kind 'flet'", '"fleet"'),
        ('[fleet]\nsrt = "s"', "2:1", "fleet has no action 'srt'", '"sort"'),
        ("[fleet]\nsort = 5", "2:1", "is neither a key nor a list of keys", "ctrl+f"),
        ('[fleet]\nsort = ["Shift-S"]', "2:1", "is neither a key nor a list of keys", "ctrl+f"),
        ('[fleet]\nsort = "p"', "2:1", "p stands for view.freeze and for fleet.sort", "another key"),
        ('[view]\nfreeze = "x"', "2:1", "x stands for view.freeze and for", "another key"),
        ('[fleet]\nsort = "y"', "2:1", "y stands for fleet.sort and for fleet.copy", "another key"),
        ("[fleet\n", "1:7", "not TOML", "toml.io"),
        ('fleet = "x"', "1:1", "no panel of kind 'fleet'", ""),
    ],
)
def test_what_is_wrong_has_its_place_and_its_cure(tmp_path, text, place, said, fix):
    with pytest.raises(FileError) as caught:
        read(tmp_path, text)
    problem = caught.value.problems[0]
    assert said in problem.message
    assert fix in problem.fix
    assert str(problem.place).endswith(f"keys.toml:{place}" if place else problem.place.file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        keys.read(tmp_path / "none.toml", {EVERYWHERE: ()})
