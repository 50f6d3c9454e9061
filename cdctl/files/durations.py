"""Durations as people write them: OpenSLO's (`5m 28d 1M`) and cdctl's own (`30s 5m 1h 7d 4w`).

The letter's case matters: `1m` is a minute, `1M` a month (https://github.com/OpenSLO/OpenSLO, "duration-shorthand").
"""

from __future__ import annotations

import re

DAY = 86_400

OPENSLO = "[1-9][0-9]{0,4}[mhdwMQY]"
OPENSLO_MEANING = "a duration such as 5m, 12h, 28d, 4w, 1M, 1Q or 1Y"
SLICE = "[1-9][0-9]{0,4}[mhdw]"
SLICE_MEANING = "a number of minutes, or a duration such as 5m, 1h or 1d"
OWN = "[0-9]{1,6}[smhdw]"
OWN_MEANING = "a duration such as 30s, 5m, 1h, 7d or 4w"

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": DAY, "w": 7 * DAY, "M": 30 * DAY, "Q": 90 * DAY, "Y": 365 * DAY}
_NAMES = {"s": "seconds", "m": "minutes", "d": "days"}
_PART = r"([0-9]+)\s*([A-Za-z]+)"
_WORDS = {
    "s": "s", "sec": "s", "second": "s", "seconds": "s",
    "m": "m", "min": "m", "minute": "m", "minutes": "m",
    "h": "h", "hour": "h", "hours": "h",
    "d": "d", "D": "d", "day": "d", "days": "d",
    "w": "w", "W": "w", "week": "w", "weeks": "w",
    "M": "M", "mo": "M", "month": "M", "months": "M",
    "Q": "Q", "quarter": "Q", "quarters": "Q",
    "Y": "Y", "y": "Y", "year": "Y", "years": "Y",
}  # fmt: skip


def seconds(text: str) -> int:
    """Length of a well-formed duration; months, quarters and years are 30, 90 and 365 days, as in OpenSLO's Go SDK."""
    return int(text[:-1]) * _SECONDS[text[-1]]


def cure_openslo(text: str) -> tuple[str, str] | None:
    """What is wrong with an OpenSLO duration, and the spelling that was probably meant."""
    return f"is not {OPENSLO_MEANING}", _respelled(text, "mhdwMQY")


def cure_slice(text: str) -> tuple[str, str] | None:
    """The same for the length of a time slice."""
    return f"is not {SLICE_MEANING}", _respelled(text, "mhdw")


def cure_own(text: str) -> tuple[str, str] | None:
    """The same for cdctl's own durations."""
    return f"is not {OWN_MEANING}", _respelled(text, "smhdw")


def _respelled(text: str, units: str) -> str:
    """The same length in allowed units: `1h30m` is `90m`, `60s` is `1m`, `2 weeks` is `2w`."""
    if text.isascii() and text.isdigit() and len(text) <= 6:
        first, second = ("s", "m") if "s" in units else ("m", "d")
        return f"add a unit: {text}{first} for {_NAMES[first]}, {text}{second} for {_NAMES[second]}"
    parts = re.findall(_PART, text[:40])
    known = [(int(count), _WORDS[unit]) for count, unit in parts if unit in _WORDS and len(count) <= 6]
    if not known or len(known) != len(parts) or "".join(c + u for c, u in parts) != re.sub(r"\s", "", text):
        return ""
    if len(known) == 1 and known[0][1] in units and known[0][0] > 0:
        return f"write {known[0][0]}{known[0][1]}"
    total = sum(count * _SECONDS[unit] for count, unit in known)
    fitting = [unit for unit in units if total and total % _SECONDS[unit] == 0]
    best = max((u for u in fitting if u in "smhd"), key=lambda unit: _SECONDS[unit], default="")
    return f"write {total // _SECONDS[best]}{best}" if best else "write at least 1m"
