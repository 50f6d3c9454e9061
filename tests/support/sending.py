"""Messages as a link hands them on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Sent:
    """One message."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 0
    response_topic: str | None = None
    correlation_data: bytes | None = None
    user_properties: list[tuple[str, str]] = field(default_factory=list)
