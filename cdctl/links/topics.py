"""Which topics and filters a broker would cut the connection for (MQTT 5.0, section 4.7)."""

from __future__ import annotations

_MOST_BYTES = 65_535


def is_topic(text: str) -> bool:
    """Whether one may publish to it."""
    return "+" not in text and "#" not in text and _is_text(text)


def is_filter(text: str) -> bool:
    """Whether one may subscribe to it: `+` fills a level, `#` is the last one."""
    levels = text.split("/")
    if levels[0] == "$share" and (len(levels) < 3 or not _is_group(levels[1]) or levels[2:] == [""]):
        return False
    return (
        all(level == "+" or "+" not in level for level in levels)
        and all("#" not in level for level in levels[:-1])
        and ("#" not in levels[-1] or levels[-1] == "#")
        and _is_text(text)
    )


def _is_group(name: str) -> bool:
    return bool(name) and "+" not in name and "#" not in name


def _is_text(text: str) -> bool:
    if not text or "\0" in text:
        return False
    if text.isascii():
        return len(text) <= _MOST_BYTES
    try:
        return len(text.encode()) <= _MOST_BYTES
    except UnicodeEncodeError:
        return False
