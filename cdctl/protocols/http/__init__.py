"""Fleets behind a command API over HTTP: orders are submitted, looked at and taken back as a profile says."""
