"""Tokens: made when there are none, never shown, refused when they can be guessed."""

from __future__ import annotations

import pytest

from cdctl.collector import tokens
from cdctl.errors import UnavailableError, UsageError


def test_a_token_is_made_for_the_user_alone(tmp_path):
    path = tmp_path / "new" / "token"
    assert tokens.ensure(path)
    assert path.stat().st_mode & 0o077 == 0
    assert len(path.read_text().strip()) >= 40
    before = path.read_text()
    assert not tokens.ensure(path)
    assert path.read_text() == before
    assert not tokens.open_to_others(path)
    path.chmod(0o644)
    assert tokens.open_to_others(path)


def test_where_none_can_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="no token can be written"):
        tokens.ensure(tmp_path / "file" / "token")


@pytest.mark.parametrize(
    "text", ["", "# only words\n", "short-secret\n", "has spaces in it, a lot of\n", "ümlaut" * 5 + "\n"]
)
def test_bad_tokens_are_refused_and_not_shown(tmp_path, text):
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        tokens.read(path)
    assert "secret" not in str(caught.value)
    with pytest.raises(UnavailableError):
        tokens.read(tmp_path / "none")


def test_several_tokens_are_told_apart(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(f"{'a' * 20} # ann\n\n{'b' * 20}\n")
    gate = tokens.Gate(path, lambda: 0.0)
    assert gate.who(f"Bearer {'a' * 20}", "x") == 0
    assert gate.who(f"bearer  {'b' * 20}", "x") == 1
    assert gate.who(f"Bearer {'c' * 20}", "x") is None
    assert gate.who("Bearer \udcff", "x") is None


def test_an_address_is_let_try_again_after_a_while(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("a" * 20)
    now = [0.0]
    gate = tokens.Gate(path, lambda: now[0])
    for _ in range(100):
        gate.who("Bearer no", "bad")
    assert gate.blocked("bad")
    assert not gate.blocked("good")
    assert gate.who("Bearer " + "a" * 20, "bad") is None
    assert gate.who("Bearer " + "a" * 20, "good") == 0
    now[0] = 60.0
    assert gate.who("Bearer " + "a" * 20, "bad") == 0


def test_what_is_remembered_of_addresses_is_bounded(tmp_path):
    path = tmp_path / "tokens"
    path.write_text("a" * 20)
    gate = tokens.Gate(path, lambda: 0.0)
    for number in range(20_000):
        gate.who("Bearer no", str(number))
    assert len(gate._bad) == 10_000
