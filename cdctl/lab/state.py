"""What `cdctl lab up` left running, in a file: for `lab down`, and for the settings' context `lab`."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from cdctl.errors import UsageError
from cdctl.files.settings import lab_file
from cdctl.lab.processes import Process
from cdctl.lab.stage import Making


@dataclass(frozen=True, slots=True)
class State:
    """A lab that was started. processes and urls: by server name. context: as `cdctl lab up` prints it, None until it
    is ready. since: epoch seconds of the start."""

    folder: str
    since: int
    making: Making
    processes: Mapping[str, Process] = field(default_factory=dict)
    context: Mapping[str, object] | None = None
    urls: Mapping[str, str] = field(default_factory=dict)

    @property
    def up(self) -> bool:
        """Whether all of it runs and was ready."""
        return self.context is not None and all(process.running for process in self.processes.values())

    @property
    def dead(self) -> tuple[str, ...]:
        """Servers that ended by themselves."""
        return tuple(name for name, process in self.processes.items() if not process.running)

    def with_process(self, name: str, pid: int) -> Self:
        """The same with one more process."""
        return replace(self, processes={**self.processes, name: Process.of(pid)})

    def write(self) -> None:
        """Keep it, whole or not at all."""
        path = where()
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"name": "lab", **asdict(self)}, indent=2) + "\n")
        new.replace(path)


def where() -> Path:
    """The state file."""
    return lab_file(os.environ)


def read() -> State | None:
    """What was left running, or None. A file that cannot be understood is no lab."""
    try:
        data: dict[str, Any] = json.loads(where().read_text())
        return State(
            folder=str(data["folder"]),
            since=int(data["since"]),
            making=Making(**data["making"]),
            processes={name: Process(**process) for name, process in data["processes"].items()},
            context=data["context"],
            urls=dict(data.get("urls", {})),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def context() -> Mapping[str, object] | None:
    """The context `lab`, or None while the lab is not up."""
    state = read()
    return state.context if state and state.up else None


def forget() -> None:
    """Nothing is left running any more."""
    where().unlink(missing_ok=True)


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lab for this run. Raises UsageError when another run is starting or stopping it just now."""
    path = where().with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                "another `cdctl lab` is starting or stopping it", subject="lab", hint="wait until it is done"
            ) from None
        yield
