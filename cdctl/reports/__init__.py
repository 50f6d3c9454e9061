"""REPORTS, a door: how a verdict is written."""
