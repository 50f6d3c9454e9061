"""The card of one vehicle: what it is, how it is, what was told to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import BLANK, Line
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.requests import DONE, About, Copy, Open, Prepare, Reply, Request, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.vehicle import NOBODY, Inspect, Inspected
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.panels.inquiry import Inquiry
from cdctl.panels.missing_lines import missing_lines
from cdctl.panels.moments import utc
from cdctl.panels.scroll import Scroll
from cdctl.panels.vehicle_lines import lines


class Vehicle:
    """See the port."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("command", ("x",), "prepare a command to it", "command"),
        Binding("trace", ("t",), "its traces", "trace"),
        Binding("events", ("e",), "what happened to it", "events"),
        Binding("copy", ("y",), "copy the VIN", "copy"),
        *MOVES,
    )

    def __init__(self) -> None:
        self._inquiry = Inquiry()
        self._snapshot: Snapshot | None = None
        self._scroll = Scroll()
        self._last: Inspected | None = None

    @property
    def title(self) -> str:
        """Whose card it is, and how much of it is below."""
        below = self._scroll.below
        vin = safe(self._vin, 40)
        return " · ".join(["vehicle", *([vin] if vin else []), *([f"{below} below"] if below else [])])

    @property
    def _vin(self) -> str:
        return self._snapshot.about.vin if self._snapshot is not None else ""

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port: asked once a second, which is how signals get their past."""
        if snapshot.about.vin != self._vin:
            self._scroll, self._last = Scroll(), None
        self._snapshot = snapshot
        self._inquiry.want(Inspect(self._vin) if self._vin else None)
        ask, told = self._inquiry.see(snapshot, letter), self._told()
        self._last = told if isinstance(told, Inspected) else self._last
        return ask

    def _told(self) -> Inspected | Missing:
        answer = self._inquiry.answer
        if not self._vin:
            return NOBODY
        if answer is None or answer.ask != self._inquiry.wanted:
            return Missing("looking ...", waiting=True)
        return answer.value if isinstance(answer.value, Inspected | Missing) else Missing("no answer came")

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        if action == "click" or self._scroll.press(action):
            return DONE
        if not self._vin:
            return (Say(f"{NOBODY.reason}: {NOBODY.hint}", bad=True),)
        about = About(vin=self._vin)
        requests: dict[str, Request] = {
            "command": Prepare((self._vin,)), "copy": Copy(self._vin, "VIN"), "trace": Open("trace", about),
            "events": Open("events", about),
        }  # fmt: skip
        return (requests[action],) if action in requests else None

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """As much of the card as there is room for."""
        snapshot, told = self._snapshot, self._told()
        if snapshot is None:
            return []
        lost = missing_lines(told, width) if isinstance(told, Missing) else []
        card = self._last if isinstance(told, Missing) else told
        if card is None:
            return lost
        lost = lost[:1]  # the card that there was stays, under why there is no newer one
        now = snapshot.at if snapshot.frozen_at is None else snapshot.frozen_at
        whole = lines(card, now, width)
        close = [line for line in whole if line != BLANK]
        room = max(height - len(lost), 0)
        return [*lost, *self._scroll.fit(whole if len(whole) <= room else close, room)]

    def data(self) -> Mapping[str, object]:
        """The numbers of `cdctl fleet show -o json`, with what they mean."""
        told = self._told()
        missing = {"missing": told.reason} if isinstance(told, Missing) else {}
        card = self._last if isinstance(told, Missing) else told
        if card is None:
            return missing
        orders = [
            {
                "command": one.command, "state": one.state, "reason": one.reason, "order": one.order,
                "plan": one.plan, "sent_at": utc(one.created), "since": utc(one.since),
            }
            for one in card.orders
        ]  # fmt: skip
        return {
            **missing,
            **card.cells,
            "dtc": [one.code for one in card.troubles],
            "meanings": {one.code: one.text for one in card.troubles},
            "units": {one.name: one.unit for one in card.gauges if one.unit},
            "past": {one.name: list(one.past) for one in card.gauges},
            "kept_back": list(card.hidden),
            "orders": orders,
        }


def make(settings: Mapping[str, object]) -> Vehicle:
    """A panel; it has no settings."""
    return Vehicle()


PLUGIN = Plugin(API, "panels", "vehicle", "1", "one vehicle: presence, signals, trouble codes, orders", make)
