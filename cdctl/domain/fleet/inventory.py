"""The door `inventory`: which vehicles should exist, so that one never heard of is missed and not just absent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Listed:
    """One vehicle that should exist. Empty texts are not told."""

    vin: str
    region: str = ""
    model: str = ""
    software: str = ""


class Inventory(Protocol):
    """A list of vehicles, wherever it is kept. Made from its settings; connects when asked."""

    def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        """Every vehicle, in runs of some thousands, so that a list of millions is never held as objects.

        Raises UnavailableError when it cannot be asked, FileError or UsageError when what is there is wrong.
        """
        ...
