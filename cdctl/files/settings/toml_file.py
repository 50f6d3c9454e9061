"""The settings file: which one is read, and what it says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cdctl.domain import toml_places
from cdctl.domain.settings import LAB
from cdctl.errors import FileError, Place, Problem, UsageError
from cdctl.files.settings import fleet, traces
from cdctl.files.settings.draft import Draft, is_secret
from cdctl.files.settings.keys import CONTEXT, HABITS, PATHS, PROMETHEUS, TOP
from cdctl.files.settings.tables import Tables

NAME = "cdctl.toml"


def locate(flag: str, environ: Mapping[str, str]) -> Path | None:
    """The file to read: the flag's, CDCTL_CONFIG's, ./cdctl.toml, the user's. Raises UsageError when a named one is
    not there."""
    for said, origin in ((flag, "--config"), (environ.get("CDCTL_CONFIG", ""), "CDCTL_CONFIG")):
        if said:
            path = Path(said).expanduser()
            if not path.is_file():
                raise UsageError("there is no such settings file", subject=said, hint=f"{origin} names it")
            return path
    import platformdirs

    usual = (Path(NAME), platformdirs.user_config_path("cdctl") / NAME)
    return next((path for path in usual if path.is_file()), None)


class SettingsFile:
    """One file, read into a draft. Everything wrong in it is remembered there; only a file that cannot be read or is
    not TOML at all raises FileError at once."""

    def __init__(self, path: Path, draft: Draft) -> None:
        self.draft = draft
        self.data, places = _parse(path)
        self.tables = Tables(path, places, draft)

    def read(self) -> None:
        """Take over every key."""
        self.tables.known(self.data, (), TOP, "at the top level")
        name = self.data.get("default_context")
        if name is not None:
            self._default_context(name)
        for name, table in self.tables.table(self.data, ("contexts",)).items():
            self._context(name, table)
        paths = self.tables.table(self.data, ("paths",))
        self.tables.known(paths, ("paths",), PATHS, "in [paths]")
        for key, value in self.tables.keyed(paths, ("paths",), PATHS).items():
            self.draft.values[f"paths.{key}"] = value
        fleet.columns(self.tables, self.data)
        habits = self.tables.table(self.data, ("top",))
        self.tables.known(habits, ("top",), HABITS, "in [top]")
        for key, value in self.tables.keyed(habits, ("top",), HABITS).items():
            self.draft.values[f"top.{key}"] = value

    def _default_context(self, name: object) -> None:
        if not isinstance(name, str) or name not in {*self.tables.table(self.data, ("contexts",)), LAB}:
            known = ", ".join(self.tables.table(self.data, ("contexts",))) or "none"
            place = self.tables.value_place(("default_context",))
            self.draft.wrong(place, f"there is no context {name!r}", f"contexts of this file: {known}")
            return
        self.draft.values["default_context"] = name
        self.tables.came("default_context")

    def _context(self, name: str, table: object) -> None:
        where = ("contexts", name)
        if name == LAB or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            fix = "lab is what `cdctl lab up` makes" if name == LAB else "use letters, digits, . _ and -"
            self.draft.wrong(self.tables.key_place(where), f"a context cannot be called {name!r}", fix)
        if not isinstance(table, dict):
            place = self.tables.value_place(where)
            self.draft.wrong(place, f"context {name!r} is not a table", f"write [contexts.{name}]")
            return
        self.draft.contexts[name] = {}
        self.tables.known(table, where, CONTEXT, f"in context {name!r}")
        if "prometheus" in table:
            self._prometheus(name, table)
        for source, settings in self.tables.table(table, (*where, "sources")).items():
            self._plugin_source(name, source, settings)
        found = fleet.context(self.tables, name, table)
        self.draft.fleets[name] = replace(
            found, traces=traces.read(self.tables, (*where, "traces"), table.get("traces"))
        )

    def _prometheus(self, context: str, table: Mapping[str, object]) -> None:
        where = ("contexts", context, "prometheus")
        settings = self.tables.table(table, where)
        self.tables.known(settings, where, PROMETHEUS, "of prometheus")
        self.draft.contexts[context]["prometheus"] = {}
        self.tables.came(*where)
        for key, value in self.tables.keyed(settings, where, PROMETHEUS).items():
            self.draft.put(context, "prometheus", key, value)

    def _plugin_source(self, context: str, source: str, settings: object) -> None:
        """A source that a plugin brings: its own code judges the keys; here only secrets are looked for."""
        where = ("contexts", context, "sources", source)
        own = source in {"prometheus", "traces"}
        if not isinstance(settings, dict) or own:
            fix = f"write {source} = {{...}} in the context" if own else "write { key = value }"
            self.draft.wrong(self.tables.key_place(where), f"the source {source!r} is not set up like this", fix)
            return
        self.draft.contexts[context][source] = {}
        self.tables.came(*where)
        for key, value in settings.items():
            if is_secret(key):
                self.tables.secret((*where, key))
            else:
                self.draft.put(context, source, key, value)
                self.tables.came(*where, key)


def _parse(path: Path) -> tuple[dict[str, object], toml_places.Places]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text), toml_places.places(text)
    except OSError as error:
        raise UsageError(f"cannot read the settings: {error.strerror}", subject=str(path)) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise FileError([Problem(Place(str(path), line, 1), "not UTF-8 text", "save the file as UTF-8")]) from None
    except tomllib.TOMLDecodeError as error:
        raise FileError([_syntax(path, str(error))]) from None


def _syntax(path: Path, message: str) -> Problem:
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    place = Place(str(path), int(found[1]), int(found[2])) if found else Place(str(path))
    return Problem(place, f"not TOML: {message[: found.start()] if found else message}", "see https://toml.io")
