"""plugin.toml: what a plugin folder says of itself, read without running any of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdctl.domain.text import safe
from cdctl.errors import PluginError
from cdctl.extend.listing import ROOMS

FILE = "plugin.toml"
_REQUIRED: dict[str, type] = {"name": str, "version": str, "api": int, "provides": list}
_OPTIONAL: dict[str, type] = {"summary": str}
_PROVIDES: dict[str, type] = {"room": str, "name": str, "object": str}
KEYS = (*_REQUIRED, *_OPTIONAL)
"""Every key of a plugin.toml."""
PROVIDED_KEYS = tuple(_PROVIDES)
"""Every key of its `provides` tables."""
_WORDS = {str: "a text", int: "a whole number", list: "a list of tables ([[provides]])"}
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_OBJECT = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Provided:
    """One thing for one room; `target` is "module:OBJECT", the module being a file of the folder."""

    room: str
    name: str
    target: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole plugin.toml."""

    name: str
    version: str
    api: int
    summary: str
    provides: tuple[Provided, ...]


def is_name(text: str) -> bool:
    """Whether `text` can name a plugin: lower case, digits, `-` and `_`, a letter first, at most 40 characters."""
    return _NAME.fullmatch(text) is not None


def read(folder: Path) -> Manifest:
    """The manifest of a plugin folder. Raises PluginError that says everything that is wrong with it."""
    import tomllib  # Names are listed on every run, and most runs have no folder to read.

    try:
        values = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise PluginError(f"{FILE} cannot be read: {safe(str(reason))}", subject=str(folder)) from error
    problems = list(_problems(values))
    if problems:
        hint = "the keys are: name, version, api, summary, and per [[provides]]: room, name, object"
        raise PluginError(f"{FILE} is wrong: " + "; ".join(problems), subject=str(folder), hint=hint)
    provides = tuple(Provided(p["room"], p["name"], p["object"]) for p in values["provides"])
    return Manifest(values["name"], values["version"], values["api"], values.get("summary", ""), provides)


def _problems(values: Mapping[str, object]) -> list[str]:
    problems = _key_problems(values, _REQUIRED, _OPTIONAL, "")
    for key in ("name", "version", "summary"):
        text = values.get(key)
        if isinstance(text, str) and (not text.strip() or safe(text) != text):
            problems.append(f"{key} must be one line of text")
    provides = values.get("provides")
    if isinstance(provides, list):
        problems += [] if provides else ["provides is empty"]
        for number, entry in enumerate(provides, 1):
            problems += _entry_problems(entry, f"provides {number}: ")
        titles = [(e.get("room"), e.get("name")) for e in provides if isinstance(e, Mapping)]
        twice = {f"{room}.{name}" for room, name in titles if titles.count((room, name)) > 1}
        problems += [f"{safe(title)} is provided twice" for title in sorted(twice)]
    return problems


def _entry_problems(entry: object, where: str) -> list[str]:
    if not isinstance(entry, Mapping):
        return [f"{where}must be a table"]
    problems = _key_problems(entry, _PROVIDES, {}, where)
    if problems:
        return problems
    if entry["room"] not in ROOMS:
        problems.append(f"{where}there is no room {safe(entry['room'])!r}, only {', '.join(ROOMS)}")
    if not is_name(entry["name"]):
        problems.append(f"{where}name {safe(entry['name'])!r} must be lower case letters, digits, - and _")
    if not _OBJECT.fullmatch(entry["object"]):
        problems.append(f'{where}object {safe(entry["object"])!r} must be "module:OBJECT"')
    return problems


def _key_problems(
    values: Mapping[str, object], required: Mapping[str, type], optional: Mapping[str, type], where: str
) -> list[str]:
    kinds = {**required, **optional}
    problems = [f"{where}{key} is missing" for key in required if key not in values]
    for key, value in values.items():
        if key not in kinds:
            problems.append(f"{where}unknown key {safe(key)!r}")
        elif type(value) is not kinds[key]:
            problems.append(f"{where}{key} must be {_WORDS[kinds[key]]}")
    return problems
