"""Messages of a file, one after the other: lines, or bytes with a length before them, or elements of one long list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cdctl.domain.traces.ports import Message
from cdctl.errors import UsageError
from cdctl.formats import limits, unpacking
from cdctl.formats.elements import Element, Elements, Readable

_LENGTH = 4
_TOGETHER = 1 << 20
"""Bytes of elements that make one message: spans of Zipkin are many small ones."""


Framing = Callable[[Readable, int], Iterator[Message]]
"""From a stream whose first so many bytes were taken before (they are still there) to the messages after them."""

_TOO_LONG = f"a message of more than {limits.MESSAGE >> 20} MiB"
_HALF = "the file ends in the middle of a message"


def lines(stream: Readable, taken: int) -> Iterator[Message]:
    """One message a line."""
    _skip(stream, taken)
    at, number, rest = taken, 0, b""
    while True:
        line, rest = _line(stream, rest)
        if line is None:
            return
        number += 1
        at += len(line)
        place = f"line {number}" if not taken else f"byte {at - len(line)}"
        if len(line) > limits.MESSAGE:
            ended = line.endswith(b"\n")
            while not ended:
                more, rest = _line(stream, rest)
                at += len(more or b"")
                ended = more is None or more.endswith(b"\n")
            yield Message(b"", at, place, _TOO_LONG)
        elif line.strip():
            yield Message(line, at, place, open=not line.endswith(b"\n"))


def _line(stream: Readable, rest: bytes) -> tuple[bytes | None, bytes]:
    """A line, or a piece of one that is too long; and what was read of the next."""
    parts, size = [rest], len(rest)
    found = rest.find(b"\n")
    if found >= 0:
        return rest[: found + 1], rest[found + 1 :]
    while size <= limits.MESSAGE and (data := stream.read(1 << 18)):
        found = data.find(b"\n")
        if found >= 0:
            return b"".join([*parts, data[: found + 1]]), data[found + 1 :]
        parts.append(data)
        size += len(data)
    return b"".join(parts) or None, b""


def framed(stream: Readable, taken: int) -> Iterator[Message]:
    """Each message has its length before it, four bytes, the highest first; each may be compressed."""
    _skip(stream, taken)
    at = taken
    while head := stream.read(_LENGTH):
        length = int.from_bytes(head, "big")
        place = f"byte {at}"
        if len(head) < _LENGTH:
            yield Message(b"", at, place, _HALF, open=True, unread=len(head))
            return
        if length > limits.MESSAGE:
            passed = _skip(stream, length)
            at += _LENGTH + passed
            half = passed < length
            unread = (_LENGTH + passed) * half
            yield Message(b"", at, place, _HALF if half else _TOO_LONG, open=half, unread=unread)
            continue
        body = stream.read(length)
        if len(body) < length:
            yield Message(b"", at, place, _HALF, open=True, unread=_LENGTH + len(body))
            return
        at += _LENGTH + length
        yield _unpacked(body, at, place)


def _unpacked(body: bytes, end: int, place: str) -> Message:
    try:
        return Message(unpacking.message(body), end, place)
    except UsageError as error:
        return Message(b"", end, place, error.message)


def whole(stream: Readable, taken: int) -> Iterator[Message]:
    """The file is one message."""
    body = stream.read(limits.MESSAGE + 1)
    if len(body) > limits.MESSAGE:
        yield Message(b"", len(body), "", f"{_TOO_LONG}, in a shape that cannot be read part by part")
    elif len(body) > taken:
        yield Message(body, len(body), "")


def elements(depth: int, wrap: Callable[[list[bytes]], bytes], together: int = _TOGETHER) -> Framing:
    """The file is one document with one long list; `wrap` makes a message of some of its elements."""

    def messages(stream: Readable, taken: int) -> Iterator[Message]:
        some: list[Element] = []
        number = size = 0
        before = taken
        for number, one in enumerate(Elements(stream, depth), 1):
            if one.end <= taken:
                continue
            if one.text is not None:
                some.append(one)
                size += len(one.text)
            if some and (one.text is None or size >= together):
                yield _together(some, number - (one.text is None), wrap)
                some, size = [], 0
            if one.text is None:
                unread = (one.end - before) * one.half
                fault = _HALF if one.half else _TOO_LONG
                yield Message(b"", one.end, f"element {number}", fault, open=one.half, unread=unread)
            before = one.end
        if some:
            yield _together(some, number, wrap)

    return messages


def _together(some: Sequence[Element], last: int, wrap: Callable[[list[bytes]], bytes]) -> Message:
    first = last - len(some) + 1
    place = f"element {first}" if first == last else f"elements {first} to {last}"
    return Message(wrap([one.text for one in some if one.text is not None]), some[-1].end, place)


def _skip(stream: Readable, count: int) -> int:
    """Read so many bytes and forget them; how many there were."""
    left = count
    while left > 0 and (data := stream.read(min(left, 1 << 20))):
        left -= len(data)
    return count - left
