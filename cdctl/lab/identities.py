"""Who may tell a lab's vehicles what to do: two operators' keys, the vehicles' own, a trust file and a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cdctl.lab.vehicles.keys import trust_toml, vehicles_csv
from cdctl.security import key_files, policy
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.security.whole_file import write

FOLDER = "keys"
OPERATORS: Mapping[str, Sequence[str]] = {"ada": ("engineer", "break-glass"), "bea": ("engineer",)}
"""Names and roles. The first one signs in the context `lab`; the other one approves what takes two."""
TRUST, POLICY, VEHICLES = "trust.toml", "policy.cedar", "vehicles.csv"


def settings(folder: Path) -> Mapping[str, object]:
    """How the context names them; folder: the lab's."""
    keys = folder / FOLDER
    return {
        "signing_key": {"file": str(keys / _file(next(iter(OPERATORS))))},
        "trust": str(keys / TRUST),
        "policy": str(keys / POLICY),
    }


def make_operators(folder: Path) -> Path:
    """Make their keys (files that nobody else may read), a trust file that names the vehicles' keys, and a policy: the
    one that ships. The path of the trust file."""
    keys = folder / FOLDER
    keys.mkdir(mode=0o700)
    made = {name: PrivateKey.new() for name in OPERATORS}
    for name, key in made.items():
        key_files.write(keys / _file(name), key)
    trust = trust_toml({name: (written(key.public), OPERATORS[name]) for name, key in made.items()}, VEHICLES)
    write(keys / TRUST, trust.encode(), 0o600)
    write(keys / POLICY, policy.read(None).text.encode(), 0o600)
    return keys / TRUST


def make_vehicles(folder: Path, seed: int, vins: Sequence[str]) -> None:
    """Write down the vehicles' public keys; 20 microseconds each."""
    write(folder / FOLDER / VEHICLES, vehicles_csv(seed, vins).encode(), 0o600)


def _file(name: str) -> str:
    return f"{name}.pem"
