"""Names of orders, plans and sessions. Pure: whoever needs one brings the time and the random bytes."""

from __future__ import annotations

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 (https://www.crockford.com/base32.html), in lower case: no i, l, o, u."""
_PAIRS = tuple(a + b for a in _DIGITS for b in _DIGITS)
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
RANDOM_BYTES = 10
LENGTH = 26


def make(at: int, random: bytes) -> str:
    """26 characters that sort by time: 48 bits of epoch milliseconds, then 80 random ones, as a ULID
    (https://github.com/ulid/spec) in lower case. `random` has RANDOM_BYTES. Raises ValueError."""
    if not 0 <= at < 1 << 48 or len(random) != RANDOM_BYTES:
        raise ValueError("an id takes epoch milliseconds below 2^48 and ten random bytes")
    bits = at << 80 | int.from_bytes(random, "big")
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(120, -10, -10)])


def made(id: str) -> int:  # noqa: A002 - the field's own word
    """When an id was made, epoch milliseconds. Raises ValueError for what is no id."""
    if len(id) != LENGTH or not _VALUES.keys() >= set(id) or id[0] > "7":
        raise ValueError("no id: 26 digits and small letters without i, l, o and u")
    bits = 0
    for digit in id:
        bits = bits << 5 | _VALUES[digit]
    return bits >> 80


def key(digest: str, vin: str) -> str:
    """The idempotency key of a plan's order to one vehicle: a vehicle executes it once, however often the plan is sent.
    digest: the plan's SHA-256, hexadecimal."""
    return f"{digest[:16]}-{vin}"
