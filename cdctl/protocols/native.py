"""The native fleet protocol, version 1: `{root}/{region}/{vin}/birth|tele|event`, JSON payloads.

Telemetry is the hot path: one typed decode a message, no dict, and one pass a signal for a whole run of messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec.structs import astuple

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.ports import API, Plugin
from cdctl.domain.wire import Filter, Message
from cdctl.errors import UsageError

VERSION = 1
_TOO_LARGE = "payload too large"
LARGEST = 256 * 1024
"""Bytes of the largest payload that is read: AWS IoT's limit is 128 KiB, others allow more."""

Millis = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Sequence32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


Code = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]


class BirthPayload(msgspec.Struct, gc=False):
    """Retained; the same topic is the vehicle's will, with `online` false. `dtcs` are the trouble codes that stand now;
    a vehicle whose codes or software change publishes its birth again, with the same `seq`."""

    v: int
    ts: Millis
    seq: Sequence32
    online: bool
    model: str = ""
    sw: str = ""
    caps: list[str] | None = None
    dtcs: Annotated[list[Code], msgspec.Meta(max_length=64)] | None = None


class EventPayload(msgspec.Struct, gc=False):
    """kind: such as "dtc.set" (with `dtcs`) or "sw.changed" (with `sw`)."""

    v: int
    ts: Millis
    kind: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    dtcs: Annotated[list[Code], msgspec.Meta(max_length=64)] = []
    sw: str = ""
    detail: str = ""


def telemetry_payload(signals: Sequence[str]) -> Any:
    """The payload of telemetry when these signals (VSS paths) are kept: `{"ts": ms, "s": {path: value}}`. The others
    are skipped by the parser. A signal is a number, a truth value or null."""
    fields: list[tuple[str, Any, Any]] = [(f"f{i}", float | bool | None, None) for i in range(len(signals))]
    names = {f"f{i}": path for i, path in enumerate(signals)}
    kept = msgspec.defstruct("Signals", fields, rename=names, gc=False)
    return msgspec.defstruct("TelemetryPayload", [("ts", Millis), ("s", kept)], gc=False)


def make(settings: Mapping[str, object], signals: Sequence[str]) -> NativeSpeech:
    """The native protocol under `topic_root`. Raises UsageError when that cannot be a topic."""
    root = str(settings.get("topic_root", "cd"))
    if not root or root.strip("/") != root or set(root) & set("+#\0 ") or root.count("/") > 3:
        raise UsageError(
            f"topic_root {root!r} cannot start a topic", hint='one to four levels without wildcards, such as "cd"'
        )
    return NativeSpeech(root, tuple(signals))


