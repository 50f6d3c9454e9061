"""`cdctl keys`: what it makes, shows and writes down, and that nothing secret leaves."""

from __future__ import annotations

import json

import pytest

from cdctl.security import ed25519, key_files, trust
from cdctl.security.ed25519 import PrivateKey


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdctl.toml").write_text(
        '[contexts.test]\ntrust = "trust.toml"\nsigning_key = { file = "alice.pem" }\n[paths]\njournal = "j.sqlite"\n'
    )
    return tmp_path


def rows(ran) -> list[dict[str, object]]:
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def new(cdctl, *args: str) -> dict[str, object]:
    (found,) = rows(cdctl("keys", "new", *args, "-o", "json"))
    return found


def notes(cdctl) -> list[tuple[str, str, dict[str, object]]]:
    """Key changes in the journal: actor, fingerprint and body."""
    import asyncio

    from cdctl.stores.journal import read_journal

    async def read():
        journal = read_journal(journal_file)
        try:
            assert journal.verify() == []
            return [(one.actor, one.subject, dict(one.body)) for one in journal.records(kind="key")]
        finally:
            await journal.aclose()

    from pathlib import Path

    journal_file = Path("j.sqlite").resolve()
    return asyncio.run(read())


def test_the_life_of_a_key(cdctl, here):
    made = new(cdctl, "alice", "--file", "alice.pem", "--role", "engineer", "--role", "oncall")
    assert (made["what"], made["owner"], made["trusted"]) == ("new", "alice", True)
    assert (here / "alice.pem").stat().st_mode & 0o777 == 0o600
    (shown,) = rows(cdctl("keys", "show", "-o", "json"))
    assert (shown["owner"], shown["roles"], shown["state"]) == ("alice", ["engineer", "oncall"], "trusted")
    assert shown["public"] == ed25519.written(key_files.read(here / "alice.pem").public)
    (turned,) = rows(cdctl("keys", "rotate", "alice", "--overlap", "1d", "--file", "alice2.pem", "-o", "json"))
    states = {row["fingerprint"]: (row["state"], row["until"]) for row in rows(cdctl("keys", "ls", "-o", "json"))}
    assert states == {made["fingerprint"]: ("ending", turned["until"]), turned["fingerprint"]: ("trusted", "")}
    (change,) = rows(cdctl("keys", "revoke", made["fingerprint"], "--reason", "laptop lost", "-o", "json"))
    assert change["trusted"] is False
    (gone,) = [row for row in rows(cdctl("keys", "ls", "-o", "json")) if row["fingerprint"] == made["fingerprint"]]
    assert (gone["state"], gone["note"], gone["private"]) == ("revoked", "laptop lost", "file alice.pem")
    assert cdctl("keys", "revoke", str(made["fingerprint"])).code == 2, "once is enough"
    found = notes(cdctl)
    assert [body["what"] for _, _, body in found] == ["new", "rotate", "revoke"]
    assert [subject for _, subject, _ in found] == [made["fingerprint"], turned["fingerprint"], made["fingerprint"]]
    assert found[1][0] == "alice", "who did it, by the key they sign with"
    assert "(unsigned)" in found[0][0]


def test_nothing_secret_leaves(cdctl, here):
    said = [cdctl("keys", "new", "alice", "--file", "alice.pem", "--role", "x", "--verbose")]
    said += [cdctl("keys", "ls", "-o", "wide"), cdctl("keys", "show", "-o", "wide"), cdctl("config", "show")]
    pem = (here / "alice.pem").read_text().split("\n")[1]
    seed = key_files.read(here / "alice.pem").seed
    secrets = (pem[-44:], seed.hex(), ed25519.written(seed).removeprefix("ed25519:"))
    written = [(here / name).read_bytes() for name in ("trust.toml", "j.sqlite")]
    for secret in secrets:
        assert all(secret not in ran.out + ran.err for ran in said)
        assert all(secret.encode() not in content for content in written)
    assert ed25519.written(key_files.read(here / "alice.pem").public) in said[2].out


def test_without_roles_nobody_trusts_it_and_the_lines_to_add_are_said(cdctl, here):
    ran = cdctl("keys", "new", "bob", "--file", "bob.pem")
    assert ran.code == 0
    lines = ran.err.partition("of your own:\n")[2].partition("to sign with it")[0]
    (here / "trust.toml").write_text(lines)
    assert trust.read(here / "trust.toml").operator("bob").roles == ("oncall",)
    assert 'signing_key = { file = "bob.pem" }' in ran.err
    (row,) = [row for row in rows(cdctl("keys", "ls", "-o", "json")) if row["owner"] == "bob"]
    assert row["state"] == "trusted"


def test_a_key_goes_to_a_folder_of_its_own_unless_told(cdctl, here, own_home):
    for name in ("carol", "carol"):
        assert new(cdctl, name)["owner"] == "carol"
    kept = own_home / "data" / "cdctl" / "keys"
    assert sorted(path.name for path in kept.iterdir()) == ["carol-2.pem", "carol.pem"]
    assert kept.stat().st_mode & 0o777 == 0o700
    (here / "trust.toml").write_text("")
    assert [row["state"] for row in rows(cdctl("keys", "ls", "-o", "json"))] == ["not trusted"] * 2 + ["unusable"]


