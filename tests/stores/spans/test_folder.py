"""The writer of a span store: whole batches, durable, each span once; what it finds at its next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import apsw
import duckdb
import pytest
from span_batches import NOW, spans
from span_stores import numbers

from cdctl.errors import UnavailableError
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.manifest_file import NAME
from cdctl.stores.spans.reading import SpanFiles

DAY = 86_400


def test_every_column_is_as_it_came(tmp_path):
    with SpanFolder(tmp_path) as folder:
        assert folder.write(spans([0, 1, 7])) == 3
    (path,) = SpanFiles(tmp_path).listing().paths
    rows = duckdb.sql(f"SELECT * FROM '{path}'").fetchall()
    names = duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    root, second, third = (dict(zip([name[0] for name in names], row, strict=True)) for row in rows)
    assert root["trace_id"] == bytes(15) + b"\x01"
    assert root["span_id"] == bytes(7) + b"\x01"
    assert root["parent_id"] is None
    assert second["parent_id"] == bytes(7) + b"\x01"
    assert (root["duration_ns"], root["end_ns"]) == (1_000_000, NOW * 10**9)
    assert (root["weight"], second["weight"], second["kind"]) == (None, 2.0, 1)
    assert (root["failed"], second["failed"], root["message"]) == (True, False, "it broke")
    assert (root["events"], second["events"]) == ('[{"name":"boom"}]', None)
    assert (second["resource.service.name"], second["resource.cloud.region"]) == ("service 1", None)
    assert third["span_attributes"] == {"n": "7", "odd": "yes"}
    assert third["resource_attributes"] == {"host": "a"}
    kinds = {name[0]: name[1] for name in names}
    assert (kinds["kind"], kinds["weight"], kinds["trace_id"]) == ("TINYINT", "DOUBLE", "BLOB")


def test_a_span_is_kept_once(tmp_path):
    with SpanFolder(tmp_path) as folder:
        assert folder.write(spans(list(range(100)))) == 100
        assert folder.write(spans(list(range(50, 150)))) == 50
        assert folder.write(spans(list(range(150)))) == 0
        both = folder.write_all([spans([200, 201, 200]), spans([201, 202, 3])])
        assert (both.new, both.known) == (3, 3)
    with SpanFolder(tmp_path) as folder:
        assert folder.write(spans([100, 300])) == 1, "what is known is read again from the files"
    assert numbers(tmp_path) == [*range(150), 200, 201, 202, 300]


def test_hours_are_files_and_times_find_them(tmp_path):
    from cdctl.domain.traces.ports import Window

    with SpanFolder(tmp_path) as folder:
        folder.write(spans(list(range(20)), every=600.0))
    files = SpanFiles(tmp_path)
    assert len(files.listing().files) == 4
    ends = [file.last / 1e9 for file in files.listing().files]
    assert [len(files.listing(Window(end - 1, end)).files) for end in ends] == [1, 1, 1, 1]
    assert files.listing(Window(ends[-1], ends[-1] + 9)).files == ()
    assert files.listing(Window(NOW - 9, NOW - 1)).files == ()


def test_spans_of_any_order_lie_sorted_by_end(tmp_path):
    with SpanFolder(tmp_path) as folder:
        folder.write(spans([5, 3, 9, 1]))
    (path,) = SpanFiles(tmp_path).listing().paths
    assert [row[0] for row in duckdb.sql(f"SELECT span_attributes['n'] FROM '{path}'").fetchall()] == list("1359")


def test_ends_before_starts_and_beyond_all_reason_are_kept(tmp_path):
    batch = spans([1, 2, 3])
    batch.end[:] = [-5, 2**63 - 1, NOW * 10**9]
    batch.start[:] = [0, 0, (NOW + DAY) * 10**9]
    with SpanFolder(tmp_path) as folder:
        assert folder.write(batch) == 3
    assert numbers(tmp_path) == [1, 2, 3]


def test_marks_come_with_the_spans_or_alone(tmp_path):
    with SpanFolder(tmp_path) as folder:
        folder.write_all([spans([1])], marks={"import:a": "10", "import:b": "1", "other": "x"})
        folder.write_all([], marks={"import:a": "20", "import:b": ""})
        assert folder.marks("import:") == {"import:a": "20"}
        assert (folder.mark("other"), folder.mark("none")) == ("x", "")
    assert SpanFiles(tmp_path).marks("o") == {"other": "x"}


def test_times_of_hearing_become_one_where_they_touch(tmp_path):
    with SpanFolder(tmp_path) as folder:
        folder.write_all([], heard=[(100, 110), (120, 130)])
        folder.write_all([], heard=[(110, 120), (200, 210), (205, 205)])
    assert SpanFiles(tmp_path).seen() == [(100, 130), (200, 210)]


def test_what_comes_for_times_long_past_says_so(tmp_path):
    clock = [float(NOW)]
    with SpanFolder(tmp_path, clock=lambda: clock[0]) as folder:
        folder.write(spans([1]))
        first = SpanFiles(tmp_path).listing()
        folder.write(spans([2], end=NOW - 7200))
        folder.write(spans([3], end=NOW - 7200))
    second = SpanFiles(tmp_path).listing()
    assert (first.past, second.past) == (0, 2)
    assert second.stamp > first.stamp


def test_what_comes_late_into_a_receiver_is_said_once_an_hour(tmp_path):
    clock = [float(NOW)]

    def past():
        return SpanFiles(tmp_path).listing().past

    with SpanFolder(tmp_path, clock=lambda: clock[0]) as folder:
        for number in range(3):
            folder.write_all([spans([number], end=NOW - 7200)], live=True)
        assert past() == 1, "the first is said at once"
        folder.say_past()
        assert past() == 1
        clock[0] += 3700
        folder.write_all([spans([9], end=clock[0])], live=True)
        assert past() == 1, "it is not late, and says nothing of those that were"
        folder.say_past()
        assert past() == 2
        folder.say_past()
        assert past() == 2, "there is nothing new to say"
        folder.write_all([spans([10], end=NOW - 7200)], live=True)
        assert past() == 2
    assert past() == 3, "at the end all is said"


def test_two_writers(tmp_path):
    with SpanFolder(tmp_path), pytest.raises(UnavailableError, match=f"process {os.getpid()} on .* writes it"):
        SpanFolder(tmp_path)
    SpanFolder(tmp_path).close()


def test_a_writer_that_is_killed_lets_go_and_leaves_nothing_behind(tmp_path):
    code = (
        "import sys, os; from pathlib import Path; from span_batches import spans\n"
        "from cdctl.stores.spans.folder import SpanFolder\n"
        "folder = SpanFolder(Path(sys.argv[1])); folder.write(spans([1, 2]))\n"
        "import cdctl.stores.spans.manifest as manifest\n"
        "manifest.add = lambda *_: os.kill(os.getpid(), 9)\n"  # after the file is in place, before it is named
        "folder.write(spans([3]))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=env, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert len(list((tmp_path / "data").iterdir())) == 2
    (tmp_path / "data" / "0000000009.half").write_bytes(b"PAR1")
    assert numbers(tmp_path) == [1, 2]
    with SpanFolder(tmp_path) as folder:
        assert len(list((tmp_path / "data").iterdir())) == 1
        assert folder.write(spans([3, 2])) == 1
    assert numbers(tmp_path) == [1, 2, 3]


def test_a_newer_store_is_not_touched(tmp_path):
    SpanFolder(tmp_path).close()
    db = apsw.Connection(str(tmp_path / NAME))
    db.execute("PRAGMA user_version = 2")
    db.close()
    for use in (SpanFolder, lambda path: SpanFiles(path).listing()):
        with pytest.raises(UnavailableError, match=r"a newer cdctl wrote it \(version 2, this one knows 1\)"):
            use(tmp_path)


def test_a_newer_file_is_not_touched(tmp_path):
    with SpanFolder(tmp_path) as folder:
        folder.write(spans([1]))
        folder._db.execute("UPDATE file SET format = 7")
    for use in (SpanFolder, lambda path: SpanFiles(path).listing()):
        with pytest.raises(UnavailableError, match=r"parquet: .* a newer cdctl wrote it \(format 7") as caught:
            use(tmp_path)
        assert caught.value.hint == "upgrade cdctl"


def test_another_sqlite_file_is_none_of_ours(tmp_path):
    db = apsw.Connection(str(tmp_path / NAME))
    db.execute("CREATE TABLE x(y)")
    db.close()
    with pytest.raises(UnavailableError, match="this is no manifest of cdctl"):
        SpanFolder(tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="the span store cannot be written: a part of its path is no folder"):
        SpanFolder(tmp_path / "file" / "store")


def test_without_pyarrow_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UnavailableError, match="pyarrow is not installed") as caught:
        SpanFolder(tmp_path)
    assert caught.value.hint == "pip install 'cdctl[traces]'"
