"""Payloads without what tells where a vehicle is: whoever looks at messages has given no reason to know it."""

from __future__ import annotations

import json
import re
from typing import Any

from cdctl.domain.fleet.privacy import is_location

KEPT_BACK = "(kept back)"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PLACES = frozenset(
    {"address", "bssid", "coordinates", "coords", "destination", "geo", "geofence", "geohash", "gnss", "gps", "lat"}
    | {"latitude", "lng", "location", "lon", "longitude", "poi", "ssid"}
)
_WHOLE = frozenset({"cell", "cell_id", "cellid", "inregions", "inrids", "lac", "place", "position", "tac"})
"""Names that tell of a place by themselves alone: a window and a seat have a position, too."""


def is_place(name: str) -> bool:
    """Whether what is called so (a key, a path, a level of a topic) may tell where a vehicle is or is going."""
    return is_location(name) or name.lower() in _WHOLE or any(word.lower() in _PLACES for word in _WORD.findall(name))


def plain(payload: bytes, suffix: str, *, whole: bool = True) -> str:
    """A payload as text on one line, JSON in its own way, with every place kept back. What cannot be read, and speaks
    of a place, is kept back altogether; of what is no text its length alone is told. suffix: what its topic says
    beside whose it is. whole: nothing was cut off."""
    if any(is_place(level) for level in suffix.split("/")):
        return KEPT_BACK
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        if whole or error.start < len(payload) - 4:  # else a character was cut in two
            return f"(no text, {len(payload):,} bytes)"
        text = payload[: error.start].decode()
    document = _document(text)
    if document is not None:
        return json.dumps(document[0], ensure_ascii=False, separators=(", ", ": "))
    spoken = any(is_place(word) for word in re.findall(r"[\w.]+", text, re.ASCII))
    return f"{KEPT_BACK[:-1]}: it cannot be read whole, and speaks of a place)" if spoken else text


def laid_out(text: str) -> list[str]:
    """What `plain` gave, on as many lines as read well."""
    document = _document(text)
    if document is None:
        return text.splitlines() or [""]
    return json.dumps(document[0], ensure_ascii=False, indent=2).splitlines()


def _document(text: str) -> tuple[Any] | None:
    """What a JSON text holds, without places; None for what is no such text. NaN is none, as the standard has it."""
    try:
        return (_without(json.loads(text, parse_constant=_refused)),)
    except (ValueError, RecursionError):
        return None


def _refused(word: str) -> None:
    raise ValueError(word)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: KEPT_BACK if is_place(name) else _without(item) for name, item in value.items()}
    return [_without(item) for item in value] if isinstance(value, list) else value
