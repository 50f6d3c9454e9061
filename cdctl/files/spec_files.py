"""Which files hold specs: those named, and every *.yaml and *.yml below the folders named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cdctl.domain.text import safe
from cdctl.errors import Place, Problem
from cdctl.files.nearest import suggestion

_ENDINGS = (".yaml", ".yml")
_TESTS = (".test.yaml", ".test.yml")


class Found(NamedTuple):
    """Spec files in reading order, as named by whoever asked, and what was wrong with the asking."""

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def find(paths: Sequence[Path]) -> Found:
    """Spec files under `paths`, each once. Spec tests (`*.test.yaml`) and hidden folders are passed over.

    A folder is read in alphabetical order and links to folders are not followed. Nothing found is a problem.
    """
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in paths:
        kind = _kind(path)
        if kind == "missing":
            problems.append(_missing(path))
            continue
        below = _below(path, problems) if kind == "folder" else [path]
        specs = [file for file in below if not file.name.endswith(_TESTS)]
        if not specs:
            problems.append(_empty(path, tests=bool(below)))
        for file in specs:
            files.setdefault(os.path.realpath(file), file)
    if not paths:
        problems.append(_problem("specs", "no file or folder was named", "name one, such as slo_specs"))
    return Found(tuple(files.values()), tuple(problems))


def _kind(path: Path) -> str:
    try:
        return "folder" if path.is_dir() else "file" if path.exists() else "missing"
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        return "missing"


def _below(folder: Path, problems: list[Problem]) -> list[Path]:
    def unreadable(error: OSError) -> None:
        reason = (error.strerror or type(error).__name__).lower()
        problems.append(_problem(str(Path(error.filename)), f"cannot be read: {reason}", "check its permissions"))

    found = []
    for top, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(top) / name for name in sorted(names) if name.endswith(_ENDINGS) and not name.startswith(".")]
    return found


def _empty(path: Path, *, tests: bool) -> Problem:
    reason = "holds only spec tests" if tests else "holds no *.yaml or *.yml file"
    return _problem(str(path), reason, "name a file or folder with specs")


def _missing(path: Path) -> Problem:
    try:
        siblings = {entry.name for entry in path.parent.iterdir() if not entry.name.startswith(".")}
    except (OSError, ValueError):
        siblings = set()
    return _problem(str(path), "no such file or folder", suggestion(path.name, siblings, otherwise="check the path"))


def _problem(name: str, message: str, fix: str) -> Problem:
    return Problem(Place(safe(name, 4096)), message, fix)
