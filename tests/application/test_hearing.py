"""Who is believed, and that lies fill neither the memory nor the journal."""

from __future__ import annotations

import secrets
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cdctl.application.hearing import Hearing
from cdctl.application.issuing import Means
from cdctl.application.wiring import WallClock
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.executing import Said
from cdctl.domain.orders.order import Heard, Word
from cdctl.domain.orders.telling import REPLY
from cdctl.lab.vehicles.keys import trust_toml, vehicle_key, vehicles_csv
from cdctl.protocols.native_orders import NativeTelling
from cdctl.security import dsse, trust
from cdctl.security.ed25519 import PrivateKey, written

VIN, OTHER = "WCDA0000000000001", "WCDA0000000000002"


@pytest.fixture
def hear(tmp_path: Path) -> Any:
    """Makes a hearing; with `signed` vehicles are said to sign."""
    ada = written(PrivateKey(b"a" * 32).public)
    (tmp_path / "vehicles.csv").write_text(vehicles_csv(1, [VIN, OTHER]))
    (tmp_path / "trust.toml").write_text(trust_toml({"ada": (ada, ["engineer"])}, "vehicles.csv"))

    def made(*, signed: bool = True, telling: Any = None) -> Hearing:
        executor: Any = SimpleNamespace(promises=Promises(signed_replies=signed))
        unused: Any = None
        believed = trust.read(tmp_path / "trust.toml")
        told = telling or NativeTelling()
        return Hearing(Means(executor, unused, unused, believed, told, WallClock(), secrets.token_bytes), "ada")

    return made


def said(vin: str, of: str = VIN, by: str = VIN, kind: str = REPLY, body: bytes = b"") -> Said:
    word = body or f'{{"v":1,"order":"o1","vin":"{of}","state":"succeeded","ts":1}}'.encode()
    return Said("eu", vin, 5, dsse.seal(word, kind, vehicle_key(1, by)))


def test_a_vehicles_own_word_is_believed_with_the_key_that_signed(hear: Any) -> None:
    word, by = hear().understand(said(VIN))
    assert (word.order, word.vin, word.heard) == ("o1", VIN, Heard.SUCCEEDED)
    assert by == vehicle_key(1, VIN).fingerprint


LIES = {
    "signed by another vehicle": said(VIN, by=OTHER),
    "of another vehicle": said(VIN, of=OTHER),
    "on another vehicle's topic": said(OTHER),
    "of another type": said(VIN, kind="application/json"),
    "no word": said(VIN, body=b'{"v":1}'),
    "no JSON": said(VIN, body=b"\xff"),
    "no envelope": Said("eu", VIN, 5, b"{}"),
    "unknown vehicle": said("WCDA0000000000009"),
    "not signed at all": Said("eu", VIN, 5, word=Word("o1", VIN, Heard.SUCCEEDED)),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_everything_else_is_doubted(hear: Any, lie: Said) -> None:
    hearing = hear()
    assert hearing.understand(lie) is None
    assert hearing.forged == 1
    (note,) = hearing.notes(0, last=True)
    assert (note.kind, note.subject, note.body["count"]) == ("forged", lie.vin, 1)


def test_without_signatures_only_the_vehicle_must_be_right(hear: Any) -> None:
    hearing = hear(signed=False)
    assert hearing.understand(Said("eu", VIN, 5, word=Word("o1", VIN, Heard.ACKED))) is not None
    assert hearing.understand(Said("eu", VIN, 5, word=Word("o1", OTHER, Heard.ACKED))) is None


def test_a_protocol_that_stumbles_ends_nothing(hear: Any) -> None:
    def word(payload: bytes) -> Word:
        raise ZeroDivisionError

    hearing = hear(telling=SimpleNamespace(word=word))
    assert hearing.understand(said(VIN)) is None
    assert "ZeroDivisionError" in str(hearing.notes(0, last=True)[0].body)


def test_a_flood_of_lies_is_few_notes_with_few_examples(hear: Any) -> None:
    hearing = hear()
    notes = []
    for number in range(3_000):
        hearing.understand(Said("eu", f"\x1b[2J{number}", 5, b"\xff" * 20))
        notes += hearing.notes(10_000 + number)  # one a millisecond
    notes += hearing.notes(20_000, last=True)
    assert sum(note.body["count"] for note in notes) == 3_000
    assert len(notes) <= 5
    assert all(len(note.body["examples"]) <= 5 for note in notes)
    assert "\x1b" not in str([note.body for note in notes]) + str([note.subject for note in notes])
    assert hearing.notes(30_000, last=True) == ()
