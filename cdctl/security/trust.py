"""Whose signatures are believed: the port `Trust` over a trust file and the vehicles' keys."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cdctl.domain.orders.telling import PLAN
from cdctl.domain.orders.trust import Identity, Opened
from cdctl.errors import FileError, Problem, RefusedError
from cdctl.security import dsse, trust_file, vehicle_keys
from cdctl.security.ed25519 import fingerprint
from cdctl.security.trust_file import Operator, OperatorKey, Revocation, Written
from cdctl.security.vehicle_keys import VehicleKeys

Now = Callable[[], float]
"""Epoch seconds."""

_REMEMBERED = 65_536


class TrustFile:
    """The port `Trust`. A key that was revoked, or whose time is over, is as good as none."""

    def __init__(
        self,
        operators: Mapping[str, Operator],
        vehicles: VehicleKeys = vehicle_keys.NOBODY,
        revoked: Mapping[str, Revocation] | None = None,
        now: Now = time.time,
    ) -> None:
        self.operators = operators
        self.vehicles = vehicles
        self.revoked = revoked or {}
        self._now = now
        self._owners = {
            fingerprint(key.public): (key, Identity(one.name, fingerprint(key.public), one.roles))
            for one in operators.values()
            for key in one.keys
        }
        self._dead = {name: one.public for name, one in self.revoked.items()}
        self._believed = {name: key.public for name, (key, _) in self._owners.items() if name not in self._dead}
        self._ending = any(key.until is not None for key, _ in self._owners.values())
        self._seen: dict[str, tuple[dict[str, bytes], dict[str, bytes]]] = {}

    def open(self, envelope: bytes, kind: str, *, vehicle: str = "") -> Opened:
        """See the port. The reasons: "malformed: ...", "wrong type", "unknown vehicle", "bad signature" (it names a key
        that we know), "unknown key", "revoked key", "expired key"."""
        found = dsse.parse(envelope, dsse.PLAN_LIMIT if kind == PLAN else dsse.LIMIT)
        if found.kind != kind:
            raise RefusedError("wrong type", subject=vehicle)
        live, dead = self._vehicle(vehicle) if vehicle else (self._live(), self._dead)
        names = dsse.signed_by(found, live)
        if not names:
            raise RefusedError(self._why(found, live, dead, vehicle), subject=vehicle)
        if vehicle:
            return Opened(found.payload, kind, (Identity(vehicle, names[0], vehicle=True),))
        by: dict[str, Identity] = {}
        for name in names:  # somebody with two keys is one identity
            by.setdefault(self._owners[name][1].name, self._owners[name][1])
        return Opened(found.payload, kind, tuple(by.values()))

    def operator(self, name: str) -> Identity | None:
        """See the port; with the fingerprint of the key that is believed longest."""
        one = self.operators.get(name)
        live = self._live()
        keys = [key for key in one.keys if fingerprint(key.public) in live] if one else []
        if not keys:
            return None
        longest = max(keys, key=lambda key: math.inf if key.until is None else key.until)
        return self._owners[fingerprint(longest.public)][1]

    def knows(self, vins: Sequence[str]) -> Sequence[bool]:
        """See the port."""
        known = self.vehicles.known(vins)
        if not self._dead:
            return known
        return [one and bool(self._vehicle(vin)[0]) for vin, one in zip(vins, known, strict=True)]

    def owner(self, public: bytes) -> Identity:
        """The operator of a key. Raises RefusedError when nobody trusts it, or no longer."""
        name = fingerprint(public)
        if name in self._dead:
            raise RefusedError("this key was revoked", subject=name, hint="make another: cdctl keys new NAME")
        if name not in self._owners:
            hint = "add it to the trust file: cdctl keys show prints its line"
            raise RefusedError("the trust file does not have this key", subject=name, hint=hint)
        if name not in self._live():
            hint = "its owner has a newer one: cdctl keys ls"
            raise RefusedError("the time of this key is over", subject=name, hint=hint)
        return self._owners[name][1]

    def _live(self) -> Mapping[str, bytes]:
        if not self._ending:
            return self._believed
        now = self._now()
        return {name: key for name, key in self._believed.items() if not _over(self._owners[name][0], now)}

    def _vehicle(self, vin: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """A vehicle's keys that are believed, and those that no longer are."""
        if vin not in self._seen:
            live: dict[str, bytes] = {}
            dead: dict[str, bytes] = {}
            for public, revoked in self.vehicles.of(vin):
                name = fingerprint(public)
                (dead if revoked or name in self._dead else live)[name] = public
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[vin] = live, dead
        return self._seen[vin]

    def _why(self, found: dsse.Envelope, live: Mapping[str, bytes], dead: Mapping[str, bytes], vehicle: str) -> str:
        if vehicle and not live and not dead:
            return "unknown vehicle"
        if dsse.signed_by(found, dead):
            return "revoked key"
        over = {name: key.public for name, (key, _) in self._owners.items() if name not in live} if not vehicle else {}
        if dsse.signed_by(found, over):
            return "expired key"
        hints = {hint for hint, _ in found.signatures}
        return "bad signature" if hints & {*live, *dead, *over} else "unknown key"


def _over(key: OperatorKey, now: float) -> bool:
    return key.until is not None and key.until <= now


def read(path: Path | str, *, now: Now = time.time) -> TrustFile:
    """The trust that a file says, and the file of vehicles' keys that it names.

    Raises FileError with everything that is wrong in either, UnavailableError when the trust file cannot be read,
    RefusedError when everybody may change one of them.
    """
    file = Path(path).expanduser()
    return assembled(trust_file.parse(trust_file.load(file), file), now)


def assembled(found: Written, now: Now, vehicles: VehicleKeys | None = None) -> TrustFile:
    """The trust of what a file says; `vehicles`: their keys, when they were read before. Raises as `read`."""
    problems = found.problems
    if vehicles is None:
        vehicles, wrong = _vehicles(found)
        problems = [*problems, *wrong]
    if problems:
        raise FileError(problems)
    return TrustFile(found.operators, vehicles, found.revoked, now)


def _vehicles(found: Written) -> tuple[VehicleKeys, list[Problem]]:
    if not found.vehicles:
        return vehicle_keys.NOBODY, []
    try:
        return vehicle_keys.read(Path(found.vehicles))
    except OSError as error:
        said = f"the vehicles' keys cannot be read: {error.strerror}"
        return vehicle_keys.NOBODY, [Problem(found.vehicles_place, said, "name a CSV file: vin,key[,revoked]")]
