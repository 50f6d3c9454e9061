"""The form of the journal is what its document says: somebody else's program comes to the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from writing import story, write

from cdctl.domain.orders.keeping import Note
from cdctl.stores.journal import read_journal
from cdctl.stores.journal_reserve import SIZE
from cdctl.stores.journal_tail import LOOK_BACK

NASTY = ['"', "\\", "/", "\b\f\n\r\t", "\0\x01\x1f", "\x7f\x80\x9f", "é", "\u2028", "😀", "\ud800", "</script>", "{}"]


@pytest.fixture
def program(root: Path) -> str:
    """The one in docs/journal.md."""
    (found,) = re.findall(r"```python\n(.+?)```", (root / "docs" / "journal.md").read_text(), re.DOTALL)
    return found


def run(program: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)


def test_a_program_of_ten_lines_checks_the_chain(tmp_path: Path, program: str) -> None:
    path = tmp_path / "journal.sqlite"
    notes = [Note("forged", text, text, 1, {text: [text]}) for text in NASTY]
    write(path, story(5), notes)
    head = read_journal(path).head()
    done = run(program, path)
    assert (done.stdout, done.stderr) == (f"{head.number} {head.hash}\n", "")
    db = apsw.Connection(str(path))
    db.execute("DROP TRIGGER record_changed")
    db.execute("UPDATE records SET actor = 'x' WHERE number = 9")
    db.close()
    done = run(program, path)
    assert (done.returncode, done.stderr) == (1, "record 9 was changed\n")


def test_the_figures_of_the_document_are_those_of_the_code(root: Path) -> None:
    text = (root / "docs" / "journal.md").read_text()
    assert f"in {SIZE >> 20} MiB that are kept" in text
    assert f"its last {LOOK_BACK:,} records are checked" in text
