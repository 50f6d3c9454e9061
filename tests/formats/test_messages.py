"""Messages of files: lines, lengths, elements; cut off, too long, gone on with."""

from __future__ import annotations

import io
import struct

import pytest
import zstandard

from cdctl.formats import limits, messages
from cdctl.formats.messages import elements, framed, lines, whole


def _lengths(*bodies: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


def _all(framing: messages.Framing, data: bytes, taken: int = 0) -> list[tuple[bytes, int, str, bool]]:
    return [(one.body, one.end, one.fault, one.open) for one in framing(io.BytesIO(data), taken)]


def test_lines():
    assert _all(lines, b"{a}\n\n  \r\n{b}\r\n{c}") == [
        (b"{a}\n", 4, "", False), (b"{b}\r\n", 14, "", False), (b"{c}", 17, "", True)]  # fmt: skip
    assert _all(lines, b"") == []


def test_lines_are_told_by_number_and_by_place_when_some_were_taken():
    assert [one.place for one in lines(io.BytesIO(b"{a}\n\n{b}\n"), 0)] == ["line 1", "line 3"]
    assert [(one.body, one.place, one.end) for one in lines(io.BytesIO(b"{a}\n{b}\n"), 4)] == [(b"{b}\n", "byte 4", 8)]


def test_a_line_that_is_too_long_is_passed_over(monkeypatch):
    monkeypatch.setattr(limits, "MESSAGE", 300_000)
    for size in (300_001, 600_000, 2_000_000):
        found = _all(lines, b"{a}\n" + b"x" * size + b"\n{b}\n")
        assert [(body, bool(fault)) for body, _, fault, _ in found] == [
            (b"{a}\n", False),
            (b"", True),
            (b"{b}\n", False),
        ]
        assert found[1][1] == 4 + size + 1
        assert _all(lines, b"x" * size)[0][2]


def test_lengths():
    data = _lengths(b"one", b"", b"three")
    assert _all(framed, data) == [(b"one", 7, "", False), (b"", 11, "", False), (b"three", 20, "", False)]
    assert _all(framed, data, 11) == [(b"three", 20, "", False)]


@pytest.mark.parametrize("cut", [1, 3, 4, 6])
def test_lengths_that_are_cut_off_are_left_for_the_next_time(cut):
    data = _lengths(b"one", b"two")
    found = _all(framed, data[: 7 + cut])
    assert found[0] == (b"one", 7, "", False)
    assert found[1][1:] == (7, "the file ends in the middle of a message", True)
    assert _all(framed, data, found[1][1]) == [(b"two", 14, "", False)]


def test_what_was_not_read_of_a_file_that_is_cut_off_is_counted():
    def unread(framing: messages.Framing, data: bytes) -> list[int]:
        return [one.unread for one in framing(io.BytesIO(data), 0)]

    data = bytearray(_lengths(b"one", b"two", b"three"))
    data[7] = 0x01  # the length of the second: 16 MiB more, which looks as if the rest were not written yet
    assert unread(framed, bytes(data)) == [0, len(data) - 7]
    data[7] = 0xF0  # more than a message may have
    assert unread(framed, bytes(data)) == [0, len(data) - 7]
    assert unread(framed, _lengths(b"one") + b"\x00\x00") == [0, 2]
    assert unread(elements(1, b"|".join), b'[{"a":1},{"b"') == [0, 5]


def test_a_length_that_is_too_large(monkeypatch):
    monkeypatch.setattr(limits, "MESSAGE", 10)
    found = _all(framed, _lengths(b"one", b"x" * 11, b"two"))
    assert [(body, bool(fault)) for body, _, fault, _ in found] == [(b"one", False), (b"", True), (b"two", False)]
    assert _all(framed, _lengths(b"one") + b"\xff\xff\xff\xffabc")[1][3], "it may still come"


def test_each_message_may_be_compressed():
    pack = zstandard.ZstdCompressor().compress
    data = _lengths(pack(b"one"), pack(b"two")[:-1], pack(b"three"))
    found = _all(framed, data)
    assert [body for body, *_ in found] == [b"one", b"", b"three"]
    assert "ends in the middle" in found[1][2]


def test_elements_come_together_and_are_told_by_number():
    framing = elements(1, b"|".join, 100)
    found = list(framing(io.BytesIO(b'[{"a":1},{"b":2},{"c":3}]'), 0))
    assert [(one.body, one.place, one.end) for one in found] == [
        (b'{"a":1}|{"b":2}|{"c":3}', "elements 1 to 3", 24)]  # fmt: skip
    found = list(elements(1, b"|".join, 8)(io.BytesIO(b'[{"a":1},{"b":2},{"c":3}]'), 0))
    assert [(one.body, one.place, one.end) for one in found] == [
        (b'{"a":1}|{"b":2}', "elements 1 to 2", 16), (b'{"c":3}', "element 3", 24)]  # fmt: skip
    assert [one.body for one in framing(io.BytesIO(b'[{"a":1},{"b":2},{"c":3}]'), 16)] == [b'{"c":3}']


def test_elements_that_are_cut_off():
    found = _all(elements(1, b"|".join), b'[{"a":1},{"b"')
    assert found == [(b'{"a":1}', 8, "", False), (b"", 13, "the file ends in the middle of a message", True)]


def test_the_whole(monkeypatch):
    assert _all(whole, b"abc") == [(b"abc", 3, "", False)]
    assert _all(whole, b"abc", 3) == []
    monkeypatch.setattr(limits, "MESSAGE", 2)
    assert "cannot be read part by part" in _all(whole, b"abc")[0][2]
