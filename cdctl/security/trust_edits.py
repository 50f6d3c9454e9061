"""Changes to a trust file's text that leave everything else in it as it was written, comments too."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cdctl.domain.text import safe
from cdctl.domain.toml_places import places
from cdctl.errors import FileError, UsageError
from cdctl.security import ed25519, trust_file, whole_file
from cdctl.security.trust_file import Written

Edit = Callable[[str, Written], str]
"""Gives the new text of a file from the old one and what that says."""


def change(path: Path, edit: Edit, *, create: bool = False) -> Written:
    """Change a file, with nobody else doing so meanwhile; returns what it says now. create: one that is not there is
    made. Raises FileError when it is wrong (then nothing is written), UnavailableError when it cannot be read or
    written."""
    with whole_file.alone(path) as target:
        old = "" if create and not target.exists() else trust_file.load(target)
        new = edit(old, judged(old, target))
        found = judged(new, target)
        whole_file.write(target, new.encode())
    return found


def add_operator(name: str, public: bytes, roles: tuple[str, ...]) -> Edit:
    """Somebody new, at the end of the file. Raises UsageError when the name is taken."""

    def edit(text: str, found: Written) -> str:
        if name in found.operators:
            hint = f"cdctl keys rotate {name} gives them a new key"
            raise UsageError(f"the trust file has {name} already", subject=str(found.path), hint=hint)
        between = "\n" if text else ""
        return f"{_ended(text)}{between}{operator_lines(name, public, roles)}"

    return edit


def operator_lines(name: str, public: bytes, roles: tuple[str, ...]) -> str:
    """What a trust file says of an operator."""
    table = f"[operators.{name if name.isalnum() and name.isascii() else json.dumps(name)}]"
    return f'{table}\nkeys = ["{ed25519.written(public)}"]\nroles = {json.dumps(list(roles))}\n'


def rotate(name: str, public: bytes, until: float) -> Edit:
    """A new key for an operator; the others, so far without an end, are believed until then (epoch seconds)."""

    def edit(text: str, found: Written) -> str:
        if name not in found.operators:
            known = ", ".join(found.operators) or "nobody"
            raise UsageError(f"the trust file has no {name!r}", subject=str(found.path), hint=f"it knows {known}")
        keys = [
            item.get("key") if isinstance(item, Mapping) else item
            for item in tomllib.loads(text)["operators"][name]["keys"]
        ]
        ends = f"until = {instant(until)}"
        spots = places(text)
        for number, key in reversed([*enumerate(keys)]):
            if found.operators[name].keys[number].until is None:
                at = (("operators", name, "keys", str(number), "key"), ("operators", name, "keys", str(number)))
                spot = next(spots.values[path] for path in at if path in spots.values)
                inside = at[0] in spots.values
                text = _put(text, spot, f'"{key}"', f'"{key}", {ends}' if inside else f'{{ key = "{key}", {ends} }}')
        return _first(text, spots.values["operators", name, "keys"], f'"{ed25519.written(public)}"')

    return edit


def revoke(public: bytes, at: float, reason: str, owner: str) -> Edit:
    """A key is believed no more, from when this is written. Raises UsageError when it was revoked before."""

    def edit(text: str, found: Written) -> str:
        if ed25519.fingerprint(public) in found.revoked:
            raise UsageError("this key is revoked already", subject=ed25519.fingerprint(public))
        facts = [f'key = "{ed25519.written(public)}"', f"at = {instant(at)}"]
        facts += [f"reason = {json.dumps(safe(reason), ensure_ascii=False)}"] if reason else []
        spot = places(text).values.get(("revoked",))
        if spot:
            return _first(text, spot, f"{{ {', '.join(facts)} }}")
        facts[0] += f"  # {safe(owner, 80)}"
        return "\n".join([_ended(text), "[[revoked]]", *facts, ""])

    return edit


def instant(at: float) -> str:
    """Epoch seconds as RFC 3339, whole seconds."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def judged(text: str, path: Path) -> Written:
    """What a text says. Raises FileError when anything in it is wrong."""
    found = trust_file.parse(text, path)
    if found.problems:
        raise FileError(found.problems, hint="mend it first: nothing was written")
    return found


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _offset(text: str, spot: tuple[int, int]) -> int:
    line, column = spot
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at + column - 1


def _put(text: str, spot: tuple[int, int], old: str, new: str) -> str:
    """`new` for `old`, which must stand at this place."""
    at = _offset(text, spot)
    if not text.startswith(old, at):
        raise UsageError(
            f"line {spot[0]} of the trust file is written in a way that cannot be changed", hint=f"write {new}"
        )
    return text[:at] + new + text[at + len(old) :]


def _first(text: str, spot: tuple[int, int], item: str) -> str:
    """One item more in the list that begins at this place."""
    at = _offset(text, spot) + 1
    more = tomllib.loads(f"x = {_list(text, at - 1)}")["x"]
    return text[:at] + item + (", " if more else "") + text[at:]


def _list(text: str, at: int) -> str:
    """The list that begins there, as far as it goes."""
    end = text.find("]", at)
    while end != -1:
        try:
            tomllib.loads(f"x = {text[at : end + 1]}")
        except tomllib.TOMLDecodeError:
            end = text.find("]", end + 1)
        else:
            return text[at : end + 1]
    return "[]"
