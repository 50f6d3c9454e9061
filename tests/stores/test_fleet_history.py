"""The history keeps days in bounded space, survives what disks do, and says so."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys

import apsw
import numpy as np
import pytest

from cdctl.domain.fleet.archive import Told
from cdctl.stores.fleet_history import CHUNK, SMALLEST, WAITING, FleetHistory

NOW = 1_800_000_000.0
DAY = 86_400.0


class Time:
    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def history(tmp_path, time):
    made = opened(tmp_path, time)
    yield made
    made.close()


def opened(folder, time, keep=3 * DAY, max_bytes=64 << 20):
    return FleetHistory(folder / "history.db", keep=keep, max_bytes=max_bytes, clock=time)


def told(count, at=NOW, run="one", first=0, step=0.0, detail="", kind="online"):
    rows = np.arange(first, first + count, dtype=np.int32)
    return Told(
        run,
        np.round((at + np.arange(count) * step) * 1000).astype(np.int64),
        rows,
        np.array([f"WBA{row:014d}" for row in rows.tolist()], "S40"),
        np.full(count, 2, np.uint16),
        np.full(count, 2, np.uint16),
        np.full(count, detail.encode(), "S96"),
        ["", "(other)", kind],
        ["", "(other)", "eu"],
    )


def asked(history, since=0.0, wanted=None, limit=1_000_000, groups=None, by=()):
    return history.past(since, wanted, groups, by, limit)


def test_what_happened_is_told_again_in_order(history):
    history.keep(told(3, NOW - 10, detail="24 V\x1b"))
    history.keep(told(2, NOW - 5, first=7))
    past = asked(history)
    assert [one.vin[-2:] for one in past.happenings] == ["00", "01", "02", "07", "08"]
    first = past.happenings[0]
    assert (first.at, first.region, first.kind, first.detail) == (NOW - 10, "eu", "online", "24 V\x1b")
    assert past.since == NOW - 10
    assert not past.cut
    assert [one.vin[-2:] for one in asked(history, NOW - 6).happenings] == ["07", "08"]


def test_nothing_kept_is_since_never(history):
    past = asked(history)
    assert (past.since, list(past.happenings), list(past.minutes)) == (None, [], [])


def test_the_newest_are_told_when_there_are_too_many(history):
    history.keep(told(2 * CHUNK + 100, NOW - 500, step=0.01))
    past = asked(history, limit=150)
    assert past.cut
    assert [int(one.vin[3:]) for one in past.happenings] == list(range(2 * CHUNK - 50, 2 * CHUNK + 100))
    assert not asked(history, limit=2 * CHUNK + 100).cut


def test_chunks_are_closed_and_the_last_one_goes_on_after_a_flush(tmp_path, history):
    for begin in range(0, CHUNK + 500, 200):
        history.keep(told(200, NOW - 100 + begin / 1000, first=begin))
        history.flush()
    found = [int(one.vin[3:]) for one in asked(history).happenings]
    assert len(found) > CHUNK + 400
    assert found == list(range(len(found)))
    counts = [row[0] for row in apsw.Connection(str(tmp_path / "history.db")).execute("SELECT count FROM chunk")]
    assert counts[0] == CHUNK
    assert len(counts) == 2


def test_only_the_wanted_are_unpacked(history):
    history.keep(told(100, NOW - 10))
    history.keep_minute(int(NOW) - 60, {("eu", "i4", "1"): (1, 1, 1, 1)})
    looked = []

    def wanted(run, rows, ids):
        looked.append((run, len(rows)))
        return rows == 5

    assert [one.vin for one in asked(history, wanted=wanted).happenings] == ["WBA00000000000005"]
    assert looked == [("one", 100)]
    by_id = asked(history, wanted=lambda run, rows, ids: ids() == b"WBA00000000000007")
    assert [one.vin for one in by_id.happenings] == ["WBA00000000000007"]


def test_minutes_are_summed_by_what_is_asked(history):
    start = int(NOW) - 120
    history.keep_minute(
        start, {("eu", "i4", "1"): (5, 4, 30, 2), ("eu", "i7", "1"): (2, 1, 10, 0), ("us", "i4", "2"): (7, 7, 7, 7)}
    )
    history.keep_minute(start + 60, {("eu", "i4", "1"): (5, 3, 20, 1)})
    told_of = [(m.start - start, m.group, m.vehicles, m.online, m.messages, m.events) for m in asked(history).minutes]
    assert told_of == [(0, (), 14, 12, 47, 9), (60, (), 5, 3, 20, 1)]
    by_region = {(m.start - start, m.group): m.messages for m in asked(history, by=("region",)).minutes}
    assert by_region == {(0, ("eu",)): 40, (0, ("us",)): 7, (60, ("eu",)): 20}
    only = asked(history, by=("model", "sw"), groups=lambda g: np.array([region == "us" for region, _, _ in g]))
    assert [(m.group, m.vehicles) for m in only.minutes] == [(("i4", "2"), 7)]


def test_a_fleet_that_invents_versions_cannot_fill_a_minute(history):
    counts = {("eu", "i4", f"v{n}"): (1, 1, 2, 0) for n in range(6_000)} | {("eu", "i4", "real"): (50, 1, 1, 1)}
    history.keep_minute(int(NOW) - 60, counts)
    groups = {m.group: m.vehicles for m in asked(history, by=("sw",)).minutes}
    assert len(groups) == 4_096
    assert groups["real",] == 50
    assert sum(groups.values()) == 6_050


def test_it_is_there_after_a_restart(tmp_path, time):
    first = opened(tmp_path, time)
    first.keep(told(10, NOW - 10))
    first.close()
    second = opened(tmp_path, time)
    second.keep(told(1, NOW, run="two", first=99))
    assert [one.vin[-2:] for one in asked(second).happenings][-2:] == ["09", "99"]
    second.close()


def test_it_is_there_after_kill_nine(tmp_path):
    code = """
