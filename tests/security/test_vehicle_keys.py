"""The vehicles' keys: every way a line can be written, read by columns or one by one, gives the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.security import vehicle_keys
from cdctl.security.ed25519 import PrivateKey, written

KEYS = [PrivateKey(bytes([number]) * 32).public for number in range(1, 21)]


def reading(tmp_path, content: str | bytes):
    path = tmp_path / "v.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return vehicle_keys.read(path)


def line(vin: str, number: int, end: str = "") -> str:
    return f"{vin},{written(KEYS[number])}{end}\n"


GOOD = {
    "plain": line("WBA1", 0) + line("WBA2", 1),
    "with a header": "vin,key\n" + line("WBA1", 0) + line("WBA2", 1),
    "with a long header": "VIN,Key,Revoked\n" + line("WBA1", 0, ",") + line("WBA2", 1),
    "in any order": line("WBA2", 1) + line("WBA1", 0),
    "Windows": (line("WBA1", 0) + line("WBA2", 1)).replace("\n", "\r\n"),
    "without a last line end": (line("WBA1", 0) + line("WBA2", 1)).rstrip(),
    "comments and blanks": "# ours\n\n" + line("WBA1", 0) + "  \n" + line("WBA2", 1),
    "quoted": f'"WBA1","{written(KEYS[0])}"\n' + line("WBA2", 1),
    "spaced": f" WBA1 , {written(KEYS[0])} \n" + line("WBA2", 1),
    "a byte order mark": "\ufeffvin,key\n" + line("WBA1", 0) + line("WBA2", 1),
}


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_the_same_however_it_is_written(tmp_path, content):
    found, problems = reading(tmp_path, content)
    assert problems == []
    assert found.of("WBA1") == [(KEYS[0], False)]
    assert found.of("WBA2") == [(KEYS[1], False)]
    assert found.of("WBA") == found.of("WBA3") == found.of("") == found.of("W" * 99) == found.of("é") == []
    assert found.known(["WBA2", "WBA", "WBA3", "W" * 99]) == [True, False, False, False]


def test_an_empty_file_knows_nobody(tmp_path):
    found, problems = reading(tmp_path, "")
    assert (problems, found.of("WBA1"), found.known(["WBA1"])) == ([], [], [False])


def test_a_vehicle_may_have_a_new_key_beside_a_revoked_one(tmp_path):
    found, problems = reading(
        tmp_path, line("WBA1", 0, ",yes") + line("WBA1", 1) + line("WBA2", 2, ",2026-01-01T00:00Z")
    )
    assert problems == []
    assert found.of("WBA1") == [(KEYS[0], True), (KEYS[1], False)]
    assert found.known(["WBA1", "WBA2"]) == [True, False]


BAD = {
    "one column": ("WBA1\n", 1, 1, "2 or 3 columns, this has 1"),
    "four columns": (line("WBA1", 0, ",,x"), 1, 1, "2 or 3 columns, this has 4"),
    "other columns": ("vin,region\n", 1, 1, "other columns"),
    "no VIN": (f",{written(KEYS[0])}\n", 1, 1, "'' is no VIN"),
    "a topic for a VIN": (line("WBA/#", 0), 1, 1, "is no VIN"),
    "a VIN with an escape": (line("WBA\x1b[2J", 0), 1, 1, r"\x1b[2J"),
    "a VIN beyond ASCII": (line("WBÄ", 0), 1, 1, "is no VIN"),
    "a very long VIN": (line("W" * 65, 0), 1, 1, "is no VIN"),
    "a short key": ("WBA1,ed25519:AAAA\n", 1, 6, "has 32 bytes"),
    "no base64": ("WBA1,ed25519:" + "!" * 43 + "=\n", 1, 6, "not base64"),
    "spare bits": (f"WBA1,{written(KEYS[0])[:-2]}B=\n", 1, 6, "one right form"),
    "no padding": (f"WBA1,{written(KEYS[0])[:-1]}A\n", 1, 6, "malformed key"),
    "another prefix": (line("WBA1", 0).replace("ed25519", "ed25518"), 1, 6, "written ed25519:"),
    "revoked, or not": (line("WBA1", 0, ",no"), 1, 59, "'no' is no instant"),
    "a day": (line("WBA1", 0, ",2026-11-30"), 1, 59, "is no instant"),
    "the same key twice": (line("WBA2", 0) + line("WBA1", 0), 2, 1, "duplicate key: line 1 has it for WBA2"),
}


@pytest.mark.parametrize(("content", "row", "column", "said"), BAD.values(), ids=BAD)
def test_one_line_wrong(tmp_path, content, row, column, said):
    found, (problem,) = reading(tmp_path, content + line("WBA9", 9))
    assert (problem.place.line, problem.place.column) == (row, column)
    assert said in problem.message
    assert found.of("WBA9") == [(KEYS[9], False)], "the others are read"


def test_bytes_that_are_no_text_are_a_wrong_line(tmp_path):
    _, (problem,) = reading(tmp_path, b"WBA\xff," + written(KEYS[0]).encode() + b"\n")
    assert "is no VIN" in problem.message


def test_a_hundred_problems_are_enough(tmp_path):
    assert len(reading(tmp_path, "x\n" * 1000)[1]) == 100


def test_lines_are_counted_over_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(vehicle_keys, "_PIECE", 64)
    content = "".join(line(f"WBA{number}", number) for number in range(20))
    found, (problem,) = reading(tmp_path, content + "wrong\n")
    assert problem.place.line == 21
    assert all(found.of(f"WBA{number}") == [(KEYS[number], False)] for number in range(20))


CELLS = st.text("WBA1 ,\"'#\t\r\x00é\n", max_size=8)


@given(st.lists(st.tuples(CELLS | st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True), st.integers(0, 19)), max_size=6))
def test_reading_by_columns_and_by_lines_is_the_same(tmp_path_factory, rows):
    content = "".join(line(vin, number) for vin, number in rows)
    found, problems = reading(tmp_path_factory.mktemp("v"), content)
    slow = vehicle_keys._Reading("slow")
    for number, one in enumerate(content.split("\n"), 1):
        slow._one(one.removesuffix("\r").encode(), number)
    expected = slow.whole()
    assert found.vins.tolist() == expected.vins.tolist()
    assert found.keys.tolist() == expected.keys.tolist()
    assert problems == [] or [one.message for one in problems] == [one.message for one in slow.problems]
