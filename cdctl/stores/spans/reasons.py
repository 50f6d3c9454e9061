"""What a failure of the span store means in words."""

from __future__ import annotations

from pathlib import Path

from cdctl.errors import UnavailableError
from cdctl.stores.reasons import reason

_ELSEWHERE = "keep spans in a folder that you may write to: --store FOLDER"


def unavailable(path: Path, what: str, error: BaseException | str) -> UnavailableError:
    """`the span store cannot be {what}`: why, and the cure."""
    why, _, cure = (error if isinstance(error, str) else reason(error, _ELSEWHERE)).partition("; ")
    return UnavailableError(f"the span store cannot be {what}: {why}", subject=str(path), hint=cure)
