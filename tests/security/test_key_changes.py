"""Keys are made, rotated and revoked; the trust file keeps what people wrote into it."""

from __future__ import annotations

import pytest

from cdctl.domain.orders.telling import ORDER, REPLY
from cdctl.domain.settings import SigningKey
from cdctl.errors import FileError, RefusedError, UsageError
from cdctl.security import key_changes, key_files, keys, trust, whole_file
from cdctl.security.ed25519 import PrivateKey, fingerprint, written

NOW = 1_795_000_000.0


def kept(people, name: str) -> SigningKey:
    return SigningKey("file", str(people.folder / name))


def opens(people, sealer, now: float = NOW) -> str:
    try:
        return trust.read(people.file, now=lambda: now).open(sealer.seal(b"x", ORDER), ORDER).by[0].name
    except RefusedError as error:
        return error.message


def test_a_new_key_is_trusted_only_with_roles(people):
    made = key_changes.new("alice", kept(people, "a.pem"), NOW, trust=people.file)
    assert not people.file.exists()
    assert not made.trusted
    made = key_changes.new("bob", kept(people, "b.pem"), NOW, trust=people.file, roles=("oncall", "viewer"))
    assert made.trusted
    found = keys.load(kept(people, "b.pem"), trust.read(people.file))
    assert (found.identity.name, found.identity.roles) == ("bob", ("oncall", "viewer"))
    assert made.fingerprint == found.identity.fingerprint
    assert opens(people, found) == "bob"


def test_a_name_that_is_taken_makes_no_key(people):
    people.add("alice")
    with pytest.raises(UsageError, match="has alice already"):
        key_changes.new("alice", kept(people, "other.pem"), NOW, trust=people.file, roles=("oncall",))
    assert not (people.folder / "other.pem").exists()


def test_a_rotation_lets_the_old_key_live_until_the_overlap_is_over(people):
    people.add("alice", "engineer")
    people.add("bob")
    old = people.sealer("alice")
    made = key_changes.rotate("alice", kept(people, "a2.pem"), people.file, NOW, 3600)
    assert made.until == NOW + 3600
    new = keys.load(kept(people, "a2.pem"), trust.read(people.file, now=lambda: NOW))
    assert new.identity.roles == ("engineer",)
    assert (opens(people, old), opens(people, new)) == ("alice", "alice")
    assert (opens(people, old, NOW + 3600), opens(people, new, NOW + 3600)) == ("expired key", "alice")
    assert trust.read(people.file, now=lambda: NOW).operator("alice").fingerprint == made.fingerprint
    third = key_changes.rotate("alice", kept(people, "a3.pem"), people.file, NOW + 60, 3600)
    ends = [key.until for key in trust.read(people.file).operators["alice"].keys]
    assert sorted(ends, key=str) == sorted([None, NOW + 60 + 3600, NOW + 3600], key=str), "an end is never put off"
    assert third.fingerprint != made.fingerprint


def test_a_revoked_key_is_believed_no_more(people):
    key = people.add("alice")
    people.add("bob")
    assert opens(people, people.sealer("alice")) == "alice"
    made = key_changes.revoke(key.fingerprint, people.file, NOW, 'lost "it" \x1b[2J')
    assert (made.owner, made.public) == ("alice", written(key.public))
    assert opens(people, people.sealer("alice")) == "revoked key"
    assert opens(people, people.sealer("bob")) == "bob"
    assert "\x1b" not in people.file.read_text()
    with pytest.raises(UsageError, match="revoked already"):
        key_changes.revoke(key.fingerprint, people.file, NOW)
    with pytest.raises(UsageError, match="nobody in the trust file"):
        key_changes.revoke("0" * 16, people.file, NOW)


def test_a_vehicles_key_and_one_that_nobody_has_are_revoked_too(people, vehicle_file):
    people.add("alice")
    key, stranger = PrivateKey.new(), PrivateKey.new()
    vehicle_file(f"WBA1,{written(key.public)}\n")
    assert key_changes.revoke(key.fingerprint, people.file, NOW).owner == "WBA1"
    with pytest.raises(RefusedError, match="revoked key"):
        trust.read(people.file).open(keys.sealer(key, "").seal(b"x", REPLY), REPLY, vehicle="WBA1")
    assert key_changes.revoke(written(stranger.public), people.file, NOW).owner == "nobody"
    with pytest.raises(UsageError, match="this is no key"):
        key_changes.revoke("ed25519:AAAA", people.file, NOW)


