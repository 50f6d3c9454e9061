"""The tables of one settings file: what is in them, and where each key and value stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cdctl.domain import toml_places
from cdctl.errors import Place
from cdctl.files.settings.draft import Draft, is_secret
from cdctl.files.settings.keys import Key


class Tables:
    """One file at `path`, of which everything goes into a draft, be it right or wrong."""

    def __init__(self, path: Path, places: toml_places.Places, draft: Draft) -> None:
        self.path = path
        self.places = places
        self.draft = draft
        # A file here and now keeps relative paths as they are written; one elsewhere means its own folder.
        self.base = path.parent

    def keyed(self, table: Mapping[str, object], at: toml_places.Path, keys: Mapping[str, Key]) -> dict[str, object]:
        """The values of the known keys of a table, checked; wrong ones are left out."""
        found: dict[str, object] = {}
        for key in [key for key in table if key in keys]:
            self.came(*at, key)
            value = self.draft.checked(keys[key], table[key], self.base, self.value_place((*at, key)))
            if value is not None:
                found[key] = value
        return found

    def known(self, table: Mapping[str, object], at: toml_places.Path, known: Iterable[str], where: str) -> None:
        """Remember every key that is not known; one that would hold a secret is told as such."""
        names = tuple(known)
        for name in table:
            if name in names:
                continue
            if is_secret(name):
                self.secret((*at, name))
            else:
                self.draft.unknown(self.key_place((*at, name)), name, names, where)

    def secret(self, path: toml_places.Path) -> None:
        """Remember a key that would hold a secret itself."""
        name = path[-1]
        self.draft.wrong(
            self.key_place(path),
            f"{name!r} would be a secret in a settings file",
            f"write {name}_file, {name}_env or {name}_keyring: where it is kept",
        )

    def table(self, parent: Mapping[str, object], path: toml_places.Path) -> Mapping[str, object]:
        """The table that a path names; an empty one, and a problem, when something else is there."""
        value = parent.get(path[-1], {})
        if isinstance(value, dict):
            return value
        self.draft.wrong(self.value_place(path), f"{path[-1]!r} is not a table", f"write [{'.'.join(path)}]")
        return {}

    def came(self, *path: str) -> None:
        """Remember that a value came from here."""
        place = self.key_place(path)
        self.draft.came(".".join(path), f"{place.file}:{place.line}", place)

    def key_place(self, path: toml_places.Path) -> Place:
        """Where a key stands."""
        return Place(str(self.path), *self.places.keys.get(path, (0, 0)))

    def value_place(self, path: toml_places.Path) -> Place:
        """Where a value stands."""
        return Place(str(self.path), *self.places.values.get(path, self.places.keys.get(path, (0, 0))))
