"""What a vehicle's result says: whether it got where it was told to, and what was before. For commands' own use."""

from __future__ import annotations

from cdctl.domain.orders.command import Result
from cdctl.domain.text import safe


def reached(result: Result, key: str, wanted: object) -> str:
    """Why a result is no success: it says something else than was wanted, or nothing. Empty when it is one."""
    if key not in result:
        return f"the vehicle did not say {key}"
    found = result[key]
    if found == wanted and isinstance(found, bool) is isinstance(wanted, bool):
        return ""
    return f"{key} is {safe(str(found), 60)}, not {safe(str(wanted), 60)}"


def back(result: Result, *, now: bool) -> bool:
    """Whether there is something to take back: `before` was not what it is now. Raises ValueError when the vehicle did
    not say."""
    before = result.get("before")
    if not isinstance(before, bool):
        raise ValueError("the vehicle did not say how it was before")
    return before is not now
