"""Whether this installation can keep and count spans: what that needs comes with an extra."""

from __future__ import annotations

from importlib.util import find_spec

HOW = "pip install 'cdctl[traces]'"
_NEEDED = ("pyarrow", "duckdb", "grpc")
"""What writes spans, what asks them, and what takes them in."""


def lacking() -> str:
    """Why spans can not be kept here, such as `pyarrow is not installed`; empty where they can."""
    return next((f"{name} is not installed" for name in _NEEDED if not _there(name)), "")


def _there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
