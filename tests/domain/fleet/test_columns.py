"""What a batch does to the columns, and what no batch can do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns, Counter
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.presence import Flag
from cdctl.domain.fleet.tables import happenings
from cdctl.errors import UsageError

ON, OFF, UNKNOWN = Presence.ONLINE, Presence.OFFLINE, Presence.UNKNOWN


def said(*vins: str, region: str = "", ts: int = 0, soc: list[float] | None = None) -> Batch:
    batch = Batch(vins=list(vins), regions=[region] * len(vins), ts=[ts] * len(vins))
    if soc is not None:
        batch.signals[0] = (list(range(len(vins))), soc)
    return batch


def born(vin: str, seq: int = 1, region: str = "eu", presence: Presence = ON, **more: object) -> Batch:
    return Batch(standings=[Standing(vin, presence, region, seq, **more)])


def kinds(fleet: Columns) -> list[tuple[str, str, str]]:
    return [(one.vin, one.kind, one.detail) for _, one in happenings(fleet)[2] if one.vin]


def test_telemetry_makes_a_row_and_the_last_word_stays(fleet, now):
    fleet.apply(said("A", "B", "A", ts=now + 2000, soc=[1.0, 2.0, 3.0]), now, "eu")
    assert fleet.rows == 2
    assert fleet.ids[:2].tolist() == [b"A", b"B"]
    assert fleet.signals[0][:2].tolist() == [3.0, 2.0]
    assert np.isnan(fleet.signals[1][:2]).all()
    assert fleet.messages[:2].tolist() == [2, 1]
    assert fleet.skew[:2].tolist() == [2.0, 2.0]
    assert fleet.presence[:2].tolist() == [ON, ON]
    assert fleet.counters()["telemetry"] == fleet.counters()["decoded"] == 3


def test_a_signal_that_only_some_told_leaves_the_others(fleet, now):
    fleet.apply(said("A", "B", soc=[1.0, 2.0]), now, "eu")
    batch = said("B", "A")
    batch.signals[0] = ([1], [9.0])
    batch.signals[7] = ([0], [9.0])  # a number that the settings do not have
    fleet.apply(batch, now, "eu")
    assert fleet.signals[0][:2].tolist() == [9.0, 2.0]


def test_the_clock_of_a_vehicle_is_not_trusted_but_measured(fleet, now):
    for ts, skew in ((now + 10**17, 1e14), (2**70, 4.6116860184e15), (-(2**70), -4.6116878e15), (0, None)):
        fleet.apply(said(f"V{ts}", ts=ts), now, "eu")
        row = fleet.row(f"V{ts}")
        assert fleet.seen_ms[row] == now
        assert math.isnan(fleet.skew[row]) if skew is None else fleet.skew[row] == pytest.approx(skew, rel=1e-3)


def test_what_is_no_finite_number_is_counted_and_the_value_before_stays(fleet, now):
    fleet.apply(said("A", "B", "C", "D", "E", "F", soc=[1.0] * 6), now, "eu")
    odd = [math.nan, math.inf, 1e39, 10**400, "x", 5.0]
    fleet.apply(said("A", "B", "C", "D", "E", "F", soc=odd), now, "eu")
    assert fleet.signals[0][:6].tolist() == [1.0, 1.0, 1.0, 1.0, 1.0, 5.0]
    assert fleet.malformed() == {"a signal is no finite number": 5}
    assert fleet.counters()["malformed"] == 5


@pytest.mark.parametrize("bad", ["", "x" * 41, "\x1b[2J", "a\0", "ü", "\ud800", "a b", "V+1", "#"])
def test_what_cannot_be_an_id_is_counted_and_makes_no_row(fleet, now, bad):
    batch = said("A", bad, "B", soc=[1.0, 2.0, 3.0])
    batch.standings = [Standing(bad, ON, "eu", 1), Standing("C", ON, "eu", 1)]
    batch.events = [Event(bad, "dtc.set", "eu", None, ("P0A9B",))]
    fleet.apply(batch, now, "eu")
    assert fleet.messages[: fleet.rows].tolist() == [1, 1, 1]
    assert (fleet.events[: fleet.rows].any(), fleet.dtcs[: fleet.rows].any()) == (False, False)
    assert fleet.signals[0][fleet.row("A")] == 1.0
    assert sorted(fleet.ids[: fleet.rows].tolist()) == [b"A", b"B", b"C"]
    assert sum(fleet.malformed().values()) == 3
    assert fleet.signals[0][fleet.row("B")] == 3.0


def test_a_fleet_of_hostile_strings_fills_its_table_and_goes_on(make, now):
    fleet = make(capacity=100)
    for begin in range(0, 70_000, 5000):
        births = [Standing("A", ON, "eu", 1, None, f"m{n}\x1b", f"s{n}") for n in range(begin, begin + 5000)]
        fleet.apply(Batch(standings=births), now, "eu")
    assert fleet.models.texts()[fleet.model[0]] == "(other)"
    assert fleet.softwares.texts()[fleet.software[0]] == "(other)"
    assert fleet.counters()["table_full"] == 2 * (70_000 - 65_534)
    fleet.apply(born("B", model="m5\x1b"), now, "eu")
    assert fleet.models.texts()[fleet.model[1]] == "m5\x1b"


def test_vehicles_beyond_the_capacity_are_counted(make, now):
    fleet = make(capacity=3)
    fleet.apply(said("A", "B", "C", "D", "D", soc=[1.0, 2.0, 3.0, 4.0, 5.0]), now, "eu")
    fleet.apply(said("D", "A", soc=[1.0, 7.0]), now, "eu")
    assert fleet.rows == 3
    assert fleet.counters()["full"] == 3
    assert fleet.signals[0][:3].tolist() == [7.0, 2.0, 3.0]


def test_a_cut_link_makes_its_vehicles_unknown_and_no_others(make, now):
    fleet = make(links=("eu", "us"))
    fleet.apply(born("A"), now, "eu")
    fleet.apply(born("B", region="us"), now, "us")
    fleet.link_down("eu", "mqtts://eu", now + 5000, "timeout")
    assert fleet.presence[:2].tolist() == [UNKNOWN, ON]
    assert fleet.since_ms[:2].tolist() == [now + 5000, now]
    fleet.link_down("eu", "mqtts://eu", now + 6000, "refused")
    state = fleet.links.states()[0]
    assert (state.up, state.since, state.note) == (False, (now + 5000) / 1000, "refused")


def test_one_connection_of_several_takes_only_its_own_vehicles_along(make, now):
    fleet = make(links=("eu", "us"))
    fleet.apply(born("A"), now, "eu")
    fleet.apply(born("B"), now, "eu")
    fleet.apply(born("C", region="us"), now, "us")
    fleet.lose_some("eu", ["B", "C", "B", "unheard of"], now + 5000)
    assert fleet.presence[:3].tolist() == [ON, UNKNOWN, ON]
    assert fleet.since_ms[:3].tolist() == [now, now + 5000, now]
    assert fleet.links.states()[0].up
    fleet.lose_some("eu", ["B"], now + 6000)
    assert fleet.since_ms[1] == now + 5000


def test_a_link_tells_how_much_is_heard_over_it(fleet, now):
    assert fleet.links.states()[0].heard == "all"
    for heard in ("part", "nothing", "all"):
        fleet.link_up("eu", "", now, heard=heard)
        assert fleet.links.states()[0].heard == heard


def test_after_a_restart_of_the_broker_kept_births_make_nobody_online(fleet, now):
    fleet.apply(born("A", 5), now, "eu")
    fleet.link_down("eu", "", now + 1000)
    fleet.link_up("eu", "", now + 2000)
    fleet.apply(born("A", 5, retained=True), now + 2000, "eu")
    assert fleet.presence[0] == UNKNOWN
    assert fleet.counters()["late"] == 1
    fleet.apply(said("A"), now + 3000, "eu")
    assert (fleet.presence[0], fleet.since_ms[0]) == (ON, now)


def test_after_a_cut_of_the_link_alone_kept_births_are_true(fleet, now):
    fleet.apply(born("A", 5), now, "eu")
    fleet.link_down("eu", "", now + 1000)
    fleet.link_up("eu", "", now + 2000, continuous=True)
    fleet.apply(born("A", 5, retained=True), now + 2000, "eu")
    assert (fleet.presence[0], fleet.since_ms[0]) == (ON, now)


def test_telemetry_revives_no_dead_vehicle(fleet, now):
    fleet.apply(born("A", 5, presence=OFF), now, "eu")
    fleet.apply(said("A", soc=[9.0]), now + 1000, "eu")
    assert (fleet.presence[0], fleet.seen_ms[0], fleet.signals[0][0]) == (OFF, now + 1000, 9.0)


def test_values_that_the_broker_had_kept_do_not_prove_presence(fleet, now):
    batch = said("A", "B", region="eu", ts=now, soc=[1.0, 2.0])
    batch.retained = [0]
    fleet.apply(batch, now, "eu")
    assert fleet.presence[:2].tolist() == [UNKNOWN, ON]
    assert fleet.seen_ms[:2].tolist() == [0, now]
    assert fleet.signals[0][:2].tolist() == [1.0, 2.0]
    assert fleet.regions.texts()[fleet.region[0]] == "eu"


def test_a_vehicle_that_moves_is_told_and_one_in_two_places_is_marked(make, now):
    fleet = make(links=("eu", "us"))
    fleet.apply(said("A", "B"), now, "eu")
    fleet.apply(said("A", "B"), now + 60_000, "us")
    assert [one for one in kinds(fleet) if one[1] != "online"] == [
        ("A", "region.moved", "eu -> us"),
        ("B", "region.moved", "eu -> us"),
    ]
    for step in range(1, 6):
        fleet.apply(said("A"), now + 60_000 + step * 2000, "us" if step % 2 == 0 else "eu")
    assert [one for one in kinds(fleet)[4:] if one[1] != "online"] == [("A", "duplicate", "us -> eu")]
    assert fleet.flags[0] & Flag.DUPLICATE
    assert not fleet.flags[1] & Flag.DUPLICATE
    assert (fleet.counters()["moved"], fleet.counters()["duplicates"]) == (7, 1)
    fleet.apply(said("A"), now + 90_000, "eu")
    assert not fleet.flags[0] & Flag.DUPLICATE


def test_the_inventory_expects_vehicles_and_their_own_word_wins(fleet, now):
    fleet.apply(born("A", model="i4"), now, "eu")
    fleet.expect(["A", "B", "\x1b"], ["us", "us", "us"], ["ix", "ix", "ix"], ["", "1.0", ""])
    assert fleet.rows == 2
    assert [fleet.models.texts()[code] for code in fleet.model[:2]] == ["i4", "ix"]
    assert [fleet.regions.texts()[code] for code in fleet.region[:2]] == ["eu", "us"]
    assert (fleet.flags[:2] & Flag.INVENTORY).tolist() == [1, 1]
    fleet.apply(said("B"), now, "eu")
    assert fleet.regions.texts()[fleet.region[1]] == "eu"
    assert fleet.counters()["moved"] == 0
    fleet.forget_inventory()
    assert not (fleet.flags[:2] & Flag.INVENTORY).any()


def test_trouble_codes_come_and_go(fleet, now):
    def event(kind: str, *dtcs: str) -> Batch:
        return Batch(events=[Event("A", kind, "eu", None, dtcs)])

    def stand() -> tuple[str, ...]:
        return fleet.troubles.sets()[fleet.dtcs[0]]

    fleet.apply(event("door.open", "P1"), now, "eu")
    fleet.apply(event("dtc.cleared", "P1"), now, "eu")
    assert fleet.dtcs[0] == 0  # never told what stands
    fleet.apply(event("dtc.set", "P2", "P1", "x" * 17, "é", "P1"), now, "eu")
    assert stand() == ("P1", "P2")
    fleet.apply(event("dtc.cleared", "P2"), now, "eu")
    assert stand() == ("P1",)
    fleet.apply(event("dtc.cleared"), now, "eu")
    assert (stand(), fleet.dtcs[0]) == ((), 1)
    fleet.apply(born("A", dtcs=("C1",)), now, "eu")
    assert stand() == ("C1",)
    assert (fleet.counters()["no_codes"], fleet.counters()["table_full"]) == (2, 0)


def test_events_are_told_with_their_words(fleet, now):
    events = [Event("A", "sw.changed", "eu", None, (), "24-01"), Event("A", "dtc.set", "eu", None, ("P1", "P2"))]
    fleet.apply(Batch(events=events), now, "eu")
    assert kinds(fleet) == [("A", "online", "it speaks"), ("A", "sw.changed", "24-01"), ("A", "dtc.set", "P1 P2")]
    assert fleet.softwares.texts()[fleet.software[0]] == "24-01"


def test_software_that_changed_while_nobody_was_told_is_told_by_the_birth(fleet, now):
    for seq, software in enumerate(["1", "1", "2", "", "2"]):
        fleet.apply(born("A", seq, software=software), now, "eu")
    fleet.apply(Batch(events=[Event("A", "sw.changed", "eu", None, (), "3")]), now, "eu")
    fleet.apply(born("A", 9, software="3"), now, "eu")
    assert [detail for _, kind, detail in kinds(fleet) if kind == "sw.changed"] == ["2", "3"]


def test_malformed_messages_are_counted_by_reason_with_an_example(fleet, now):
    batch = Batch(ignored=4)
    for number in range(100):
        batch.reject(f"reason {number}", f"cd/eu/{number}/tele")
    fleet.apply(batch, now, "eu")
    counts = fleet.malformed()
    assert sum(counts.values()) == fleet.counters()["malformed"] == 100
    assert counts["(other)"] == 38
    assert bytes(fleet.header["example"][0]) == b"reason 99: cd/eu/99/tele"
    assert fleet.counters()["ignored"] == 4


def test_the_rate_is_of_the_last_second(fleet, now):
    fleet.beat(now)
    fleet.count(Counter.RECEIVED, 500)
    fleet.beat(now + 2000)
    assert float(fleet.header["rate"][0]) == 250.0


def test_a_reader_in_another_process_sees_the_same(now):
    layout = Layout(("soc",), 1000)
    memory = memoryview(bytearray(layout.size))
    writer = Columns(layout, memory)
    reader = Columns.attach(memory.toreadonly())
    writer.link_up("eu", "x", now)
    writer.apply(said("WBA1", "WBA2", "W", soc=[1.0, 2.0, 3.0]), now, "eu")
    assert reader.layout == layout
    assert [reader.row(vin) for vin in ("WBA2", "W", "WBA3", "\x1b")] == [1, 2, -1, -1]
    assert reader.regions.texts()[reader.region[0]] == "eu"
    writer.apply(said("A", region="us"), now, "eu")
    assert reader.regions.texts()[reader.region[3]] == "us"
    with pytest.raises(ValueError, match="read-only"):
        reader.presence[0] = 1


@pytest.mark.parametrize("memory", [b"", b"x" * 10_000, bytes(10_000)])
def test_memory_without_a_fleet_is_refused(memory):
    with pytest.raises(UsageError, match="holds no fleet"):
        Columns.attach(memoryview(memory))


def test_memory_of_another_version_or_cut_short_is_refused():
    layout = Layout((), 10)
    memory = bytearray(layout.size)
    columns = Columns(layout, memoryview(memory))
    with pytest.raises(UsageError, match="shorter"):
        Columns.attach(memoryview(memory)[:-1])
    columns.header["version"] = 99
    with pytest.raises(UsageError, match="another version"):
        Columns.attach(memoryview(memory))


@pytest.mark.parametrize("signals", [("age",), ("a", "a"), ("",), ("a\nb",), tuple(f"s{n}" for n in range(65))])
def test_signals_need_names_of_their_own(signals):
    with pytest.raises(UsageError):
        Layout(signals)


def test_a_vehicle_costs_at_most_200_bytes_with_the_index():
    layout = Layout(tuple("abcdefgh"))
    assert layout.row_bytes + 64 <= 200
