"""Times of a scenario as they are written: -62h, 0s, 5m."""

from __future__ import annotations

from cdctl.files import durations


def seconds(text: str) -> float:
    """A well-formed time; negative before the start of the lab."""
    return durations.seconds(text.lstrip("+-")) * (-1.0 if text.startswith("-") else 1.0)
