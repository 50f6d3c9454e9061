"""How much the objects take that this interpreter holds: exact, and without slowing anything down."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from functools import lru_cache

_CACHE = type(lru_cache(len))


def bounded_caches_emptied() -> None:
    """Caches that have a bound become as full as that; those without one are counted."""
    gc.collect()
    for one in gc.get_objects():
        if isinstance(one, _CACHE) and one.cache_info().maxsize is not None:
            one.cache_clear()


def held(*without: object) -> Counter[str]:
    """Bytes by type. without: what is not looked at, such as what was counted before."""
    gc.collect()
    found: Counter[str] = Counter()
    seen: set[int] = set()
    left = gc.get_objects()
    own = {id(one) for one in (seen, left, found, without, *without)}
    while left:
        one = left.pop()
        if id(one) in seen or id(one) in own:
            continue
        seen.add(id(one))
        found[type(one).__name__] += sys.getsizeof(one)
        if not gc.is_tracked(one):
            left += gc.get_referents(one)
        else:
            left += [more for more in gc.get_referents(one) if not gc.is_tracked(more)]
    return found
