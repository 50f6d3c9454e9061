"""What the name of a signal says of it."""

from __future__ import annotations

import pytest

from cdctl.domain.fleet.vss import is_truth


@pytest.mark.parametrize("path", ["Vehicle.Powertrain.TractionBattery.Charging.IsCharging", "IsOpen"])
def test_truth_is_known_by_its_name(path):
    assert is_truth(path)


@pytest.mark.parametrize("path", ["Vehicle.Speed", "Vehicle.Isolation", "Vehicle.IsOpen.Count", "Is", ""])
def test_other_signals_are_numbers(path):
    assert not is_truth(path)
