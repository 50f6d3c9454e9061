"""A disk that is full: whole batches are refused, what was there is there, and when there is room it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_disk
from span_batches import NOW, spans
from span_stores import numbers

from cdctl.errors import UnavailableError
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.reading import SpanFiles
from cdctl.stores.spans.tending import Keeping, Tending


def fills_up(folder: Path) -> None:
    store = SpanFolder(folder, clock=lambda: float(NOW))
    kept, error = 0, None
    while error is None:
        try:
            # Two hours at once: both files or none.
            new = [*range(kept, kept + 500), *range(1_000_000 + kept, 1_000_000 + kept + 500)]
            store.write_all([spans(new, every=0.004)], marks={"so far": str(kept + 500)}, heard=[(NOW, NOW + kept + 1)])
            kept += 500
        except UnavailableError as caught:
            error = caught
    assert kept > 500, error
    assert error.message == "the span store cannot be written: no space is left on its disk", error
    assert error.hint.startswith("make room on its disk, or keep spans in a folder"), error
    expected = [*range(kept), *range(1_000_000, 1_000_000 + kept)]
    assert numbers(folder) == expected
    assert store.mark("so far") == str(kept)
    try:
        Tending(store, Keeping(), lambda: NOW + 9000.0).once()
    except UnavailableError as caught:
        assert "no space is left" in caught.message, caught
    assert numbers(folder) == expected
    store.close()
    store = SpanFolder(folder, clock=lambda: float(NOW))
    assert SpanFiles(folder).listing().lost == ()
    # Room is made by letting the oldest go; for readers it stays on disk for a while.
    Tending(store, Keeping(most=1), lambda: NOW + 9000.0).once()
    Tending(store, Keeping(most=1), lambda: NOW + 19000.0).once()
    assert numbers(folder) == []
    assert store.write(spans([1, 2])) == 2
    store.close()


def no_room_at_all(folder: Path) -> None:
    (folder / "ballast").write_bytes(bytes(60_000))
    try:
        SpanFolder(folder / "store")
    except UnavailableError as error:
        assert "the span store cannot be written: " in error.message, error
    else:
        raise AssertionError("there is no room for a manifest")


@pytest.mark.parametrize(("test", "size"), [("fills_up", "3m"), ("no_room_at_all", "64k")])
def test_a_full_disk(test: str, size: str, tmp_path: Path) -> None:
    small_disk.run(__file__, test, size, tmp_path)
