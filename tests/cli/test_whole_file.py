"""A file is the old one or the whole new one, whatever happens in between."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cdctl.cli.whole_file import write
from cdctl.errors import UnavailableError, UsageError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_gets_the_usual_mode_and_nothing_stays_behind(tmp_path):
    umask = os.umask(0o027)
    try:
        write(tmp_path / "new", "é\n")
    finally:
        os.umask(umask)
    assert (tmp_path / "new").read_bytes() == "é\n".encode()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert names(tmp_path) == ["new"]


def test_an_old_file_is_replaced_and_keeps_its_mode(tmp_path):
    old = tmp_path / "old"
    old.write_text("before")
    old.chmod(0o600)
    before = old.stat().st_ino
    write(old, "after")
    assert (old.read_text(), stat.S_IMODE(old.stat().st_mode)) == ("after", 0o600)
    assert old.stat().st_ino != before, "written in place would be half-written for a moment"


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", "after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "after"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write(pipe, "text")
    reader.join(10)
    assert got == ["text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_is_not_replaced():
    write(Path("/dev/null"), "text")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(UnavailableError, match="No space left on device"):
        write(Path("/dev/full"), "text")


def test_wrong_places(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        write(tmp_path / "nowhere" / "file", "text")
    (tmp_path / "file").write_text("kept")
    with pytest.raises(UsageError, match="no such folder"):
        write(tmp_path / "file" / "below", "text")
    with pytest.raises(UsageError, match="Is a directory"):
        write(tmp_path, "text")
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("old", [None, "before"])
def test_a_full_disk_leaves_what_was_there(tmp_path, old):
    target = tmp_path / "target"
    if old:
        target.write_text(old)
    code = (
        "import sys, pathlib; from cdctl.cli.whole_file import write; write(pathlib.Path(sys.argv[1]), 'x' * 100_000)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, target],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "UnavailableError" in ran.stderr
    assert "cannot write: File too large" in ran.stderr
    assert names(tmp_path) == (["target"] if old else [])
    assert not old or target.read_text() == old


LOCKED = """
import os, pathlib, sys, tempfile
from cdctl.cli.whole_file import write
with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o555)
    if os.getuid() == 0:  # root may write anywhere
        os.seteuid(65534)
    try:
        write(pathlib.Path(folder, "file"), "text")
    finally:
        os.seteuid(os.getuid())
"""


def test_an_unwritable_folder():
    ran = subprocess.run([sys.executable, "-c", LOCKED], capture_output=True, text=True, check=False, timeout=60)
    assert "UsageError" in ran.stderr
    assert "cannot write: Permission denied" in ran.stderr
