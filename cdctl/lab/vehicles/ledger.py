"""What vehicles remember of orders, on disk: a line for every change, the last one of an order holds.

Written without waiting for the disk: it outlives the process, not a power cut.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from cdctl.domain.orders.order import Heard

KEPT = 86_400_000
"""Milliseconds that an order is remembered after its expiry."""
_MOST_NONCES = 100_000
INTERRUPTED, INTERRUPTED_UNDER_WAY = "interrupted", "interrupted under way"
"""Why an order has failed that did not end before the program did: it never began, its key is free, and a retry is
done; or it had begun and may have been done in part, its key gets this answer, and nobody should try again."""
ENDS = frozenset(
    {Heard.SUCCEEDED, Heard.FAILED, Heard.REJECTED, Heard.TIMED_OUT, Heard.CANCELLED, Heard.EXPIRED},
)


class Entry(msgspec.Struct, omit_defaults=True):
    """An order that a vehicle holds. exp, began, at: epoch milliseconds by its clock. twin: the id of the first order
    with the same key, whose answers this one gets; twins: ids of such later ones."""

    vin: str
    id: str
    state: Heard
    exp: int
    at: int
    reply: str = ""
    key: str = ""
    nonce: str = ""
    began: int = 0
    took: int = 0
    reason: str = ""
    result: dict[str, Any] = {}
    tp: str = ""
    twin: str = ""
    twins: list[str] = []

    @property
    def ended(self) -> bool:
        """Nothing will come after this state."""
        return self.state in ENDS


class Fact(msgspec.Struct):
    """Something else that a vehicle keeps: a parameter's value, a log level. value None: none any more."""

    vin: str
    fact: str
    value: str | None


_encode = msgspec.json.Encoder().encode
_decode_entry = msgspec.json.Decoder(Entry).decode
_decode_fact = msgspec.json.Decoder(Fact).decode


class Ledger:
    """The memory of all vehicles of one process. `interrupted`: orders that were under way when it ended the last
    time; they have failed, and nobody was told."""

    def __init__(self, path: Path, now: int) -> None:
        """Goes on with what is there; now: epoch milliseconds."""
        self._path = path
        self._entries: dict[tuple[str, str], Entry] = {}
        self._keys: dict[tuple[str, str], Entry] = {}
        self._nonces: dict[tuple[str, str], int] = {}
        self._facts: dict[tuple[str, str], str] = {}
        self._lines: list[bytes] = []
        self._most = _MOST_NONCES
        self.interrupted: list[Entry] = []
        self._load(now)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _load(self, now: int) -> None:
        for line in _lines(self._path):
            try:
                if b'"fact":' in line[:80]:
                    fact = _decode_fact(line)
                    self._know(fact)
                    continue
                entry = _decode_entry(line)
            except msgspec.MsgspecError:
                continue  # torn when the process was killed
            self._hold(entry)
        for known, entry in list(self._entries.items()):
            if entry.exp + KEPT < now:
                del self._entries[known]
                self._keys.pop((entry.vin, entry.key), None)
                self._nonces.pop((entry.vin, entry.nonce), None)
            elif not entry.ended and (entry.vin, entry.twin) not in self._entries:
                reason = INTERRUPTED_UNDER_WAY if entry.began else INTERRUPTED
                entry.state, entry.reason, entry.at = Heard.FAILED, reason, now
                self.interrupted.append(entry)
        facts = [Fact(vin, name, value) for (vin, name), value in self._facts.items()]
        new = self._path.with_suffix(".new")
        new.write_bytes(b"".join(_encode(one) + b"\n" for one in [*self._entries.values(), *facts]))
        new.replace(self._path)

    def _hold(self, entry: Entry) -> None:
        self._entries[entry.vin, entry.id] = entry
        if entry.began and entry.key:
            self._keys[entry.vin, entry.key] = entry
        if entry.nonce:
            self._nonces[entry.vin, entry.nonce] = entry.exp

    def _know(self, fact: Fact) -> None:
        if fact.value is None:
            self._facts.pop((fact.vin, fact.fact), None)
        else:
            self._facts[fact.vin, fact.fact] = fact.value

    def get(self, vin: str, order: str) -> Entry | None:
        """An order that this vehicle holds."""
        return self._entries.get((vin, order))

    def with_key(self, vin: str, key: str) -> Entry | None:
        """The order with this key that has begun or waits to begin."""
        return self._keys.get((vin, key))

    def put(self, entry: Entry) -> None:
        """Remember an order as it is now; on disk after the next `flush`."""
        self._entries[entry.vin, entry.id] = entry
        self._lines.append(_encode(entry))

    def claim(self, entry: Entry) -> None:
        """From now on this order stands for its key."""
        self._keys[entry.vin, entry.key] = entry

    def release(self, entry: Entry) -> None:
        """It never began: another order may have its key."""
        if self._keys.get((entry.vin, entry.key)) is entry:
            del self._keys[entry.vin, entry.key]

    def fresh(self, vin: str, nonce: str, expires: int, now: int) -> bool:
        """Whether the vehicle has never seen this nonce; now it has. Those of messages that are over are forgotten:
        they are refused for their age."""
        if (vin, nonce) in self._nonces:
            return False
        if len(self._nonces) >= self._most:
            self._nonces = {known: until for known, until in self._nonces.items() if until >= now}
            self._most = max(_MOST_NONCES, 2 * len(self._nonces))
        self._nonces[vin, nonce] = expires
        return True

    def fact(self, vin: str, name: str) -> str | None:
        """What a vehicle keeps under a name."""
        return self._facts.get((vin, name))

    def keep(self, vin: str, name: str, value: str | None) -> None:
        """Keep a value; on disk after the next `flush`."""
        fact = Fact(vin, name, value)
        self._know(fact)
        self._lines.append(_encode(fact))

    def flush(self) -> None:
        """Give everything to the kernel."""
        if self._lines:
            lines, self._lines = self._lines, []
            lines.append(b"")
            os.write(self._file, b"\n".join(lines))

    def close(self) -> None:
        """Let go of the file."""
        self.flush()
        os.close(self._file)


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file
