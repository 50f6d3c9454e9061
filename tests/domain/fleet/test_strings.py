"""Tables of short texts: read from several threads at once."""

from __future__ import annotations

import threading

import numpy as np

from cdctl.domain.fleet.strings import Strings


def table(size: int = 4096) -> Strings:
    return Strings(np.zeros(size, "S16"), np.zeros(1, "u4"))


def test_what_a_reader_has_does_not_grow_under_its_hand():
    ours = table()
    ours.code("eu")
    before = ours.texts()
    kept = list(before)
    ours.code("us")
    assert ours.texts() == [*kept, "us"]
    assert before == kept


def test_readers_at_once_read_the_same_as_one():
    ours = table()
    wrong: list[object] = []

    def read() -> None:
        for _ in range(300):
            texts = ours.texts()
            if texts[2:] != [f"t{number}" for number in range(2, len(texts))]:
                wrong.append(texts)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for number in range(2, 100):
        assert ours.code(f"t{number}") == number
    for reader in readers:
        reader.start()
    for number in range(100, 2000):
        ours.code(f"t{number}")
    for reader in readers:
        reader.join()
    assert wrong == []
