"""Whatever arrives in whatever order, however often the process ends: a key is done once, and what ended stays so."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdctl.domain.orders.order import Heard, Order
from cdctl.domain.orders.telling import CANCEL, ORDER, QUERY, REPLY
from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.columns import Doing
from cdctl.lab.vehicles.keys import trust_toml, vehicle_key
from cdctl.lab.vehicles.ledger import ENDS
from cdctl.lab.vehicles.ordering import About, Ordering
from cdctl.lab.vehicles.story import Story
from cdctl.lab.vehicles.wording import Wording
from cdctl.protocols.native_orders import NativeTelling
from cdctl.security import dsse
from cdctl.security.ed25519 import PrivateKey, written

ADA, TOLD = PrivateKey(b"a" * 32), NativeTelling()
STORY = Story(scenario("calm"), 30, 1)
STORY.advance()
STORY.columns.doing[:] = Doing.PARKED
STORY.columns.speed[:] = 0
WORDING = Wording(STORY, "cd", 1)
VIN, HEAD = STORY.who.vins[0], WORDING.head(0)
KEY = vehicle_key(1, VIN)
COMMANDS = ("ping", "flash", "parameter.set", "reboot", "horn")


class Vehicle:
    """One vehicle, in this process, whose connection comes and goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.connected = True
        self.ends: dict[str, set[Heard]] = {}
        self.heard: Counter[str] = Counter()
        (folder / "trust.toml").write_text(trust_toml({"ada": (written(ADA.public), ("engineer",))}, "v.csv"))
        self.start()

    def start(self) -> None:
        about = About(self.folder / "trust.toml", 0, lambda row, after: None, pace=0.0001)
        self.ordering = Ordering(self.folder, STORY, WORDING, 1, about)
        self.ordering.open(self.answer)

    def answer(self, row: int, topic: str, envelope: bytes, correlation: bytes) -> bool:
        if not self.connected:
            return False
        payload, _ = dsse.open(envelope, REPLY, {KEY.fingerprint: KEY.public})
        word = TOLD.word(payload)
        assert (topic.startswith(f"{HEAD}/reply/"), correlation) == (True, word.order.encode())
        self.heard[word.order] += 1
        if word.heard in ENDS:
            self.ends.setdefault(word.order, set()).add(word.heard)
        return True

    async def say(self, payload: bytes, kind: str) -> None:
        confirmed = []
        self.ordering.orders.take(0, dsse.seal(payload, kind, ADA), lambda: confirmed.append(1))
        while not confirmed:
            await asyncio.sleep(0)


ORDERS = st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(COMMANDS))
STEP = st.one_of(
    st.tuples(st.just("order"), ORDERS),
    st.tuples(st.just("cancel"), ORDERS),
    st.tuples(st.just("query"), ORDERS),
    st.tuples(st.sampled_from(["restart", "wait", "lose", "find"]), st.none()),
)


def order(number: int, key: int, command: str) -> Order:
    """An id stands for the same order each time that it is made; several share a key."""
    args = {"name": "a.b", "value": "1"} if command == "parameter.set" else {}
    name, now = f"o{number}-{key}-{command}", int(time.time() * 1000)
    region = HEAD.split("/")[1]
    return Order(
        name, f"k{key}", VIN, region, command, args, f"nonce-{name}", now, now, now + 60_000, 30_000, "p",
        f"{HEAD}/reply/s",
    )  # fmt: skip


@settings(max_examples=150)
@given(st.lists(STEP, max_size=25))
def test_a_key_is_done_once_and_what_ended_stays_so(steps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder), steps))


def test_a_vehicle_that_forgets_is_found_out(tmp_path: Path) -> None:
    again = [("order", (0, 0, "ping")), ("restart", None), ("order", (0, 0, "ping"))]
    with pytest.raises(AssertionError, match="nothing is done twice"):
        asyncio.run(live(tmp_path, again, Forgetful))


class Forgetful(Vehicle):
    def start(self) -> None:
        (self.folder / "ledger.jsonl").unlink(missing_ok=True)
        super().start()


def test_a_cancel_that_arrives_with_its_order_wins(tmp_path: Path) -> None:
    asyncio.run(together(tmp_path))


