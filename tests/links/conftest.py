"""Brokers of this room, and a loop for each carrier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from brokers import Mosquitto, Refusing

SECONDS = 30.0


@pytest.fixture(params=["bulk", "paho"])
def carrier(request: pytest.FixtureRequest) -> str:
    """Both carriers keep the same contract."""
    return str(request.param)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Run a coroutine: that of bulk on uvloop, others on asyncio's loop. Nothing but `strays` goes uncaught."""
    name = request.getfixturevalue("carrier") if "carrier" in request.fixturenames else "bulk"

    def run(work: Coroutine[Any, Any, None], strays: int = 0) -> None:
        found: list[dict[str, Any]] = []

        async def whole() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: found.append(context))
            async with asyncio.timeout(SECONDS):
                await work

        with asyncio.Runner(loop_factory=uvloop.new_event_loop if name == "bulk" else None) as runner:
            runner.run(whole())
        assert len(found) == strays, found

    return run


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker for all who leave it as it is; every test has topics of its own."""
    with Mosquitto(tmp_path_factory.mktemp("broker")) as standing:
        yield standing


@pytest.fixture(scope="session")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refusing]:
    """A broker that refuses what is below `secret/`."""
    with Refusing(tmp_path_factory.mktemp("refusing")) as standing:
        yield standing


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that may be killed."""
    with Mosquitto(tmp_path / "own") as standing:
        yield standing


@pytest.fixture
def topic(request: pytest.FixtureRequest) -> str:
    """A topic that nobody else uses."""
    return request.node.name.replace("[", "/").replace("]", "").replace("+", "")
