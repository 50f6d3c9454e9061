"""What signing and believing cost: envelopes against bare signatures and against another implementation of DSSE, and
a trust file with a million vehicles.

    python tests/benchmarks/trusting.py [VEHICLES]

Microseconds of CPU; ours and its baselines in turn, the median of several rounds. No journal, no broker.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from nacl import bindings
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from cdctl.domain.orders.telling import ORDER, REPLY
from cdctl.security import dsse, keys, policy, policy_table, trust
from cdctl.security.ed25519 import PrivateKey, written

ROUNDS, TIMES = 7, 1000
PAYLOAD = b'{"v":1,"pad":"' + b"x" * 450 + b'"}'


def micros(*works: Callable[[], object]) -> list[float]:
    """Microseconds of CPU of each, in turn."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for times, work in zip(found, works, strict=True):
            began = time.process_time()
            for _ in range(TIMES):
                work()
            times.append((time.process_time() - began) / TIMES * 1e6)
    return [statistics.median(times) for times in found]


def envelopes(folder: Path) -> None:
    """A seal and an opening of half a kilobyte, an operator's and a vehicle's."""
    alice, car = PrivateKey.new(), PrivateKey.new()
    (folder / "few.csv").write_text(f"WBA1,{written(car.public)}\n")
    text = (
        f'[operators.alice]\nkeys = ["{written(alice.public)}"]\nroles = ["engineer"]\n[vehicles]\nfile = "few.csv"\n'
    )
    (folder / "few.toml").write_text(text)
    known, sealer = trust.read(folder / "few.toml"), keys.sealer(alice, "alice")
    order, reply = sealer.seal(PAYLOAD, ORDER), dsse.seal(PAYLOAD, REPLY, car)
    _, secret = bindings.crypto_sign_seed_keypair(alice.seed)
    signed = bindings.crypto_sign(PAYLOAD, secret)
    other = CryptoSigner.generate_ed25519()
    public = SSlibKey(alice.fingerprint, "ed25519", "ed25519", {"public": alice.public.hex()})

    def theirs() -> object:
        envelope = Envelope(PAYLOAD, ORDER, {})
        envelope.sign(other)
        return json.dumps(envelope.to_dict())

    seal, bare, foreign = micros(
        lambda: sealer.seal(PAYLOAD, ORDER), lambda: bindings.crypto_sign(PAYLOAD, secret), theirs
    )
    print(f"{'a seal':42} {seal:7.1f} us   bare signature {bare:5.1f}   securesystemslib {foreign:6.1f}", flush=True)
    opened, answer, bare, foreign = micros(
        lambda: known.open(order, ORDER),
        lambda: known.open(reply, REPLY, vehicle="WBA1"),
        lambda: bindings.crypto_sign_open(signed, alice.public),
        lambda: Envelope.from_dict(json.loads(order)).verify([public], 1),
    )
    print(f"{'an opening, by an operator':42} {opened:7.1f} us   bare {bare:5.1f}   securesystemslib {foreign:6.1f}")
    print(f"{'an opening, by a vehicle':42} {answer:7.1f} us", flush=True)


def million(folder: Path, size: int) -> None:
    """Reading and keeping the keys of many vehicles, and asking whether they are known."""
    vins = [f"WBA{number:014}" for number in range(size)]
    with (folder / "many.csv").open("w") as file:
        file.write("vin,key\n")
        for vin in vins:
            file.write(f"{vin},{written(os.urandom(32))}\n")
    alice = written(PrivateKey.new().public)
    text = f'[operators.alice]\nkeys = ["{alice}"]\nroles = ["engineer"]\n[vehicles]\nfile = "many.csv"\n'
    (folder / "many.toml").write_text(text)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    known = trust.read(folder / "many.toml")
    spent = time.process_time() - began
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    kept = known.vehicles.vins.nbytes + known.vehicles.keys.nbytes + known.vehicles.revoked.nbytes
    print(f"{f'{size:,} vehicles read':42} {spent:7.2f} s CPU   {kept / size:.0f} bytes each, peak {peak:.0f} MB more")
    began = time.process_time()
    assert all(known.knows(vins))
    print(f"{f'{size:,} vehicles known?':42} {time.process_time() - began:7.2f} s CPU", flush=True)


def rulings() -> None:
    """A question to the policy that ships, and judging that policy."""
    shipped = policy.read(None)
    (asked,) = micros(lambda: shipped.rule(policy_table.QUESTIONS["reboot 1"]))
    print(f"{'a ruling':42} {asked:7.1f} us")
    began = time.process_time()
    assert not shipped.check()
    print(f"{'the shipped policy judged':42} {time.process_time() - began:7.2f} s CPU", flush=True)


def main(arguments: Sequence[str]) -> None:
    """All of it."""
    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as folder:
        envelopes(Path(folder))
        rulings()
        million(Path(folder), int(arguments[0]) if arguments else 1_000_000)


if __name__ == "__main__":
    main(sys.argv[1:])
