"""Units of signals by their VSS path (Vehicle Signal Specification 6), for what vehicles tell of their health."""

from __future__ import annotations

import re

_UNITS: tuple[tuple[str, str], ...] = (
    (r"Vehicle\.Speed", "km/h"),
    (r"Vehicle\.TraveledDistance", "m"),
    (r"Vehicle\.Powertrain\.(TractionBattery\.)?Range", "m"),
    (r"Vehicle\.Powertrain\.TractionBattery\.StateOfCharge\.(Displayed|Current)", "%"),
    (r"Vehicle\.Powertrain\.TractionBattery\.CurrentVoltage", "V"),
    (r"Vehicle\.Powertrain\.TractionBattery\.CurrentCurrent", "A"),
    (r"Vehicle\.Powertrain\.TractionBattery\.Temperature\.(Average|Min|Max)", "°C"),
    (r"Vehicle\.Powertrain\.CombustionEngine\.Speed", "rpm"),
    (r"Vehicle\.LowVoltageBattery\.CurrentVoltage", "V"),
    (r"Vehicle\.LowVoltageBattery\.CurrentCurrent", "A"),
    (r"Vehicle\.Chassis\.Axle\.Row\d\.Wheel\.(Left|Right)\.Tire\.Pressure", "kPa"),
    (r"Vehicle\.Chassis\.Axle\.Row\d\.Wheel\.(Left|Right)\.Tire\.Temperature", "°C"),
    (r"Vehicle\.Exterior\.AirTemperature", "°C"),
)
_KNOWN = tuple((re.compile(path, re.ASCII), unit) for path, unit in _UNITS)


def unit_of(path: str) -> str:
    """The unit of a signal; empty where none is known."""
    return next((unit for known, unit in _KNOWN if known.fullmatch(path)), "")


def short(path: str) -> str:
    """A path without the beginning that all share: `Powertrain.Range`."""
    return path.removeprefix("Vehicle.")
