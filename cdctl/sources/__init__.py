"""SOURCES, a door: where the numbers of an SLI come from."""
