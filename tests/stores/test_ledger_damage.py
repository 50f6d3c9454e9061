"""Killed, torn, overwritten, full, locked away: a ledger knows less then, never something wrong, and says so."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import numpy as np
import pytest
from pages import HOUR, assert_page, assert_part, kept, known, page, written

from cdctl.domain.slo.series import Span
from cdctl.stores.ledger import SqliteLedger

DAYS = Span(0, 20 * 24 * HOUR, HOUR)
FINE = Span(0, 40 * HOUR, 300)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two questions; do not write to it."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    written(path, [("a", DAYS), ("b", DAYS), ("b", FINE)])
    return path


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "ledger.db"))


def look(path: Path) -> tuple[tuple[str, ...], int]:
    """Warnings, and how many of the 1,440 buckets are left; all of those as they were written."""
    ledger = SqliteLedger(path)
    a, b, fine = kept(ledger, "a", DAYS), kept(ledger, "b", DAYS), kept(ledger, "b", FINE)
    ledger.close()
    assert_part(a, page(DAYS))
    assert_part(b, page(DAYS))
    assert_part(fine, page(FINE))
    return ledger.warnings(), len(a.ends) + len(b.ends) + len(fine.ends)


def refill(path: Path) -> None:
    """A run that asks for everything again makes it whole, without a word."""
    ledger = SqliteLedger(path)
    for key, span in (("a", DAYS), ("b", DAYS), ("b", FINE)):
        ledger.keep(key, span.step, page(span))
    ledger.close()
    assert look(path) == ((), 1440)


def test_a_whole_one(copy: Path) -> None:
    assert look(copy) == ((), 1440)


def _noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(50_000))


def _text(path: Path) -> None:
    path.write_text("dear ledger")


def _no_magic(path: Path) -> None:
    path.write_bytes(b"x" * 100 + path.read_bytes()[100:])


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _all_but_a_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size - 32768])


def _hole(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[32768 : 2 * 32768] = bytes(32768)
    path.write_bytes(content)


def _schema(path: Path) -> None:
    content = path.read_bytes()
    assert content.count(b"CREATE TABLE") == 1
    path.write_bytes(content.replace(b"CREATE TABLE", b"CREATE FABLE"))


def _wal(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(random.Random(2).randbytes(40_000))
    Path(f"{path}-shm").write_bytes(random.Random(3).randbytes(32_768))
    path.write_bytes(b"x" * 100)


@pytest.mark.parametrize("spoil", [_noise, _text, _no_magic, _half, _all_but_a_page, _hole, _schema, _wal])
def test_a_spoilt_file_is_told_set_aside_and_rebuilt(copy: Path, spoil: Callable[[Path], None]) -> None:
    spoil(copy)
    warnings, left = look(copy)
    assert left < 1440
    assert any(str(copy) in text and ("corrupt" in text or "damaged" in text) for text in warnings), warnings
    assert look(copy)[1] == left
    refill(copy)


@pytest.mark.parametrize("size", [0, 10, 99, 100, 1000, 16_384, 40_000])
def test_a_truncated_file_holds_nothing_wrong(copy: Path, size: int) -> None:
    assert size < copy.stat().st_size
    copy.write_bytes(copy.read_bytes()[:size])
    look(copy)
    refill(copy)


def test_noise_anywhere_never_makes_a_wrong_number(copy: Path) -> None:
    chance = random.Random(5)
    content = copy.read_bytes()
    lost = 0
    for _ in range(60):
        at = chance.randrange(100, len(content) - 64)
        copy.write_bytes(content[:at] + chance.randbytes(64) + content[at + 64 :])
        for rest in ("-wal", "-shm"):
            Path(f"{copy}{rest}").unlink(missing_ok=True)
        lost += look(copy)[1] < 1440
    assert lost, "the noise hit nothing"


def test_a_damaged_row_is_told_and_only_it_is_lost(copy: Path) -> None:
    with apsw.Connection(str(copy)) as db:
        (body,) = db.execute("SELECT body FROM chunk WHERE key = 'a' ORDER BY number").fetchone()
        spoilt = body[:-5] + bytes([body[-5] ^ 1]) + body[-4:]
        db.execute("UPDATE chunk SET body = ? WHERE key = 'a' AND body = ?", (spoilt, body))
    db.close()
    warnings, left = look(copy)
    assert left == 1440 - 288
    (warning,) = warnings
    assert "damaged and is asked for again" in warning
    refill(copy)


@pytest.mark.parametrize("body", [b"", b"\x00", b"\xff" * 100, b"\x05\x00\x00\x00\x93\x01\xc4\x00\x90"])
def test_a_row_that_is_nonsense_is_told(copy: Path, body: bytes) -> None:
    with apsw.Connection(str(copy)) as db:
        db.execute("UPDATE chunk SET body = ? WHERE key = 'a'", (body,))
    db.close()
    warnings, left = look(copy)
    assert left == 1440 - len(DAYS)
    assert len(warnings) == 1
    refill(copy)


_ENDLESS = """
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
from pages import HOUR, page
from cdctl.domain.slo.series import Span
from cdctl.stores.ledger import SqliteLedger
days = Span(0, 20 * 24 * HOUR, HOUR)
ledger = SqliteLedger(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10**6):
    for key in range(40):
        ledger.keep(str(key), HOUR, page(days, factor=number))
    ledger.flush()
    print(number, *ledger.warnings(), flush=True)
