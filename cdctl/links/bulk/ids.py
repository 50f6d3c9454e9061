"""Packet ids: which are ours and in use, and which of the broker's messages of QoS 2 were handed on already."""

from __future__ import annotations

from collections.abc import Iterable

import mqtt5


class PacketIds:
    """Ids of one session, 1 to 65,535, handed out in turn."""

    def __init__(self) -> None:
        self._last = 0
        self._used: set[int] = set()

    def take(self) -> int:
        """A free one. There is one: no window is as large as all ids."""
        mid = self._last % 65_535 + 1
        while mid in self._used:
            mid = mid % 65_535 + 1
        self._last = mid
        self._used.add(mid)
        return mid

    def free(self, mids: Iterable[int]) -> None:
        """They may be used again."""
        self._used.difference_update(mids)

    def clear(self) -> None:
        """The session is gone."""
        self._used.clear()


class Unreleased:
    """Exactly once: a message of QoS 2 comes again until the broker has released it."""

    def __init__(self) -> None:
        self._mids: set[int] = set()

    def sort(self, run: list[mqtt5.PublishPacket]) -> tuple[list[mqtt5.PublishPacket], list[mqtt5.PublishPacket]]:
        """Those to hand on, and those that were handed on before."""
        fresh: list[mqtt5.PublishPacket] = []
        again: list[mqtt5.PublishPacket] = []
        for message in run:
            known = message.qos == 2 and message.packet_id in self._mids
            (again if known else fresh).append(message)
            if message.qos == 2 and message.packet_id is not None:
                self._mids.add(message.packet_id)
        return fresh, again

    def release(self, mid: int) -> None:
        """The broker will not send it again."""
        self._mids.discard(mid)

    def clear(self) -> None:
        """The session is gone."""
        self._mids.clear()
