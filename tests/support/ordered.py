"""Simulated vehicles that take signed orders, on a real broker, in a process of their own.

    with ordered(folder) as lab:
        region, vin = lab.online[0]
        said = lab.ask(lab.order(vin, "ping"))

Durations of tasks are a hundredth of what they are in life, unless told.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from waiting import eventually

from cdctl.domain.orders.order import Heard, Order, Word
from cdctl.domain.orders.telling import CANCEL, ORDER, QUERY, REPLY
from cdctl.lab.fleet import Fleet, Plan
from cdctl.lab.mosquitto import Mosquitto
from cdctl.lab.scenarios import scenario
from cdctl.lab.servers import Server
from cdctl.lab.vehicles.columns import Doing
from cdctl.lab.vehicles.keys import trust_toml, vehicle_key, vehicles_csv
from cdctl.lab.vehicles.population import population
from cdctl.lab.vehicles.records import EXECUTIONS, REFUSALS
from cdctl.lab.vehicles.singles import MOST
from cdctl.lab.vehicles.story import Story
from cdctl.protocols.native_orders import NativeTelling
from cdctl.security import dsse
from cdctl.security.dsse import seal
from cdctl.security.ed25519 import PrivateKey, written

SESSION = "00000000000000aa"
SECONDS = 20.0
"""How long a test waits for what must come."""


@dataclass
class Lab:
    """A broker, a fleet on it, and an operator `ada` who may do everything."""

    folder: Path
    broker: Server
    plan: Plan
    fleet: Fleet
    operator: PrivateKey
    telling: NativeTelling = field(default_factory=NativeTelling)

    def __post_init__(self) -> None:
        self.said: queue.Queue[Word] = queue.Queue()
        self.heard: list[Word] = []
        self.online: list[tuple[str, str]] = []
        self.regions: dict[str, str] = {}
        self.births: dict[str, Mapping[str, Any]] = {}
        self.gone: set[str] = set()

    @property
    def trust(self) -> Path:
        """The trust file; vehicles look at it again within half a second."""
        return Path(self.plan.trust)

    def order(self, vin: str, command: str, expires: float = 60.0, timeout: float = 60.0, **args: Any) -> Order:
        """An order of now; seconds."""
        now, mark = time.time_ns() // 1_000_000, os.urandom(10).hex()
        region = self.regions[vin]
        reply = self.telling.reply_topic(region, vin, SESSION)
        return Order(
            f"o{mark}", f"k{mark}", vin, region, command, args, f"n{mark}", now, now, now + int(expires * 1000),
            int(timeout * 1000), "f" * 64, reply,
        )  # fmt: skip

    def seal(self, order: Order, by: PrivateKey | None = None) -> bytes:
        """Signed by the operator, or by somebody else."""
        return seal(self.telling.order(order), ORDER, by or self.operator)

    def send(self, order: Order, by: PrivateKey | None = None, *, to: str = "") -> None:
        """To the vehicle, or to another one."""
        self.publish(to or order.vin, self.seal(order, by))

    def cancel(self, order: Order) -> None:
        """Take it back."""
        now = time.time_ns() // 1_000_000
        payload = self.telling.cancel(order, nonce=os.urandom(10).hex(), now=now, expires=now + 60_000)
        self.publish(order.vin, seal(payload, CANCEL, self.operator))

    def query(self, vin: str, *orders: str) -> None:
        """Ask the ledger."""
        now = time.time_ns() // 1_000_000
        reply = self.telling.reply_topic(self.regions[vin], vin, SESSION)
        payload = self.telling.query(
            vin, orders, reply=reply, nonce=os.urandom(10).hex(), now=now, expires=now + 60_000
        )
        self.publish(vin, seal(payload, QUERY, self.operator))

    def publish(self, vin: str, envelope: bytes) -> None:
        """Anything, on a vehicle's topic."""
        self.client.publish(self.telling.order_topic(self.regions[vin], vin), envelope, qos=1)

    def next(self, seconds: float = SECONDS) -> Word:
        """What is said next."""
        word = self.said.get(timeout=seconds)
        self.heard.append(word)
        return word

    def until(self, order: str, *states: Heard) -> Word:
        """What is said of this order until it is in one of these states; all that was said is in `heard`."""
        while True:
            word = self.next()
            if word.order == order and word.heard in states:
                return word

    def end(self, order: Order) -> Word:
        """Send it, and what it ends with."""
        self.send(order)
        return self.until(order.id, *ENDS)

    def silent(self, count: int) -> bool:
        """Whether so many refusals are recorded, in time, and nothing was said meanwhile."""
        return eventually(lambda: len(self.refusals()) >= count) and self.said.empty()

    def executions(self) -> list[Mapping[str, Any]]:
        """What vehicles have done."""
        return _lines(self.fleet.folder / EXECUTIONS)

    def refusals(self) -> list[Mapping[str, Any]]:
        """What vehicles did nothing about."""
        return _lines(self.fleet.folder / REFUSALS)

    def restart(self, *, kill: bool = True) -> None:
        """The process of the vehicles ends, and comes again."""
        if kill:
            os.kill(self.fleet.pid, 9)
        self.fleet.stop()
        self.fleet = Fleet(self.fleet.folder, self.plan).start()
        self.fleet.wait()

    def __enter__(self) -> Self:
        client = self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        born, ready = {}, threading.Event()

        def arrived(_client: Any, _data: Any, message: paho.MQTTMessage) -> None:
            if message.topic.endswith("/birth"):
                _, region, vin, _ = message.topic.split("/")
                self.regions[vin] = region
                birth = self.births[vin] = json.loads(message.payload)
                born[vin] = birth["online"]
                (self.gone.discard if birth["online"] else self.gone.add)(vin)
                if len(born) == self.plan.vehicles:
                    ready.set()
            else:
                self.said.put(self.opened(message.topic, message.payload))

        client.on_message = arrived
        client.connect("127.0.0.1", self.broker.port)
        client.subscribe([(f"cd/+/+/reply/{SESSION}", 1), ("cd/+/+/birth", 0)])
        client.loop_start()
        assert ready.wait(SECONDS), f"{len(born)} births"
        self.online = sorted((self.regions[vin], vin) for vin, there in born.items() if there)
        story = Story(scenario(self.plan.scenario), self.plan.vehicles, self.plan.seed)
        story.advance()
        self._doing = {vin: Doing(doing) for vin, doing in zip(story.who.vins, story.columns.doing, strict=True)}
        self._free = {one: [vin for _, vin in self.online if self._doing[vin] is one] for one in Doing}
        self.away = sorted(vin for vin, there in born.items() if not there)
        return self

    def fresh(self, doing: Doing = Doing.PARKED) -> str:
        """A vehicle that is connected, does this, and that no test has had; doors and plug are as chance made them."""
        return self._free[doing].pop()

    def opened(self, topic: str, envelope: bytes) -> Word:
        """A word whose signature holds."""

        vin = topic.split("/")[2]
        key = vehicle_key(self.plan.seed, vin)
        payload, _ = dsse.open(envelope, REPLY, {key.fingerprint: key.public})
        word = self.telling.word(payload)
        assert word.vin == vin
        return word

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self.fleet.stop()


