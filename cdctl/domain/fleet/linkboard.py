"""How each region's link is, in shared memory: one slot a link, in the order they were first heard of."""

from __future__ import annotations

from typing import Any, get_args

from numpy.typing import NDArray

from cdctl.domain.fleet.reading import Heard, LinkState
from cdctl.domain.fleet.strings import short
from cdctl.errors import UsageError

_HEARD: tuple[Heard, ...] = get_args(Heard)


class LinkBoard:
    """`slots` (see layout.LINK) and `count` u4[1]; views on the shared memory."""

    def __init__(self, slots: NDArray[Any], count: NDArray[Any]) -> None:
        self._slots, self._count = slots, count
        self._numbers: dict[str, int] = {}

    def number(self, region: str) -> int:
        """The slot of a region's link, from 1; a new one when there is none. Raises UsageError when there are more
        regions than slots."""
        found = self._numbers.get(region)
        if found is None:
            count = int(self._count[0])
            known = self._slots["region"][:count].tolist()
            body = short(region, self._slots.dtype["region"].itemsize)
            if body not in known:
                if count == len(self._slots):
                    raise UsageError(f"more than {count} regions", subject=region, hint="watch fewer at once")
                self._slots[count] = (body, b"", b"not connected yet", 0, 0, 0, 0)
                self._count[0] = count + 1
                known.append(body)
            found = self._numbers[region] = known.index(body) + 1
        return found

    def put(
        self, number: int, up: bool, since_ms: int, url: str, note: str, continuous: bool, heard: Heard = "all"
    ) -> bool:
        """What is known of a link now; returns whether it was otherwise before. `since` stays when it was so."""
        slot = self._slots[number - 1 : number]
        changed = bool(slot["up"][0]) != up or not slot["since_ms"][0]
        if changed:
            slot["since_ms"] = since_ms
        slot["up"], slot["continuous"], slot["heard"] = up, continuous, _HEARD.index(heard)
        slot["url"] = short(url, self._slots.dtype["url"].itemsize) if url else slot["url"]
        slot["note"] = short(note, self._slots.dtype["note"].itemsize)
        return changed

    def continuous(self, number: int) -> bool:
        """The broker is known to be the one from before the last cut."""
        return bool(self._slots["continuous"][number - 1])

    def states(self) -> tuple[LinkState, ...]:
        """All links, for people (texts are not safe for a terminal)."""
        return tuple(
            LinkState(_text(region), _text(url), bool(up), since_ms / 1000, _text(note), _HEARD[heard])
            for region, url, note, since_ms, up, _, heard in self._slots[: int(self._count[0])].tolist()
        )


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
