"""Reads a file of other keys for the live view:

[view]
freeze = "f5"
[fleet]
sort = ["s", "O"]
mark = []             # no key at all
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from cdctl.domain import toml_places
from cdctl.domain.boards.keys import Binding, Keymap
from cdctl.errors import FileError, Place
from cdctl.files.faults import Faults
from cdctl.files.nearest import suggestion
from cdctl.files.reading import read_text

_KEY = re.compile(r"\S|((ctrl|shift|alt)\+)*(f[0-9]{1,2}|[a-z][a-z0-9_]*|[0-9])")
Bound = Mapping[str, Sequence[Binding]]
"""What can be bound: bindings by kind of panel, those of the view under `view`."""


def read(path: Path, bound: Bound) -> Keymap:
    """The keys of a file. Raises FileError with everything that is wrong in it, conflicts among it."""
    faults = Faults(str(path))
    text = read_text(path.expanduser(), faults)
    found = _read(text, path, bound, faults) if text is not None else Keymap()
    if faults.errors:
        raise FileError(faults.close())
    return found


def _read(text: str, path: Path, bound: Bound, faults: Faults) -> Keymap:
    try:
        data, places = tomllib.loads(text), toml_places.places(text)
    except tomllib.TOMLDecodeError as error:
        faults.error(_syntax(path, str(error)), f"not TOML: {error}", "see https://toml.io")
        return Keymap()
    other: dict[str, tuple[str, ...]] = {}
    for kind, table in data.items():
        place = _place(path, places, (kind,))
        if kind not in bound or not isinstance(table, dict):
            fix = suggestion(kind, bound) or f"one of {', '.join(bound)}"
            faults.error(place, f"there is no panel of kind {kind!r}", fix)
            continue
        for action, value in table.items():
            at = _place(path, places, (kind, action))
            actions = [binding.action for binding in bound[kind]]
            if action not in actions:
                faults.error(at, f"{kind} has no action {action!r}", suggestion(action, actions) or ", ".join(actions))
            elif (keys := _keys(value)) is None:
                faults.error(at, "is neither a key nor a list of keys", 'write "f5", "ctrl+f", "O" or ["s", "O"]')
            else:
                other[f"{kind}.{action}"] = keys
    keymap = Keymap(other)
    for message in keymap.conflicts(bound) if not faults.errors else ():
        name = next((name for name in other if name in message), "")
        faults.error(_place(path, places, tuple(name.split("."))), message, "give one of them another key")
    return keymap


def _keys(value: object) -> tuple[str, ...] | None:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        return None
    good = all(isinstance(key, str) and _KEY.fullmatch(key) for key in listed)
    return tuple(listed) if good else None


def _place(path: Path, places: toml_places.Places, at: tuple[str, ...]) -> Place:
    return Place(str(path), *places.keys.get(at, (0, 0)))


def _syntax(path: Path, message: str) -> Place:
    found = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    return Place(str(path), int(found[1]), int(found[2])) if found else Place(str(path))