def test_a_journal_that_cannot_be_written_changes_nothing(cdctl, here):
    (here / "j.sqlite").mkdir()
    ran = cdctl("keys", "new", "alice", "--file", "alice.pem", "--role", "x")
    assert ran.code == 3
    assert not (here / "alice.pem").exists()
    assert not (here / "trust.toml").exists()


def test_a_revocation_does_not_wait_for_the_journal(cdctl, here):
    made = new(cdctl, "alice", "--file", "alice.pem", "--role", "x")
    for path in here.glob("j.sqlite*"):
        path.unlink()
    (here / "j.sqlite").mkdir()
    ran = cdctl("keys", "revoke", str(made["fingerprint"]), "--quiet")
    assert ran.code == 4
    assert "is not in the journal" in ran.err
    assert made["fingerprint"] in trust.read(here / "trust.toml").revoked


def test_a_vehicle_is_not_named_where_its_key_is_revoked(cdctl, here):
    assert cdctl("keys", "new", "alice", "--file", "alice.pem", "--role", "x").code == 0
    key, vin = PrivateKey.new(), "WBA00000000000777"
    (here / "v.csv").write_text(f"{vin},{ed25519.written(key.public)}\n")
    (here / "trust.toml").write_text((here / "trust.toml").read_text() + '[vehicles]\nfile = "v.csv"\n')
    ran = cdctl("keys", "revoke", key.fingerprint)
    assert ran.code == 0
    for text in (ran.out, ran.err, (here / "trust.toml").read_text()):
        assert vin not in text
    assert "WBA…777" in ran.out
    assert list(trust.read(here / "trust.toml").knows([vin])) == [False]
    assert notes(cdctl)[-1][2]["owner"] == vin, "the audit knows"


WRONG = {
    # -> exit code, what is said
    ("new", "../x"): (2, "no operator's name"),
    ("new", "a", "--file", "x", "--keyring", "y/z"): (2, "two places"),
    ("new", "a", "--keyring", "nowhere"): (2, "names no keyring entry"),
    ("new", "a", "--keyring", "s/n"): (5, "not known to encrypt"),
    ("new", "a", "--file", "there.pem"): (2, "there is a file already"),
    ("rotate", "nobody"): (2, "the trust file has no 'nobody'"),
    ("rotate", "alice", "--overlap", "soon"): (2, "soon"),
    ("revoke", "0000000000000000"): (2, "nobody in the trust file"),
    ("show", "--file", "a", "--agent", "b"): (2, "name different keys"),
    ("show", "--file", "others.pem"): (5, "others may use this key: its mode is 0644"),
    ("show", "--agent", "x"): (3, "SSH_AUTH_SOCK is not set"),
}


@pytest.mark.parametrize("args", WRONG, ids=" ".join)
def test_what_is_wrong_is_said(cdctl, here, monkeypatch, args):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert cdctl("keys", "new", "alice", "--file", "alice.pem", "--role", "x").code == 0
    for name in ("there.pem", "others.pem"):
        key_files.write(here / name, PrivateKey.new())
    (here / "others.pem").chmod(0o644)
    before = (here / "trust.toml").read_bytes()
    ran = cdctl("keys", *args)
    assert (ran.code, ran.out) == (WRONG[args][0], "")
    assert WRONG[args][1] in ran.err
    assert (here / "trust.toml").read_bytes() == before


def test_without_a_context_a_key_can_be_made_but_nobody_told_of_it(cdctl, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert new(cdctl, "alice", "--file", "a.pem")["trusted"] is False
    ran = cdctl("keys", "new", "alice", "--file", "b.pem", "--role", "x")
    assert ran.code == 2
    assert not (tmp_path / "b.pem").exists()
    assert "no context" in ran.err
    listed = cdctl("keys", "ls")
    assert (listed.code, listed.out.count("\n")) == (0, 0) or "names no trust file" in listed.err


def test_a_role_that_no_rule_knows_is_told_of(cdctl, here):
    ran = cdctl("keys", "new", "dora", "--file", "k.pem", "--role", "nope", "--role", "engineer")
    assert ran.code == 0
    assert "no role nope" in ran.err
    assert "no role engineer" not in ran.err


def test_the_line_for_the_settings_says_where_the_key_is_for_them(cdctl, here, monkeypatch):
    (here / "k").mkdir()
    monkeypatch.chdir(here / "k")
    config = str(next(here.glob("*.toml")))
    assert 'file = "k/x.pem"' in cdctl("--config", config, "keys", "new", "dora", "--file", "x.pem").err
    away = cdctl("--config", config, "keys", "new", "eve", "--file", str(here.parent / "away.pem")).err
    assert f'file = "{here.parent / "away.pem"}"' in away