import sys, os, signal, time
sys.path.insert(0, sys.argv[2])
from pathlib import Path
import test_fleet_history as t
h = t.opened(Path(sys.argv[1]), t.Time())
h.keep(t.told(500, t.NOW - 50)); h.flush()
h.keep(t.told(500, t.NOW - 40, first=500))
os.kill(os.getpid(), signal.SIGKILL)
"""
    here = __file__.rpartition("/")[0]
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path), here], check=False, timeout=60)
    assert ran.returncode == -signal.SIGKILL
    again = opened(tmp_path, Time())
    assert len(asked(again).happenings) == 500
    again.close()


def test_what_is_too_old_is_dropped_and_it_is_said_since_when(tmp_path, time):
    history = opened(tmp_path, time, keep=3600)
    history.keep(told(CHUNK, NOW - 7000))
    history.keep_minute(int(NOW) - 7000, {("eu", "i4", "1"): (1, 1, 1, 1)})
    history.keep(told(10, NOW - 1000))
    history.flush()
    past = asked(history)
    assert len(past.happenings) == 10
    assert past.minutes == []
    assert past.since == NOW - 1000
    time.at += 3000
    assert asked(history).since is None
    history.close()


def test_bytes_are_bounded_and_the_oldest_go_first(tmp_path, time):
    history = opened(tmp_path, time, max_bytes=SMALLEST)
    random = np.random.default_rng(1)
    for step in range(120):
        batch = told(CHUNK // 2, NOW - 1000 + step, first=step * CHUNK // 2)
        batch.details[:] = random.integers(0, 255, (len(batch), 24), np.uint8).view("S24").ravel()
        history.keep(batch)
        history.flush()
        on_disk = sum(file.stat().st_size for file in tmp_path.iterdir() if file.suffix != ".db-shm")
        assert on_disk <= SMALLEST
    past = asked(history, limit=100)
    assert past.since > NOW - 1000 + 20
    assert past.happenings[-1].at == NOW - 1000 + 119
    assert history.notes() == ()
    history.close()


def test_a_file_that_is_none_is_set_aside(tmp_path, time):
    (tmp_path / "history.db").write_bytes(b"this is no database" * 1000)
    history = opened(tmp_path, time)
    history.keep(told(3))
    assert len(asked(history).happenings) == 3
    (note,) = history.notes()
    assert "history.corrupt" in note
    assert (tmp_path / "history.corrupt").read_bytes().startswith(b"this is no")
    history.close()


def test_a_damaged_chunk_is_left_out_and_said(tmp_path, time):
    history = opened(tmp_path, time)
    history.keep(told(2 * CHUNK + 10, NOW - 100))
    history.keep_minute(int(NOW) - 60, {("eu", "i4", "1"): (1, 1, 1, 1)})
    history.close()
    db = apsw.Connection(str(tmp_path / "history.db"))
    db.execute(
        "UPDATE chunk SET head = CAST(substr(head, 1, 40) || x'00' || substr(head, 42) AS BLOB) WHERE number = 1"
    )
    db.execute("UPDATE minute SET body = x'0011'")
    db.close()
    history = opened(tmp_path, time)
    past = asked(history)
    assert len(past.happenings) == CHUNK + 10
    assert past.minutes == []
    assert "damaged" in history.notes()[0]
    history.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_full_disk_is_said_and_mended_by_itself(tmp_path, time):
    history = opened(tmp_path, time)
    history.keep(told(CHUNK, NOW - 100))
    history.flush()
    assert history.notes() == ()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        history.keep(told(CHUNK, NOW - 90))
        history.flush()
        (note,) = history.notes()
        assert "cannot be written" in note
        for _ in range(-(-WAITING // CHUNK) + 1):
            history.keep(told(CHUNK, NOW - 80))
        assert "are not in the history" in history.notes()[1]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    history.flush()
    assert not any("cannot be written" in note for note in history.notes())
    assert len(asked(history).happenings) == WAITING + CHUNK
    history.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path, time):
    (tmp_path / "file").write_text("")
    history = opened(tmp_path / "file", time)
    history.keep(told(3))
    assert asked(history).since is None
    assert "cannot be written" in history.notes()[0]
    history.close()


def test_the_file_is_the_users_alone(tmp_path, time):
    folder = tmp_path / "new"
    opened(folder, time).close()
    assert (folder / "history.db").stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
