"""Whose signatures are believed, and everything that can be wrong in a trust file."""

from __future__ import annotations

import pytest

from cdctl.domain.orders.telling import ORDER, REPLY
from cdctl.errors import FileError, RefusedError, UnavailableError
from cdctl.security import dsse, keys, trust
from cdctl.security.ed25519 import PrivateKey, fingerprint, written

K = written(PrivateKey(bytes([7]) * 32).public)
L = written(PrivateKey(bytes([8]) * 32).public)
ALICE = f'[operators.alice]\nkeys = ["{K}"]\nroles = ["engineer"]\n'


def refused(known, envelope: bytes, kind: str = ORDER, vehicle: str = "") -> str:
    with pytest.raises(RefusedError) as error:
        known.open(envelope, kind, vehicle=vehicle)
    return error.value.message


def test_an_operators_signature_and_what_is_said_of_others(people):
    people.add("alice", "engineer")
    bob = people.add("bob", "oncall")
    known = trust.read(people.file)
    sealed = people.sealer("alice").seal(b"x", ORDER)
    (alice,) = known.open(sealed, ORDER).by
    assert (alice.name, alice.roles, alice.vehicle) == ("alice", ("engineer",), False)
    assert known.operator("alice") == alice
    assert known.operator("eve") is None
    assert [one.name for one in known.open(dsse.cosign(sealed, bob), ORDER).by] == ["alice", "bob"]
    assert refused(known, sealed, REPLY) == "wrong type"
    assert refused(known, b"{}") == "malformed: no envelope"
    assert refused(known, dsse.seal(b"x", ORDER, PrivateKey.new())) == "unknown key"
    assert refused(known, sealed.replace(b'"eA=="', b'"eQ=="')) == "bad signature"
    assert refused(known, sealed, vehicle="WBA1") == "unknown vehicle"


def test_a_revoked_key_is_as_good_as_none(people):
    alice = people.add("alice")
    people.add("bob")
    both = dsse.cosign(people.sealer("alice").seal(b"x", ORDER), people.keys["bob"])
    people.more(f'[[revoked]]\nkey = "{written(alice.public)}"\nat = 2026-11-22T12:00:00Z\nreason = "lost"\n')
    known = trust.read(people.file)
    assert refused(known, people.sealer("alice").seal(b"x", ORDER)) == "revoked key"
    assert [one.name for one in known.open(both, ORDER).by] == ["bob"]
    assert known.operator("alice") is None
    assert known.revoked[alice.fingerprint].reason == "lost"
    with pytest.raises(RefusedError, match="this key was revoked"):
        known.owner(alice.public)


def test_a_key_whose_time_is_over_is_as_good_as_none(people):
    old, new = PrivateKey.new(), PrivateKey.new()
    table = f'{{ key = "{written(old.public)}", until = 2026-11-30T00:00:00Z }}'
    people.more(f'[operators.alice]\nkeys = [{table}, "{written(new.public)}"]\nroles = ["engineer"]\n')
    now = [0.0]
    known = trust.read(people.file, now=lambda: now[0])
    until = known.operators["alice"].keys[0].until
    sealed = keys.sealer(old, "alice").seal(b"x", ORDER)
    now[0] = until - 1
    assert known.open(sealed, ORDER).by[0].name == "alice"
    both = dsse.cosign(sealed, new)
    assert len(known.open(both, ORDER).by) == 1, "one person with two keys is one identity"
    now[0] = until
    assert refused(known, sealed) == "expired key"
    assert known.operator("alice").fingerprint == new.fingerprint
    assert known.open(keys.sealer(new, "alice").seal(b"x", ORDER), ORDER).by
    with pytest.raises(RefusedError, match="time of this key is over"):
        known.owner(old.public)


def test_a_vehicles_key_is_good_for_that_vehicle_alone(people, vehicle_file):
    one, two, lost = PrivateKey.new(), PrivateKey.new(), PrivateKey.new()
    alice = people.add("alice")
    past = ",2026-11-22T12:00:00Z"
    lines = [("WBA2", two, ""), ("WBA1", one, ""), ("WBA3", lost, ",yes"), ("WBA4", PrivateKey(bytes(32)), past)]
    vehicle_file("vin,key,revoked\n" + "".join(f"{vin},{written(key.public)}{end}\n" for vin, key, end in lines))
    known = trust.read(people.file)

    def reply(key):
        return keys.sealer(key, "", vehicle=True).seal(b"x", REPLY)

    (vehicle,) = known.open(reply(one), REPLY, vehicle="WBA1").by
    assert (vehicle.name, vehicle.vehicle, vehicle.fingerprint) == ("WBA1", True, one.fingerprint)
    assert refused(known, reply(two), REPLY, "WBA1") == "unknown key"
    assert refused(known, reply(alice), REPLY, "WBA1") == "unknown key"
    assert refused(known, reply(one), REPLY) == "unknown key", "a vehicle is no operator"
    assert refused(known, reply(lost), REPLY, "WBA3") == "revoked key"
    assert refused(known, reply(one), REPLY, "WBA9") == "unknown vehicle"
    assert list(known.knows(["WBA1", "WBA9", "WBA3", "WBA2", "WBA4"])) == [True, False, False, True, False]


