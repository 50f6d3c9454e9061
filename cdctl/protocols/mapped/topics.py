"""Topics of a profile: which rules one belongs to, whose it is, and the filters that ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Generic, TypeVar

from cdctl.domain.fleet.profile import MessageRule

Entry = TypeVar("Entry")
Naming = Callable[[Sequence[str]], str]
_NAME = re.compile(r"\{(\w+)\}")


class Joined:
    """A text in which `{name}` stands for a level of a topic, such as "{user}/{device}"."""

    def __init__(self, text: str) -> None:
        self._parts = _NAME.split(text)  # literal, name, literal, name, ..., literal

    @property
    def names(self) -> tuple[str, ...]:
        """The levels that it holds."""
        return tuple(self._parts[1::2])

    def of(self, places: Mapping[str, int]) -> Naming:
        """Makes the text from the levels of a topic, whose names are at these places."""
        if len(self._parts) == 3 and not self._parts[0] and not self._parts[2]:
            return itemgetter(places[self._parts[1]])
        parts = [part if i % 2 == 0 else places[part] for i, part in enumerate(self._parts)]
        return lambda levels: "".join([part if isinstance(part, str) else levels[part] for part in parts])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        seen: set[str] = set()
        pattern = ""
        for i, part in enumerate(self._parts):
            if i % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += f"(?P={part})" if part in seen else f"(?P<{part}>[^/+#]+)"
                seen.add(part)
        return re.compile(pattern)

    def levels(self, text: str) -> Mapping[str, str] | None:
        """The levels that make this text, None where none do."""
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None


class Topics(Generic[Entry]):
    """What belongs to a topic, found by the number of its levels and by the fixed ones among them."""

    def __init__(self, entries: Iterable[tuple[MessageRule, Entry]]) -> None:
        tables: dict[int, dict[tuple[int, ...], dict[object, Entry]]] = {}
        self._firsts: set[str] = set()
        for rule, entry in entries:
            fixed = tuple(i for i in range(len(rule.levels)) if i not in rule.names.values())
            tables.setdefault(len(rule.levels), {}).setdefault(fixed, {})[_key(fixed)(rule.levels)] = entry
            if 0 in fixed:
                self._firsts.add(rule.levels[0])
        # The more levels are fixed, the more a rule knows: it is asked first.
        self._tables = {
            count: [(_key(fixed), places[fixed]) for fixed in sorted(places, key=len, reverse=True)]
            for count, places in tables.items()
        }

    def find(self, levels: Sequence[str]) -> Entry | None:
        """What belongs to a topic with these levels."""
        for key_of, table in self._tables.get(len(levels), ()):
            entry = table.get(key_of(levels))
            if entry is not None:
                return entry
        return None

    def foreign(self, levels: Sequence[str]) -> bool:
        """Whether a topic without an entry is none of this fleet's at all."""
        return bool(self._firsts) and levels[0] not in self._firsts


def _key(fixed: tuple[int, ...]) -> Callable[[Sequence[str]], object]:
    return itemgetter(*fixed) if fixed else lambda levels: ()


def wildcard(rule: MessageRule, known: Mapping[str, str]) -> str:
    """The filter of a rule; levels that are `known` are written out."""
    told = {place: known.get(name, "+") for name, place in rule.names.items()}
    return "/".join(told.get(i, level) for i, level in enumerate(rule.levels))
