"""What `cdctl diag` shows, in every format: safe whatever vehicles say, masked where it leaves the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest

from cdctl.cli import diag_codes, diag_pings, diag_snapshot
from cdctl.cli.cmd_sending import Ended
from cdctl.cli.diag_asking import Pinged
from cdctl.domain.diagnostics import bundle
from cdctl.domain.diagnostics.catalogue import catalogue
from cdctl.domain.diagnostics.health import health
from cdctl.domain.diagnostics.trips import Trip
from cdctl.domain.fleet.reading import Card, FleetStatus
from cdctl.domain.orders.keeping import Kept
from cdctl.domain.orders.order import Course, Order, State
from cdctl.domain.orders.plan import Target
from cdctl.domain.text import safe

FORMS = ("table", "wide", "json", "jsonl", "csv")
VIN, OTHER = "WBA00000000012345", "WBA00000000067890"
CODES = catalogue("P0A9B\tHybrid battery temperature sensor A: circuit\n")
BAD = "\x1b]52;c;aGk=\x07\x1b[2J\u202e[@click=app.quit]x[/x]\r\nfaked line"
FRAME = {"at": 1_790_000_000_000, "Vehicle.Speed": 42, "Vehicle.TraveledDistance": 1_234_567}
RESULT = {
    "dtc": [
        {"code": "0A9B17", "status": 0x8D, "frame": FRAME, "unit": "bms"},
        {"code": "5095F3", "status": 0x08},
    ]
}


def kept(
    result: Mapping[str, object] = MappingProxyType({}),
    vin: str = VIN,
    state: State = State.SUCCEEDED,
    reason: str = "",
) -> Kept:
    order = Order("o1", "k1", vin, "eu", "diagnostics.collect", {}, "n", 1, 1, 2, 3)
    return Kept(order, b"", "s", Course(state, 1, 1), reason, result, 12, "f" * 16, 0)


def told(*some: Kept) -> diag_codes.Told:
    return diag_codes.told(some, CODES, places=False)


def test_codes_of_one_vehicle():
    text = diag_codes.codes(told(kept(RESULT)))("table", False, None)
    first, second, third = text.splitlines()
    assert first.split()[:4] == ["CODE", "TEXT", "FAILURE", "STATUS"]
    assert "P0A9B-17" in second
    assert "17 circuit voltage too high" in second
    assert "failing now, confirmed, pending, warning lamp" in second
    assert "2026-09-2" in second
    assert "F3 the manufacturer's own" in third
    assert "the manufacturer's own code" in third
    wide = diag_codes.codes(told(kept(RESULT)))("wide", False, None)
    assert "Speed 42 km/h, TraveledDistance 1,234,567 m" in wide
    assert "8D" in wide


def test_codes_of_several_are_counted():
    found = told(kept(RESULT), kept({"dtc": RESULT["dtc"][:1]}, OTHER), kept(vin="C", state=State.EXPIRED))
    lines = diag_codes.codes(found)("table", False, None).splitlines()
    assert lines[1].split()[0] == "P0A9B-17"
    assert "100%" in lines[1]
    assert "circuit voltage too high" in lines[1]
    assert "50%" in lines[2]
    document = json.loads(diag_codes.codes(found)("json", False, None))
    assert (document["asked"], document["answered"], document["without_codes"]) == (3, 2, 0)
    assert [row["state"] for row in document["vehicles"]] == ["succeeded", "succeeded", "expired"]
    assert len(diag_codes.codes(found)("jsonl", False, None).splitlines()) == 3


def test_a_failure_type_without_detail_takes_no_room_in_a_count():
    found = told(kept({"dtc": [{"code": "0A9B00", "status": 1}]}), kept({"dtc": []}, OTHER))
    lines = diag_codes.codes(found)("table", False, None).splitlines()
    assert "FAILURE" not in lines[0]
    assert "50%" in lines[1]


def test_a_status_that_was_not_told_is_not_called_fine():
    text = diag_codes.codes(told(kept({"dtc": [{"code": "0A9B17"}, {"code": "C10087", "status": 0}]})))(
        "table", False, None
    )
    assert "not told" in text
    assert "none of them" in text


def pinged() -> tuple[list[Target], Pinged]:
    targets = [Target(VIN, "eu"), Target(OTHER, "us")]
    trips = {VIN: [Trip(0.1, 0.02), Trip(0.2, 0.03)], OTHER: [Trip(), Trip(0.3)]}
    last = {VIN: kept(), OTHER: kept(vin=OTHER, state=State.EXPIRED, reason=f"{BAD} {OTHER}")}
    return targets, Pinged(trips, last, Ended())


def test_pings_by_vehicle_and_by_region():
    targets, found = pinged()
    document = json.loads(diag_pings.pings(targets, found)("json", False, None))
    one, other = document["vehicles"]
    assert (one["p50_ms"], one["max_ms"], one["broker_ms"], one["vehicle_ms"]) == (100, 200, 80, 20)
    assert one["round_trips_ms"] == [100, 200]
    assert (other["sent"], other["received"], other["loss"], other["broker_ms"]) == (2, 1, 0.5, None)
    assert other["history"] == "x█"
    assert [(row["region"], row["vehicles"], row["received"]) for row in document["regions"]] == [
        ("eu", 1, 2),
        ("us", 1, 1),
        ("all", 2, 3),
    ]


def test_a_table_of_many_shows_regions_and_wide_every_one():
    targets = [Target(f"WBA{number:014}", "eu") for number in range(diag_pings.ON_A_SCREEN + 1)]
    found = Pinged({one.vin: [Trip(0.1, 0.05)] for one in targets}, {}, Ended())
    lines = diag_pings.pings(targets, found)("table", False, None).splitlines()
    assert [line.split()[0] for line in lines] == ["REGION", "eu"]
    assert len(diag_pings.pings(targets, found)("wide", False, None).splitlines()) == len(targets) + 1


def taken(
    result: Mapping[str, object] | None, *, detail: str = "", fields: Mapping[str, object] | None = None
) -> object:
    fleet = {
        "known": True,
        "fields": {"state": "online", "model": "i4", **(fields or {})},
        "happenings": [
            {"at": "2026-09-21T14:13:20.000Z", "vin": VIN, "region": "eu", "kind": "online", "detail": detail}
        ],
    }
    body = bundle.snapshot(
        taken_at=1_790_000_000_000,
        context="lab",
        reason="",
        answer={"state": "succeeded" if result is not None else "expired", "reason": ""},
        fleet=fleet,
        told=None if result is None else health(result),
        codes=CODES,
    )
    return diag_snapshot.Taken(VIN, {"vin": VIN, "region": "eu", **body}, Ended())


def test_a_snapshot_is_read_in_sections():
    text = diag_snapshot.shown(taken({**RESULT, "signals": {"Vehicle.Speed": 3}, "versions": {"tcu": "1"}}))(
        "table", False, None
    )
    for words in ("TROUBLE CODES", "P0A9B-17", "SIGNALS", "3 km/h", "VERSIONS", "SEEN FROM OUTSIDE"):
        assert words in text
    assert "NETWORK" not in text
    assert "none" in diag_snapshot.shown(taken({"dtc": []}))("table", False, None)


def test_a_snapshot_without_an_answer_shows_what_the_stream_knows():
    text = diag_snapshot.shown(taken(None, fields={"soc": 41.5}))("table", False, None)
    assert "FROM THE LIVE STREAM" in text
    assert "41.5" in text
    assert "expired" in text


HOSTILE = {
    "dtc": [{"code": "0A9B17", "status": 1, "unit": BAD, "frame": {BAD: BAD, f"a.{VIN}": VIN}}, {"code": BAD}],
    "signals": {BAD: BAD, f"Vehicle.{VIN}": VIN},
    "versions": {BAD: BAD, "=cmd": "=1+1"},
    "network": {BAD: BAD, "note": VIN},
    "events": [{"at": 1, "kind": BAD, "text": f"{BAD} {VIN}"}],
}
RENDERS: Mapping[str, Callable[[str, bool], str]] = {
    "dtc": lambda form, hide: diag_codes.codes(told(kept(HOSTILE, reason=f"{BAD} {VIN}")))(form, hide, None),
    "dtc of several": lambda form, hide: diag_codes.codes(
        told(kept(HOSTILE), kept(bundle.without(HOSTILE, VIN), OTHER))
    )(form, hide, None),
    "ping": lambda form, hide: diag_pings.pings(*pinged())(form, hide, None),
    "snapshot": lambda form, hide: diag_snapshot.shown(taken(HOSTILE, detail=f"{BAD} {VIN}", fields={"sw": BAD}))(
        form, hide, None
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", RENDERS)
def test_nothing_a_vehicle_says_acts_or_makes_a_line(what, form):
    text = RENDERS[what](form, False)
    assert safe(text, 1_000_000, lines=True) == text
    assert not any(line.startswith("faked line") for line in text.splitlines())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", RENDERS)
def test_files_name_nobody(what, form):
    text = RENDERS[what](form, True)
    assert VIN not in text
    assert OTHER not in text
    shown = RENDERS[what](form, False)
    if (what, form) not in {("dtc", "table"), ("dtc", "wide"), ("dtc of several", "table")}:
        assert VIN in shown


def test_where_a_vehicle_is_stays_out_of_what_the_stream_knows():
    cells = {"vin": VIN, "state": "online", "lat": 48.1, "charging": 1.0}
    card = Card(VIN, cells, (), (), FleetStatus(0.0))
    hidden = diag_snapshot.Stream(card, (), None, card.status, ("lat",), frozenset({"charging"}))
    assert hidden.cells() == {"state": "online", "charging": True}
    shown = diag_snapshot.Stream(card, (), None, card.status)
    assert shown.cells() == {"state": "online", "lat": 48.1, "charging": 1.0}
    assert diag_snapshot.Stream(None, (), None, card.status).cells() == {}
