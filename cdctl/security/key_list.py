"""Which keys there are: the private ones that can be found, and those that the trust file knows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cdctl.domain.settings import SigningKey
from cdctl.errors import CdctlError
from cdctl.security import ed25519, keys
from cdctl.security.trust import Now, TrustFile


@dataclass(frozen=True, slots=True)
class KeyListing:
    """One key. state: "trusted", "ending" (at `until`, epoch seconds), "over", "revoked" (at `revoked`), "not trusted"
    or "unusable" (a private key that cannot be read: `note` says why). private: where the private key is, empty when it
    is not known here. note: the reason of a revocation."""

    owner: str
    fingerprint: str
    public: str
    roles: tuple[str, ...] = ()
    state: str = "not trusted"
    until: float | None = None
    revoked: float | None = None
    private: str = ""
    note: str = ""


def listed(kept: Iterable[SigningKey], trust: TrustFile | None, now: Now = time.time) -> list[KeyListing]:
    """Every operator's key of the trust file, then private keys that it does not know. Vehicles' keys are too many."""
    found = {one.fingerprint: one for one in _trusted(trust, now())} if trust else {}
    unusable = []
    for one in dict.fromkeys(kept):
        where = f"{one.kind} {one.where}"
        try:
            public = keys.signer(one).public
        except CdctlError as error:
            unusable.append(KeyListing("", "", "", state="unusable", private=where, note=error.message))
            continue
        name = ed25519.fingerprint(public)
        known = found.get(name) or KeyListing("", name, ed25519.written(public))
        found[name] = replace(known, private=f"{known.private}, {where}" if known.private else where)
    return [*found.values(), *unusable]


def _trusted(trust: TrustFile, now: float) -> Iterator[KeyListing]:
    for operator in trust.operators.values():
        for key in operator.keys:
            name = ed25519.fingerprint(key.public)
            revoked = trust.revoked.get(name)
            state = "trusted" if key.until is None else "ending" if key.until > now else "over"
            yield KeyListing(
                operator.name,
                name,
                ed25519.written(key.public),
                operator.roles,
                "revoked" if revoked else state,
                key.until,
                revoked.at if revoked else None,
                note=revoked.reason if revoked else "",
            )


def in_folder(folder: Path) -> list[SigningKey]:
    """The private keys that `cdctl keys new` put into its folder."""
    return [SigningKey("file", str(path)) for path in sorted(folder.glob("*.pem"))]
