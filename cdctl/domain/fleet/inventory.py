"""The door `inventory`: which vehicles should exist, so that one never heard of is missed and not just absent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from cdctl.domain.settings import BirthsInventory, FileInventory, HttpInventory, SqlInventory
from cdctl.domain.settings import Inventory as Choice
from cdctl.errors import Problem

LONGEST_ID = 40
ID_RULE = "1 to 40 ASCII characters, no space + #"


@dataclass(frozen=True, slots=True)
class Listed:
    """One vehicle that should exist. Empty texts are not told."""

    vin: str
    region: str = ""
    model: str = ""
    software: str = ""


def is_id(text: str) -> bool:
    """Whether a vehicle can be called so: 1 to 40 printable ASCII characters, none of them a space, `+` or `#`.

    A slash is allowed: a profile may join two levels of a topic with it, as in "jane/phone".
    """
    return (
        0 < len(text) <= LONGEST_ID
        and text.isascii()
        and text.isprintable()
        and " " not in text
        and "+" not in text
        and "#" not in text
    )


@dataclass(frozen=True, slots=True)
class Remarks:
    """What an inventory has to say of itself, once it was read. wrong: entries left out, of which `problems` are the
    first; duplicates: entries beyond the first of a vehicle."""

    listed: int = 0
    wrong: int = 0
    duplicates: int = 0
    problems: tuple[Problem, ...] = ()

    def note(self) -> str:
        """One line for people; empty when nothing is odd."""
        parts = []
        if self.wrong:
            first = f", the first: {self.problems[0]}" if self.problems else ""
            parts.append(f"entries that are wrong and left out: {self.wrong:,}{first}")
        if self.duplicates:
            parts.append(f"entries of vehicles that are there already: {self.duplicates:,}")
        return f"inventory: {'; '.join(parts)}" if parts else ""


class Inventory(Protocol):
    """A list of vehicles, wherever it is kept. Made from its settings; connects when asked."""

    def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        """Every vehicle, in runs of some thousands, so that a list of millions is never held as objects.

        Raises UnavailableError when it cannot be asked, FileError or UsageError when what is there is wrong.
        """
        ...


@runtime_checkable
class Remarking(Protocol):
    """An inventory that counts what is odd. Optional: one without it has no remarks."""

    def remarks(self) -> Remarks:
        """What was odd in the last reading, as far as it went."""
        ...


class InventoryFactory(Protocol):
    """Makes an inventory. Raises UsageError for a setting that is wrong. Must not do IO."""

    def __call__(self, settings: Mapping[str, object]) -> Inventory:
        """`settings` are the keys of the inventory's table; what shows who asks is in `access` (an Access), and
        `reveal` reads a Secret when it is first needed."""
        ...


def door_of(choice: Choice) -> tuple[str, dict[str, object]]:
    """The name and the settings with which the door is asked for what the settings file chose."""
    match choice:
        case BirthsInventory():
            return "births", {}
        case FileInventory(file):
            return "csv", {"file": file}
        case HttpInventory(url, access):
            return "http", {"url": url, "access": access}
        case SqlInventory(sql, query, access):
            return "sql", {"sql": sql, "query": query, "access": access}
