"""What a panel must say of itself: its title, what it shows, and keys that mean nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from cdctl.domain.boards.everywhere import BINDINGS
from cdctl.domain.boards.keys import SHARED, YIELDING, Binding
from cdctl.domain.text import safe
from cdctl.errors import PluginError

_MOST = 60
"""Bindings of a panel, keys of a binding; fields are as many as vehicles have."""
_MOST_FIELDS = 500
_LONGEST = 200
_ACTION = re.compile(r"[a-z][a-z0-9-]{0,39}")
_NAMED = re.compile(r"(?:(?:ctrl|shift|alt|super|hyper|meta)\+)*[a-z][a-z0-9_]{0,39}")
_TOLD = frozenset({"click"})
"""What a panel is told although it binds nothing."""
_TAKEN = {key: one.does for one in BINDINGS if one.action != YIELDING for key in one.keys} | {"ctrl+c": "leave"}


@dataclass(frozen=True, slots=True)
class Face:
    """What a panel says of itself at the moment; see the port."""

    title: str
    fields: tuple[str, ...]
    writing: bool


def face(panel: object) -> Face:
    """What it says. Raises PluginError for what is no such thing."""
    title, writing = getattr(panel, "title", None), getattr(panel, "writing", None)
    if not isinstance(title, str):
        raise PluginError(f"its title must be a text, not {_shown(title)}")
    if not isinstance(writing, bool):
        raise PluginError(f"its writing must be True or False, not {_shown(writing)}")
    names = _listed(getattr(panel, "fields", None), "fields", _MOST_FIELDS)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise PluginError(f"its fields must be names of fields, not {_shown(wrong[0])}")
    return Face(safe(_text(title), _LONGEST), tuple(_text(name) for name in names if isinstance(name, str)), writing)


def bindings(panel: object) -> tuple[Binding, ...]:
    """What it can do. Raises PluginError for an action or a key that cannot be, or that means something else."""
    found: list[Binding] = []
    taken: dict[str, str] = {}
    for each in _listed(getattr(panel, "bindings", None), "bindings", _MOST):
        if not isinstance(each, Binding):
            raise PluginError(f"its bindings must be cdctl.api.Binding, not {_shown(each)}")
        binding = _vetted(each)
        if any(binding.action == before.action for before in found):
            raise PluginError(f"its bindings have the action {binding.action!r} twice")
        for key in binding.keys:
            if key in taken:
                raise PluginError(f"its key {key!r} stands for {taken[key]!r} and for {binding.action!r}")
            if key in _TAKEN and key not in SHARED:
                reason = f"its key {key!r} for {binding.action!r} is taken on every board: {_TAKEN[key]}"
                raise PluginError(reason, hint="choose another key")
            taken[key] = binding.action
        found.append(binding)
    return tuple(found)


def _vetted(binding: Binding) -> Binding:
    """The same from texts that are ours."""
    action, keys = binding.action, binding.keys
    if not isinstance(action, str) or not _ACTION.fullmatch(action) or action in _TOLD:
        reason = f"its binding's action must be a word in lower case other than click, not {_shown(action)}"
        raise PluginError(reason, hint="such as open, page-up")
    if not isinstance(keys, tuple) or len(keys) > _MOST:
        raise PluginError(f"its binding {action!r}: keys must be a tuple of keys, not {_shown(keys)}")
    for key in keys:
        if not isinstance(key, str) or not (_is_char(key) or _NAMED.fullmatch(key)):
            hint = 'a character as it is typed, or a name: ("a", "O", "pageup", "shift+left", "space", "ctrl+r")'
            raise PluginError(f"its binding {action!r} has {_shown(key)}, which is no key", hint=hint)
    does, short = binding.does, binding.short
    for name, text, most in (("does", does, _LONGEST), ("short", short, 20)):
        if not isinstance(text, str) or safe(_text(text), most) != text or (name == "does" and not text.strip()):
            raise PluginError(f"its binding {action!r}: {name} must be one line of text, not {_shown(text)}")
    return Binding(_text(action), tuple(map(_text, keys)), _text(does), _text(short))


def _is_char(key: str) -> bool:
    return len(key) == 1 and bool(key.strip()) and safe(key) == key


def _listed(value: object, name: str, most: int) -> list[object]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise PluginError(f"its {name} must be a sequence, not {_shown(value)}")
    found = list(islice(value, most + 1))
    if len(found) > most:
        raise PluginError(f"its {name} are more than {most}")
    return found


def _text(value: str) -> str:
    """Text of a stranger's making without what else it may be."""
    return str.__getitem__(value, slice(0, _LONGEST + 1))


def _shown(value: object) -> str:
    return safe(repr(value), 80)
