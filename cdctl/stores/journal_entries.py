"""What the journal writes, as bytes, and the hash that chains it.

    hash = SHA-256(hash before, JSON [number, at, kind, subject, actor], newline, body)

The body is kept as the bytes that were hashed. The first record follows 32 zero bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cdctl.domain.orders.keeping import Entry, Intent, Kept, Move, Note
from cdctl.domain.orders.order import Course, Order, State

INTENT, MOVE = "intent", "move"
START = bytes(32)
"""What the first record follows."""


class IntentBody(msgspec.Struct, omit_defaults=True):
    """An intent's record: the order without its id, and what of its envelope tells that it is this one."""

    key: str
    vin: str
    region: str
    command: str
    nonce: str
    created: int
    not_before: int
    expires: int
    timeout: int
    envelope: str  # SHA-256, hexadecimal
    arguments: dict[str, Any] = {}
    plan: str = ""
    reply: str = ""
    traceparent: str = ""
    tracestate: str = ""
    session: str = ""


class MoveBody(msgspec.Struct, omit_defaults=True):
    """A move's record: what was heard, and how the order is since then. Whose key verified it is the record's actor."""

    heard: str
    state: State
    since: int
    acked: int | None = None
    began: int | None = None
    stray: bool = False
    told: bool = False
    reason: str = ""
    result: dict[str, Any] = {}
    took: int = 0
    late: bool = False


_ENCODER = msgspec.json.Encoder(order="deterministic", enc_hook=dict)
_INTENT = msgspec.json.Decoder(IntentBody)
_MOVE = msgspec.json.Decoder(MoveBody)
_ANY = msgspec.json.Decoder(dict[str, Any])


@dataclass(slots=True)
class Encoded:
    """Entries ready to be chained. rows: at, kind, subject, actor, body. intents: index of the row, id, VIN, plan,
    session, envelope. moves: index of the row, id, state, late."""

    rows: list[tuple[int, str, str, str, bytes]] = field(default_factory=list)
    intents: list[tuple[int, str, str, str, str, bytes]] = field(default_factory=list)
    moves: list[tuple[int, str, str, bool]] = field(default_factory=list)

    def extend(self, other: Encoded) -> None:
        """Put other entries behind these."""
        base = len(self.rows)
        self.rows += other.rows
        self.intents += [(base + at, *rest) for at, *rest in other.intents]  # type: ignore[misc]
        self.moves += [(base + at, *rest) for at, *rest in other.moves]  # type: ignore[misc]


def encode(entries: Sequence[Entry]) -> Encoded:
    """The entries as rows. Raises TypeError for a value that JSON does not have."""
    made = Encoded()
    for entry in entries:
        index = len(made.rows)
        if isinstance(entry, Move):
            made.moves.append((index, entry.order, entry.course.state.value, entry.late))
            made.rows.append((entry.at, MOVE, _text(entry.order), _text(entry.by), _json(_move(entry))))
        elif isinstance(entry, Intent):
            order = entry.order
            made.intents.append((index, order.id, order.vin, order.plan, entry.session, entry.envelope))
            made.rows.append((entry.at, INTENT, _text(order.id), _text(entry.actor), _json(_intent(entry))))
        else:
            made.rows.append(_note(entry))
    return made


def _note(entry: Note) -> tuple[int, str, str, str, bytes]:
    if entry.kind in {INTENT, MOVE}:
        raise ValueError(f"a note is no {entry.kind}")
    return entry.at, _text(entry.kind), _text(entry.subject), _text(entry.actor), _json(dict(entry.body))


def _intent(entry: Intent) -> IntentBody:
    order = entry.order
    return IntentBody(
        order.key, order.vin, order.region, order.command, order.nonce, order.created, order.not_before, order.expires,
        order.timeout, hashlib.sha256(entry.envelope).hexdigest(), dict(order.arguments), order.plan, order.reply,
        order.traceparent, order.tracestate, entry.session,
    )  # fmt: skip


def _move(entry: Move) -> MoveBody:
    course = entry.course
    return MoveBody(
        entry.heard, course.state, course.since, course.acked, course.began, course.stray, course.told,
        entry.reason, dict(entry.result), entry.took, entry.late,
    )  # fmt: skip


def _json(value: object) -> bytes:
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return _ENCODER.encode(_well(msgspec.to_builtins(value)))


def _well(value: Any) -> Any:
    """The same with halves of characters written out: vehicles may send them, UTF-8 has none."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {_well(key): _well(item) for key, item in value.items()}
    return [_well(item) for item in value] if isinstance(value, list | tuple) else value


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def link(before: bytes, number: int, row: tuple[int, str, str, str, bytes]) -> bytes:
    """The hash of a record: 32 bytes."""
    at, kind, subject, actor, body = row
    return hashlib.sha256(before + _ENCODER.encode((number, at, kind, subject, actor)) + b"\n" + body).digest()


def body(blob: bytes) -> dict[str, Any]:
    """What a record says. Raises msgspec.DecodeError, or UnicodeDecodeError, when it is damaged."""
    return _ANY.decode(blob)


def intent(blob: bytes) -> IntentBody:
    """An intent's body; raises as `body`."""
    return _INTENT.decode(blob)


def move(blob: bytes) -> MoveBody:
    """A move's body; raises as `body`."""
    return _MOVE.decode(blob)


def kept(id: str, first: tuple[int, bytes], last: tuple[bytes, str] | None, envelope: bytes, lates: int) -> Kept:  # noqa: A002
    """An order out of its records: `first` is its intent's time and body, `last` body and actor of the move it stands
    at, None when it never moved. Raises as `body`."""
    at, blob = first
    said = intent(blob)
    order = Order(
        id, said.key, said.vin, said.region, said.command, said.arguments, said.nonce, said.created, said.not_before,
        said.expires, said.timeout, said.plan, said.reply, said.traceparent, said.tracestate,
    )  # fmt: skip
    if last is None:
        return Kept(order, envelope, said.session, Course(State.QUEUED, at), "", {}, 0, "", lates)
    now = move(last[0])
    course = Course(now.state, now.since, now.acked, now.began, now.stray, now.told)
    return Kept(order, envelope, said.session, course, now.reason, now.result, now.took, last[1], lates)