def texts(public: str, other: str) -> dict[str, str]:
    return {
        "lines": f'# us\n[operators.alice] # leads\nkeys = [\n  "{public}", # laptop\n]\nroles = ["x"] # all\n',
        "one line": f'operators.alice = {{ keys = ["{public}"], roles = ["x"] }}\n',
        "a table": f'[operators.alice]\nkeys = [{{ key = "{public}" }}]\nroles = ["x"]\n',
        "two keys": f'[operators.alice]\nkeys = ["{other}", "{public}"]\nroles = ["x"]\n',
        "revoked in line": f'revoked = [\n  # none yet\n]\n[operators.alice]\nkeys = ["{public}"]\nroles = ["x"]\n',
        "Windows": f'# us\r\n[operators.alice]\r\nkeys = ["{public}"]\r\nroles = ["x"]\r\n',
        "no line end": f'[operators.alice]\nkeys = ["{public}"]\nroles = ["x"]',
        "letters": f'# ünïcode 🚗\n[operators.alice]\nkeys = ["{public}"] # ü\nroles = ["x"]\n',
    }


KEY, OTHER = PrivateKey(bytes([1]) * 32), PrivateKey(bytes([2]) * 32)


@pytest.mark.parametrize("text", texts(written(KEY.public), written(OTHER.public)).items(), ids=lambda one: one[0])
def test_however_it_is_written_it_is_changed_and_comments_stay(people, text):
    people.file.write_bytes(text[1].encode())
    key_changes.rotate("alice", kept(people, "a2.pem"), people.file, NOW, 60)
    key_changes.new("bob", kept(people, "b.pem"), NOW, trust=people.file, roles=("y",))
    key_changes.revoke(KEY.fingerprint, people.file, NOW, "lost")
    key_changes.revoke(_of(people, "bob"), people.file, NOW)
    known = trust.read(people.file, now=lambda: NOW)
    assert {one.public for one in known.operators["alice"].keys if one.until is None} == {
        key_files.read(people.folder / "a2.pem").public
    }
    assert known.revoked.keys() == {KEY.fingerprint, _of(people, "bob")}
    now = people.file.read_bytes().decode()
    for comment in [part.partition("#")[2].partition("\n")[0] for part in text[1].split("\n") if "#" in part]:
        assert comment in now


def _of(people, name: str) -> str:
    return fingerprint(trust.read(people.file).operators[name].keys[0].public)


def test_a_file_that_is_wrong_is_not_changed(people):
    people.add("alice")
    people.more('[operators.bob]\nkeys = ["ed25519:AAAA"]\nroles = ["x"]\n')
    before = people.file.read_bytes()
    for change in (
        lambda: key_changes.rotate("alice", kept(people, "a2.pem"), people.file, NOW, 60),
        lambda: key_changes.revoke(people.keys["alice"].fingerprint, people.file, NOW),
        lambda: key_changes.new("carol", kept(people, "c.pem"), NOW, trust=people.file, roles=("x",)),
    ):
        with pytest.raises(FileError, match="malformed key"):
            change()
    assert people.file.read_bytes() == before
    assert not (people.folder / "a2.pem").exists()
    assert not (people.folder / "c.pem").exists()


def test_what_is_noted_holds_nothing_secret(people):
    made = key_changes.new("alice", kept(people, "a.pem"), NOW)
    seed = key_files.read(people.folder / "a.pem").seed
    assert made.body() == {
        "what": "new",
        "owner": "alice",
        "public": made.public,
        "kept": f"file:{people.folder / 'a.pem'}",
        "trusted": False,
    }
    assert seed.hex() not in repr(made)
    assert repr(seed) not in repr(made)


def test_an_agent_makes_no_keys(people):
    with pytest.raises(UsageError, match="an ssh-agent makes no keys"):
        key_changes.new("alice", SigningKey("agent", "x"), NOW)


def test_a_file_is_replaced_whole_and_keeps_its_mode_and_its_link(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with whole_file.alone(link) as target:
        whole_file.write(target, b"new")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("new", 0o640)
    assert list(tmp_path.iterdir()) in ([real, link], [link, real])
    with pytest.raises(UsageError, match="cannot write there"), whole_file.alone(tmp_path / "none" / "x"):
        pass
