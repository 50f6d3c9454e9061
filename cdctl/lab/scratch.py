"""Folders for one run, gone with it. What a killed run left behind is removed by the next one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from cdctl.lab.processes import Process

_PREFIX = "cdctl-lab-"
_OWNER = "owner.json"


@contextmanager
def scratch() -> Iterator[Path]:
    """A new folder, removed at the end."""
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / _OWNER).write_text(json.dumps(asdict(Process.of(os.getpid()))))
        yield folder


def _sweep(parent: Path) -> None:
    """Remove our folders whose owner is gone. One without an owner may be about to get one, and stays."""
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
                continue
            owner = Process(**json.loads((folder / _OWNER).read_text()))
        except (OSError, ValueError, TypeError):
            continue
        if not owner.running:
            shutil.rmtree(folder, ignore_errors=True)
