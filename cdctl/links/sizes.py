"""How large a message is on the wire, without encoding it (MQTT 5.0, sections 2.1 and 3.3)."""

from __future__ import annotations

from collections.abc import Sequence


def publish_size(
    topic: str,
    payload: bytes,
    qos: int,
    version: int,
    *,
    response_topic: str | None = None,
    correlation_data: bytes | None = None,
    expiry: int | None = None,
    user_properties: Sequence[tuple[str, str]] = (),
) -> int:
    """Bytes of a whole PUBLISH packet in MQTT 5 (`version` 5) or 3.1.1 (4)."""
    rest = 2 + _length(topic) + (2 if qos else 0) + len(payload)
    if version == 5:
        properties = 5 if expiry is not None else 0
        if response_topic is not None:
            properties += 3 + _length(response_topic)
        if correlation_data is not None:
            properties += 3 + len(correlation_data)
        properties += sum(5 + _length(name) + _length(value) for name, value in user_properties)
        rest += _digits(properties) + properties
    return 1 + _digits(rest) + rest


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _digits(number: int) -> int:
    """Bytes of a variable byte integer."""
    return 1 if number < 128 else 2 if number < 16_384 else 3 if number < 2_097_152 else 4
