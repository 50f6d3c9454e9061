"""Changes that people and pipelines write: read line by line, and what is wrong with a line is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.changes import Change
from cdctl.errors import UnavailableError
from cdctl.files import change_lines
from cdctl.files.change_lines import WrongLineError, change, read, written

NOON = 1_772_359_200.0
LINE = b'{"at": "2026-03-01T10:00:00Z", "title": "api 1.4.2", "service": "customer-api", "version": "1", "pr": 1}\n'


def test_a_line_is_a_change():
    assert change(LINE, "here") == Change(
        NOON, "deployment", "api 1.4.2", "customer-api", "1", labels={"pr": "1"}, source="here"
    )


@pytest.mark.parametrize("told", ["1772359200", "1772359200.0", "1772359200000", "1772359200000000000"])
def test_an_instant_may_be_a_number_of_any_unit(told):
    assert change(f'{{"at": {told}, "title": "x"}}'.encode(), "").at == pytest.approx(NOON)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"nonsense", "no JSON object on one line"),
        (b"[1]", "no JSON object"),
        (b"[" * 50_000, "no JSON object on one line"),
        (b'{"at": 1}', "no title"),
        (b'{"title": "x"}', "no instant"),
        (b'{"at": true, "title": "x"}', "no instant"),
        (b'{"at": 1e999, "title": "x"}', "no instant"),
        (b'{"at": "2026-03-01T10:00:00", "title": "x"}', "no time zone"),
        (b'{"at": "yesterday", "title": "x"}', "no instant"),
        (b'{"at": 1, "title": ["x"]}', "title is no text"),
        (b'{"at": 1, "title": "' + b"x" * 70_000 + b'"}', "longer than 64 KiB"),
    ],
)
def test_a_wrong_line_says_why(line, reason):
    with pytest.raises(WrongLineError, match=reason) as caught:
        change(line, "")
    assert caught.value.cure


def test_a_wrong_line_spoils_no_other(tmp_path: Path):
    file = tmp_path / "changes.jsonl"
    file.write_bytes(LINE + b"half a li\n\n" + b"x" * 300_000 + b"\n" + LINE)
    changes, problems = read(file)
    assert len(changes) == 2
    assert [(one.place.line, one.warning) for one in problems] == [(2, True), (4, True)]


def test_no_file_holds_no_changes_and_a_folder_is_none(tmp_path: Path):
    assert read(tmp_path / "gone.jsonl") == ([], [])
    with pytest.raises(UnavailableError, match="cannot be read"):
        read(tmp_path)


@given(
    st.builds(
        Change,
        st.integers(0, 4_000_000_000).map(float),
        st.just("flag"),
        st.text(min_size=1),
        st.text(),
        st.text(),
        st.text(),
        st.text(),
        st.dictionaries(st.text(), st.text(), max_size=3),
    )
)
def test_what_is_written_is_read_again(one):
    line = written(one)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert change(line, "") == one


@given(st.binary(max_size=200))
def test_no_line_is_a_crash(line):
    try:
        change(line, "")
    except WrongLineError as wrong:
        assert wrong.reason


def test_all_that_is_wrong_can_be_an_error(tmp_path: Path):
    file = tmp_path / "a.jsonl"
    file.write_text("{}\n[]\n")
    assert len(change_lines.refused(read(file)[1]).problems) == 2