def test_a_vehicles_key_can_be_revoked_in_the_trust_file(people, vehicle_file):
    key = PrivateKey.new()
    people.more(f'revoked = [{{ key = "{written(key.public)}", at = "2026-11-22T12:00:00+01:00" }}]\n')
    people.add("alice")
    vehicle_file(f"WBA1,{written(key.public)}\n")
    known = trust.read(people.file)
    assert refused(known, keys.sealer(key, "").seal(b"x", REPLY), REPLY, "WBA1") == "revoked key"
    assert list(known.knows(["WBA1"])) == [False]
    assert fingerprint(key.public) in known.revoked


BAD = {
    # what is written -> (line, column, what is said, the fix)
    "operators = 3\n": (1, 13, "'operators' is not a table", "[operators]"),
    "operator = 3\n": (1, 1, "unknown key 'operator'", "did you mean operators?"),
    "[operators]\nalice = 3\n": (2, 9, "operator 'alice' is not a table", "[operators.alice]"),
    '[operators."a b"]\nkeys = ["K"]\nroles = ["x"]\n': (1, 12, "'a b' is no operator's name", "letters"),
    '[operators.a]\nroles = ["x"]\n': (1, 12, "operator 'a' has no keys", 'keys = ["ed25519'),
    '[operators.a]\nkeys = "K"\nroles = ["x"]\n': (2, 8, "'keys' is not a list", 'keys = ["ed25519'),
    '[operators.a]\nkeys = ["K"]\n': (1, 12, "operator 'a' has no roles", 'roles = ["oncall"]'),
    '[operators.a]\nkeys = ["K"]\nroles = []\n': (3, 9, "operator 'a' has no roles", 'roles = ["oncall"]'),
    '[operators.a]\nkeys = ["K"]\nroles = ["On Call"]\n': (3, 10, "'On Call'", "small letters"),
    '[operators.a]\nkeys = ["K", "ed25519:AAAA"]\nroles = ["x"]\n': (2, 65, "has 32 bytes, this has 3", "keys show"),
    '[operators.a]\nkeys = ["K", "K"]\nroles = ["x"]\n': (2, 65, "duplicate key: a has it already", "of their own"),
    '[operators.a]\nkeys = ["K"]\nroles = ["x"]\n[operators.b]\nkeys = ["K"]\nroles = ["x"]\n': (
        5,
        9,
        "duplicate key: a has it already",
        "of their own",
    ),
    '[operators.a]\nkeys = [{ key = "K", until = 2026-11-30 }]\nroles = ["x"]\n': (2, 81, "is no instant", "offset"),
    '[operators.a]\nkeys = [{ key = "K", til = 3 }]\nroles = ["x"]\n': (2, 73, "unknown key 'til'", "until"),
    ALICE + '[[revoked]]\nkey = "K"\n': (4, 1, "a revocation has a key and an instant", "at ="),
    ALICE + '[[revoked]]\nkey = "K"\nat = 1\n': (6, 6, "'1' is no instant", "offset"),
    ALICE + '[[revoked]]\nkey = "L"\nat = 2026-11-30T00:00:00Z\n[[revoked]]\nkey = "x"\nat = 2026-11-30T00:00:00Z\n': (
        8,
        7,
        "malformed key",
        "keys show",
    ),
    "revoked = 3\n" + ALICE: (1, 11, "'revoked' is not a list", "[[revoked]]"),
    ALICE + "[vehicles]\nfile = 3\n": (5, 8, "this is no path", "vehicles.csv"),
    ALICE + '[vehicles]\nfile = "none.csv"\n': (5, 8, "cannot be read: No such file", "vin,key"),
    ALICE + "[vehicles]\nfil = 3\n": (5, 1, "unknown key 'fil'", "file"),
    "[operators.a\n": (1, 13, "not TOML", "toml.io"),
}


@pytest.mark.parametrize("text", BAD)
def test_one_thing_wrong(people, text):
    people.more(text.replace('"K"', f'"{K}"').replace('"L"', f'"{L}"'))
    with pytest.raises(FileError) as error:
        trust.read(people.file)
    (problem,) = error.value.problems
    line, column, said, fix = BAD[text]
    assert (problem.place.line, problem.place.column) == (line, column), str(problem)
    assert said in problem.message
    assert fix in problem.fix


def test_everything_wrong_is_told_at_once(people, vehicle_file):
    people.more('[operators.a]\nkeys = []\nroles = ["X"]\n')
    vehicle_file("WBA1,ed25519:AAAA\n")
    with pytest.raises(FileError) as error:
        trust.read(people.file)
    assert [(one.place.file.rpartition("/")[2], one.place.line) for one in error.value.problems] == [
        ("trust.toml", 2),
        ("trust.toml", 3),
        ("vehicles.csv", 1),
    ]


def test_a_file_that_is_not_there_and_one_that_is_no_text(people):
    with pytest.raises(UnavailableError, match="cannot read the trust file"):
        trust.read(people.file)
    people.file.write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="not UTF-8"):
        trust.read(people.file)


def test_a_file_that_everybody_may_change_is_believed_nothing(people, vehicle_file):
    people.add("alice")
    keys_file = vehicle_file(f"WBA1,{K}\n")
    assert trust.read(people.file)
    for path in (people.file, keys_file):
        path.chmod(0o666)
        with pytest.raises(RefusedError, match="everybody may change this file"):
            trust.read(people.file)
        path.chmod(0o664)
