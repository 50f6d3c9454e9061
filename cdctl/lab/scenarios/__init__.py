"""What the simulated platform measures, who drives on it, and what goes wrong: files, one a scenario.

Those that come with cdctl are named; any other is a path.
"""

from __future__ import annotations

from pathlib import Path

from cdctl.errors import FileError, UsageError
from cdctl.files.faults import Faults
from cdctl.files.nearest import suggestion
from cdctl.lab.model import Scenario
from cdctl.lab.scenarios.reading import read

USUAL = "bad-software"
_OWN = Path(__file__).parent
_ENDINGS = (".yaml", ".yml")


def names() -> list[str]:
    """The scenarios that come with cdctl."""
    return sorted(path.stem for path in _OWN.glob("*.yaml"))


def scenario(name: str) -> Scenario:
    """The scenario of this name or in this file.

    Raises UsageError that lists the names, FileError with everything that is wrong in a file.
    """
    path = Path(name) if is_file(name) else _path(name)
    faults = Faults(str(path))
    found = read(name, path, faults, _path)
    problems = faults.close()
    if found is None or faults.errors:
        raise FileError(problems)
    return found


def is_file(name: str) -> bool:
    """Whether it names a file of somebody's own."""
    return "/" in name or name.endswith(_ENDINGS)


def _path(name: str) -> Path:
    known = names()
    if name not in known:
        hint = f"one of: {', '.join(known)}; or the path of a file of your own, such as ./storm.yaml"
        close = suggestion(name, known, otherwise="none")
        raise UsageError("no such scenario", subject=name, hint=hint if close == "none" else f"{close} {hint}")
    return _OWN / f"{name}.yaml"
