"""Messages that a vehicle should never send, and that somebody will."""

from __future__ import annotations

from collections.abc import Iterator

TEXTS = ("\x1b[2J\x1b]52;c;AAAA\x07", "\u202egnp.exe", "<script>alert(1)</script>", "x" * 5_000)
"""Texts that must do no harm wherever they end."""

PAYLOADS: tuple[bytes, ...] = (
    b"\xff\xfe\x00",
    b"{",
    b"\x00" * 64,
    b"[" * 100_000,
    b"",
    b" ",
    b"null",
    b"true",
    b"-1e999",
    b"NaN",
    b"[]",
    b"{}",
    b'"text"',
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"ts":"now","v":[],"seq":-1,"online":"yes"}',
    b"9" * 5_000,
    b"a" * (1 << 20),
    *(b'"' + text.encode("utf-8", "replace") + b'"' for text in TEXTS),
    *(text.encode("utf-8", "replace") for text in TEXTS),
)
"""Payloads that are no message of anybody."""


def topics(sound: str) -> Iterator[str]:
    """Topics that are nearly the sound one: levels too many, too few, empty, long and hostile."""
    levels = sound.split("/")
    yield from ("", "/", "x", f"/{sound}", f"{sound}/", f"{sound}/x/y", "/".join(levels[:-1]), "/".join(levels[1:]))
    yield "/".join(["a"] * 500)
    for at in range(len(levels)):
        for text in ("", " ", *TEXTS):
            yield "/".join([*levels[:at], text, *levels[at + 1 :]])
