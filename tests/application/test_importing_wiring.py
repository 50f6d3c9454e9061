"""Files on disk, and the real store: a file is known again, and a run that is killed goes on."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from otlp_json import numbered
from waiting import eventually

from cdctl.application.importing_wiring import found, import_files
from cdctl.domain.settings import Settings
from cdctl.errors import UsageError
from cdctl.stores.spans.folder import SpanFolder


def _file(path: Path, *numbers: int) -> Path:
    path.write_bytes(b"".join(numbered(number) + b"\n" for number in numbers))
    return path


def _take(store: Path, *names: Path | str) -> list[tuple[int, int, bool]]:
    _, results = import_files(Settings(), [str(name) for name in names], str(store))
    return [(one.taken, one.there, one.before) for one in results]


def test_a_file_is_known_again_wherever_it_lies(tmp_path):
    store, file = tmp_path / "store", _file(tmp_path / "a.json", *range(10))
    assert _take(store, file) == [(10, 0, False)]
    moved = shutil.move(file, tmp_path / "rotated.json")
    assert _take(store, moved) == [(0, 0, True)]


def test_a_short_and_a_long_file_that_grow_are_gone_on_with(tmp_path):
    store = tmp_path / "store"
    for name, start, size in (("short", 0, 2), ("long", 1000, 400)):
        file = _file(tmp_path / name, *range(start, start + size))
        assert _take(store, file) == [(size, 0, False)]
        with file.open("ab") as more:
            more.write(numbered(start + size) + b"\n")
        assert _take(store, file) == [(1, 0, True)]
        assert _take(store, file) == [(0, 0, True)]


def test_another_file_with_the_same_name_is_another_file(tmp_path):
    store, file = tmp_path / "store", _file(tmp_path / "a.json", *range(400))
    _take(store, file)
    assert _take(store, _file(file, *range(350, 800))) == [(400, 50, False)]
    assert _take(store, _file(file, *range(800, 802))) == [(2, 0, False)]


def test_a_file_whose_beginning_is_the_same_and_whose_end_is_not_is_another(tmp_path):
    store = tmp_path / "store"
    _take(store, _file(tmp_path / "a", *range(300)))
    assert _take(store, _file(tmp_path / "b", *range(200), *range(300, 500))) == [(200, 200, False)]


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path):
    store, file = tmp_path / "store", _file(tmp_path / "a.json", *range(3000))
    code = (
        "import sys; from cdctl.application import importing, importing_wiring;"
        "from cdctl.domain.settings import Settings;"
        "importing.SPANS = 20; importing_wiring.import_files(Settings(), [sys.argv[1]], sys.argv[2])"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(file), str(store)])
    try:
        assert eventually(lambda: len(list(store.glob("data/*.parquet"))) > 2)
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    taken, there, before = _take(store, file)[0]
    assert before
    assert 0 < taken < 3000
    assert there == 0, "spans and how far they go are kept together"
    files = str(store / "data" / "*.parquet")
    with duckdb.connect() as db:
        counted = db.execute(f"SELECT count(*), count(DISTINCT span_id) FROM read_parquet('{files}')").fetchall()
    assert counted == [(3000, 3000)]


def test_many_small_files_do_not_stay_small(tmp_path):
    store = tmp_path / "store"
    files = [_file(tmp_path / f"{number}.json", number) for number in range(70)]
    assert [one[0] for one in _take(store, *files)] == [1] * 70
    with SpanFolder(store) as folder:
        assert sum(file.rows for file in folder.files()) == 70
        assert len(folder.files()) < 20


def test_patterns(tmp_path):
    for name in ("b.json", "a.json", "c.txt"):
        (tmp_path / name).touch()
    assert found([str(tmp_path / "*.json"), str(tmp_path / "b.json"), "-"]) == [
        str(tmp_path / "a.json"), str(tmp_path / "b.json"), "-"]  # fmt: skip
    with pytest.raises(UsageError, match="no such file"):
        found([str(tmp_path / "*.xml")])
    with pytest.raises(UsageError, match="folder"):
        found([str(tmp_path)])


def test_a_file_that_cannot_be_read(tmp_path):
    memory = "/proc/self/mem"  # it is there, and its beginning is not mapped: reading it fails for root, too
    _, results = import_files(Settings(), [memory], str(tmp_path / "store"))
    assert "cannot be read" in str(results[0].error)
