"""The pure heart: frozen values and plain functions over numpy arrays; no clock, no IO, no framework."""
