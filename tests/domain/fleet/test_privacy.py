"""What is personal is masked, and where a vehicle is counts as personal."""

from __future__ import annotations

import pytest

from cdctl.domain.fleet.privacy import is_location, masked, masked_in


@pytest.mark.parametrize(
    ("vin", "shown"),
    [("WBA00000000012345", "WBA…345"), ("car-7-of-anna", "car…nna"), ("anna/car", "…r"), ("abcd", "…"), ("", "…")],
)
def test_an_id_names_nobody(vin, shown):
    assert masked(vin) == shown


def test_an_id_inside_a_text_is_masked_and_nothing_else():
    assert masked_in("moved: WBA00000000012345", "WBA00000000012345") == "moved: WBA…345"
    assert masked_in("moved", "") == "moved"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Vehicle.CurrentLocation.Latitude", True),
        ("Vehicle.CurrentLocation.Heading", True),
        ("Vehicle.Cabin.Infotainment.Navigation.DestinationSet.Longitude", True),
        ("Vehicle.Speed", False),
        ("Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", False),
    ],
)
def test_where_a_vehicle_is(path, expected):
    assert is_location(path) is expected
