"""Reads board files. `cdctl.files.board_shape` says what may be in one; what a kind of panel is, the caller knows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from cdctl.domain.boards.board import Board, Slot, letters, misdrawn
from cdctl.errors import CdctlError, FileError
from cdctl.files.board_shape import BOARD
from cdctl.files.faults import Faults
from cdctl.files.nearest import suggestion
from cdctl.files.nodes import Mapping as Nodes
from cdctl.files.nodes import Scalar, plain
from cdctl.files.one_document import only
from cdctl.files.reading import read_text

Kinds = Mapping[str, Collection[str]]
"""Every kind of panel, with the keys of its settings."""
Judge = Callable[[str, Mapping[str, object]], object]
"""Tries a kind with settings. Raises UsageError, whose subject is the setting that is wrong."""


def read(path: Path, kinds: Kinds, judge: Judge) -> Board:
    """The board of a file. Raises FileError with everything that is wrong in it."""
    faults = Faults(str(path))
    root = only(read_text(Path(path).expanduser(), faults), faults, BOARD, "board")
    board = _board(root, kinds, judge, faults) if root is not None else None
    if board is None or faults.errors:
        raise FileError(faults.close())
    return board


def _board(root: Nodes, kinds: Kinds, judge: Judge, faults: Faults) -> Board:
    picture = tuple(row.text for row in root.items("picture") if isinstance(row, Scalar))
    for number, message in misdrawn(picture):
        faults.error(root.items("picture")[number], message, "draw every panel as one rectangle, rows equally long")
    panels = root.mapping("panels")
    assert panels is not None
    drawn = letters(picture)
    for letter in drawn:
        if letter not in panels.values:
            faults.error(root.at("picture"), f"the picture has {letter}, and no panel of that letter", f"add {letter}:")
    for letter, key in panels.keys.items():
        if letter not in drawn:
            faults.error(key, f"panel {letter} is not in the picture", "draw it, or delete it")
    slots = [
        _slot(letter, node, kinds, judge, faults)
        for letter, node in panels.values.items()
        if isinstance(node, Nodes) and letter in drawn
    ]
    order = {letter: place for place, letter in enumerate(drawn)}
    slots.sort(key=lambda slot: order[slot.letter])
    return Board(root.text("name"), root.text("title"), picture, tuple(slots))


def _slot(letter: str, node: Nodes, kinds: Kinds, judge: Judge, faults: Faults) -> Slot:
    kind, place = node.text("kind"), str(faults.place(node.at("kind")))
    settings = node.mapping("settings")
    body = plain(settings) if settings is not None else {}
    values: dict[str, object] = dict(body) if isinstance(body, dict) else {}
    lines = node.decimal("lines")
    if lines is not None and lines != int(lines):
        faults.error(node.at("lines"), "lines is not a whole number")
    if kind not in kinds:
        faults.error(node.at("kind"), f"there is no panel of kind {kind!r}", _fix(kind, kinds))
    elif _known(settings, kinds[kind], kind, faults):
        try:
            judge(kind, values)
        except CdctlError as error:
            mine = settings is not None and error.subject in settings.keys
            at = settings.at(error.subject) if settings is not None and mine else node.at("kind")
            faults.error(at, f"{error.subject} {error.message}", error.hint)
    return Slot(letter, kind, values, None if lines is None else int(lines), place)


def _known(settings: Nodes | None, keys: Collection[str], kind: str, faults: Faults) -> bool:
    """Whether a kind knows every setting."""
    unknown = [key for key in (settings.keys.values() if settings else ()) if key.text not in keys]
    for key in unknown:
        faults.error(key, f"a {kind} panel has no setting {key.text!r}", _fix(key.text, keys))
    return not unknown


def _fix(name: str, known: Collection[str]) -> str:
    return suggestion(name, known) or (f"one of {', '.join(known)}" if known else "delete it")
