"""What vehicles answer: signed by their own keys; kept while they have no connection."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cdctl.domain.orders.telling import REPLY
from cdctl.lab.vehicles.ledger import Entry
from cdctl.protocols.native import VERSION
from cdctl.protocols.native_orders import ReplyPayload
from cdctl.security.dsse import seal
from cdctl.security.ed25519 import PrivateKey

Answer = Callable[[int, str, bytes, bytes], bool]
"""Publishes (row, topic, payload, correlation) as a vehicle; false when it has no connection."""
_MOST_KEPT = 100
_encode = msgspec.json.Encoder().encode


class Replies:
    """Answers of all vehicles of a fleet."""

    def __init__(self, key: Callable[[int], PrivateKey]) -> None:
        """key: of the vehicle in a row."""
        self._key = key
        self._keys: dict[int, PrivateKey] = {}
        self._out: list[tuple[int, str, bytes, bytes]] = []
        self._kept: dict[int, list[tuple[str, bytes, bytes]]] = {}
        self.answer: Answer = lambda row, topic, payload, correlation: False
        """The carrier's; set before anything arrives."""

    def say(self, row: int, entry: Entry, *, duplicate: bool = False, order: Entry | None = None) -> None:
        """How an order is; with `order`, that one's id and reply topic instead."""
        about = order or entry
        told = ReplyPayload(
            VERSION, about.id, entry.vin, entry.state, entry.at, entry.took, entry.reason, entry.result, duplicate,
            about.tp,
        )  # fmt: skip
        self._out.append((row, about.reply, _encode(told), about.id.encode()))

    def send(self) -> None:
        """Sign and publish everything that was said."""
        out, self._out = self._out, []
        for row, topic, payload, correlation in out:
            key = self._keys.get(row)
            if key is None:
                key = self._keys[row] = self._key(row)
            envelope = seal(payload, REPLY, key)
            if not self.answer(row, topic, envelope, correlation):
                kept = self._kept.setdefault(row, [])
                kept.append((topic, envelope, correlation))
                del kept[:-_MOST_KEPT]

    def back(self, row: int) -> None:
        """Publish what was kept."""
        for topic, envelope, correlation in self._kept.pop(row, ()):
            self.answer(row, topic, envelope, correlation)
