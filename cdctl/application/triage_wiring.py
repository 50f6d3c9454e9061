"""Composes a page of triage from promises, explanations, changes and brokers. See `wiring` for the rest."""
