"""Damage to single bits of the ledger is noticed, and never raises."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from pages import HOUR, assert_part, kept, page, written

from cdctl.domain.slo.series import Span
from cdctl.stores.ledger import SqliteLedger

DAYS = Span(0, 10 * 24 * HOUR, HOUR)


def test_every_byte_of_a_row_is_covered_by_the_checksum(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    written(path, [("a", DAYS)])
    db = apsw.Connection(str(path))
    (body,) = db.execute("SELECT body FROM chunk").fetchone()
    wrong = []
    for at in range(120):
        for bit in (1, 4, 16, 64):
            spoilt = body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :]
            db.execute("UPDATE chunk SET body = ?", (spoilt,))
            ledger = SqliteLedger(path)
            try:
                assert_part(kept(ledger, "a", DAYS), page(DAYS))
            except AssertionError:
                wrong.append(at)
            ledger.close()
    db.close()
    assert sorted(set(wrong)) == []


def test_a_row_in_another_place_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    written(path, [("a", DAYS)])
    db = apsw.Connection(str(path))
    db.execute("UPDATE chunk SET number = 1")
    db.close()
    ledger = SqliteLedger(path)
    later = Span(288 * HOUR, 600 * HOUR, HOUR)
    assert_part(kept(ledger, "a", later), page(later))
    ledger.close()


@pytest.mark.parametrize("body", ["text", 5])
def test_a_body_of_another_type_does_not_raise(tmp_path: Path, body: object) -> None:
    path = tmp_path / "l.db"
    written(path, [("a", DAYS)])
    db = apsw.Connection(str(path))
    db.execute("UPDATE chunk SET body = ?", (body,))
    db.close()
    ledger = SqliteLedger(path)
    assert len(kept(ledger, "a", DAYS).ends) == 0
    assert ledger.warnings()
    ledger.close()


def test_no_flipped_bit_raises(tmp_path: Path) -> None:
    import random

    path, chance = tmp_path / "l.db", random.Random(3)
    written(path, [("a" * 64, DAYS), ("b" * 64, Span(0, 40 * 300, 300))])
    content = path.read_bytes()
    first = content.find(b"a" * 64)
    for _ in range(1500):
        at = first - 40 + chance.randrange(200)
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :])
        for rest in ("-wal", "-shm"):
            Path(f"{path}{rest}").unlink(missing_ok=True)
        ledger = SqliteLedger(path)
        kept(ledger, "a" * 64, DAYS)
        kept(ledger, "b" * 64, Span(0, 40 * 300, 300))
        ledger.close()
