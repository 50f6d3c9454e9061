"""Names of what OTLP has numbers for."""

from __future__ import annotations

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
"""Names of span kinds, by their number in OTLP."""
STATUSES = ("unset", "ok", "error")
"""Names of status codes, by their number in OTLP."""
