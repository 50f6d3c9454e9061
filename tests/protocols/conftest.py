"""Messages as a link hands them on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest


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


@pytest.fixture
def sent() -> Callable[..., Sent]:
    """Makes a message."""
    return Sent
