"""The nearest spelling: what somebody probably meant by a word that is not known."""

from __future__ import annotations

from collections.abc import Collection

from cdctl.domain.text import safe

_LISTED = 8
_LONGEST = 100
_MOST = 5000


def shown(value: str, limit: int = 80) -> str:
    """A value from a file in double quotes, safe for a terminal, at most `limit` characters of it."""
    return f'"{safe(value, limit)}"'


def nearest(word: str, known: Collection[str]) -> str:
    """The known word that is spelled most like `word`, or an empty string when none is close. Case counts little."""
    if len(word) > _LONGEST or len(known) > _MOST:
        return ""
    folded = {name.casefold(): name for name in known}
    if word.casefold() in folded:
        return folded[word.casefold()]
    from difflib import get_close_matches

    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""


def suggestion(word: str, known: Collection[str], *, otherwise: str = "") -> str:
    """The fix to offer for an unknown word: the nearest known one, else `otherwise`, else the known ones."""
    close = nearest(word, known)
    if close:
        return f"did you mean {shown(close)}?"
    if otherwise or not known:
        return otherwise
    names = sorted(known)
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return "known: " + ", ".join(safe(name, 80) for name in names[:_LISTED]) + more