ENDS = (Heard.SUCCEEDED, Heard.FAILED, Heard.REJECTED, Heard.TIMED_OUT, Heard.CANCELLED, Heard.EXPIRED)


def _lines(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@contextmanager
def ordered(
    folder: Path,
    *,
    vehicles: int = 40,
    singles: int = MOST,
    name: str = "calm",
    still: bool = True,
    pace: float = 0.01,
    seed: int = 5,
    port: int = 0,
    on: Server | None = None,
    platform: Path | None = None,
    others: Mapping[str, tuple[str, Sequence[str]]] | None = None,
    revoked: Sequence[str] = (),
) -> Iterator[Lab]:
    """A broker of its own, and a fleet; with `port` the fleet is on that broker of 127.0.0.1 instead, `on` is
    a broker to start instead of ours. platform: folder for counts and spans. others: further operators, as in a
    trust file; revoked: keys."""
    folder.mkdir(parents=True, exist_ok=True)
    operator = PrivateKey(b"a" * 32)
    story = scenario(name)
    vins = population(story, vehicles, seed).vins
    (folder / "vehicles.csv").write_text(vehicles_csv(seed, vins))
    trust = folder / "trust.toml"
    trust.write_text(
        trust_toml({"ada": (written(operator.public), ("engineer",)), **(others or {})}, "vehicles.csv", revoked)
    )
    with on or Mosquitto(folder / "broker", vehicles=vehicles) as broker:
        places = {one.name: ("127.0.0.1", port or broker.port) for one in story.regions}
        plan = Plan(name, vehicles, seed, int(time.time()), places, still=still, singles=singles)
        plan = replace(plan, trust=str(trust), pace=pace, platform=str(platform or ""))
        with Fleet(folder / "fleet", plan) as fleet:
            fleet.wait()
            with Lab(folder, broker, plan, fleet, operator) as lab:
                yield lab
