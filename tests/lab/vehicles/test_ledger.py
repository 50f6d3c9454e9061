"""What vehicles remember of orders over a restart, and what they may forget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cdctl.domain.orders.order import Heard
from cdctl.lab.vehicles import ledger as ledgers
from cdctl.lab.vehicles.ledger import KEPT, Entry, Ledger

NOW = 1_790_000_000_000


@contextmanager
def opened(folder: Path, now: int = NOW) -> Iterator[Ledger]:
    ledger = Ledger(folder / "ledger.jsonl", now)
    try:
        yield ledger
    finally:
        ledger.close()


def entry(order: str = "o", state: Heard = Heard.SUCCEEDED, exp: int = NOW + 1000, **more: object) -> Entry:
    return Entry("V", order, state, exp, NOW, key=f"k{order}", nonce=f"n{order}", **more)  # type: ignore[arg-type]


def test_the_last_word_of_an_order_holds(tmp_path) -> None:
    with opened(tmp_path) as ledger:
        ledger.put(entry(state=Heard.ACKED))
        ledger.put(entry(began=NOW, result={"a": [1]}))
    with opened(tmp_path) as ledger:
        held = ledger.get("V", "o")
        assert held == entry(began=NOW, result={"a": [1]})
        assert ledger.with_key("V", "ko") is held
        assert not ledger.fresh("V", "no", NOW, NOW)
        assert ledger.get("W", "o") is None
        assert ledger.interrupted == []


@pytest.mark.parametrize("state", [Heard.ACKED, Heard.RUNNING])
def test_what_was_under_way_has_failed(tmp_path, state: Heard) -> None:
    with opened(tmp_path) as ledger:
        ledger.put(entry(state=state, began=NOW if state is Heard.RUNNING else 0))
    with opened(tmp_path) as ledger:
        (held,) = ledger.interrupted
        begun = state is Heard.RUNNING
        assert (held.state, held.reason) == (Heard.FAILED, "interrupted under way" if begun else "interrupted")
        assert (ledger.with_key("V", "ko") is not None) is begun, "what never began may be tried again with its key"
    with opened(tmp_path) as ledger:
        assert ledger.interrupted == [], "that is told once"
        assert ledger.get("V", "o") == held


def test_what_is_long_over_is_forgotten(tmp_path) -> None:
    with opened(tmp_path) as ledger:
        ledger.put(entry("old", exp=NOW))
        ledger.put(entry("new", exp=NOW + 10))
    with opened(tmp_path, NOW + KEPT + 5) as ledger:
        assert ledger.get("V", "old") is None
        assert ledger.fresh("V", "nold", NOW, NOW)
        assert ledger.get("V", "new") is not None
    assert (tmp_path / "ledger.jsonl").read_text().count("\n") == 1, "the file does not grow for ever"


def test_facts_are_kept_and_taken_back(tmp_path) -> None:
    with opened(tmp_path) as ledger:
        for value in ("1", "2", None, "3"):
            ledger.keep("V", "parameter x", value)
        ledger.keep("V", "parameter y", None)
        ledger.keep("W", "parameter x", "9")
    with opened(tmp_path) as ledger:
        assert ledger.fact("V", "parameter x") == "3"
        assert ledger.fact("V", "parameter y") is None
        assert ledger.fact("W", "parameter x") == "9"


def test_a_released_key_is_free(tmp_path) -> None:
    with opened(tmp_path) as ledger:
        first, other = entry(), entry("p")
        ledger.claim(first)
        other.key = first.key
        ledger.release(other)
        assert ledger.with_key("V", first.key) is first, "only its owner releases it"
        ledger.release(first)
        assert ledger.with_key("V", first.key) is None


def test_nonces_of_what_is_over_make_room(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "_MOST_NONCES", 10)
    with opened(tmp_path) as ledger:
        assert all(ledger.fresh("V", f"a{number}", NOW + 5, NOW) for number in range(10))
        assert not ledger.fresh("V", "a3", NOW + 5, NOW)
        assert ledger.fresh("V", "b", NOW + 50, NOW + 10), "over: it would be refused for its age"
        assert ledger.fresh("V", "a3", NOW + 5, NOW + 10)
        assert not ledger.fresh("V", "b", NOW + 50, NOW + 10)


@pytest.mark.parametrize("torn", [b'{"vin":"V","id":"p","sta', b"\xff\xfe", b"{}", b'{"vin":"V","fact":"x"'])
def test_a_line_that_was_torn_costs_nothing_else(tmp_path, torn: bytes) -> None:
    with opened(tmp_path) as ledger:
        ledger.put(entry())
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(torn)
    with opened(tmp_path) as ledger:
        assert ledger.get("V", "o") is not None
        ledger.put(entry("q"))
    with opened(tmp_path) as ledger:
        assert ledger.get("V", "q") is not None
