"""Every message counts once, and what is left out is told for what it is."""

from __future__ import annotations

import math

import pytest

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.happenings import NO_ROW
from cdctl.domain.fleet.health import status
from cdctl.domain.fleet.tables import happenings

FULL = "too many different"


def telling(*vins: str, soc: list[float], speed: list[float]) -> Batch:
    places = list(range(len(vins)))
    return Batch(
        vins=list(vins), regions=[""] * len(vins), ts=[0] * len(vins), signals={0: (places, soc), 1: (places, speed)}
    )


def counted(fleet: Columns) -> tuple[int, int, int]:
    counts = fleet.counters()
    return counts["decoded"], counts["ignored"], counts["malformed"]


def test_a_message_with_bad_signals_is_malformed_once_and_not_understood(fleet, now):
    batch = telling("A", "B", "C", soc=[math.nan, 2.0, 1e39], speed=[math.inf, 5.0, 7.0])
    batch.ignored = 1
    batch.reject("not JSON", "cd/eu/A/tele")
    fleet.apply(batch, now, "eu", 5)
    assert counted(fleet) == (1, 1, 3)
    assert fleet.malformed() == {"not JSON": 1, "a signal is no finite number": 2}
    assert fleet.signals[1][2] == 7.0  # what is good is kept


def test_only_the_messages_that_told_a_bad_signal_count(fleet, now):
    batch = telling("A", "B", "C", soc=[1.0, 2.0, 3.0], speed=[1.0, 2.0, 3.0])
    batch.signals[0] = ([2], [math.nan])
    batch.signals[1] = ([1, 2], [math.nan, math.nan])
    fleet.apply(batch, now, "eu", 3)
    assert counted(fleet) == (1, 0, 2)


def test_a_bad_signal_of_what_is_no_id_counts_once(fleet, now):
    fleet.apply(telling("a b", "B", soc=[math.nan, 1.0], speed=[1.0, 1.0]), now, "eu", 2)
    assert counted(fleet) == (1, 0, 1)


@pytest.mark.parametrize(("vin", "expected"), [("A", (1, 0, 0)), ("a b", (0, 0, 1))])
def test_one_message_that_says_several_things_counts_once(fleet, now, vin, expected):
    batch = telling(vin, soc=[1.0], speed=[1.0])
    batch.standings = [Standing(vin, Presence.ONLINE, "eu")]
    batch.events = [Event(vin, "parked", "eu")]
    fleet.apply(batch, now, "eu", 1)
    assert counted(fleet) == expected


def test_entries_of_the_inventory_are_no_messages(fleet, now):
    fleet.expect(["A", "a b", "V#"], ["eu"] * 3, [""] * 3, [""] * 3)
    assert (counted(fleet), fleet.rows) == ((0, 0, 0), 1)
    assert [
        note
        for note in status(fleet, now).notes
        if note.startswith("entries of the inventory left out") and note.endswith(": 2")
    ]


def test_names_that_are_no_trouble_codes_do_not_make_the_table_full(make, now):
    fleet, odd = make(), Standing("A", Presence.ONLINE, "eu", dtcs=("P0A9B", "Störung", "\x1b[2J"))
    fleet.apply(Batch(standings=[odd]), now, "eu")
    notes = status(fleet, now).notes
    assert [note for note in notes if note.startswith("left out as no trouble codes") and note.endswith(": 2")]
    assert not [note for note in notes if FULL in note]


def test_a_table_that_is_full_is_told(fleet, now):
    for begin in range(0, 70_000, 10_000):
        births = [Standing("A", Presence.ONLINE, "eu", model=f"m{n}") for n in range(begin, begin + 10_000)]
        fleet.apply(Batch(standings=births), now, "eu")
    assert [note for note in status(fleet, now).notes if FULL in note]


def test_no_vehicle_can_have_us_say_what_only_we_say(fleet, now):
    said = ("link.down", "offline", "collector.down", "lost", "door.opened", "event.offline")
    fleet.apply(Batch(events=[Event("V1", kind, "eu", None, (), "", "forged") for kind in said]), now, "eu")
    kinds = [one.kind for _, one in happenings(fleet)[2] if one.detail == "forged"]
    assert kinds[:4] == ["event.link.down", "event.offline", "event.collector.down", "event.lost"]
    assert kinds[4:] == ["door.opened", "event.offline"]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("x" * 96, "x" * 96),
        ("x" * 97, "x" * 93 + "…"),
        ("ü" * 48, "ü" * 48),
        ("ü" * 49, "ü" * 46 + "…"),
        ("x" * 95 + "ü", "x" * 93 + "…"),
        ("\0" * 33, "\ufffd" * 31 + "…"),
    ],
)
def test_what_is_cut_in_the_words_of_a_happening_ends_with_an_ellipsis(fleet, now, told, kept):
    fleet.ring.add(now, NO_ROW, "link.down", 0, told)
    fleet.ring.add_many(now, fleet.ids[:0].view("i8"), "nobody", fleet.region[:0], told)
    assert happenings(fleet)[2][-1][1].detail == kept
