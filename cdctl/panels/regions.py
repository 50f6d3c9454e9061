"""Lights, one a region: how many vehicles, how many of them are online, and whether they can be heard at all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain import grid
from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, Piece, fit, width_of
from cdctl.domain.boards.keys import Binding, Key
from cdctl.domain.boards.pivoting import Aggregate, Aggregated, records
from cdctl.domain.boards.requests import Reply
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.duration import brief
from cdctl.domain.fleet.reading import LinkState
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.moments import clock
from cdctl.panels.pivot_lines import NOT_TOLD, bar, count, percent

_WIDEST, _NARROWEST = 40, 16
"""Cells of a light, and of the gap behind it."""
_GAP = 2
_MOST = 200
"""Regions that are looked at: whatever names vehicles make up for themselves, drawing stays cheap."""
_ASK = Aggregate(("region",))
Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Light:
    """One region. link: None where no broker is asked. told: its counts, as JSON has them; empty while not known."""

    region: str | None
    link: LinkState | None
    told: Told

    def state(self, now: float) -> tuple[str, str, str]:
        """A sign, words, and their role: how much of the region can be heard, and since when."""
        link = self.link
        if link is None:
            return "○", "no broker", "dim"
        if not link.since:
            return "○", "not connected yet", "dim"
        for_ = brief(max(now - link.since, 0.0))
        if not link.up:
            return "○", f"down {for_}", "bad"
        if link.heard == "all":
            return "●", f"up {for_}", "good"
        return ("◐", f"part heard {for_}", "warn") if link.heard == "part" else ("○", f"nothing heard {for_}", "bad")

    def lines(self, now: float, width: int, height: int) -> list[Line]:
        """The light in at most three lines of `width` cells."""
        sign, words, role = self.state(now)
        name = NOT_TOLD if self.region is None else safe(self.region, 60)
        share, vehicles = _known(self.told, "online_share"), count(_known(self.told, "vehicles"))
        whole = percent(share)
        if height == 1:
            return [_packed([(f"{sign} ", role), (name, "strong")], [vehicles, whole, words], width, role)]
        since = f", since {clock(self.link.since, now).strip()}" if self.link is not None and self.link.since else ""
        if height == 2:
            room = width - len(vehicles) - 1
            long = words + since if grid.cells(name) + len(words) + len(since) + 3 <= room else words
            first = _packed([(f"{sign} ", role), (name, "strong")], [long], room, role)
        else:
            first = ((f"{sign} ", role), (grid.shorten(name, max(width - len(vehicles) - 3, 1)), "strong"))
        gap = " " * max(width - width_of(first) - len(vehicles), 1)
        filled = [*bar(share, max(width - 8, 0)), (f"{whole:>{min(8, width)}}", "")]
        lines: list[Line] = [(*first, (f"{gap}{vehicles}", "")), tuple(_dimmed(filled, role))]
        if height > 2:
            since = (
                f", since {clock(self.link.since, now).strip()}" if self.link is not None and self.link.since else ""
            )
            fits = len(words) + len(since) <= width
            lines.append(((words + since if fits else grid.shorten(words, width), role),))
        return lines


class Regions:
    """See the port."""

    title = ""
    fields: Sequence[str] = ()
    bindings: Sequence[Binding] = ()
    writing = False

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._inquiry = Inquiry(_ASK)
        self._counts: dict[str | None, Told] = {}
        self._beyond = 0

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        before = self._inquiry.answer
        ask = self._inquiry.see(snapshot, letter)
        answer = self._inquiry.answer
        if answer is not None and answer is not before and isinstance(answer.value, Aggregated):
            told = records(_ASK, answer.value)
            regions = [group[0] for group in answer.value.groups]
            self._counts = dict(list(zip(regions, told, strict=True))[:_MOST])
            self._beyond = len(regions) - len(self._counts) + answer.value.more
        return None if isinstance(snapshot.fleet, Missing) else ask

    def press(self, action: str, key: Key) -> Reply:
        """No key is for it."""
        return None

    def lights(self) -> list[Light]:
        """Regions whose brokers are asked in the order of their links, then by name those that vehicles tell of alone:
        none moves while numbers change."""
        snapshot, counts = self._snapshot, self._counts
        if snapshot is None or isinstance(snapshot.fleet, Missing):
            return []
        nobody: Told = {"vehicles": 0} if counts else {}
        links = {link.region: link for link in snapshot.fleet.status.links}
        asked = [Light(region, link, counts.get(region, nobody)) for region, link in links.items()]
        alone = sorted(counts.keys() - links.keys(), key=lambda region: (region is None, region))
        return asked + [Light(region, None, counts[region]) for region in alone]

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """As many lights as find room, side by side; how many did not."""
        snapshot, lights = self._snapshot, self.lights()
        if snapshot is None or not height:
            return []
        if isinstance(snapshot.fleet, Missing):
            return [((" " + safe(snapshot.fleet.reason, 300), "dim" if snapshot.fleet.waiting else "bad"),)]
        if not lights:
            return [((" no region yet: no broker has answered", "dim"),)]
        own = min(_WIDEST, (width - 1) // len(lights))
        shown, more = lights, ""
        if own < _NARROWEST:
            room = max((width - 1 - len(f"+{len(lights)} more")) // _NARROWEST, 1)
            shown, more = lights[:room], f"+{len(lights) - room + self._beyond:,} more"
            own = min(_WIDEST, (width - 1 - len(more)) // room)
        now = snapshot.at if snapshot.frozen_at is None else snapshot.frozen_at
        drawn = [light.lines(now, max(own - _GAP, 1), min(height, 3)) for light in shown]
        lines = []
        for number, parts in enumerate(zip(*drawn, strict=True)):
            row: list[Piece] = [(" ", "")]
            for part in parts:
                row += fit(part, own)
            lines.append((*row, (more if not number else "", "dim")))
        return lines

    def data(self) -> Mapping[str, object]:
        """Every region, with the counts of `cdctl fleet stats --by region -o json` and its link."""
        return {"rows": [{"region": light.region, **light.told, **_link(light.link)} for light in self.lights()]}


def _link(link: LinkState | None) -> Told:
    if link is None:
        return {"up": None, "since": None, "heard": None, "note": ""}
    return {"up": link.up, "since": link.since or None, "heard": link.heard, "note": link.note}


def _known(told: Told, name: str) -> float:
    value = told.get(name)
    return float(value) if isinstance(value, int | float) else math.nan


def _packed(name: Sequence[Piece], facts: Sequence[str], width: int, role: str) -> Line:
    """A name and as many facts behind it as find room."""
    line, left = list(name), width - width_of(tuple(name))
    for place, fact in enumerate(facts):
        left -= len(fact) + 1
        if left < 0:
            break
        line.append((f" {fact}", role if place == len(facts) - 1 else ""))
    return fit(line, max(width, 0)) if left < 0 and len(line) == len(name) else tuple(line)


def _dimmed(pieces: Sequence[Piece], role: str) -> list[Piece]:
    """A bar is as the light is: of a region that is not heard, online is what was known."""
    return [(text, role if own == "good" else own) for text, own in pieces]


def make(settings: Mapping[str, object]) -> Regions:
    """A panel; it has no settings."""
    return Regions()


PLUGIN = Plugin(API, "panels", "regions", "1", "lights, one a region: vehicles, online share, its link", make)
