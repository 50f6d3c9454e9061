"""How fresh and whole an answer is, and the exit code that follows."""

from __future__ import annotations

import pytest

from cdctl.cli.fleet_status import code, lines, record, warnings
from cdctl.domain.fleet.reading import FleetStatus, LinkState

UP, DOWN = LinkState("eu", "mqtt://a", True, 1.0), LinkState("us", "mqtt://b", False, 1.0, "cut")

PART = LinkState("us", "mqtt://b", True, 1.0, "5 of 9 vehicles watched", "part")
DEAF = LinkState("us", "mqtt://b", True, 1.0, "ask for the right", "nothing")
WORDS = LinkState("us", "mqtt://b", True, 1.0, "the broker refuses cd/us/+/tele; nothing is heard")


@pytest.mark.parametrize(
    ("links", "settled", "expected"),
    [
        ((UP,), True, 0),
        ((UP, UP), True, 0),
        ((UP, WORDS), True, 0),
        ((UP, DOWN), True, 4),
        ((UP,), False, 4),
        ((UP, PART), True, 4),
        ((UP, DEAF), True, 4),
        ((DEAF,), True, 3),
        ((DOWN,), True, 3),
        ((DOWN, DOWN), False, 3),
        ((), False, 3),
    ],
)
def test_what_can_be_known(links, settled, expected):
    assert code(FleetStatus(1.0, settled=settled, links=links)) == expected


@pytest.mark.parametrize(
    ("online", "offline", "unknown", "never", "expected"),
    [
        (0, 0, 0, 0, 0),
        (60, 30, 10, 0, 0),
        (60, 29, 11, 0, 4),
        (0, 0, 100, 0, 4),
        (0, 0, 1, 99, 4),
        (1, 0, 0, 99, 0),
    ],
)
def test_a_picture_in_which_many_are_unknown_is_not_whole(online, offline, unknown, never, expected):
    count = online + offline + unknown + never
    status = FleetStatus(1.0, count, never, online, offline, unknown, settled=True, links=(UP,))
    assert code(status) == expected
    said = list(warnings(status))
    assert bool(said) == bool(expected)
    if said:
        vehicles = f"{count:,} vehicle{'s' * (count != 1)}"
        assert f"{unknown:,} of {vehicles} unknown: nobody can tell whether one is online until it speaks" in said[0]


def test_calm_lines():
    status = FleetStatus(
        1.0, 1000, 1, 700, 200, 99, None, 5000, 4990, 3, 7, 812.4, {"not JSON": 7}, "not JSON: cd/a/b/c"
    )
    assert list(lines(status, {"soc": 12}, 5)) == [
        "5 of 1,000 vehicles: 700 online, 200 offline, 99 unknown, 1 never seen",
        "messages: 5,000 received (812/s), 4,990 understood, 3 dropped, 7 malformed (not JSON 7; the last on cd/a/b/c)",
        "left out, because not known: soc of 12 vehicles (signals arrive as vehicles speak: --for 30s listens longer)",
    ]
    assert list(lines(FleetStatus(1.0, 1), {}, 1)) == [
        "1 vehicle",
        "messages: 0 received, 0 understood, 0 dropped, 0 malformed",
    ]


def test_what_is_missing_is_a_warning():
    status = FleetStatus(1.0, snapshot_age=200.0, links=(DOWN,), notes=("region us: no link",))
    assert list(warnings(status)) == [
        "the first picture is not complete: some vehicles may be missing; --for 60s waits longer",
        "some of it is from the last run, 3m20s ago",
        "region us: no link",
    ]
    assert list(warnings(FleetStatus(1.0, settled=True, links=(UP,)))) == []
    assert "no broker has answered yet" in list(warnings(FleetStatus(1.0, settled=True)))


def test_nothing_hostile_reaches_a_line():
    evil = "\x1b]52;c;aGk=\x07\n\x9b2J\u202e"
    status = FleetStatus(
        1.0, malformed=1, malformed_by={evil: 1}, malformed_example=f"{evil}: cd/{evil}", links=(UP,), notes=(evil,)
    )
    said = "".join([*lines(status, {evil: 1}), *warnings(status)])
    assert not set(said) & set("\x1b\x07\n\x9b\u202e")


def test_programs_get_it_all():
    status = FleetStatus(1.0, 2, malformed_by={"not JSON": 1}, links=(UP, DOWN), settled=True, notes=("x",))
    told = record(status, {"soc": 1})
    assert told["links"][1] == {
        "region": "us",
        "url": "mqtt://b",
        "up": False,
        "since": 1.0,
        "note": "cut",
        "heard": "all",
    }
    assert (told["left_out"], told["malformed_by"], told["notes"]) == ({"soc": 1}, {"not JSON": 1}, ["x"])
