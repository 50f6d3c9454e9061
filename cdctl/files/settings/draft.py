"""Settings while they are being gathered from several places, with what is wrong so far."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from cdctl.errors import Place, Problem
from cdctl.files.nearest import suggestion
from cdctl.files.settings.keys import PLANNED, SECRET_WORD, Key, WrongValueError


@dataclass(slots=True)
class Draft:
    """`values` and `origins` are keyed by dotted keys such as `paths.cache`; contexts are kept apart."""

    contexts: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    spots: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, place: Place, message: str, fix: str = "") -> None:
        """Remember a problem and go on: all of them are reported together."""
        self.problems.append(Problem(place, message, fix))

    def unknown(self, place: Place, name: str, known: Collection[str], where: str) -> None:
        """Remember an unknown key, with the nearest known one."""
        if name in PLANNED:
            self.wrong(place, f"{name!r} is not supported by this version of cdctl", "remove it")
        else:
            self.wrong(place, f"unknown key {name!r} {where}", suggestion(name, known))

    def checked(self, key: Key, value: object, base: Path, place: Place) -> object | None:
        """The value as it will be used; None (and a problem) when it is wrong."""
        try:
            return key.read(value, base)
        except WrongValueError as error:
            self.wrong(place, error.message, error.fix)
            return None

    def came(self, dotted: str, origin: str, place: Place) -> None:
        """Remember where a value came from."""
        self.origins[dotted] = origin
        self.spots[dotted] = place

    def put(self, context: str, source: str, key: str, value: object) -> None:
        """Set one key of a source of a context."""
        self.contexts.setdefault(context, {}).setdefault(source, {})[key] = value


def is_secret(name: str) -> bool:
    """Whether a key of this name would hold the secret itself."""
    return bool(SECRET_WORD.search(name))
