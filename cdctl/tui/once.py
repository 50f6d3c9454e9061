"""Keys come faster than a dialog goes: two of them may both end it."""

from __future__ import annotations

from typing import Any, TypeVar

from textual._styles_cache import StylesCache
from textual.await_complete import AwaitComplete
from textual.screen import Screen

S = TypeVar("S", bound=type[Screen[Any]])


def once(dialog: S) -> S:
    """The dialog ends once: the first end counts. Of another one the library takes away what is below it, and tells
    whoever waits a second time. The pictures of what is gone go with the next one: the library would hold 1,024."""
    ends = dialog.dismiss

    def dismiss(self: Screen[Any], result: Any = None) -> AwaitComplete:
        if getattr(self, "_ended_once", False):
            return AwaitComplete()
        self._ended_once = True  # type: ignore[attr-defined]
        StylesCache.get_inner_outer.cache_clear()
        return ends(self, result)

    dialog.dismiss = dismiss  # type: ignore[method-assign]
    return dialog
