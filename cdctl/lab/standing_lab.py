"""The lab that stays: up, down, and what is there."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from cdctl.domain.ports import Progress
from cdctl.errors import UsageError
from cdctl.lab import state
from cdctl.lab.stage import Making, Stage
from cdctl.lab.state import State


class Was(StrEnum):
    """What was found before acting."""

    UP = "up"
    NOT_UP = "not up"
    BROKEN = "broken"


class Up(NamedTuple):
    """A lab that is up, and what was there before."""

    state: State
    was: Was


def up(making: Making, progress: Progress) -> Up:
    """Start the lab, or find it up. Raises UsageError when one made otherwise is up, UnavailableError when it fails.

    What a broken one (a reboot, a killed server) left is cleared away first.
    """
    with state.alone():
        found = state.read()
        if found and found.up:
            if found.making != making:
                raise UsageError(
                    f"a lab made with {said(found.making)} is up", subject="lab", hint="cdctl lab down, then up again"
                )
            return Up(found, Was.UP)
        if found:
            _clear(found)
        return Up(_start(making, progress), Was.BROKEN if found else Was.NOT_UP)


def _start(making: Making, progress: Progress) -> State:
    folder = state.where().parent / "lab"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = State(str(folder), int(time.time()), making)

    def note(name: str, pid: int) -> None:
        nonlocal found
        found = found.with_process(name, pid)
        found.write()

    found.write()
    stage = Stage(folder, making, progress, survives=True, on_spawn=note)
    try:
        stage.start()
        found = replace(found, context=stage.context, urls=stage.urls)
        found.write()
    except BaseException:
        stage.stop()
        _clear(found)
        raise
    stage.let_go()
    return found


def down() -> Was:
    """Stop the lab and remove its folder. Does nothing when it is not up."""
    with state.alone():
        found = state.read()
        if found is None:
            state.forget()
            return Was.NOT_UP
        was = Was.UP if found.up else Was.BROKEN
        _clear(found)
        return was


def _clear(found: State) -> None:
    for process in reversed(list(found.processes.values())):
        process.stop()
    # Only a folder where this state file says labs live: the file could have been edited.
    folder = Path(found.folder)
    if folder == state.where().parent / "lab":
        shutil.rmtree(folder, ignore_errors=True)
    state.forget()


def said(making: Making) -> str:
    """In words: `scenario calm, 2000 vehicles, seed 1`."""
    brokers = ", a broker for each region" if making.broker_each else ""
    return f"scenario {making.scenario}, {making.vehicles} vehicles, seed {making.seed}{brokers}"
