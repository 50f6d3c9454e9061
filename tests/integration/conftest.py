"""One month of hostile history on real servers, shared by every test of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from monthly import END, Truth, simulate
from waiting import eventually

from cdctl.lab.history import Series, import_history, write_blocks
from cdctl.lab.servers import Prometheus, VictoriaMetrics

History = tuple[list[Series], Truth]


@pytest.fixture(scope="session")
def history() -> History:
    return simulate(seed=7)


@pytest.fixture(scope="session")
def truth(history: History) -> Truth:
    return history[1]


@pytest.fixture(scope="session")
def prometheus(history: History, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real Prometheus that holds the history."""
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), retention="100d")
    write_blocks(history[0], server.data)
    with server:
        yield server.url


@pytest.fixture(scope="session")
def victoria(history: History, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a real VictoriaMetrics that holds the same history."""
    with VictoriaMetrics(tmp_path_factory.mktemp("victoria")) as server:
        samples = import_history(history[0], server.url)
        # What was imported last may not be searched yet: an early look would be judged as missing events.
        query = {"query": "sum(count_over_time(commands_total[60d]))", "time": END + 60, "nocache": "1"}

        def seen() -> bool:
            found = httpx.get(f"{server.url}/api/v1/query", params=query).json()["data"]["result"]
            return bool(found) and int(found[0]["value"][1]) == samples

        assert eventually(seen)
        yield server.url