async def together(folder: Path) -> None:
    vehicle, told, other = Vehicle(folder), order(0, 0, "ping"), order(0, 1, "flash")
    now = int(time.time() * 1000)
    until = {"now": now, "expires": now + 60_000}
    run = [(TOLD.order(one), ORDER) for one in (told, other)]
    run += [(TOLD.cancel(one, nonce=f"nonce-{one.key}-cancel", **until), CANCEL) for one in (told, other)]
    for payload, kind in run:
        vehicle.ordering.orders.take(0, dsse.seal(payload, kind, ADA), lambda: None)
    await vehicle.say(TOLD.order(order(0, 2, "flash")), ORDER)
    async with asyncio.timeout(20):
        while len(vehicle.ends) < 3:
            await asyncio.sleep(0.001)
    vehicle.ordering.close()
    assert [*vehicle.ends.values()] == [{Heard.CANCELLED}, {Heard.CANCELLED}, {Heard.SUCCEEDED}]
    assert (folder / "executions.jsonl").read_text().count("\n") == 1


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["v", "id", "key", "vin", "region", "args", "nonce", "nbf", "exp", "timeout", "reply", "tp"])


@settings(max_examples=100)
@given(
    st.dictionaries(FIELDS, ANYTHING, max_size=3), st.sampled_from(COMMANDS), st.sampled_from([ORDER, CANCEL, QUERY])
)
def test_whatever_a_trusted_key_has_signed_is_dealt_with(more, command: str, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(signed(Path(folder), more, command, kind))


async def signed(folder: Path, more, command: str, kind: str) -> None:
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
    vehicle, told, now = Vehicle(folder), order(0, 0, command), int(time.time() * 1000)
    until = {"nonce": "some-nonce", "now": now, "expires": now + 60_000}
    good = {
        ORDER: TOLD.order(told),
        CANCEL: TOLD.cancel(told, **until),
        QUERY: TOLD.query(VIN, ["x"], reply=told.reply, **until),
    }[kind]
    async with asyncio.timeout(20):
        await vehicle.say(json.dumps(json.loads(good) | more).encode(), kind)
        await vehicle.say(TOLD.order(order(0, 1, "ping")), ORDER)
        while order(0, 1, "ping").id not in vehicle.ends:
            await asyncio.sleep(0)
    vehicle.ordering.close()
    assert not problems


async def live(folder: Path, steps, kind_of: type[Vehicle] = Vehicle) -> None:
    vehicle, sent = kind_of(folder), {}
    for asked, (kind, which) in enumerate(steps):
        now = int(time.time() * 1000)
        until = {"nonce": f"asked-{asked}-{now}", "now": now, "expires": now + 60_000}
        if which is not None:
            told = order(*which)
            match kind:
                case "order":
                    sent[told.id] = told
                    await vehicle.say(TOLD.order(told), ORDER)
                case "cancel":
                    await vehicle.say(TOLD.cancel(told, **until), CANCEL)
                case "query":
                    await vehicle.say(TOLD.query(VIN, [told.id], reply=f"{HEAD}/reply/s", **until), QUERY)
        elif kind == "restart":
            vehicle.ordering.close()
            vehicle.start()
        elif kind == "wait":
            await asyncio.sleep(0.002)
        else:
            vehicle.connected = kind == "find"
            vehicle.ordering.orders.back(0)
    vehicle.connected = True
    vehicle.ordering.orders.back(0)
    async with asyncio.timeout(20):
        while not set(sent) <= set(vehicle.ends):
            for told in sent.values():
                await vehicle.say(TOLD.order(told), ORDER)
            await asyncio.sleep(0.001)
    vehicle.ordering.close()
    judge(folder, vehicle)


def judge(folder: Path, vehicle: Vehicle) -> None:
    assert all(len(ends) == 1 for ends in vehicle.ends.values()), "one end an order"
    done = [line.split('"key":"')[1].split('"')[0] for line in (folder / "executions.jsonl").read_text().splitlines()]
    assert len(done) == len(set(done)), "nothing is done twice"
    keys = {name.split("-")[1] for name, (end,) in vehicle.ends.items() if end is Heard.SUCCEEDED}
    assert {f"k{key}" for key in keys} <= set(done), "what succeeded was done"
