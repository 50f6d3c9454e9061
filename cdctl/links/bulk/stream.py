"""Bytes of one connection, cut into packets.

One buffer that the kernel writes into; packets are decoded where they lie, and only the beginning of one that is not
whole yet is moved. So a packet of many reads costs as much as it is long.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

import mqtt5

from cdctl.links.bulk.texts import are_utf8, length_at, only_lengths

_BUFFER = 262_144
_LEAST_ROOM = 65_536
_MANY_BYTES = 8_192
"""A read of so much is worth being looked at as a whole before each packet is."""
_PUBLISH = 0x30
_PUBACK = 0x40


class Ends(Protocol):
    """Whom a stream tells."""

    maximum_packet: int

    def connected(self, transport: asyncio.Transport) -> None:
        """The transport is there."""
        ...

    def chunk(
        self, run: list[mqtt5.PublishPacket], size: int, taken: list[int], broken: list[int], *, qos: int
    ) -> None:
        """What a read brought: publishes (of `size` bytes; `qos` has the bits of all their QoS), packet ids that were
        acknowledged with success, and those (0 at QoS 0) of publishes that could not be read."""
        ...

    def packet(self, packet: mqtt5.Packet) -> None:
        """Any other packet."""
        ...

    def malformed(self, first: int, reason: str) -> None:
        """Bytes that are no MQTT; `first` is the first of them. Nothing more is read."""
        ...

    def flowing(self, flows: bool) -> None:
        """Whether the network takes more."""
        ...

    def gone(self, error: BaseException | None) -> None:
        """The transport is closed."""
        ...


class Stream(asyncio.BufferedProtocol):
    """One connection's protocol for asyncio and uvloop."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._buffer = bytearray(_BUFFER)
        self._start = self._end = 0
        self.held = False
        self._stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self._ends.connected(cast("asyncio.Transport", transport))  # those of uvloop are no subclasses

    def connection_lost(self, exc: BaseException | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self._stopped = True
        self._ends.gone(exc)

    def eof_received(self) -> None:
        """See `asyncio.BufferedProtocol`; the transport closes itself."""

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._ends.flowing(False)

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._ends.flowing(True)

    def get_buffer(self, sizehint: int) -> memoryview:
        """See `asyncio.BufferedProtocol`."""
        if self._start == self._end:
            self._start = self._end = 0
        if len(self._buffer) - self._end < _LEAST_ROOM:
            self._make_room()
        return memoryview(self._buffer)[self._end :]

    def buffer_updated(self, nbytes: int) -> None:
        """See `asyncio.BufferedProtocol`."""
        self._end += nbytes
        if not self._stopped and not self.held:
            self._decode()

    def hold(self) -> None:
        """Keep what comes, for now."""
        self.held = True

    def go_on(self) -> None:
        """Tell what was kept, and what comes."""
        if self.held:
            self.held = False
            self._decode()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._stopped = True

    def _make_room(self) -> None:
        """Move what is not decoded to the front, of a larger buffer if the packet needs one."""
        rest = self._end - self._start
        length, body = length_at(self._buffer, self._start + 1, self._end)
        whole = body - self._start + max(length, 0) if rest > 1 else 0
        if (size := max(_BUFFER, whole + _LEAST_ROOM)) != len(self._buffer):
            larger = bytearray(size)
            larger[:rest] = memoryview(self._buffer)[self._start : self._end]
            self._buffer = larger
        elif self._start:
            self._buffer[:rest] = self._buffer[self._start : self._end]
        self._start, self._end = 0, rest

    def _decode(self) -> None:
        view = memoryview(self._buffer)[self._start : self._end]
        plain = bytes(view).isascii() or (len(view) >= _MANY_BYTES and only_lengths(view))  # every text is UTF-8 then
        view.release()
        while not (self._stopped or self.held) and self._scan(plain):
            pass

    def _scan(self, plain: bool) -> bool:
        """Publishes and successful acknowledgements, up to a packet of another kind; whether there may be more."""
        buffer, at, end = self._buffer, self._start, self._end
        view, read = memoryview(buffer)[:end], mqtt5.read
        run: list[mqtt5.PublishPacket] = []
        taken: list[int] = []
        broken: list[int] = []
        size = flags = first = 0
        other: mqtt5.Packet | None = None
        fault = ""
        while at < end:
            first = buffer[at]
            if first == _PUBACK and end - at >= 4 and buffer[at + 1] == 2:
                taken.append(buffer[at + 2] << 8 | buffer[at + 3])
                at += 4
                continue
            if not plain and (skip := _unreadable(buffer, at, end)):
                if first & 0xF0 != _PUBLISH:
                    fault = "a text that is not UTF-8"
                    break
                broken.append(_mid_of(buffer, at, end))
                at += skip
                continue
            try:
                packet, length = read(view[at:])
            except IndexError:
                fault = self._incomplete(at, end)
                break
            except ValueError as error:
                fault = str(error)
                break
            if length > self._ends.maximum_packet:
                fault = self._too_long(length)
                break
            at += length
            if first & 0xF0 != _PUBLISH:
                other = packet
                break
            run.append(packet)  # type: ignore[arg-type]  # its first byte says what it is
            size += length
            flags |= first
        view.release()
        self._start = at
        if run or taken or broken:
            self._ends.chunk(run, size, taken, broken, qos=flags >> 1 & 3)
        return self._finish(first, other, fault)

    def _finish(self, first: int, other: mqtt5.Packet | None, fault: str) -> bool:
        if self._stopped:
            return False
        if fault:
            self._stopped = True
            self._ends.malformed(first, fault)
        elif other is not None:
            self._ends.packet(other)
        return other is not None

    def _too_long(self, size: int) -> str:
        return f"a packet of {size:,} bytes, more than the {self._ends.maximum_packet:,} that we announced"

    def _incomplete(self, at: int, end: int) -> str:
        """Why a packet whose end was not found is at fault; empty when it is just not here yet."""
        length, body = length_at(self._buffer, at + 1, end)
        if length < 0:
            return "a length without an end" if end - at > 4 else ""
        whole = body - at + length
        if whole > self._ends.maximum_packet:
            return self._too_long(whole)
        return "a packet that is longer than it says" if at + whole <= end else ""


def _unreadable(buffer: bytearray, at: int, end: int) -> int:
    """The length of the whole packet there if a text in it is not UTF-8, else 0."""
    first = buffer[at]
    if first & 0xF0 == _PUBLISH and end - at > 6:  # at once for what nearly all are: ASCII topic, few properties
        body = at + 2 if buffer[at + 1] < 128 else at + 3 if buffer[at + 2] < 128 else at + 4
        topic = body + 2
        rest = topic + (buffer[body] << 8 | buffer[body + 1])
        properties = rest + 2 if first & 6 else rest
        if properties < end and buffer[properties] < 128 and buffer[topic:rest].isascii():
            texts = properties + 1
            if buffer[texts : texts + buffer[properties]].isascii():
                return 0
    length, body = length_at(buffer, at + 1, end)
    whole = body - at + length
    if length < 0 or at + whole > end or are_utf8(buffer, at, at + whole):
        return 0
    return whole


def _mid_of(buffer: bytearray, at: int, end: int) -> int:
    """The packet id of a publish; 0 at QoS 0."""
    if not buffer[at] & 6:
        return 0
    body = length_at(buffer, at + 1, end)[1]
    mid = body + 2 + int.from_bytes(buffer[body : body + 2], "big")
    return int.from_bytes(buffer[mid : mid + 2], "big")
