"""What nobody expected: it is told where it happened, and the rest goes on."""

from __future__ import annotations

from cdctl.domain.text import safe
from cdctl.errors import UnavailableError


def fault(what: str, error: Exception) -> UnavailableError:
    """What failed, as any other source that cannot tell."""
    return UnavailableError(f"{what} failed: {safe(f'{type(error).__name__}: {error}', 300)}", hint="this is a bug")
