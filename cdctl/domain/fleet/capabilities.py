"""What vehicles say that they can (`caps` of a birth), a set of names kept as one text: a fleet has few such sets.

Not told, told to be nothing, and too much to be kept are three things: only a vehicle whose whole set is known may be
said to lack something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cdctl.domain.fleet.layout import CAPABILITY_BYTES
from cdctl.domain.fleet.strings import OTHER

_END = "\n"


def written(names: Iterable[str]) -> str:
    """The set as one text; empty (not told) when it is too much to be kept whole. Names that hold what is not printable
    are none."""
    text = _END.join(["", *sorted({name for name in names if name and name.isprintable()}), ""])
    return text if len(text.encode("utf-8", "replace")) <= CAPABILITY_BYTES else ""


def sets(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The names of each, by code."""
    return [tuple(filter(None, text.split(_END))) if code != OTHER else () for code, text in enumerate(texts)]
