"""No id of a vehicle in a picture that is a file, and nothing moves for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from screens import Look, vin

from cdctl.application.top.masking import ids_in, masked_data, masked_lines
from cdctl.domain.boards.drawing import text_of, width_of

ODD = "jane/phone-of-the-house-at-the-sea-side"


def one(text: str, *ids: str) -> str:
    (line,) = masked_lines([((text, ""),)], ids)
    return text_of(line)


@pytest.mark.parametrize(
    ("text", "ids", "said"),
    [
        (" WBA00000000000001 eu", [], " WBA…001           eu"),
        ("cd/eu/WBA00000000000001/tele", [], "cd/eu/WBA…001          /tele"),
        ("/vin:WBA00000000000001 ", [], "/vin:WBA…001           "),
        (" car-000017 eu", ["car-000017"], " …7         eu"),
        (" car-0000171 eu", ["car-000017"], " car-0000171 eu"),
        (" 17 eu 170 17ms", ["17"], " …  eu 170 17ms"),
        (" jane/pho…sea-side eu", [ODD], " jan…ide           eu"),
        (" jane/phone-of-the-ho…", [ODD], " jan…ide              "),
        (" /vin:WBA000000000…  ", [vin(1)], " /vin:WBA…001        "),
        (" jane", [ODD], " jane"),
        ("WBA000000", [vin(1)], "WBA…     "),
        ("nothing of a vehicle 1,234,567 23-07.55", [vin(1)], "nothing of a vehicle 1,234,567 23-07.55"),
        ("a … b", [vin(1)], "a … b"),
    ],
)
def test_ids_go_and_all_else_stays(text, ids, said):
    assert one(text, *ids) == said


def test_an_id_in_several_colours_is_one():
    line = (("vin:WBA0000", "strong"), ("0", "cursor"), ("000000001 │", "dim"))
    (found,) = masked_lines([line], ())
    assert [role for _, role in found] == ["strong", "cursor", "dim"]
    assert [len(text) for text, _ in found] == [len(text) for text, _ in line]
    assert text_of(found) == "vin:WBA…001           │"


@given(st.lists(st.tuples(st.text(max_size=30), st.just("")), max_size=4), st.sampled_from([(), (vin(1), "ab", ODD)]))
def test_no_width_changes(pieces, ids):
    line = tuple(pieces)
    (found,) = masked_lines([line], ids)
    assert [len(text) for text, _ in found] == [len(text) for text, _ in line]
    if all(text.isascii() for text, _ in line):
        assert width_of(found) == width_of(line)


def test_a_board_has_no_id_left():
    look = Look(200)
    look.columns.ids[3] = ODD.encode()
    look.press("slash", *"vin:W*", "enter", "escape", "space")
    lines, data = look.stage.draw(100, 40), look.stage.data()
    ids = ids_in(data)
    assert ODD in ids
    told = "\n".join(text_of(line) for line in masked_lines(lines, ids))
    assert vin(1) not in told
    assert "jane" not in told
    assert "WBA…001" in told
    assert "● " in told
    rows = masked_data(data, ids)["f"]["rows"]
    assert [row["vin"] for row in rows[:4]] == ["WBA…000", "WBA…001", "WBA…002", "jan…ide"]
    assert rows[1] | {"vin": ""} == data["f"]["rows"][1] | {"vin": ""}


def test_ids_in_words_for_programs_go_too():
    data = {"where": f"vin:{vin(1)}", "rows": [{"subject": "car-000017", "n": 3}], "vins": ["car-000017", ""]}
    assert masked_data(data, ids_in(data)) == {
        "where": "vin:WBA…001", "rows": [{"subject": "…7", "n": 3}], "vins": ["…7", ""],
    }  # fmt: skip
