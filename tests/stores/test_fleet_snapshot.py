"""The fleet on disk: all of it comes back, old and marked; what is damaged is refused whole."""

from __future__ import annotations

import os
import stat
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.health import status
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.presence import Flag
from cdctl.domain.fleet.tables import cells
from cdctl.domain.fleet.view import FleetView
from cdctl.errors import UnavailableError
from cdctl.stores import fleet_snapshot
from cdctl.stores.fleet_snapshot import MAGIC, load, save

NOW = 1_800_000_000_000
LATER = NOW + 60_000
ON, OFF, UNKNOWN = Presence.ONLINE, Presence.OFFLINE, Presence.UNKNOWN


def empty(signals: tuple[str, ...] = ("soc", "speed"), capacity: int = 1000) -> Columns:
    layout = Layout(signals, capacity)
    return Columns(layout, memoryview(bytearray(layout.size)))


def fleet() -> Columns:
    columns = empty()
    columns.link_up("eu", "x", NOW - 5000)
    births = [
        Standing("WBA1", ON, "eu", 7, None, "i4", "23-07.60", dtcs=("P1", "P2")),
        Standing("WBA2", OFF, "eu", 3, None, "ix"),
    ]
    batch = Batch(standings=births, vins=["WBA1", "WBA3"], regions=["eu", "us"], ts=[0, 0])
    batch.signals[1] = ([0, 1], [42.0, 43.0])
    columns.apply(batch, NOW - 2000, "eu")
    columns.expect(["WBA4"], ["cn"], ["i4"], [""])
    return columns


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "fleet.snapshot"


def test_everything_comes_back_old_marked_and_unknown(path):
    before, after = fleet(), empty()
    assert save(before, path, NOW) == path.stat().st_size
    assert load(after, path, LATER) is None
    assert after.presence[:4].tolist() == [UNKNOWN] * 4
    assert (after.flags[:4] & Flag.SNAPSHOT != 0).tolist() == [True, True, True, False]
    views = [FleetView(columns, LATER) for columns in (before, after)]
    for name in ("vin", "region", "model", "sw", "age", "dtc", "messages", "soc", "speed", "inventory"):
        old, new = (cells(view, name, np.arange(4)) for view in views)
        assert old == new, name
    assert cells(views[1], "state", np.arange(4)) == ["unknown", "unknown", "unknown", "never"]
    assert after.row("WBA3") == 2
    assert not after.link[:4].any()  # numbers of links are another run's
    told = status(after, LATER)
    assert told.snapshot_age == 60.0
    assert "vehicles as the last run knew them, of which the stream has not spoken yet: 3" in told.notes


def test_the_stream_takes_over_from_the_snapshot(path):
    save(fleet(), path, NOW)
    columns = empty()
    load(columns, path, LATER)
    columns.link_up("eu", "x", LATER)
    births = [Standing("WBA1", ON, "eu", 7, retained=True), Standing("WBA2", ON, "eu", 2, retained=True)]
    columns.apply(Batch(standings=births, vins=["WBA3"], regions=["us"], ts=[0]), LATER, "eu")
    assert columns.presence[:3].tolist() == [ON, UNKNOWN, ON]
    assert columns.since_ms[0] == NOW - 2000
    assert (columns.flags[:4] & Flag.SNAPSHOT != 0).tolist() == [False, True, False, False]
    columns.apply(Batch(vins=["NEW"], regions=["eu"], ts=[0]), LATER, "eu")
    assert columns.row("NEW") == 4
    assert status(columns, LATER).snapshot_age == 60.0
    columns.apply(Batch(vins=["WBA2"], regions=["eu"], ts=[0]), LATER, "eu")
    assert status(columns, LATER).snapshot_age is None
    assert columns.troubles.sets()[columns.dtcs[0]] == ("P1", "P2")


def test_signals_are_found_by_name(path):
    save(fleet(), path, NOW)
    columns = empty(("range", "speed"))
    assert load(columns, path, LATER) is None
    assert columns.signals[1][:4].tolist()[:1] == [42.0]
    assert np.isnan(columns.signals[0][:4]).all()


def test_no_snapshot_is_no_trouble(path):
    assert load(empty(), path, NOW) is None


def test_the_file_is_its_users_alone_and_nothing_is_left_beside_it(path):
    save(fleet(), path, NOW)
    save(fleet(), path, LATER)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_refuses_leaves_the_older_snapshot(path, monkeypatch):
    save(fleet(), path, NOW)
    whole = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnavailableError, match="No space left"):
        save(fleet(), path, LATER)
    assert path.read_bytes() == whole
    assert list(path.parent.iterdir()) == [path]


def rewritten(body: bytes, change: Callable[[dict[str, object]], None]) -> bytes:
    """The same file with another header and checksums that fit it."""
    start = len(MAGIC) + 8
    room = int.from_bytes(body[len(MAGIC) : start], "little")
    header = msgspec.json.decode(body[start : start + room])
    change(header)
    return body[:start] + msgspec.json.encode(header).ljust(room)[:room] + body[start + room :]


def patched(body: bytes, section: str, value: bytes, at: int = 0) -> bytes:
    """The same file with other bytes in a section and a checksum that fits them: a hostile file, not a broken one."""
    start = len(MAGIC) + 8
    offset = start + int.from_bytes(body[len(MAGIC) : start], "little")
    found = bytearray(body)
    header = msgspec.json.decode(body[start:offset])
    for one in header["sections"]:
        offset += -offset % 64
        end = offset + np.dtype(one["kind"]).itemsize * one["count"]
        if one["name"] == section:
            found[offset + at : offset + at + len(value)] = value
            one["crc"] = zlib.crc32(found[offset:end])
        offset = end
    return rewritten(bytes(found), lambda other: other.update(sections=header["sections"]))