class NativeSpeech:
    """Topics and payloads of the native protocol (port Speech)."""

    promises = Promises(
        retained_births=True, presence=True, sequence=True, dedupe=True, cancel=True, signed_replies=True
    )

    def __init__(self, root: str, signals: tuple[str, ...]) -> None:
        self._prefix = f"{root}/"
        self._any = bool(signals)
        self._telemetry = msgspec.json.Decoder(telemetry_payload(signals)).decode
        self._birth = msgspec.json.Decoder(BirthPayload).decode
        self._event = msgspec.json.Decoder(EventPayload).decode

    def births(self, region: str) -> Sequence[Filter]:
        """Every vehicle's retained birth or death."""
        return (Filter(f"{self._prefix}{region}/+/birth", qos=0),)

    def stream(self, region: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        """Telemetry at QoS 0, events and presence at QoS 1 as they are sent."""
        kinds = (("birth", 1), ("tele", 0), ("event", 1))
        return [
            Filter(f"{self._prefix}{region}/{vin}/{kind}", qos, retained=False)
            for vin in (["+"] if vins is None else vins)
            for kind, qos in kinds
        ]

    def decode(self, messages: Sequence[Message], region: str, batch: Batch) -> None:
        """Understand messages in order; see the port."""
        prefix, skip, decode = self._prefix, len(self._prefix), self._telemetry
        vins, regions, ts = batch.vins, batch.regions, batch.ts
        first = len(vins)
        told: list[Any] = []
        for message in messages:
            topic = message.topic
            try:
                place, vin, kind = topic[skip:].split("/")
                if kind == "tele" and topic.startswith(prefix):
                    payload = message.payload
                    if len(payload) > LARGEST:
                        raise _UnreadableError(_TOO_LARGE)
                    content = decode(payload)
                    if message.retain:
                        batch.retained.append(len(vins))
                    told.append(content.s)
                    ts.append(content.ts)
                    vins.append(vin)
                    regions.append(place)
                else:
                    self._rare(message, place, vin, kind, batch)
            except (ValueError, msgspec.MsgspecError, RecursionError) as error:
                batch.reject(_reason(error, topic.startswith(prefix)), topic)
        if told and self._any:
            _take(told, first, batch)

    def _rare(self, message: Message, region: str, vin: str, kind: str, batch: Batch) -> None:
        if not message.topic.startswith(self._prefix):
            raise ValueError
        payload = _judge(message)
        if kind == "birth":
            if not payload:  # a retained birth was taken back: the broker forgets, we keep what we know
                batch.ignored += 1
                return
            birth = self._birth(payload)
            _judge_version(birth.v)
            presence = Presence.ONLINE if birth.online else Presence.OFFLINE
            dtcs = None if birth.dtcs is None else tuple(birth.dtcs)
            caps = None if birth.caps is None else tuple(birth.caps)
            kept = bool(message.retain)
            batch.standings.append(
                Standing(vin, presence, region, birth.seq, birth.ts, birth.model, birth.sw, kept, dtcs, caps)
            )
        elif kind == "event":
            event = self._event(payload)
            _judge_version(event.v)
            if (event.kind == "dtc.set" and not event.dtcs) or (event.kind == "sw.changed" and not event.sw):
                raise _UnreadableError("an event without what it is about")
            batch.events.append(Event(vin, event.kind, region, event.ts, tuple(event.dtcs), event.sw, event.detail))
        else:
            batch.ignored += 1  # orders, replies and transfers have readers of their own


def _take(told: list[Any], first: int, batch: Batch) -> None:
    """Messages to columns: no Python step for a value that is there."""
    every = list(range(first, first + len(told)))
    for number, column in enumerate(zip(*map(astuple, told), strict=True)):
        positions, values = every, list(column)
        if None in column:
            positions = [at for at, value in zip(every, column, strict=True) if value is not None]
            values = [value for value in column if value is not None]
        if number in batch.signals:
            kept = batch.signals[number]
            batch.signals[number] = ([*kept[0], *positions], [*kept[1], *values])
        elif values:
            batch.signals[number] = (positions, values)


class _UnreadableError(ValueError):
    """Understood well enough to know what is wrong; the words are the reason."""


_REASONS: dict[type[Exception], str] = {
    msgspec.ValidationError: "wrong type or missing field",
    msgspec.DecodeError: "not JSON",
    RecursionError: "nested too deep",
}
"""Few and fixed words, so that counting them stays small whatever is sent."""


def _judge(message: Message) -> bytes:
    payload = message.payload
    if len(payload) > LARGEST:
        raise _UnreadableError(_TOO_LARGE)
    return payload


def _judge_version(version: int) -> None:
    if version != VERSION:
        raise _UnreadableError("unknown version")


def _reason(error: Exception, known_root: bool) -> str:
    if isinstance(error, _UnreadableError):
        return str(error)
    return _REASONS.get(type(error)) or ("wrong topic" if known_root else "foreign topic")


PLUGIN = Plugin(
    api=API,
    room="protocols",
    name="native",
    version="1",
    summary="the fleet protocol that cdctl defines: births, telemetry, events, orders",
    make=make,
    settings={"topic_root": 'first level of every topic (default "cd")'},
)
