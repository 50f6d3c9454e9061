"""The keys, the trust file and the policy that a lab makes."""

from __future__ import annotations

import stat

from cdctl.domain.orders.telling import ORDER, REPLY
from cdctl.domain.settings import SigningKey
from cdctl.lab import identities
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.security import key_files, keys, policy, trust
from cdctl.security.dsse import seal


def test_two_operators_and_all_vehicles_are_trusted(tmp_path) -> None:
    file = identities.make_operators(tmp_path)
    identities.make_vehicles(tmp_path, 7, ["A", "B"])
    named = identities.settings(tmp_path)
    assert named["trust"] == str(file)
    believed = trust.read(file)
    ada = keys.load(SigningKey("file", named["signing_key"]["file"]), believed)
    assert (ada.identity.name, ada.identity.roles) == ("ada", ("engineer", "break-glass"))
    assert [one.name for one in believed.open(ada.seal(b"x", ORDER), ORDER).by] == ["ada"]
    bea = key_files.read(file.parent / "bea.pem")
    assert believed.owner(bea.public).name == "bea"
    assert believed.knows(["A", "B", "C"]) == [True, True, False]
    said = seal(b"x", REPLY, vehicle_key(7, "B"))
    assert believed.open(said, REPLY, vehicle="B").by[0].name == "B"
    assert policy.read(named["policy"]).check() == policy.read(None).check()


def test_nobody_else_may_read_them(tmp_path) -> None:
    folder = identities.make_operators(tmp_path).parent
    identities.make_vehicles(tmp_path, 7, ["A"])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == dict.fromkeys(["ada.pem", "bea.pem", "policy.cedar", "trust.toml", "vehicles.csv"], 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_every_lab_has_operators_of_its_own(tmp_path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    texts = {identities.make_operators(tmp_path / name).read_text() for name in "ab"}
    assert len(texts) == 2


def test_vehicles_have_the_keys_that_the_seed_gives_them() -> None:
    assert vehicle_key(1, "A").public == vehicle_key(1, "A").public
    assert len({vehicle_key(seed, vin).public for seed in (1, 2) for vin in "AB"}) == 4
