"""Changes are added whole, whoever else adds to the same file, and whatever was left half written there."""

from __future__ import annotations

import resource
from multiprocessing import get_context
from pathlib import Path

import pytest

from cdctl.errors import UnavailableError
from cdctl.stores.change_log import append


def _many(path: str, letter: str) -> None:
    for _ in range(50):
        append(Path(path), letter.encode() * 300 + b"\n")


def test_several_processes_add_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "changes.jsonl"
    context = get_context("spawn")
    writers = [context.Process(target=_many, args=(str(file), letter)) for letter in "abc"]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    lines = file.read_bytes().splitlines()
    assert sorted(lines) == sorted(letter.encode() * 300 for letter in "abc" for _ in range(50))


def test_a_line_that_was_left_half_written_is_ended(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    file.write_bytes(b"whole\nhal")
    append(file, b"next\n")
    assert file.read_bytes() == b"whole\nhal\nnext\n"


def _full(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        append(Path(path), b"x" * 200 + b"\n")
    except UnavailableError:
        return
    raise SystemExit(7)


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "changes.jsonl"
    append(file, b"before\n")
    child = get_context("spawn").Process(target=_full, args=(str(file),))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert file.read_bytes() == b"before\n"


def test_a_place_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be written"):
        append(tmp_path / "file" / "changes.jsonl", b"x\n")
