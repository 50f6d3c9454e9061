"""An installation that lacks a module, for processes that a test starts."""

from __future__ import annotations

from pathlib import Path

_REFUSING = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
        return None

sys.meta_path.insert(0, Refusing())
"""


def lacking(folder: Path, *names: str) -> Path:
    """A folder for PYTHONPATH: Python looks into it when it starts, and from then on refuses these modules."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(_REFUSING.format(names=set(names)))
    return folder
