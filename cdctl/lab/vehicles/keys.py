"""Keys of simulated vehicles: they follow from the seed, so that every process that knows it knows them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from cdctl.security.ed25519 import PrivateKey, written


def vehicle_key(seed: int, vin: str) -> PrivateKey:
    """The private key of a vehicle. A lab's alone: whoever knows the seed knows it."""
    return PrivateKey(hashlib.sha256(f"cdctl-lab{seed}{vin}".encode()).digest())


def vehicles_csv(seed: int, vins: Iterable[str]) -> str:
    """The public keys of vehicles as a trust file names them: `vin,key`, a line each."""
    return "vin,key\n" + "".join(f"{vin},{written(vehicle_key(seed, vin).public)}\n" for vin in vins)


def trust_toml(operators: Mapping[str, tuple[str, Sequence[str]]], vehicles: str, revoked: Sequence[str] = ()) -> str:
    """A trust file. operators: name -> public key as text and roles; vehicles: the name of the CSV file."""
    lines = []
    for name, (key, roles) in operators.items():
        lines += [f"[operators.{name}]", f"keys = {json.dumps([key])}", f"roles = {json.dumps(list(roles))}", ""]
    lines += ["[vehicles]", f"file = {json.dumps(vehicles)}", ""]
    for key in revoked:
        lines += ["[[revoked]]", f"key = {json.dumps(key)}", 'at = "2026-01-01T00:00:00Z"', ""]
    return "\n".join(lines)
