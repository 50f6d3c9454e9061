"""One month of hostile history on real servers, shared by every test of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from monthly import Truth, simulate

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
        import_history(history[0], server.url)
        yield server.url
