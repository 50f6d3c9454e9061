"""Settings while they are being gathered from several places, with what is wrong so far."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from cdctl.domain.settings import Context
from cdctl.errors import Place, Problem
from cdctl.files.nearest import suggestion
from cdctl.files.settings.keys import CONTEXT, SECRET_WORD, TOP, Key, WrongValueError


@dataclass(slots=True)
class Draft:
    """`values`, `fleet` and `origins` are keyed by dotted keys such as `paths.cache`; contexts are kept apart.

    `contexts` are their sources, `fleets` the rest of them. `exposed` are servers that would be asked without TLS, by
    context: wrong in the one that is used, no reason to stop the others.
    """

    contexts: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    fleets: dict[str, Context] = field(default_factory=dict)
    fleet: dict[str, object] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    spots: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    exposed: list[tuple[str, Problem]] = field(default_factory=list)

    def wrong(self, place: Place, message: str, fix: str = "") -> None:
        """Remember a problem and go on: all of them are reported together."""
        self.problems.append(Problem(place, message, fix))

    def warn(self, place: Place, message: str, fix: str = "") -> None:
        """Remember something that is odd, but not wrong."""
        self.warnings.append(Problem(place, message, fix, warning=True))

    def exposes(self, context: str, place: Place, message: str, fix: str) -> None:
        """Remember a server of a context that would be asked without TLS."""
        self.exposed.append((context, Problem(place, message, fix)))

    def judge_exposed(self, chosen: str) -> None:
        """Known is now which context is used."""
        for context, problem in self.exposed:
            if context == chosen:
                self.problems.append(problem)
            else:
                fix = f"{problem.fix}; context {context!r} cannot be used until then"
                self.warn(problem.place, problem.message, fix)

    def unknown(self, place: Place, name: str, known: Collection[str], where: str) -> None:
        """Remember an unknown key, with the nearest known one."""
        fix = f"it belongs into [contexts.NAME]: write {name} there"
        if known != TOP or name not in CONTEXT:
            fix = suggestion(name, known)
        self.wrong(place, f"unknown key {name!r} {where}", fix)

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
