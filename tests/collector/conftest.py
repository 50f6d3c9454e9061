"""A collector served on a real socket of this process: see `collectors`."""

from __future__ import annotations

import collectors
import pytest


@pytest.fixture
def served(tmp_path):
    def open_(*args, folder="one", **more):
        return collectors.served(tmp_path, *args, name=folder, **more)

    return open_


@pytest.fixture
def token():
    return collectors.TOKEN


@pytest.fixture
def make_standing():
    return collectors.standing
