"""Keys, and what they do. Every key can be another one: what is pressed is told as the action that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cdctl.domain.text import safe

SHARED = frozenset({"escape", "enter"})
"""Keys that go to the view where a panel has no use for them: no conflict."""
YIELDING = "command"
"""An action of the view that panels have, too, for what they mean: theirs goes first."""
EVERYWHERE = "view"
"""Stands before actions that belong to no panel: view.freeze."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed: its name ("up", "shift+left", "escape", "a") and the character it writes, if any. at:
    column and line within the panel, for "click", "wheelup" and "wheeldown"."""

    name: str
    char: str = ""
    at: tuple[int, int] = (-1, -1)

    @property
    def told(self) -> str:
        """As bindings tell it: the character where it writes one, else the name."""
        return self.char if self.char.isprintable() and self.char.strip() else self.name


@dataclass(frozen=True, slots=True)
class Binding:
    """What keys do. action: a word, the panel is told it. keys: a character as it is typed, or a name such as up,
    pageup, shift+left, space, ctrl+s. does: one line for help. short: a word for the last line of the screen, empty
    when it is not among what is shown there."""

    action: str
    keys: tuple[str, ...]
    does: str
    short: str = ""


MOVES = (
    Binding("up", ("up", "wheelup"), "one up"),
    Binding("down", ("down", "wheeldown"), "one down"),
    Binding("page-up", ("pageup",), "a page up"),
    Binding("page-down", ("pagedown",), "a page down"),
    Binding("first", ("home",), "the first"),
    Binding("last", ("end",), "the last"),
)
"""How every list is moved through."""


@dataclass(frozen=True, slots=True)
class Keymap:
    """Other keys than those that actions have by themselves: "fleet.sort" -> keys."""

    other: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def keys(self, kind: str, binding: Binding) -> tuple[str, ...]:
        """The keys of an action of a kind of panel."""
        return self.other.get(f"{kind}.{binding.action}", binding.keys)

    def action(self, kind: str, bindings: Sequence[Binding], key: Key) -> str:
        """What a key stands for; empty when for nothing."""
        for binding in bindings:
            if key.told in self.keys(kind, binding):
                return binding.action
        return ""

    def conflicts(self, bound: Mapping[str, Sequence[Binding]]) -> Iterator[str]:
        """What is wrong: actions that do not exist, keys that stand for two things. bound: bindings by kind of panel,
        those of the view under EVERYWHERE."""
        known = {f"{kind}.{binding.action}" for kind, bindings in bound.items() for binding in bindings}
        for name in self.other.keys() - known:
            yield f"there is no action {name!r}"
        everywhere = self._taken(EVERYWHERE, bound.get(EVERYWHERE, ()))
        for kind, bindings in bound.items():
            taken = {} if kind == EVERYWHERE else dict(everywhere)
            for binding in bindings:
                own = f"{kind}.{binding.action}"
                for key in self.keys(kind, binding):
                    if key in taken and not _yields(key, taken[key]):
                        yield f"{key} stands for {taken[key]} and for {own}"
                    taken[key] = own

    def _taken(self, kind: str, bindings: Sequence[Binding]) -> dict[str, str]:
        return {key: f"{kind}.{binding.action}" for binding in bindings for key in self.keys(kind, binding)}


def _yields(key: str, action: str) -> bool:
    """Whether a panel that has a use for the key takes it from the view."""
    return action == f"{EVERYWHERE}.{YIELDING}" or (key in SHARED and action.startswith(f"{EVERYWHERE}."))


def shown(keys: Sequence[str]) -> str:
    """Keys as people read them; what a mouse does is left out."""
    names = {"pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc", "up": "↑", "down": "↓", "left": "←", "right": "→"}
    names |= {"shift+left": "shift-←", "shift+right": "shift-→", "home": "Home", "end": "End", "enter": "Enter"}
    names |= {"space": "Space", "tab": "Tab", "shift+tab": "shift-Tab"}
    told = [key for key in keys if not key.startswith(("wheel", "click"))]
    return safe(" ".join(names.get(key, key.replace("ctrl+", "ctrl-")) for key in told))
