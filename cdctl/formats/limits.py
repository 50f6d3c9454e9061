"""How much of anything is read: what comes from outside may be large by mistake or by malice."""

from __future__ import annotations

MESSAGE = 64 << 20
"""Bytes of one message after decompression (OTLP recommends it)."""
DOCUMENT = 1 << 30
"""Bytes of a file that must be read as a whole: the exports of Jaeger and Zipkin."""
RATIO = 1000
"""Times a compressed message may grow; honest traces grow 12-fold, zeros 10,000-fold."""
FREE = 1 << 20
"""Bytes to which a message may grow whatever the ratio: a short one of zeros harms nobody."""
SPANS = 200_000
"""Spans of one message: what senders send at once are some thousands."""
PAIRS = 16 << 20
"""Bytes of the attributes of one span or resource, where a parser has to cut them."""
ATTRIBUTES = 10_000
"""Attributes of a span or a resource; further ones are left out and counted."""
KEY = 1024
"""Characters of an attribute's key; longer ones are cut."""
VALUE = 65_536
"""Characters of an attribute's value; longer ones are cut and counted."""
LIST = 1 << 20
"""Characters of a span's events, and of its links, as JSON; longer ones are left out and counted."""
DEPTH = 32
"""Lists and maps inside each other in one value."""
