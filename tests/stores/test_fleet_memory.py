"""Fleet memory: shared through a descriptor, read-only for readers, gone with its processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cdctl.domain.fleet.batch import Batch
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.errors import UnavailableError
from cdctl.stores.fleet_memory import FleetMemory

NOW = 1_800_000_000_000
READ = """
import sys
from cdctl.domain.fleet.columns import Columns
from cdctl.stores.fleet_memory import FleetMemory
columns = Columns.attach(FleetMemory.attach(int(sys.argv[1])).buffer)
print(columns.rows, columns.ids[0].decode(), columns.layout.signals)
try:
    columns.presence[0] = 0
except ValueError as error:
    print(error)
"""


def test_a_child_reads_what_its_parent_takes_in_and_cannot_write():
    layout = Layout(("soc",))
    memory = FleetMemory.create(layout.size)
    try:
        columns = Columns(layout, memory.buffer)
        columns.apply(Batch(vins=["WBA1"], regions=["eu"], ts=[0]), NOW, "eu")
        done = subprocess.run(
            [sys.executable, "-c", READ, str(memory.fd)],
            pass_fds=[memory.fd],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    finally:
        memory.close()
    assert done.stdout.splitlines() == ["1 WBA1 ('soc',)", "assignment destination is read-only"]


def test_room_for_millions_costs_only_what_is_used():
    layout = Layout(tuple("abcdefgh"))
    memory = FleetMemory.create(layout.size)
    try:
        Columns(layout, memory.buffer).apply(Batch(vins=["WBA1"], regions=["eu"], ts=[0]), NOW, "eu")
        used = os.fstat(memory.fd).st_blocks * 512
    finally:
        memory.close()
    assert layout.size > 400_000_000
    assert used < 1_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="seals are Linux's")
def test_nobody_can_cut_the_memory_short():
    memory = FleetMemory.create(100_000)
    try:
        with pytest.raises(PermissionError):
            os.ftruncate(memory.fd, 1)
        memory.buffer[:] = b"x" * 100_000
    finally:
        memory.close()
        memory.close()


def test_a_descriptor_that_is_none_is_an_error_with_words(tmp_path):
    with pytest.raises(UnavailableError, match="descriptor 987654"):
        FleetMemory.attach(987_654)
    empty = tmp_path / "empty"
    empty.touch()
    fd = os.open(empty, os.O_RDONLY)
    try:
        with pytest.raises(UnavailableError, match="cannot be shared"):
            FleetMemory.attach(fd)
    finally:
        os.close(fd)


def test_without_room_it_says_so():
    with pytest.raises(UnavailableError, match="no shared memory"):
        FleetMemory.create(1 << 62)
