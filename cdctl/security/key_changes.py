"""Making, replacing and revoking keys: what was done is a value, so that it can be written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cdctl.domain.fleet.privacy import masked
from cdctl.domain.settings import SigningKey
from cdctl.errors import UsageError
from cdctl.security import ed25519, key_files, keyrings, trust_edits, trust_file, vehicle_keys
from cdctl.security.ed25519 import PrivateKey
from cdctl.security.trust_file import Written

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What happened to a key. what: "new", "rotate", "revoke". owner: an operator's name or a VIN. public: its text.
    kept: where the private key went. trusted: whether it is believed from now on. until: when the keys before it end;
    at: when it happened; epoch seconds. vehicle: whether the owner is one."""

    what: str
    owner: str
    public: str
    at: float
    kept: SigningKey | None = None
    trusted: bool = False
    until: float | None = None
    reason: str = ""
    vehicle: bool = False

    @property
    def fingerprint(self) -> str:
        """Of the key."""
        return ed25519.fingerprint(ed25519.parse(self.public))

    def body(self) -> Mapping[str, object]:
        """For a note of the audit: nothing secret, nothing empty."""
        facts = {
            "what": self.what,
            "owner": self.owner,
            "public": self.public,
            "kept": f"{self.kept.kind}:{self.kept.where}" if self.kept else "",
            "trusted": self.trusted,
            "until": trust_edits.instant(self.until) if self.until else "",
            "reason": self.reason,
        }
        return {name: fact for name, fact in facts.items() if fact != ""}


def new(name: str, kept: SigningKey, at: float, *, trust: Path | None = None, roles: tuple[str, ...] = ()) -> KeyChange:
    """Make a key for an operator and keep it; with roles the trust file gets them. Raises UsageError when the key or
    the operator is there already, RefusedError for a keyring that may not encrypt, UnavailableError, FileError."""
    key = PrivateKey.new()
    if roles and trust and trust.exists() and name in _written(trust).operators:
        hint = f"cdctl keys rotate {name} gives them a new key"
        raise UsageError(f"the trust file has {name} already", subject=str(trust), hint=hint)
    _keep(key, kept)
    if roles and trust:
        trust_edits.change(trust, trust_edits.add_operator(name, key.public, roles), create=True)
    return KeyChange("new", name, ed25519.written(key.public), at, kept, trusted=bool(roles and trust))


def rotate(name: str, kept: SigningKey, trust: Path, at: float, overlap: float) -> KeyChange:
    """Make another key for an operator; what they had is believed for `overlap` seconds more. Raises as `new`."""
    found = _written(trust)
    if name not in found.operators:
        raise UsageError(
            f"the trust file has no {name!r}", subject=str(trust), hint=f"it knows {', '.join(found.operators)}"
        )
    key = PrivateKey.new()
    _keep(key, kept)
    trust_edits.change(trust, trust_edits.rotate(name, key.public, at + overlap))
    return KeyChange("rotate", name, ed25519.written(key.public), at, kept, trusted=True, until=at + overlap)


def revoke(wanted: str, trust: Path, at: float, reason: str = "") -> KeyChange:
    """Believe a key no more: an operator's or a vehicle's, by its fingerprint, or any by its text. Raises UsageError
    when nobody has it or it was revoked before, FileError, UnavailableError."""
    found = _written(trust)
    public, owner = _find(wanted, found)
    vehicle = owner not in found.operators and owner != _NOBODY
    trust_edits.change(trust, trust_edits.revoke(public, at, reason, masked(owner) if vehicle else owner))
    return KeyChange("revoke", owner, ed25519.written(public), at, reason=reason, vehicle=vehicle)


def _keep(key: PrivateKey, kept: SigningKey) -> None:
    if kept.kind == "file":
        key_files.write(Path(kept.where).expanduser(), key)
    elif kept.kind == "keyring":
        keyrings.write(kept.where, key)
    else:
        raise UsageError(
            "an ssh-agent makes no keys", hint="ssh-keygen -t ed25519, ssh-add, cdctl keys show --agent COMMENT"
        )


def _written(trust: Path) -> Written:
    """Judged before a key is made that nobody would know."""
    return trust_edits.judged(trust_file.load(trust), trust)


def _find(wanted: str, found: Written) -> tuple[bytes, str]:
    for one in found.operators.values():
        for key in one.keys:
            if wanted in {ed25519.fingerprint(key.public), ed25519.written(key.public)}:
                return key.public, one.name
    vehicles = vehicle_keys.read(Path(found.vehicles))[0] if found.vehicles else vehicle_keys.NOBODY
    if wanted.startswith(ed25519.PREFIX):
        try:
            public = ed25519.parse(wanted)
        except ValueError as error:
            raise UsageError(f"this is no key: {error}", subject=wanted[:80]) from None
        rows = np.flatnonzero((vehicles.keys == np.frombuffer(public, np.uint8)).all(axis=1))
        return public, vehicles.vins[rows[0]].decode() if len(rows) else _NOBODY
    for row, one in enumerate(vehicles.keys):
        if ed25519.fingerprint(one.tobytes()) == wanted:
            return one.tobytes(), vehicles.vins[row].decode()
    hint = "cdctl keys ls shows fingerprints; a key's whole text works, too"
    raise UsageError("nobody in the trust file has a key of this fingerprint", subject=wanted, hint=hint)
