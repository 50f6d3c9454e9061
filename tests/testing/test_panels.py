"""The kit finds every way in which a panel can break its promise."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cdctl.domain.boards.asking import Arrange, Arranged, Ask, Missing
from cdctl.domain.boards.drawing import Line, fit
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.requests import DONE, Leave, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.testing import snapshots
from cdctl.testing.contract import ContractError
from cdctl.testing.panels import check_panel, look, panel_breaches, screen


class Sound:
    """Vehicles of a region, and a prompt."""

    title = "sound"
    fields: Sequence[str] = ("vin",)
    bindings: Sequence[Binding] = (Binding("write", ("w",), "write"), Binding("go", ("g",), "go"), *MOVES)

    def __init__(self, settings: Mapping[str, object] | None = None) -> None:
        self.writing = False
        self.text = ""
        self.seen: Snapshot | None = None

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        self.seen = snapshot
        return None if letter in snapshot.answers else Arrange("region:eu")

    def draw(self, width: int, height: int) -> Sequence[Line]:
        if self.seen is None:
            return []
        lines = [((safe(self.text, 50), "strong"),), ((safe(self.seen.context, 50), "dim"),), *self._vehicles(height)]
        return [fit(line, width) for line in lines[:height]]

    def _vehicles(self, height: int) -> list[Line]:
        answer = None if self.seen is None else self.seen.answers.get("p")
        if self.seen is None or answer is None or isinstance(self.seen.fleet, Missing):
            return []
        found, vehicles = answer.value, self.seen.fleet.vehicles
        if not isinstance(found, Arranged):
            return []
        handles = [one for one in found.order.handles(0, height) if one is not None]
        cells = vehicles.told(found.order, handles, ["vin", "model"])
        return [((safe(f"{vin} {model}"), ""),) for vin, model in zip(*cells, strict=True)]

    def press(self, action: str, key: Key) -> Reply:
        if self.writing:
            self.text += key.char
            self.writing = key.name not in {"enter", "escape"}
        elif action == "write":
            self.writing = True
        elif action == "go":
            return (Say("went"),)
        return DONE

    def data(self) -> Mapping[str, object]:
        return {"text": self.text}


def test_a_sound_panel_passes() -> None:
    assert panel_breaches(Sound) == ()
    check_panel(Plugin(API, "panels", "sound", "1", "a test", Sound))


def test_what_it_draws_can_be_read() -> None:
    lines = screen(Sound(), snapshots.typical(), 60, 5)
    assert lines == [
        "sound",
        "",
        "lab",
        *(f"{snapshots.vin(n)} 23-{name}" for n, name in ((0, "07.1"), (2, "11.4"), (4, "07.2"))),
    ]


def _raise(*_: object) -> Any:
    raise KeyError("x")


def _print(self: Any, width: int, height: int) -> Any:
    print("hello")
    return []


def _bare(self: Any, width: int, height: int) -> Any:
    return [((self.seen.context[:width] if self.seen else "", ""),)]


def _slow(self: Any, width: int, height: int) -> Any:
    if (width, height) == (160, 50):
        time.sleep(0.05)
    return []


def _lower(self: Any, snapshot: Snapshot, letter: str) -> Any:
    if not isinstance(snapshot.slo, Missing):
        for row in snapshot.slo.report.rows:
            row.burn_rates["1h"] = 0.0


def _only_a_fleet(self: Any, snapshot: Snapshot, letter: str) -> Any:
    return snapshot.fleet.vehicles.fields and None  # type: ignore[union-attr]


def _spoilt(self: Any, snapshot: Snapshot, letter: str) -> Any:
    """Cannot do without what it saw before."""
    self.had = getattr(self, "had", False) or not isinstance(snapshot.slo, Missing)
    if self.had and isinstance(snapshot.slo, Missing):
        raise ValueError("where is it?")


FICKLE = iter(range(10**9))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"title": 5}, "its title must be a text, not 5"),
        ({"writing": property(lambda self: "no", lambda self, value: None)}, "its writing must be True or False"),
        ({"fields": [1]}, "its fields must be names of fields"),
        ({"bindings": (Binding("go", ("q",), "go"),)}, "its key 'q' for 'go' is taken on every board"),
        ({"bindings": property(lambda self: (Binding("go", (), f"go {next(FICKLE)}"),))}, "has other bindings when"),
        ({"bindings": property(_raise)}, "bindings raised KeyError"),
        ({"see": _raise}, "typical snapshot: being drawn raised KeyError"),
        ({"see": _only_a_fleet}, "missing snapshot: being drawn raised AttributeError"),
        ({"see": _spoilt}, "the missing snapshot after others raised ValueError: where is it?"),
        ({"see": _lower}, "typical snapshot: being drawn raised TypeError"),
        ({"see": lambda self, snapshot, letter: "who?"}, "its see gave 'who?', which nobody answers"),
        ({"draw": lambda self, width, height: None}, "its draw gave a NoneType, not lines"),
        ({"draw": lambda self, width, height: [()] * (height + 1)}, "80x24: draws 25 lines"),
        ({"draw": lambda self, width, height: [(("x" * (width + 1), ""),)]}, "1x1: draws a line of 2 cells"),
        ({"draw": lambda self, width, height: [(("x" if width > 30 else "", "wild"),)]}, "there is no role wild"),
        ({"draw": lambda self, width, height: [((chr(27), ""),)]}, "lets '\\\\x1b' through"),
        ({"draw": _bare}, "hostile snapshot: 20x5"),
        ({"draw": lambda self, width, height: [((str(next(FICKLE))[-width:], ""),)]}, "otherwise the second time"),
        ({"draw": lambda self, width, height: [1 // (width - 200)][:0]}, "being drawn raised ZeroDivisionError"),
        ({"draw": _print}, "printed to stdout"),
        ({"draw": _slow}, "its draw takes"),
        ({"press": _raise}, "typical snapshot: the key of 'write' raised KeyError"),
        ({"press": lambda self, action, key: [Leave()]}, "its press gave Leave(), which it may not ask for"),
        ({"press": lambda self, action, key: 1 // (action != "click")}, "the mouse raised ZeroDivisionError"),
        ({"press": lambda self, action, key: setattr(self, "writing", True)}, "keeps all keys after 'write': neither"),
        ({"data": lambda self: {"a": {1}}}, "its data holds a set under 'a'"),
        ({"data": lambda self: {"a": float("nan")}}, "its data holds nan under 'a'"),
        ({"data": lambda self: None}, "its data gave a NoneType"),
    ],
)  # fmt: skip
def test_a_breach_is_found(change: dict[str, Any], text: str) -> None:
    broken = type("Broken", (Sound,), change)
    breaches = panel_breaches(broken)
    assert [breach for breach in breaches if text in breach], breaches


def test_breaches_are_raised_with_the_plugin_s_name() -> None:
    broken = Plugin(API, "panels", "odd", "1", "a test", lambda settings: type("Odd", (Sound,), {"title": None})())
    with pytest.raises(ContractError, match="the panel 'odd'"):
        check_panel(broken)


def test_what_ships_may_leave_cutting_to_the_view_and_ask_for_more() -> None:
    class Ours(Sound):
        def draw(self, width: int, height: int) -> Sequence[Line]:
            return [(("x" * (width + 50), "frame"),)] * (height + 5)

        def press(self, action: str, key: Key) -> Reply:
            return (Leave(),)

    assert panel_breaches(Ours, stranger=False) == ()
    assert len(panel_breaches(Ours)) > 3


def test_it_is_shown_what_a_plugin_is_shown() -> None:
    seen = snapshots.typical()
    shown = look(Sound(), seen)
    assert list(shown.answers) == ["p"]
    assert shown.at > seen.at
    assert not hasattr(shown.fleet.vehicles, "view")  # type: ignore[union-attr]
    assert look(Sound(), snapshots.missing()).fleet == snapshots.missing().fleet
