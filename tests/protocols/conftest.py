"""Messages as a link hands them on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sending import Sent


@pytest.fixture
def sent() -> Callable[..., Sent]:
    """Makes a message."""
    return Sent
