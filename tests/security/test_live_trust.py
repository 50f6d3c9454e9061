"""What is revoked while something runs is believed no more in what runs."""

from __future__ import annotations

import pytest

from cdctl.domain.orders.telling import ORDER, REPLY
from cdctl.errors import FileError, RefusedError
from cdctl.security import key_changes, keys, vehicle_keys
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.security.live_trust import LiveTrust


class Ticks:
    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def ticks():
    return Ticks()


def opens(trust, sealer, kind=ORDER, vehicle="") -> str:
    try:
        return trust.open(sealer.seal(b"x", kind), kind, vehicle=vehicle).by[0].name
    except RefusedError as error:
        return error.message


def test_a_revocation_is_noticed_within_a_second(people, ticks):
    key = people.add("alice")
    people.add("bob")
    known = LiveTrust(people.file, ticks=ticks)
    assert opens(known, people.sealer("alice")) == "alice"
    key_changes.revoke(key.fingerprint, people.file, 0.0)
    assert opens(known, people.sealer("alice")) == "alice", "not every message looks at the disk"
    ticks.at = 1.0
    assert opens(known, people.sealer("alice")) == "revoked key"
    assert opens(known, people.sealer("bob")) == "bob"
    assert known.operator("alice") is None
    with pytest.raises(RefusedError, match="revoked"):
        known.owner(key.public)


def test_a_file_that_is_wrong_or_gone_leaves_what_was_read_in_force(people, ticks):
    people.add("alice")
    good = people.file.read_text()
    known = LiveTrust(people.file, ticks=ticks)
    assert known.problem == ""
    for content in ("[operators.alice\n", "[operators.alice]\nkeys = []\n", None):
        if content is None:
            people.file.unlink()
        else:
            people.file.write_text(content)
        ticks.at += 1.0
        assert opens(known, people.sealer("alice")) == "alice"
        assert "trust.toml" in known.problem
    people.file.write_text(good)
    ticks.at += 1.0
    assert opens(known, people.sealer("alice")) == "alice"
    assert known.problem == ""
    people.file.write_text("[operators.alice\n")
    with pytest.raises(FileError):
        LiveTrust(people.file, ticks=ticks)


def test_vehicles_keys_are_read_again_only_when_their_file_changed(people, vehicle_file, ticks, monkeypatch):
    people.add("alice")
    one, two = PrivateKey.new(), PrivateKey.new()
    path = vehicle_file(f"WBA1,{written(one.public)}\n")
    reads = []
    read = vehicle_keys.read
    monkeypatch.setattr(vehicle_keys, "read", lambda path: reads.append(path) or read(path))
    known = LiveTrust(people.file, ticks=ticks)
    people.add("bob")
    ticks.at = 1.0
    assert opens(known, people.sealer("bob")) == "bob"
    assert len(reads) == 1
    assert list(known.knows(["WBA1", "WBA2"])) == [True, False]
    path.write_text(f"WBA1,{written(one.public)},yes\nWBA2,{written(two.public)}\n")
    ticks.at = 2.0
    assert list(known.knows(["WBA1", "WBA2"])) == [False, True]
    assert opens(known, keys.sealer(one, ""), REPLY, "WBA1") == "revoked key"
    assert len(reads) == 2
    path.write_text("wrong\n")
    ticks.at = 3.0
    assert list(known.knows(["WBA1", "WBA2"])) == [False, True]
    assert "vehicles.csv:1" in known.problem
    people.add("carol")
    ticks.at = 4.0
    assert opens(known, people.sealer("carol")) == "unknown key", "a part of what is wrong is not taken"
    path.write_text(f"WBA1,{written(one.public)}\n")
    ticks.at = 5.0
    assert opens(known, people.sealer("carol")) == "carol"
    assert list(known.knows(["WBA1", "WBA2"])) == [True, False]
