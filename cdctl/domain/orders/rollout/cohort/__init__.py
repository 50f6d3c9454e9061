"""Vehicles that were told against vehicles that were not, by tests that may be looked at as often as one likes."""
