"""A function of a test file in a process of its own whose folder is a small disk, which it can fill."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ALONE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]


def run(file: str, function: str, size: str, folder: Path) -> None:
    """Call it with `folder`, a disk of that size. Skips where nobody may mount one."""
    mounted = f"mount -t tmpfs -o size={size} tmpfs {folder}"
    if subprocess.run([*_ALONE, mounted], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    alone(file, function, folder, *_ALONE, f'{mounted} && exec "$0" "$@"')


def alone(file: str, function: str, folder: Path, *within: str) -> None:
    """Call it with `folder` in a process of its own: what it may write is limited for all of the process."""
    code = f"import {Path(file).stem} as here, pathlib; here.{function}(pathlib.Path({str(folder)!r}))"
    paths = os.pathsep.join([str(Path(file).parent), *sys.path])
    done = subprocess.run(
        [*within, sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 512):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return ballast