def refused(path: Path, body: bytes) -> str:
    path.write_bytes(body)
    columns = empty()
    warning = load(columns, path, LATER)
    assert warning is not None
    assert str(path) in warning
    assert columns.rows == 0
    assert columns.header["regions"][0] == 0
    return warning


def test_a_file_cut_anywhere_is_refused(path):
    save(fleet(), path, NOW)
    body = path.read_bytes()
    for end in [*range(0, len(body) - 1, 97), len(body) - 1]:
        refused(path, body[:end])
    path.write_bytes(body)
    assert load(empty(), path, LATER) is None


def test_a_flipped_bit_anywhere_is_refused_or_means_nothing(path):
    save(fleet(), path, NOW)
    body = path.read_bytes()
    loaded = 0
    for at in range(0, len(body), 41):
        path.write_bytes(body[:at] + bytes([body[at] ^ 4]) + body[at + 1 :])
        columns = empty()
        if load(columns, path, LATER) is None:
            loaded += 1  # between two sections
            assert columns.ids[:4].tolist() == fleet().ids[:4].tolist()
        else:
            assert columns.rows == 0
    assert loaded < len(body) / 41 / 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda header: header.update(layout=99), "another version"),
        (lambda header: header.update(rows=2000), "1000 fit"),
        (lambda header: header.update(rows=3), "another shape"),
        (lambda header: header.update(rows=-1), "fit"),
        (lambda header: header.update(taken_ms=LATER + 10**8), "in the future"),
        (lambda header: header["sections"][0].update(kind="O"), "cut short"),
        (lambda header: header["sections"][0].update(kind="<f8"), "damaged"),
        (lambda header: header["sections"][0].update(kind="?!"), "damaged"),
        (lambda header: header["sections"][0].update(count=-1), "cut short"),
        (lambda header: header["sections"].pop(), "another shape"),
        (lambda header: header.update(signals=["a", "a"]), "twice"),
    ],
)
def test_a_header_that_lies_is_refused(path, change, said):
    save(fleet(), path, NOW)
    assert said in refused(path, rewritten(path.read_bytes(), change))


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        ("region", b"\xff\xff", "without a text"),
        ("dtcs", b"\xff\xff\xff\xff", "without a text"),
        ("presence", b"\x09", "without a text"),
        ("dtc_places", b"\xff\xff", "without a text"),
        ("dtc_ends", b"\xff\xff\xff\xff", "trouble codes are damaged"),
        ("seen_ms", (NOW + 10**10).to_bytes(8, "little"), "after the snapshot"),
        ("since_ms", (-5).to_bytes(8, "little", signed=True), "before 1970"),
        ("ids", b"\x1b[2J", "an id that cannot be one"),
        ("ids", b"\0", "an id that cannot be one"),
    ],
)
def test_contents_that_lead_astray_are_refused_though_their_checksums_fit(path, section, value, said):
    save(fleet(), path, NOW)
    body = path.read_bytes()
    path.write_bytes(patched(body, section, b""))
    assert load(empty(), path, LATER) is None
    assert said in refused(path, patched(body, section, value))


@pytest.mark.parametrize("body", [b"", b"cdctl fleet snapshot 2\n" + bytes(100), b"\0" * 5000, MAGIC + b"\xff" * 8])
def test_a_file_that_is_no_snapshot_is_refused(path, body):
    path.parent.mkdir()
    refused(path, body)


def test_a_fleet_that_takes_in_already_is_left_alone(path):
    save(fleet(), path, NOW)
    columns = empty()
    columns.link_up("eu", "x", NOW)
    assert "not empty any more" in str(load(columns, path, LATER))


def test_a_snapshot_taken_while_messages_come_in_is_whole(path):
    """The writer of the columns never waits, and whatever is caught can be read again."""
    columns = empty(capacity=100_000)
    columns.link_up("eu", "x", NOW)
    done = threading.Event()

    def take_in() -> None:
        for number in range(200):
            births = [
                Standing(f"V{n}", ON, "eu", 1, None, f"m{n}", dtcs=(f"P{n}",)) for n in range(number, number + 50)
            ]
            columns.apply(Batch(standings=births), NOW + number, "eu")
        done.set()

    writer = threading.Thread(target=take_in)
    writer.start()
    try:
        while not done.is_set():
            save(columns, path, NOW + 1000)
            again = empty(capacity=100_000)
            assert load(again, path, LATER) is None
            view = FleetView(again, LATER)
            rows = np.arange(again.rows)
            for vin, model, dtc in zip(*(cells(view, name, rows) for name in ("vin", "model", "dtc")), strict=True):
                assert model in {None, f"m{vin[1:]}"}
                assert dtc in {None, f"P{vin[1:]}"}
    finally:
        writer.join()


def test_its_rows_are_found_again_by_the_writer(path, monkeypatch):
    monkeypatch.setattr(fleet_snapshot, "_BLOCK", 64)
    columns = empty(capacity=5000)
    columns.link_up("eu", "x", NOW)
    vins = [f"WBA{number:05d}" for number in range(3000)]
    columns.apply(Batch(vins=vins, regions=[""] * 3000, ts=[0] * 3000), NOW, "eu")
    save(columns, path, NOW)
    again = empty(capacity=5000)
    assert load(again, path, LATER) is None
    again.link_up("eu", "x", LATER)
    again.apply(Batch(events=[Event(vins[-1], "dtc.set", "eu", None, ("P1",))]), LATER, "eu")
    assert again.rows == 3000
    assert again.events[2999] == 1
