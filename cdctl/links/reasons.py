"""Reason codes of MQTT in words (MQTT 5.0, table 2-6; MQTT 3.1.1, table 3.1)."""

from __future__ import annotations

from cdctl.domain.text import safe

_WORDS = {
    0x00: "success",
    0x04: "disconnected with its will",
    0x10: "taken, but nobody is subscribed",
    0x11: "no such subscription",
    0x80: "refused without a reason",
    0x81: "malformed packet",
    0x82: "protocol error",
    0x83: "refused by a rule of this broker",
    0x84: "protocol version not supported",
    0x85: "client id not valid",
    0x86: "bad user name or password",
    0x87: "not authorized",
    0x88: "server unavailable",
    0x89: "server busy",
    0x8A: "banned",
    0x8B: "server shutting down",
    0x8C: "bad authentication method",
    0x8D: "keep-alive timeout",
    0x8E: "session taken over by another client with the same id",
    0x8F: "topic filter not valid",
    0x90: "topic name not valid",
    0x91: "packet id in use",
    0x92: "packet id not found",
    0x93: "receive maximum exceeded",
    0x94: "topic alias not valid",
    0x95: "packet too large",
    0x96: "message rate too high",
    0x97: "quota exceeded",
    0x98: "administrative action",
    0x99: "payload format not valid",
    0x9A: "retain not supported",
    0x9B: "QoS not supported",
    0x9C: "use another server",
    0x9D: "server moved",
    0x9E: "shared subscriptions not supported",
    0x9F: "connection rate exceeded",
    0xA0: "maximum connect time",
    0xA1: "subscription ids not supported",
    0xA2: "wildcard subscriptions not supported",
}
_CURES = {
    0x85: "set client_id in the settings of this broker",
    0x86: "check username and password",
    0x87: "ask whoever runs the broker to let this client in",
    0x8A: "ask whoever runs the broker",
    0x97: "fewer connections, or a higher quota",
    0x9F: "fewer connections",
}
NOT_SUPPORTED = 0x84


def words(code: int, text: str = "") -> str:
    """What a reason code says, with the broker's own words when it gave some (made safe)."""
    said = _WORDS.get(code, "unknown reason")
    return f"{said} (0x{code:02x}){f': {safe(text, 200)}' if text else ''}"


def cure(code: int) -> str:
    """What to do about a refused connection; empty when only the broker can."""
    return _CURES.get(code, "")
