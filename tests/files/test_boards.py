"""Board files: what ships is read; every wrong thing is told with its place and its cure."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from cdctl.application.top.boards_wiring import Kinds
from cdctl.domain.boards.board import Slot
from cdctl.errors import FileError
from cdctl.extend.catalogue import Catalogue
from cdctl.files import board_shape, boards
from cdctl.files.faults import Faults
from cdctl.files.nodes import plain
from cdctl.files.shipped import shipped
from cdctl.files.yaml import documents

SHIPPED = Path(board_shape.__file__).parent / "schemas" / "board.schema.json"
DOORS = Catalogue(enabled=False)
KINDS = Kinds(DOORS)
GOOD = """\
board: cdctl/v1
name: mine
title: Two panels
picture:
  - hh
  - f.
panels:
  f: {kind: fleet, settings: {columns: [vin, age], sort: -age, stale: 10m}}
  h: {kind: header, lines: 1}
"""


def read(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return boards.read(path, KINDS, DOORS.panel)


def test_a_good_board(tmp_path):
    board = read(tmp_path, GOOD)
    assert (board.name, board.title, board.picture) == ("mine", "Two panels", ("hh", "f."))
    header, fleet = board.slots
    assert header == Slot("h", "header", {}, 1, f"{tmp_path}/mine.yaml:9:13")
    assert fleet.settings == {"columns": ["vin", "age"], "sort": "-age", "stale": "10m"}


@pytest.mark.parametrize("path", sorted(shipped("dashboards").glob("*.yaml")), ids=lambda path: path.stem)
def test_boards_that_ship_are_sound(path):
    assert boards.read(path, KINDS, DOORS.panel).name == path.stem
    (root,) = documents(path.read_text(), Faults(path.name))
    jsonschema.Draft202012Validator(board_shape.document()).validate(plain(root))


@pytest.mark.parametrize(
    ("old", "new", "place", "said", "fix"),
    [
        ("kind: header", "kind: heder", "9:13", "no panel of kind 'heder'", 'did you mean "header"?'),
        ("sort: -age", "sorted: age", "8:52", "has no setting 'sorted'", 'did you mean "sort"?'),
        ("sort: -age", "sort: soc", "8:58", "sort must be one of the columns", "one of vin, age"),
        ("stale: 10m", "stale: soon", "8:71", "stale 'soon' is not a duration", "stale: 5m"),
        ("columns: [vin, age]", "columns: vin", "8:40", "columns must be a list", "columns: [vin"),
        ("  - f.", "  - fh", "6:5", "h is not one rectangle", "one rectangle"),
        ("  - f.", "  - f", "6:5", "row 2 of the picture has 1 letters", "rows equally long"),
        ("  - f.", "  - fz", "5:3", "the picture has z", "add z:"),
        ("  - f.", "  - ..", "8:3", "panel f is not in the picture", "delete it"),
        ("lines: 1", "lines: 1.5", "9:28", "lines is not a whole number", ""),
        ("board: cdctl/v1", "board: cdctl/v9", "1:8", "cdctl/v9", ""),
        ("title:", "titel:", "3:1", "unknown key", "title"),
    ],
)
def test_every_fault_has_a_place_and_a_cure(tmp_path, old, new, place, said, fix):
    assert GOOD.count(old) == 1
    with pytest.raises(FileError) as error:
        read(tmp_path, GOOD.replace(old, new))
    found = [problem for problem in error.value.problems if said in problem.message]
    assert found, error.value
    assert str(found[0].place).endswith(f"mine.yaml:{place}")
    assert fix in found[0].fix


def test_all_faults_are_told_together(tmp_path):
    with pytest.raises(FileError) as error:
        read(tmp_path, GOOD.replace("kind: header", "kind: x").replace("stale: 10m", "stale: x"))
    assert len(error.value.problems) == 2


def test_the_shipped_schema_is_what_the_shape_says():
    assert json.loads(SHIPPED.read_text()) == board_shape.document()
    assert SHIPPED.read_text() == board_shape.text(), (
        "run: python -m cdctl.files.board_shape > cdctl/files/schemas/board.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(board_shape.document())
