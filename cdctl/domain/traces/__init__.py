"""Spans of distributed traces: what they are, how they are filtered, counted and weighed."""
