"""Imports plugins in processes of their own, so that one that crashes, exits or hangs takes nothing with it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from cdctl.errors import PluginError
from cdctl.extend.listing import Declaration, Kind, Listing
from cdctl.extend.reasons import subject

_START_SECONDS = 20.0
"""What an interpreter may take to start and import numpy on a busy machine, before the plugin's own deadline counts."""
_AT_ONCE = 2


def probe(declarations: Sequence[Declaration], deadline: float) -> Mapping[Declaration, PluginError]:
    """Those that cannot be loaded, and why. Each has `deadline` seconds to import."""
    if not declarations or not sys.executable:
        return {}
    running: list[subprocess.Popen[bytes]] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        try:
            errors = list(pool.map(lambda declaration: _probe(declaration, deadline, running), declarations))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in running:
                _end(child)
            raise
    return {d: error for d, error in zip(declarations, errors, strict=True) if error is not None}


def _probe(declaration: Declaration, deadline: float, running: list[subprocess.Popen[bytes]]) -> PluginError | None:
    question = json.dumps({**asdict(declaration), "folder": declaration.folder and str(declaration.folder)})
    command = [sys.executable, "-P", "-m", "cdctl.extend.probing", question, str(deadline)]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    with subprocess.Popen(  # noqa: S603 - our own module, run by our own interpreter
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    ) as child:
        running.append(child)
        try:
            answer, _ = child.communicate(timeout=deadline + _START_SECONDS)
        except subprocess.TimeoutExpired:
            return PluginError(f"did not finish importing in {deadline:g} s", subject=subject(declaration))
        finally:
            _end(child)
            running.remove(child)
    return _read(answer, child.returncode, declaration)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End it and the processes that the plugin may have started."""
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)


def _read(answer: bytes, status: int, declaration: Declaration) -> PluginError | None:
    try:
        said = json.loads(answer)
    except ValueError:
        how = f"crashed the interpreter ({signal.Signals(-status).name})" if status < 0 else f"ended it (exit {status})"
        return PluginError(f"{how} while it was loaded", subject=subject(declaration), hint="tell its author")
    return PluginError(said["reason"], subject=subject(declaration), hint=said["hint"]) if said else None


def _answer(question: str, deadline: float) -> str:
    """In the child: JSON null when the plugin loads, else its reason and hint."""
    from cdctl.extend import loading

    values = json.loads(question)
    listing = Listing(**{**values["listing"], "kind": Kind(values["listing"]["kind"])})
    folder = Path(values["folder"]) if values["folder"] else None
    try:
        loading.load(Declaration(listing, values["target"], folder, values["api"]), deadline)
    except PluginError as error:
        return json.dumps({"reason": error.message, "hint": error.hint})
    return "null"


def _main() -> None:
    # The answer has a descriptor of its own; whatever a plugin writes to stdout, then or later, is not in it.
    channel = os.dup(1)
    os.dup2(2, 1)
    os.write(channel, _answer(sys.argv[1], float(sys.argv[2])).encode())
    # Threads that the plugin left behind must not keep this process.
    os._exit(0)


if __name__ == "__main__":
    _main()
