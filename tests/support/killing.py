"""Operators and brokers that are killed while orders are under way, and what everybody wrote down of it.

run = Killing(lab, broker, folder, seed=7)
run.plan("flash", vins, operator_kills=5, broker_kills=1)
assert violations(run.history()) == []
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from brokers import Mosquitto
from histories import Answered, Executed, History, Intended, Moved, Published, Ruled
from ordered import Lab
from paho.mqtt.enums import CallbackAPIVersion
from waiting import eventually

from cdctl.application.wiring import WallClock
from cdctl.domain.orders.order import State
from cdctl.domain.orders.telling import ORDER, REPLY
from cdctl.errors import RefusedError
from cdctl.lab.vehicles.keys import vehicle_key
from cdctl.security import trust
from cdctl.stores.journal import open_journal

PROGRAM = Path(__file__).with_name("operator_process.py")
SECONDS = 300.0


class Tap:
    """Sees every order and every answer that the broker passes on, with the time."""

    def __init__(self, port: int) -> None:
        self.seen: list[tuple[float, str, bytes]] = []
        self.answers = 0
        self._up = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_message = self._arrived
        self._client.on_connect = lambda client, *_: client.subscribe([("cd/+/+/cmd", 1), ("cd/+/+/reply/+", 1)])
        self._client.on_subscribe = lambda *_: self._up.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._up.wait(20)

    def _arrived(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.seen.append((time.time() * 1000, message.topic, message.payload))
        self.answers += "/reply/" in message.topic

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@dataclass
class Killing:
    """Plans to one fleet on one broker."""

    lab: Lab
    broker: Mosquitto
    folder: Path
    seed: int
    operators_killed: int = 0
    brokers_killed: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.tap = Tap(self.broker.port)
        self._random = random.Random(self.seed)
        self._number = 0

    def plan(
        self, command: str, vins: Sequence[str], *, operator_kills: int = 0, broker_kills: int = 0, expires: int = 120
    ) -> None:
        """Send to all, and kill the operator and the broker at random answers on the way; then go on to the end."""
        session = f"{self._random.getrandbits(64):016x}"
        begun = self.tap.answers
        points = sorted(self._random.sample(range(1, len(vins)), operator_kills + broker_kills))
        brokers = set(self._random.sample(points, broker_kills))
        operator = self._operator(session, command, vins, expires)
        for point in points:
            self._wait(operator, begun + point)
            if point in brokers:
                self._kill_broker(forgets=self._random.random() < 0.5)
                continue
            self.operators_killed += operator.poll() is None
            operator.kill()
            operator.wait()
            operator = self._operator(session, "", (), expires)
        assert operator.wait(SECONDS) == 0, self._log.read_text()[-3000:]

    def _wait(self, operator: subprocess.Popen[bytes], answers: int) -> None:
        """Until so many answers passed the broker, or the operator has ended."""
        assert eventually(lambda: self.tap.answers >= answers or operator.poll() is not None, SECONDS)

    def _operator(self, session: str, command: str, vins: Sequence[str], expires: int) -> subprocess.Popen[bytes]:
        self._number += 1
        told = {
            "trust": str(self.lab.trust), "port": self.broker.port, "regions": self.lab.regions,
            "folder": str(self.folder), "session": session, "command": command, "expires": expires,
        }  # fmt: skip
        self._log = self.folder / f"operator{self._number}.log"
        with self._log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, str(PROGRAM), json.dumps(told | ({"vins": list(vins)} if vins else {}))],
                stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(PROGRAM.parent)},
            )  # fmt: skip

    def _kill_broker(self, *, forgets: bool) -> None:
        self.brokers_killed += 1
        os.kill(self.broker.pid, signal.SIGKILL)
        self.broker.stop()
        if forgets:
            (self.broker.folder / "mosquitto.db").unlink(missing_ok=True)
        self.broker.log.unlink()
        self.broker.again()

    def history(self) -> History:
        """What was written down, by the journal, on the wire, and by the vehicles."""
        believed = trust.read(self.lab.trust)
        intended, moved, plans = [], [], {}
        journal = open_journal(self.folder / "journal.db", clock=WallClock(), trust=believed)
        try:
            self.faults = journal.verify()
            for record in journal.records():
                body = record.body
                if record.kind == "intent":
                    intended.append(Intended(record.at, record.subject, body["key"], body["vin"], body["plan"]))  # type: ignore[arg-type]
                elif record.kind == "move":
                    state = State(str(body["state"]))
                    moved.append(Moved(record.at, record.subject, state, record.actor, bool(body.get("late"))))
                elif record.kind == "plan":
                    plans[record.subject] = Ruled(by=record.actor)
        finally:
            asyncio.run(journal.aclose())
        published, answered = self._wire(believed)
        executed = [Executed(one["at"], one["order"], one["key"], one["vin"]) for one in self.lab.executions()]
        # A broker that is killed forgets our tap, too: of what it then misses the vehicle's own record tells.
        answered += [
            Answered(one.at, one.order, one.vin, State.SUCCEEDED, vehicle_key(self.lab.plan.seed, one.vin).fingerprint)
            for one in executed
        ]
        reachable = frozenset(vin for vin in self.lab.regions if vin not in self.lab.gone)
        return History(intended, moved, published, answered, executed, plans, reachable)

    def _wire(self, believed: trust.TrustFile) -> tuple[list[Published], list[Answered]]:
        published, answered = [], []
        for at, topic, envelope in self.tap.seen:
            vin, reply = topic.split("/")[2], "/reply/" in topic
            try:
                opened = believed.open(envelope, REPLY if reply else ORDER, vehicle=vin if reply else "")
            except RefusedError:
                continue  # a query or a cancel
            body = json.loads(opened.payload)
            if reply:
                answered.append(Answered(at, body["order"], vin, body["state"], opened.by[0].fingerprint))
            else:
                published.append(Published(at, body["id"], vin))
        return published, answered
