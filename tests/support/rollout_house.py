"""Rollouts as a user has them: a file, a process that carries it, and what others see of it."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from commanding import House
from waiting import eventually

T = TypeVar("T")
FILE = """\
rollout: cdctl/v1
name: interval
command: parameter.set
arguments: {name: telemetry.interval, value: "30"}
where: region:eu online
expires: 15s
timeout: 10s
spread: [model]
waves:
  - {to: 2}
  - {to: 30%}
  - {to: 100%}
retry: {tries: 4, wait: 1s}
grace: 5s
"""


def written(house: House, *changes: tuple[str, str]) -> Path:
    text = FILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = house.folder / "r.yaml"
    path.write_text(text)
    return path


def executed(house: House, rollout: str) -> Counter[str]:
    """How often each vehicle carried the rollout out."""
    digest = str(state(house, rollout)["plan"])
    return Counter(str(one["vin"]) for one in house.lab.executions() if str(one["key"]).startswith(digest[:16]))


@contextmanager
def begun(house: House, path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A rollout in a process of its own, as soon as others see it; and its id."""
    before = {one["rollout"] for one in house.json("rollout", "ls")}
    process = house.start("rollout", "start", path, "--for", "1s", "--yes", "-o", "json")
    try:
        yield process, found(lambda: _new(house, before))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _new(house: House, before: set[str]) -> str:
    return next((one["rollout"] for one in house.json("rollout", "ls") if one["rollout"] not in before), "")


def state(house: House, rollout: str, by: str = "second") -> dict[str, Any]:
    return dict(json.loads(house.run("rollout", "status", rollout, "-o", "json", by=by).stdout))


def told(body: dict[str, Any]) -> int:
    return sum(wave["size"] - wave["planned"] for wave in body["waves"])


def until(house: House, rollout: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The first state, as the second operator sees it, of which it holds."""

    def look() -> dict[str, Any]:
        body = state(house, rollout)
        return body if holds(body) else {}

    return found(look)


def found(look: Callable[[], T]) -> T:
    """The first answer that is something."""
    answers: list[T] = []

    def asked() -> bool:
        answers.append(look())
        return bool(answers[-1])

    assert eventually(asked, 60, most=0.3)  # a process is asked each time
    return answers[-1]
