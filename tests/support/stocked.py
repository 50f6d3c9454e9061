"""The fixture `stock`, one server for all modules of a worker: a module asks with `pytest_plugins = ["stocked"]`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stock import Stock

from cdctl.lab.remote_write import RECEIVE_FLAGS
from cdctl.lab.servers import Prometheus


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    """An empty Prometheus that takes remote writes."""
    with Prometheus(tmp_path_factory.mktemp("stock"), retention="100y", flags=RECEIVE_FLAGS) as server:
        yield Stock(server.url)
