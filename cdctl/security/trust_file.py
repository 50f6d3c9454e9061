"""Reads trust.toml: operators, their keys and roles, and which keys were revoked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path as File

from cdctl.domain.text import safe
from cdctl.domain.toml_places import Path, Places, places
from cdctl.errors import FileError, Place, Problem, UnavailableError
from cdctl.security import ed25519, whole_file

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,63}")
_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_INSTANT = "write an instant with its offset, such as 2026-11-30T12:00:00Z"


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """A public key of an operator. until: epoch seconds after which it is as good as none; None: no end."""

    public: bytes
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may sign. roles: what the policy goes by."""

    name: str
    keys: tuple[OperatorKey, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key that nobody trusts any more. at: epoch seconds."""

    public: bytes
    at: float
    reason: str = ""


@dataclass(slots=True)
class Written:
    """What a trust file says. vehicles: path of the vehicles' keys, empty when it names none."""

    path: File
    operators: dict[str, Operator] = field(default_factory=dict)
    revoked: dict[str, Revocation] = field(default_factory=dict)
    vehicles: str = ""
    vehicles_place: Place = field(default_factory=lambda: Place(""))
    problems: list[Problem] = field(default_factory=list)


def parse(text: str, path: File) -> Written:
    """What the text says; everything wrong is in `problems`. Raises FileError when it is not TOML at all."""
    try:
        data, where = tomllib.loads(text), places(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        place = Place(str(path), int(found[1]), int(found[2])) if found else Place(str(path))
        said = str(error)[: found.start()] if found else str(error)
        raise FileError([Problem(place, f"not TOML: {said}", "see https://toml.io")]) from None
    reader = _Reader(Written(path), where)
    reader.document(data)
    return reader.found


def load(path: File) -> str:
    """The text of a trust file. Raises UnavailableError when it cannot be read, FileError when it is no text,
    RefusedError when everybody may change it."""
    try:
        return whole_file.read(path).decode("utf-8-sig")
    except OSError as error:
        hint = 'name it: trust = "trust.toml" in the context'
        raise UnavailableError(f"cannot read the trust file: {error.strerror}", subject=str(path), hint=hint) from None
    except UnicodeDecodeError:
        raise FileError([Problem(Place(str(path)), "not UTF-8 text", "save the file as UTF-8")]) from None


class _Reader:
    def __init__(self, found: Written, where: Places) -> None:
        self.found = found
        self.where = where
        self.owners: dict[bytes, str] = {}

    def document(self, data: Mapping[str, object]) -> None:
        self._known(data, (), ("operators", "vehicles", "revoked"))
        for name, table in self._table(data, ("operators",)).items():
            self._operator(name, table)
        self._revoked(data.get("revoked", []), ("revoked",))
        vehicles = self._table(data, ("vehicles",))
        self._known(vehicles, ("vehicles",), ("file",))
        if "file" in vehicles:
            file = vehicles["file"]
            if isinstance(file, str) and file:
                self.found.vehicles = str(self.found.path.parent / File(file).expanduser())
                self.found.vehicles_place = self._place(("vehicles", "file"))
            else:
                self._wrong(("vehicles", "file"), "this is no path", 'write file = "vehicles.csv"')

    def _operator(self, name: str, table: object) -> None:
        at: Path = ("operators", name)
        if not _NAME.fullmatch(name):
            self._wrong(at, f"{safe(name, 80)!r} is no operator's name", "use letters, digits and _ . @ + -")
        if not isinstance(table, dict):
            self._wrong(at, f"operator {safe(name, 80)!r} is not a table", f"write [operators.{safe(name, 80)}]")
            return
        self._known(table, at, ("keys", "roles", "revoked"))
        keys = tuple(
            key
            for number, item in enumerate(self._list(table, (*at, "keys"), 'keys = ["ed25519:..."]'))
            if (key := self._key(item, (*at, "keys", str(number)), name))
        )
        roles = []
        for number, role in enumerate(self._list(table, (*at, "roles"), 'roles = ["oncall"]')):
            if isinstance(role, str) and _ROLE.fullmatch(role):
                roles.append(role)
            else:
                fix = "use small letters, digits, _ and -"
                self._wrong((*at, "roles", str(number)), f"{safe(repr(role), 80)} is no role", fix)
        self._revoked(table.get("revoked", []), (*at, "revoked"))
        self.found.operators[name] = Operator(name, keys, tuple(dict.fromkeys(roles)))

    def _key(self, item: object, at: Path, owner: str) -> OperatorKey | None:
        """`"ed25519:..."`, or with an end: `{ key = "ed25519:...", until = 2026-11-30T12:00:00Z }`."""
        until = None
        if isinstance(item, dict):
            self._known(item, at, ("key", "until"))
            if "until" in item:
                until = self._instant(item["until"], (*at, "until"))
        public = self._public(item.get("key") if isinstance(item, dict) else item, at)
        if public is None:
            return None
        if public in self.owners:
            said = f"duplicate key: {self.owners[public]} has it already"
            self._wrong(at, said, "every operator has keys of their own")
            return None
        self.owners[public] = owner
        return OperatorKey(public, until)

    def _revoked(self, items: object, at: Path) -> None:
        if not isinstance(items, list):
            self._wrong(at, "'revoked' is not a list", 'write [[revoked]] with key = "ed25519:..." and at = ...')
            return
        for number, item in enumerate(items):
            here = (*at, str(number))
            if not isinstance(item, dict) or "key" not in item or "at" not in item:
                fix = 'write { key = "ed25519:...", at = 2026-11-22T12:00:00Z }'
                self._wrong(here, "a revocation has a key and an instant", fix)
                continue
            self._known(item, here, ("key", "at", "reason"))
            public, since = self._public(item["key"], (*here, "key")), self._instant(item["at"], (*here, "at"))
            if public is not None and since is not None:
                reason = str(item.get("reason", ""))
                self.found.revoked[ed25519.fingerprint(public)] = Revocation(public, since, reason)

    def _public(self, text: object, at: Path) -> bytes | None:
        try:
            return ed25519.parse(text if isinstance(text, str) else "")
        except ValueError as error:
            self._wrong(at, f"malformed key: {error}", 'write "ed25519:BASE64", as `cdctl keys show` prints it')
            return None

    def _instant(self, value: object, at: Path) -> float | None:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            moment = None
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            self._wrong(at, f"{safe(str(value), 80)!r} is no instant", _INSTANT)
            return None
        return moment.timestamp()

    def _list(self, table: Mapping[str, object], at: Path, example: str) -> list[object]:
        value = table.get(at[-1])
        if isinstance(value, list) and value:
            return value
        said = f"operator {safe(at[1], 80)!r} has no {at[-1]}" if value in (None, []) else f"{at[-1]!r} is not a list"
        self._wrong(at if value is not None else at[:-1], said, f"write {example}")
        return []

    def _table(self, data: Mapping[str, object], at: Path) -> Mapping[str, object]:
        value = data.get(at[-1], {})
        if isinstance(value, dict):
            return value
        self._wrong(at, f"{at[-1]!r} is not a table", f"write [{'.'.join(at)}]")
        return {}

    def _known(self, table: Mapping[str, object], at: Path, known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                fix = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
                place = Place(str(self.found.path), *self.where.keys.get((*at, key), (0, 0)))
                self.found.problems.append(Problem(place, f"unknown key {safe(key, 80)!r}", fix))

    def _place(self, at: Path) -> Place:
        spot = self.where.values.get(at) or self.where.keys.get(at)
        while spot is None and at:
            at = at[:-1]
            spot = self.where.values.get(at) or self.where.keys.get(at)
        return Place(str(self.found.path), *(spot or (0, 0)))

    def _wrong(self, at: Path, message: str, fix: str = "") -> None:
        self.found.problems.append(Problem(self._place(at), message, fix))
