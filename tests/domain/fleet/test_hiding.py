"""Payloads are shown without what tells where a vehicle is."""

from __future__ import annotations

import json

import pytest

from cdctl.domain.fleet.hiding import KEPT_BACK, is_place, laid_out, plain


@pytest.mark.parametrize(
    "name",
    [
        "Vehicle.CurrentLocation.Latitude", "Vehicle.CurrentLocation.Altitude",
        "vehicle.currentlocation.altitude", "lat", "LON", "gpsFix", "active_route",
        "active_route_destination", "home_address", "location", "trip.location.street", "geofence", "GPS", "inregions",
    ],
)  # fmt: skip
def test_names_of_places(name):
    assert is_place(name) == (name != "active_route")


@pytest.mark.parametrize(
    "name",
    [
        "Vehicle.Speed",
        "Vehicle.Cabin.Door.Row1.Left.Window.Position",
        "platform",
        "relation",
        "isolated",
        "longest",
        "sw",
    ],
)
def test_other_names(name):
    assert not is_place(name)


def test_json_keeps_everything_but_places():
    told = {"ts": 5, "s": {"Vehicle.Speed": 42.0, "Vehicle.CurrentLocation.Latitude": 48.1}, "gps": [48.1, 11.5]}
    text = plain(json.dumps(told).encode(), "tele")
    assert json.loads(text) == {
        "ts": 5, "s": {"Vehicle.Speed": 42.0, "Vehicle.CurrentLocation.Latitude": KEPT_BACK}, "gps": KEPT_BACK,
    }  # fmt: skip
    nested = plain(b'[{"a": {"CurrentLocation": {"x": 48.1}}}]', "tele")
    assert "48.1" not in nested


@pytest.mark.parametrize(
    ("payload", "suffix"),
    [
        (b"48.137", "latitude"),
        (b'{"a": 48.137}', "position"),
        (b'{"lat": 48.137', "tele"),
        (b"lat=48.137;lon=11.5", "tele"),
        (b'{"lat": 48.137}, trailing', "tele"),
        (b'{"lat": NaN, "x": 48.137}', "tele"),
        (b'{"lat": 1, "lat": 48.137}', "tele"),
        (b'{"s": {"lat": "' + b"48.137" * 3 + b'"' + b"[" * 100_000, "tele"),
        ("lat 48.137 \xfc".encode("latin-1"), "tele"),
    ],
)
def test_what_cannot_be_read_tells_no_place_either(payload, suffix):
    assert "48.137" not in plain(payload, suffix)


def test_a_payload_that_was_cut_tells_no_place():
    payload = b'{"Vehicle.CurrentLocation.Latitude": 48.137, "more": "' + b"x" * 100
    assert "48.137" not in plain(payload, "tele", whole=False)
    assert plain(b'{"speed": 42, "mo', "tele", whole=False) == '{"speed": 42, "mo'
    assert plain("speed ü".encode()[:-1], "tele", whole=False) == "speed "


def test_text_stays_and_what_is_no_text_tells_its_length():
    assert plain(b"on", "state") == "on"
    assert plain(b"", "state") == ""
    assert plain(bytes(range(256)), "raw") == "(no text, 256 bytes)"


def test_laid_out():
    assert laid_out('{"a": {"b": 1}}') == ["{", '  "a": {', '    "b": 1', "  }", "}"]
    assert laid_out("one\ntwo") == ["one", "two"]
    assert laid_out("") == [""]
    assert "48" not in "\n".join(laid_out('{"lat": 48}'))
