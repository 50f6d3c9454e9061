"""Bytes of a file that somebody else wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdctl.files import reading
from cdctl.files.faults import Faults
from cdctl.files.reading import read_text


@pytest.fixture
def read(tmp_path):
    def write_and_read(data):
        path = tmp_path / "x.yaml"
        path.write_bytes(data)
        faults = Faults("x.yaml")
        text = read_text(path, faults)
        return text, [str(problem) for problem in faults.close()]

    return write_and_read


def test_text_is_utf8_with_or_without_mark(read):
    assert read("grün: 💡\n".encode()) == ("grün: 💡\n", [])
    assert read(b"\xef\xbb\xbfa: 1") == ("a: 1", [])
    assert read(b"") == ("", [])
    assert read("tab\t nel\x85 nbsp\xa0\r\n".encode())[1] == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a: 1\nb: \xff\xfe", "x.yaml:2:4: error: byte 0xff is not UTF-8 (save the file as UTF-8)"),
        ("ü: ü\nü: ".encode() + b"\xfc", "x.yaml:2:4: error: byte 0xfc is not UTF-8 (save the file as UTF-8)"),
        ("a: 1".encode("utf-16"), "x.yaml:1:1: error: byte 0xff is not UTF-8 (save the file as UTF-8)"),
        (b"\xed\xa0\x80", "x.yaml:1:1: error: byte 0xed is not UTF-8 (save the file as UTF-8)"),
        (
            b"a: 1\nbc\0d",
            "x.yaml:2:3: error: control character U+0000 is not allowed (delete it, or write it as an escape)",
        ),
        (
            b"a: \x1b[31m",
            "x.yaml:1:4: error: control character U+001B is not allowed (delete it, or write it as an escape)",
        ),
        (
            "a: \x9b".encode(),
            "x.yaml:1:4: error: control character U+009B is not allowed (delete it, or write it as an escape)",
        ),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(read, data, said):
    assert read(data) == (None, [said])


def test_size_is_capped(read, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 3 * 1024 * 1024)
    assert read(b"#" * 3 * 1024 * 1024)[1] == []
    assert read(b"#" * (3 * 1024 * 1024 + 1))[1] == ["x.yaml: error: larger than 3 MiB (split the file)"]


def test_endless_files_end():
    faults = Faults("/dev/zero")
    assert read_text(Path("/dev/zero"), faults) is None
    assert "larger than 8 MiB" in str(faults.close()[0])


def said_of(path):
    faults = Faults("x.yaml")
    assert read_text(path, faults) is None
    return [str(problem) for problem in faults.close()]


def test_what_cannot_be_opened(tmp_path):
    cure = "(check the path and its permissions)"
    assert said_of(tmp_path / "x.yaml") == [f"x.yaml: error: cannot be read: no such file or directory {cure}"]
    assert said_of(tmp_path) == [f"x.yaml: error: cannot be read: is a directory {cure}"]
    (tmp_path / "loop").symlink_to("loop")
    assert said_of(tmp_path / "loop") == [f"x.yaml: error: cannot be read: too many levels of symbolic links {cure}"]


def test_a_file_that_fails_while_it_is_read():
    cure = "(check the path and its permissions)"
    assert said_of(Path("/proc/self/mem")) == [f"x.yaml: error: cannot be read: input/output error {cure}"]
