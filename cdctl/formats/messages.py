"""Messages of a file, one after the other: lines, or bytes with a length before them, or elements of one long list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cdctl.domain.traces.ports import Message
from cdctl.errors import UsageError
from cdctl.formats import limits, unpacking
from cdctl.formats.elements import Elements, Readable

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
    while found < 0:
        data = stream.read(1 << 18)
        if not data or size > limits.MESSAGE:
            whole = b"".join([*parts, data])
            return whole or None, b""
        found = data.find(b"\n")
        if found >= 0:
            return b"".join([*parts, data[: found + 1]]), data[found + 1 :]
        parts.append(data)
        size += len(data)
    return rest[: found + 1], rest[found + 1 :]


def framed(stream: Readable, taken: int) -> Iterator[Message]:
    """Each message has its length before it, four bytes, the highest first; each may be compressed."""
    _skip(stream, taken)
    at = taken
    while head := stream.read(_LENGTH):
        length = int.from_bytes(head, "big")
        place = f"byte {at}"
        if len(head) < _LENGTH:
            yield Message(b"", at, place, _HALF, open=True)
            return
        if length > limits.MESSAGE:
            passed = _skip(stream, length)
            at += _LENGTH + passed
            yield Message(b"", at, place, _TOO_LONG if passed == length else _HALF, open=passed < length)
            continue
        body = stream.read(length)
        if len(body) < length:
            yield Message(b"", at, place, _HALF, open=True)
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
        some: list[bytes] = []
        size, end, first, number = 0, 0, 1, 0
        for text, end in Elements(stream, depth):
            number += 1
            if end <= taken:
                first = number + 1
                continue
            if text is None:
                yield Message(b"", end, f"element {number}", _HALF, open=True)
                continue
            some.append(text)
            size += len(text)
            if size >= together:
                yield Message(wrap(some), end, _range(first, number))
                some, size, first = [], 0, number + 1
        if some:
            yield Message(wrap(some), end, _range(first, number))

    return messages


def _range(first: int, last: int) -> str:
    return f"element {first}" if first == last else f"elements {first} to {last}"


def _skip(stream: Readable, count: int) -> int:
    """Read so many bytes and forget them; how many there were."""
    left = count
    while left > 0 and (data := stream.read(min(left, 1 << 20))):
        left -= len(data)
    return count - left
