"""Pages, sorting, counts, cards and the status line, against plain Python over the same vehicles."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.health import status
from cdctl.domain.fleet.layout import FIELDS, Layout
from cdctl.domain.fleet.order import sort
from cdctl.domain.fleet.reading import FleetStatus, Query
from cdctl.domain.fleet.selection import select
from cdctl.domain.fleet.tables import card, happenings, page, tally
from cdctl.domain.fleet.view import FleetView, fields_of
from cdctl.errors import UsageError

NOW = 1_800_000_000_000
ON, OFF = Presence.ONLINE, Presence.OFFLINE
STATUS = FleetStatus(at=0)
CARS = [
    # vin, region, presence, model, sw, soc
    ("WBA3", "eu", ON, "i4", "23-07.9", 80.1),
    ("WBA1", "us", ON, "ix", "23-07.60", 20.5),
    ("WBA2", "eu", OFF, "", "23-07.60", None),
    ("VIN10", "eu", OFF, "i4", "", 20.5),
    ("WBA12345678901234", "cn", ON, "ix", "23-07.9", -1.0),
]


@pytest.fixture
def cars(make) -> Columns:
    fleet = make(links=("eu", "us", "cn"))
    for at, (vin, region, presence, model, sw, soc) in enumerate(CARS):
        births = [Standing(vin, presence, region, 1, None, model, sw)]
        batch = Batch(standings=births, vins=[vin], regions=[region], ts=[0])
        if soc is not None:
            batch.signals[0] = ([0], [soc])
        fleet.apply(batch, NOW + at * 1000, region)
    fleet.expect(["NEVER"], ["eu"], ["i4"], [""])
    return fleet


def view(fleet: Columns, *together: str) -> FleetView:
    return FleetView(fleet, NOW + 10_000, together)


def vins(fleet: Columns, **query: object) -> list[object]:
    return [row[0] for row in page(view(fleet), Query(**query), None, {}, STATUS).rows]


def test_a_page_shows_cells_and_nothing_where_nothing_is_known(cars):
    names = ("vin", "region", "model", "sw", "state", "age", "soc", "speed", "dtc", "dtcs", "messages", "flaps")
    found = page(view(cars), Query(columns=names), None, {"soc": 1}, STATUS)
    assert found.rows[0] == ("WBA3", "eu", "i4", "23-07.9", "online", 10.0, 80.1, None, None, None, 2, 0)
    assert found.rows[2] == ("WBA2", "eu", None, "23-07.60", "offline", 8.0, None, None, None, None, 1, 0)
    assert found.rows[5] == ("NEVER", "eu", "i4", None, "never", None, None, None, None, None, 0, 0)
    assert (found.matched, found.left_out, len(found.rows)) == (6, {"soc": 1}, 6)


def test_counts_are_whole_and_clocks_are_told_to_the_millisecond(make):
    fleet = make()
    fleet.apply(Batch(standings=[Standing("A", ON, "eu", 1, NOW + 1234, dtcs=("P1", "P2"))]), NOW, "eu")
    fleet.skew[0] = 1234.5678
    (row,) = page(view(fleet), Query(columns=("dtcs", "skew")), None, {}, STATUS).rows
    assert (row, type(row[0])) == ((2, 1234.568), int)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("vin", ["NEVER", "VIN10", "WBA1", "WBA12345678901234", "WBA2", "WBA3"]),
        ("-vin", ["WBA3", "WBA2", "WBA12345678901234", "WBA1", "VIN10", "NEVER"]),
        ("soc", ["WBA12345678901234", "WBA1", "VIN10", "WBA3", "WBA2", "NEVER"]),
        ("-soc", ["WBA3", "WBA1", "VIN10", "WBA12345678901234", "WBA2", "NEVER"]),
        ("sw", ["WBA3", "WBA12345678901234", "WBA1", "WBA2", "VIN10", "NEVER"]),
        ("-sw", ["WBA1", "WBA2", "WBA3", "WBA12345678901234", "VIN10", "NEVER"]),
        ("age", ["WBA12345678901234", "VIN10", "WBA2", "WBA1", "WBA3", "NEVER"]),
        ("state", ["NEVER", "WBA2", "VIN10", "WBA3", "WBA1", "WBA12345678901234"]),
        ("", ["WBA3", "WBA1", "WBA2", "VIN10", "WBA12345678901234", "NEVER"]),
    ],
)
def test_sorting_knows_versions_and_puts_what_is_not_known_last(cars, by, expected):
    assert vins(cars, columns=("vin",), sort=by) == expected
    assert vins(cars, columns=("vin",), sort=by, limit=1) == expected[:1]
    assert vins(cars, columns=("vin",), sort=by, limit=3, offset=2) == expected[2:5]


@given(st.lists(st.sampled_from([np.nan, 0.0, 1.0, 2.5, -3.0]), max_size=60), st.integers(0, 70), st.booleans())
def test_the_first_of_many_are_the_first_of_all(values, first, descending):
    layout = Layout(("soc",), 100)
    fleet = Columns(layout, memoryview(bytearray(layout.size)))
    fleet.header["rows"] = len(values)
    fleet.signals[0][: len(values)] = values
    fleet.ids[: len(values)] = [f"{value:020.2f}" for value in values]
    rows = np.arange(len(values))
    for name in ("soc", "vin"):
        some = sort(FleetView(fleet, NOW), rows, name, descending, first)
        every = sort(FleetView(fleet, NOW), rows, name, descending, None)
        assert some[:first].tolist() == every[:first].tolist()
    known = [at for at, value in enumerate(values) if value == value]
    known.sort(key=lambda at: -values[at] if descending else values[at])
    assert sort(FleetView(fleet, NOW), rows, "soc", descending, None)[: len(known)].tolist() == known


@pytest.mark.parametrize("by", [(), ("region",), ("region", "state"), ("model", "sw", "region"), ("inventory",)])
def test_counts_by_group_are_those_of_a_counter(cars, by):
    seen = view(cars)
    found = tally(seen, by, None, {}, STATUS)
    rows = page(seen, Query(columns=(*by, "state")), None, {}, STATUS).rows
    groups = Counter(tuple(row[: len(by)]) for row in rows)
    assert {tuple(row[: len(by)]): row[len(by)] for row in found.rows} == dict(groups)
    states = Counter(tuple(row) for row in rows)
    for row in found.rows:
        group = tuple(row[: len(by)])
        assert row[len(by) + 1 :] == tuple(states[(*group, name)] for name in ("online", "offline", "unknown"))
    counts = [row[len(by)] for row in found.rows]
    assert counts == sorted(counts, reverse=True)
    assert found.matched == 6


def test_counts_of_too_many_possible_groups_are_the_same(cars, monkeypatch):
    few = tally(view(cars), ("region", "model", "sw"), None, {}, STATUS)
    monkeypatch.setattr("cdctl.domain.fleet.groups.CELLS", 1)
    assert tally(view(cars), ("region", "model", "sw"), None, {}, STATUS) == few


def test_counts_and_pages_keep_to_the_mask(cars):
    seen = view(cars)
    match = select("soc<50 online", fields_of(("soc", "speed"))).match(seen)
    assert [row[0] for row in page(seen, Query(), match.mask, match.left_out, STATUS).rows] == [
        "WBA1",
        "WBA12345678901234",
    ]
    assert tally(seen, ("region",), match.mask, match.left_out, STATUS).rows == [("cn", 1, 1, 0, 0), ("us", 1, 1, 0, 0)]


def test_every_field_can_be_selected_and_shown(cars):
    seen = view(cars)
    assert set(seen.fields) == {*FIELDS, "soc", "speed"}
    for name in seen.fields:
        assert len(page(seen, Query(columns=(name,), sort=name), None, {}, STATUS).rows) == 6
    for text in ("never", "state:never", "inventory:yes", "age<1h", "duplicate:no", "dtc:P1", "flaps<3", "since>0s"):
        select(text, seen.fields).match(seen)
    assert select("never", seen.fields).match(seen).mask.tolist() == [False] * 5 + [True]


def test_unknown_columns_and_groups_are_named(cars):
    with pytest.raises(UsageError, match="did you mean region"):
        page(view(cars), Query(columns=("regoin",)), None, {}, STATUS)
    with pytest.raises(UsageError, match="no column 'x'"):
        page(view(cars), Query(sort="-x"), None, {}, STATUS)
    with pytest.raises(UsageError, match="cannot be grouped by soc"):
        tally(view(cars), ("soc",), None, {}, STATUS)


def test_rows_of_a_page_can_be_taken_in_any_way(cars):
    rows = page(view(cars), Query(columns=("vin",)), None, {}, STATUS).rows
    assert rows[-1] == ("NEVER",)
    assert list(rows[1:3]) == [("WBA1",), ("WBA2",)]
    assert rows == [["WBA3"], ["WBA1"], ["WBA2"], ["VIN10"], ["WBA12345678901234"], ["NEVER"]]
    assert rows != [["WBA3"]]


def test_what_was_matched_is_what_is_shown(cars):
    seen = view(cars)
    mask = seen.number("soc") < 0
    batch = Batch(vins=["WBA12345678901234"], regions=["cn"], ts=[0], signals={0: ([0], [99.0])})
    cars.apply(batch, NOW + 10_000, "cn")
    assert page(seen, Query(columns=("vin", "soc")), mask, {}, STATUS).rows == [("WBA12345678901234", -1.0)]
    assert page(view(cars), Query(columns=("soc",)), mask, {}, STATUS).rows == [(99.0,)]


def test_fields_taken_together_are_of_one_moment(cars):
    seen = view(cars, "soc", "state", "age", "vin", "dtc", "no such field")
    cars.apply(Batch(vins=["WBA1"], regions=["us"], ts=[0], signals={0: ([0], [99.0])}), NOW + 10_000, "us")
    assert page(seen, Query(columns=("soc", "age")), None, {}, STATUS).rows[1] == (20.5, 9.0)


def test_a_card_tells_all_of_one_vehicle_and_only_of_it(cars):
    cars.apply(Batch(events=[Event("WBA1", "dtc.set", "us", None, ("P2", "P1"), "", "")]), NOW, "us")
    found = card(view(cars), "WBA1", happenings(cars)[2], STATUS)
    assert found is not None
    assert (found.cells["vin"], found.cells["model"], found.cells["soc"]) == ("WBA1", "ix", 20.5)
    assert found.dtcs == ("P1", "P2")
    assert [one.kind for one in found.happenings] == ["online", "dtc.set"]
    assert {one.vin for one in found.happenings} == {"WBA1"}
    assert card(view(cars), "WBA", [], STATUS) is None


def test_the_status_adds_up_and_says_what_is_missing(cars):
    cars.beat(NOW)
    cars.link_down("us", "mqtts://us", NOW, "connection refused")
    found = status(cars, NOW + 1000)
    assert (found.vehicles, found.online, found.offline, found.unknown, found.never_seen) == (6, 2, 2, 1, 1)
    assert found.notes == ("region us: no link (connection refused); its vehicles are unknown until it is back",)
    assert [link.up for link in found.links] == [True, False, True]
    assert found.snapshot_age is None
    cars.link_up("us", "mqtts://us", NOW)
    assert status(cars, NOW + 1000).notes == ("region us: vehicles not heard of again since the link was cut: 1",)
    cars.apply(Batch(vins=["WBA1"], regions=["us"], ts=[0]), NOW, "us")
    assert status(cars, NOW + 1000).notes == ()
    late = status(cars, NOW + 60_000)
    assert late.notes[0] == "nothing is taken in since 60 s: what is shown is as old as that"
    assert late.rate == 0.0


def test_never_seen_is_said_only_where_it_could_have_been_heard(cars):
    cars.expect(["ANYWHERE", "ELSEWHERE"], ["", "mars"], ["", ""], ["", ""])

    def found() -> tuple[list[object], int, int]:
        told, seen = status(cars, NOW), view(cars)
        ids = seen.ids[select("never", seen.fields).match(seen).mask].tolist()
        return [vin.decode() for vin in ids], told.never_seen, told.unknown

    assert found() == (["NEVER", "ANYWHERE", "ELSEWHERE"], 3, 0)
    cars.link_down("us", "mqtts://us", NOW, "connection refused")
    assert found() == (["NEVER", "ELSEWHERE"], 2, 2)  # WBA1 is cut off; ANYWHERE may be in us
    cars.link_down("eu", "mqtts://eu", NOW, "connection refused")
    assert found() == (["ELSEWHERE"], 1, 6)
    cars.link_up("us", "mqtts://us", NOW)
    cars.link_up("eu", "mqtts://eu", NOW, "refused", heard="nothing")
    assert "NEVER" not in found()[0]
    cars.link_up("eu", "mqtts://eu", NOW, "a part is refused", heard="part")
    assert "NEVER" in found()[0]


def test_happenings_are_told_once_and_lost_ones_are_counted(cars):
    last, lost, told = happenings(cars)
    assert (lost, last) == (0, len(told))
    assert told[0] == (-1, told[0][1])
    assert (told[0][1].kind, told[0][1].vin, told[0][1].region) == ("link.up", "", "eu")
    assert happenings(cars, last) == (last, 0, [])
    events = [Event("WBA1", "door.open", "us", None, (), "", f"{number}" * 200) for number in range(33_000)]
    cars.apply(Batch(events=events), NOW, "us")
    after, lost, told = happenings(cars, last)
    assert (after, lost, len(told)) == (last + 33_000, 33_000 - 32_768, 32_768)
    assert all(len(one.detail) <= 96 for _, one in told)
    cars.header["happened"] = 10**12
    assert happenings(cars, last)[1:] == (10**12 - last, [])


def test_an_empty_fleet_has_empty_tables(make):
    fleet = make()
    assert page(view(fleet), Query(sort="vin", limit=3), None, {}, STATUS).rows == []
    assert tally(view(fleet), ("region", "model"), None, {}, STATUS).rows == []
    assert status(fleet, NOW).vehicles == 0
    assert card(view(fleet), "WBA1", [], STATUS) is None
