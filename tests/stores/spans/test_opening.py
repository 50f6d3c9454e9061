"""A manifest or a file that is damaged: it is named, its spans are counted, the rest is read."""

from __future__ import annotations

import pytest
from span_batches import NOW, spans
from span_stores import numbers

from cdctl.errors import UnavailableError
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.manifest_file import NAME
from cdctl.stores.spans.reading import SpanFiles
from cdctl.stores.spans.tending import Keeping, Tending


def filled(path, count=3):
    with SpanFolder(path, clock=lambda: float(NOW)) as folder:
        for number in range(count):
            folder.write_all([spans([number])], heard=[(NOW, NOW + 60)])
    return sorted((path / "data").iterdir())


@pytest.mark.parametrize("how", ["short", "gone", "long"])
def test_a_file_that_is_not_whole(tmp_path, how):
    _, second, _ = filled(tmp_path)
    if how == "gone":
        second.unlink()
    else:
        second.write_bytes(second.read_bytes()[:-9] if how == "short" else second.read_bytes() + b"x")
    files = SpanFiles(tmp_path)
    listing = files.listing()
    assert numbers(tmp_path) == [0, 2]
    (lost,) = listing.lost
    assert (lost.path, lost.rows, listing.rows) == (second, 1, 2)
    assert str(lost).endswith("1 spans are lost")
    assert files.seen() == [(NOW + 1, NOW + 60)], "what was there cannot be said to have been heard"
    with SpanFolder(tmp_path) as folder:
        assert folder.write(spans([1, 2])) == 1, "what is lost may come again"


def test_a_byte_that_changed_is_found_when_asked_for(tmp_path):
    first, *_ = filled(tmp_path)
    body = bytearray(first.read_bytes())
    body[100] ^= 1
    first.write_bytes(body)
    files = SpanFiles(tmp_path)
    listing = files.listing()
    assert listing.lost == ()
    assert [lost.path for lost in files.damaged(listing)] == [first]


@pytest.mark.parametrize("how", ["noise", "short", "page"])
def test_a_damaged_manifest_is_made_anew(tmp_path, how):
    first, *_ = filled(tmp_path)
    path = tmp_path / NAME
    body = path.read_bytes()
    bad = {
        "noise": b"noise" * 2000,
        "short": body[: len(body) // 2],
        "page": body[:4096] + b"\xff" * (len(body) - 4096),
    }
    path.write_bytes(bad[how])
    first.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(UnavailableError, match="the span store cannot be read"):
        SpanFiles(tmp_path).listing()
    with SpanFolder(tmp_path) as folder:
        note, lost = folder.notes
        assert "is made anew from 2 files with 2 spans" in note
        assert str(first) in lost
        assert folder.write(spans([1, 2, 5])) == 1
    assert numbers(tmp_path) == [1, 2, 5]
    assert SpanFiles(tmp_path).seen() == []
    assert (tmp_path / f"{NAME}.damaged").read_bytes() == bad[how]
    assert first.with_suffix(".damaged").exists()


def test_a_manifest_made_anew_leaves_out_what_became_another_file(tmp_path):
    filled(tmp_path)
    now = NOW + 3000.0
    with SpanFolder(tmp_path, clock=lambda: now) as folder:
        Tending(folder, Keeping(), lambda: now).once()
    assert len(list((tmp_path / "data").iterdir())) == 4
    (tmp_path / NAME).write_bytes(b"noise" * 2000)
    SpanFolder(tmp_path).close()
    assert numbers(tmp_path) == [0, 1, 2]
    assert len(list((tmp_path / "data").iterdir())) == 1


def test_no_store_at_all(tmp_path):
    with pytest.raises(UnavailableError, match="there is no span store") as caught:
        SpanFiles(tmp_path / "nowhere").listing()
    assert "trace import" in caught.value.hint


def test_a_manifest_that_is_gone_takes_no_span_with_it(tmp_path):
    filled(tmp_path)
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"{NAME}{suffix}").unlink(missing_ok=True)
    with SpanFolder(tmp_path) as folder:
        (note,) = folder.notes
        assert "it is gone" in note
        assert folder.write(spans([0, 1])) == 0, "they are there"
    assert SpanFiles(tmp_path).listing().rows == 3
