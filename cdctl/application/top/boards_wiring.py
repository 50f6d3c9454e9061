"""Boards as files: which there are, what is in them, their panels made, and whether one was written anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application.top.stage import Stage
from cdctl.domain.boards.keys import EVERYWHERE, Keymap
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.boards.board import Board
    from cdctl.domain.boards.keys import Binding
    from cdctl.domain.settings import Settings
    from cdctl.extend.catalogue import Catalogue

Stamp = tuple[int, int]
"""Of a file: when it was written (ns), and its size."""


class Kinds(Mapping[str, Collection[str]]):
    """Kinds of panels, with the keys of their settings; only those that are looked at are imported."""

    def __init__(self, doors: Catalogue) -> None:
        self._doors = doors
        self._names = tuple(dict.fromkeys(listing.name for listing in doors.names("panels")))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Collection[str]:
        return tuple(self._doors.load("panels", name).settings)


def bound(doors: Catalogue) -> Mapping[str, Sequence[Binding]]:
    """Every binding that there is, by kind of panel; of panels that cannot be made without settings, none."""
    from cdctl.domain.boards.everywhere import BINDINGS

    found: dict[str, Sequence[Binding]] = {EVERYWHERE: BINDINGS}
    for kind in Kinds(doors):
        with suppress(CdctlError):
            found[kind] = doors.panel(kind, {}).bindings
    return found


def keymap_of(settings: Settings, doors: Catalogue) -> Keymap:
    """The keys of whoever opens the view: the file of the settings, else keys.toml of the user's folder, if there is
    one. Raises FileError."""
    from cdctl.files import keys
    from cdctl.files.shipped import own

    told = settings.top.keys
    path = Path(told) if told else own("keys.toml")
    return keys.read(path, bound(doors)) if told or path.is_file() else Keymap()


class Boards:
    """The library of a view: boards that ship, those of the user's folder, which hide them, and those of the settings'
    folder, which hide both."""

    def __init__(self, settings: Settings, doors: Catalogue, keymap: Keymap | None = None) -> None:
        self._settings, self._doors = settings, doors
        self._kinds = Kinds(doors)
        self._keymap = keymap
        self._stamps: dict[str, tuple[Path, Stamp | None]] = {}

    def files(self) -> dict[str, Path]:
        """Boards by name."""
        from cdctl.files.shipped import own, shipped

        folders = [shipped("dashboards"), own("dashboards"), Path(self._settings.dashboards).expanduser()]
        return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}

    def names(self) -> Sequence[str]:
        """Boards that there are."""
        return tuple(self.files())

    def read(self, name: str) -> Board:
        """The board of that name, or in the file of that path. Raises UsageError, FileError and PluginError."""
        from cdctl.files import boards

        path, strange = self._path(name), name not in self._stamps
        self._stamps[name] = (path, _stamp(path))
        try:
            return boards.read(path, self._kinds, self._doors.panel)
        except CdctlError:
            if strange:  # nobody shows it: of whatever is typed nothing is kept
                del self._stamps[name]
            raise

    def open(self, name: str) -> Stage:
        """The same with its panels, ready to work."""
        board = self.read(name)
        panels = {slot.letter: self._doors.panel(slot.kind, slot.settings) for slot in board.slots}
        return Stage(board, panels, self._keymap)

    def changed(self) -> list[str]:
        """Boards that were opened and whose files were written since; each is told once."""
        found = []
        for name, (path, stamp) in self._stamps.items():
            now = _stamp(path)
            if now is not None and now != stamp:
                self._stamps[name] = (path, now)
                found.append(name)
        return found

    def _path(self, name: str) -> Path:
        from difflib import get_close_matches

        known = self.files()
        if name in known:
            return known[name]
        if "/" in name or name.endswith((".yaml", ".yml")):
            return Path(name).expanduser()
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}; or name a file"
        raise UsageError("there is no board of that name", subject=f"board {name}", hint=hint)


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
