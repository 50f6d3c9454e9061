"""Words after `:`, as k9s has them: a board's name goes to that board, and some words do things."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cdctl.domain.boards.requests import DONE, About, Leave, Open, Reply, Save, Say, Theme
from cdctl.domain.boards.snapshot import FleetSight
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.application.top.view import View

_TRACE = re.compile(r"[0-9a-f]{16,32}")
_VIN = re.compile(r"[0-9A-Z-]{11,40}")


@dataclass(frozen=True, slots=True)
class Word:
    """takes: what may stand behind it, for people."""

    does: str
    run: Callable[[str, View], Reply]
    takes: str = ""


def matching(text: str, boards: Sequence[str]) -> list[str]:
    """Words that what was written may become."""
    if " " in text:
        return []
    return [word for word in [*boards, *WORDS] if word.startswith(text.strip())]


def run(text: str, view: View) -> Reply:
    """What a line asks for. A word that nobody knows is told with the nearest one."""
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    known = WORDS.get(word)
    if known is not None:
        return known.run(rest, view)
    if word in view.library.names() or "/" in word or word.endswith((".yaml", ".yml")):
        return _opened(word, rest)
    names = [*view.library.names(), *WORDS]
    near = get_close_matches(word, names, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
    return (Say(f"there is no board and no word {safe(word, 40)!r}: {hint}", bad=True),)


def _opened(board: str, rest: str) -> Reply:
    if board == "vehicle" and rest and not _VIN.fullmatch(rest):
        return (Say(f"{safe(rest, 40)!r} is no vehicle's id", bad=True),)
    strange = [word for word in rest.split()[1:] if "=" not in word]
    if strange:
        told = "a board is about a promise with label=value, a VIN or a trace"
        return (Say(f"{told}: what is {safe(strange[0], 40)!r}?", bad=True),)
    return (Open(board, about(rest) if rest else About()),)


def about(text: str) -> About:
    """What a board is opened about: a trace id, a VIN, else a promise with label=value behind it."""
    if _TRACE.fullmatch(text):
        return About(trace=text)
    if _VIN.fullmatch(text):
        return About(vin=text)
    name, *labels = text.split()
    pairs = [label.partition("=") for label in labels]
    return About(promise=name, group={key: value for key, equals, value in pairs if equals})


def _filter(rest: str, view: View) -> Reply:
    return DONE if view.stage.narrow(rest) else (Say("this board has no vehicles to filter", bad=True),)


def _columns(rest: str, view: View) -> Reply:
    table = view.stage.table
    if table is None:
        return (Say("this board has no vehicles", bad=True),)
    if not rest:
        return (Say(f"columns: {' '.join(table.columns)}"),)
    sight, names = view.lookout.snapshot().fleet, tuple(dict.fromkeys(rest.replace(",", " ").split()))
    if not isinstance(sight, FleetSight):
        return (Say("there are no vehicles yet", bad=True),)
    known = list(sight.vehicles.fields)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            return (Say(f"there is no field {safe(name, 40)!r} to show: {hint}", bad=True),)
    table.show(names)
    return DONE


def _frozen(rest: str, view: View) -> Reply:
    view.freeze(not view.frozen)
    return DONE


WORDS: Mapping[str, Word] = {
    "filter": Word("filter the vehicles of this board", _filter, "EXPR"),
    "columns": Word("show other fields of vehicles", _columns, "NAME..."),
    "send": Word(
        "prepare a command to the vehicles that are meant", lambda rest, view: view.command(rest), "[COMMAND]"
    ),
    "theme": Word("other colours", lambda rest, view: (Theme(rest),), "NAME"),
    "freeze": Word("freeze the picture, and let it go on", _frozen),
    "save": Word("save the screen as SVG and its rows as CSV", lambda rest, view: (Save(),)),
    "help": Word("what keys do", lambda rest, view: view.act("view.help") or DONE),
    "quit": Word("leave", lambda rest, view: (Leave(),)),
}
"""Words that are no boards."""
