"""Commands to paste: written so that they ask what the run that prints them asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shell:
    """head: the program with the options that say whom it asks, quoted for a shell. fleet: whether vehicles can be
    reached there, so that commands about them make sense."""

    head: str = "cdctl"
    fleet: bool = True


PLAIN = Shell()
"""Of a run without options."""