"""


def test_killed_in_the_middle_of_writing(tmp_path: Path, root: Path) -> None:
    path = tmp_path / "ledger.db"
    script = _ENDLESS.format(support=str(root / "tests" / "support"))
    number = 1
    for rounds in (1, 2, 4, 7):
        writer = subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(number)], stdout=subprocess.PIPE, text=True, cwd=root
        )
        assert writer.stdout
        told = [writer.stdout.readline() for _ in range(rounds)]
        writer.kill()
        rest, _ = writer.communicate()
        done = [int(line) for line in [*told, *rest.splitlines()]]
        assert done == list(range(number, number + len(done)))
        ledger = SqliteLedger(path)
        found = [kept(ledger, str(key), DAYS) for key in range(40)]
        ledger.close()
        assert ledger.warnings() == ()
        factor = found[0].good[0, 0] / page(DAYS).good[0, 0]
        assert factor in {done[-1], done[-1] + 1}, "what was flushed is there"
        for one in found:
            assert_page(one, DAYS, factor=factor)
        number = int(factor) + 1


_LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {support!r})
from pages import HOUR, kept, page
from cdctl.domain.slo.series import Span
from cdctl.stores.ledger import SqliteLedger
path, room = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
days = Span(0, 20 * 24 * HOUR, HOUR)
ledger = SqliteLedger(path)
for number in range(40):
    ledger.keep(f"new {{number}}", HOUR, page(days))
    ledger.flush()
print(len(kept(ledger, "a", days).ends))
ledger.close()
print(*ledger.warnings(), sep="\\n")
"""


@pytest.mark.parametrize("room", [150_000, 10, None])
def test_a_full_disk(copy: Path, root: Path, room: int | None) -> None:
    script = _LIMITED.format(support=str(root / "tests" / "support"))
    done = subprocess.run(
        [sys.executable, "-c", script, str(copy), str(room or 1 << 30)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        timeout=60,
    )
    left, *warnings = done.stdout.split("\n")
    assert done.stderr == ""
    assert bool([text for text in warnings if text]) == (room is not None)
    if room is not None:
        assert all(str(copy) in text for text in warnings if text)
        assert all("larger than a file may get here" in text or "disk" in text for text in warnings if text), warnings
        assert "Errno" not in done.stdout
        assert int(left) in {0, len(DAYS)}
    assert look(copy) == ((), 1440)
    ledger = SqliteLedger(copy)
    for number in range(40):
        found = kept(ledger, f"new {number}", DAYS)
        assert_part(found, page(DAYS))
        assert len(found.ends) == len(DAYS) or room is not None
    ledger.close()


def _mortal() -> list[str]:
    """What to put before a command so that permissions count even for root."""
    caps = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}"] if os.geteuid() == 0 else []


@pytest.mark.parametrize("there", [True, False], ids=["an old ledger", "no ledger"])
def test_a_folder_that_may_not_be_written(copy: Path, root: Path, there: bool) -> None:
    script = _LIMITED.format(support=str(root / "tests" / "support"))
    if not there:
        copy.unlink()
    else:
        copy.chmod(0o444)
    copy.parent.chmod(0o555)
    try:
        done = subprocess.run(
            [*_mortal(), sys.executable, "-c", script, str(copy), str(1 << 30)],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            timeout=60,
        )
    finally:
        copy.parent.chmod(0o755)
    left, *warnings = done.stdout.strip().split("\n")
    assert done.stderr == ""
    assert int(left) in {0, len(DAYS) if there else 0}
    assert len(warnings) == 1
    assert str(copy) in warnings[0]
    assert "set paths.cache (CDCTL_CACHE) to a folder that you may write to" in warnings[0]
    assert copy.exists() == there


@pytest.mark.parametrize("place", ["a-file/ledger.db", "/proc/nowhere/ledger.db", "a-folder"])
def test_a_place_where_no_file_can_be(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").write_text("")
    (tmp_path / "a-folder").mkdir()
    ledger = SqliteLedger(tmp_path / place)
    ledger.keep("a", HOUR, page(DAYS))
    ledger.flush()
    assert known(ledger, "a", DAYS) == []
    ledger.close()
    (warning,) = ledger.warnings()
    assert "every bucket is asked for again" in warning
    assert "Errno" not in warning
    assert "CDCTL_CACHE" in warning


def test_two_who_find_it_spoilt_at_once(copy: Path) -> None:
    one, other = SqliteLedger(copy), SqliteLedger(copy)
    assert len(known(one, "a", DAYS)) == len(known(other, "a", DAYS)) == len(DAYS)
    content = bytearray(copy.read_bytes())
    content[32768:] = bytes(len(content) - 32768)
    with copy.open("r+b") as file:
        file.write(content)
    for ledger in (one, other):
        part = kept(ledger, "b", DAYS)
        assert_part(part, page(DAYS))
        ledger.keep("b", HOUR, page(DAYS))
        ledger.close()
    again = SqliteLedger(copy)
    assert_part(kept(again, "b", DAYS), page(DAYS))
    again.close()


def test_values_are_exact(tmp_path: Path) -> None:
    values = page(Span(0, 3 * HOUR, HOUR))
    values.good[:] = [[0.1 + 0.2, 1e300, 5e-324], [0.0, 2.0**53 + 2, 1 / 3]]
    ledger = SqliteLedger(tmp_path / "l.db")
    ledger.keep("k", HOUR, values)
    ledger.flush()
    np.testing.assert_array_equal(kept(ledger, "k", Span(0, 3 * HOUR, HOUR)).good, values.good)
    ledger.close()
