"""An operator's process that is measured: everything as `cmd send` has it, without its command line.

python orders_operator.py one|many|held|parts < '{"config": FILE, "vins": [[REGION, VIN], ...], ...}'
python orders_operator.py echo URL
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import secrets
import statistics
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from ears import Ear
from nacl import bindings
from writing import intent, move

from cdctl.application import wiring
from cdctl.application.dispatch import Dispatch
from cdctl.application.orders_wiring import Orders, opened_orders
from cdctl.application.tally import Outcome
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.telling import ORDER
from cdctl.domain.wire import Address, Filter, Message, Publish
from cdctl.links.opening import open_link
from cdctl.stores.journal import open_journal
from cdctl.testing.clock import ManualClock

EXPIRES, TIMEOUT = 300, 60
WARM = 20
TIMES, BATCH = 3_000, 300
STATES = (State.SENT, State.ACKED, State.SUCCEEDED)
REPLIES, REQUESTS = "bench/reply", "bench/request"

Told = Mapping[str, Any]
Found = dict[str, float]


def plan(orders: Orders, vins: Sequence[Sequence[str]]) -> Plan:
    """A ping of now."""
    targets = tuple(Target(vin, region) for region, vin in vins)
    return Plan(secrets.token_hex(8), "bench", "ping", {}, targets, "engineer", orders.now, EXPIRES, TIMEOUT)


async def sent(dispatch: Dispatch, what: Plan, command: Command, *, wait: bool = True) -> Outcome:
    """To the end."""
    outcome = await dispatch.send(what, command, wait=wait)
    counts = outcome.tally.states
    if wait and counts[State.SUCCEEDED] < len(what.targets):
        raise SystemExit(f"not all have succeeded: { {str(state): count for state, count in counts.items()} }")
    return outcome


def cpu() -> float:
    """Seconds of processor time of this process, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def many(told: Told, orders: Orders, dispatch: Dispatch) -> Found:
    """All vehicles at once."""
    ping = orders.doors.command("ping")
    await sent(dispatch, plan(orders, told["vins"][:1]), ping)
    what = plan(orders, told["vins"])
    spent, began = cpu(), time.perf_counter()
    outcome = await sent(dispatch, what, ping)
    found = {"cpu": cpu() - spent, "wall": time.perf_counter() - began}
    return found | {"forged": outcome.tally.forged, "duplicates": outcome.tally.duplicates}


async def held(told: Told, orders: Orders, dispatch: Dispatch) -> Found:
    """Orders that nobody answers: what each takes of memory while it is in flight."""
    ping = orders.doors.command("ping")
    await sent(dispatch, plan(orders, told["vins"][:1]), ping)
    what = plan(orders, [(region, f"NOBODY{number:011}") for number, (region, _) in enumerate(told["vins"])])
    if told["traced"]:
        tracemalloc.start()
    before = _memory()
    outcome = await sent(dispatch, what, ping, wait=False)
    if outcome.tally.open < len(what.targets):
        raise SystemExit("somebody answered")
    return {"bytes": (_memory() - before) / len(what.targets)}


def _memory() -> int:
    """Bytes: what Python has given out where that is traced, else all that the process has."""
    gc.collect()
    if tracemalloc.is_tracing():
        return tracemalloc.get_traced_memory()[0]
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def parts(told: Told, orders: Orders, dispatch: Dispatch) -> Found:
    """What of an order is signing, believing and remembering: each by itself, in microseconds of CPU."""
    envelope = orders.sealer.seal(b"x" * 450, ORDER)
    public, secret = bindings.crypto_sign_seed_keypair(b"k" * 32)
    signed = bindings.crypto_sign(b"x" * 450, secret)

    def each(work: Callable[[], object]) -> float:
        spent = cpu()
        for _ in range(TIMES):
            work()
        return (cpu() - spent) / TIMES * 1e6

    found = {
        "seal": each(lambda: orders.sealer.seal(b"x" * 450, ORDER)),
        "open": each(lambda: orders.trust.open(envelope, ORDER)),
        "sign": each(lambda: bindings.crypto_sign(b"x" * 450, secret)),
        "verify": each(lambda: bindings.crypto_sign_open(signed, public)),
    }
    journal = open_journal(Path(told["config"]).with_name("parts.db"), clock=ManualClock())
    runs = [range(at, at + BATCH) for at in range(0, TIMES, BATCH)]
    entries = [[intent(number) for number in run] for run in runs]
    moves = [[move(number, state, by="0" * 16) for number in run] for state in STATES for run in runs]
    spent = cpu()
    for batch in (*entries, *moves):
        await journal.write(batch)
    found["journal"] = (cpu() - spent) / TIMES * 1e6
    await journal.aclose()
    return found


async def one(told: Told, orders: Orders, dispatch: Dispatch) -> Found:
    """One order after another, and in turn what it is measured by."""
    ping = orders.doors.command("ping")
    vins, rounds, trips = told["vins"], told["rounds"], told["trips"]
    queue = iter(range(rounds * trips + WARM))
    times: dict[str, list[float]] = {"order": [], "bare": [], "commit": []}
    replies: asyncio.Queue[bytes | None] = asyncio.Queue()

    def heard(run: Sequence[Message]) -> None:
        for message in run:
            replies.put_nowait(message.correlation_data)

    link = open_link(Address(told["url"]), Ear(heard))
    await link.connect()
    await link.subscribe([Filter(REPLIES, 1)])

    async def order() -> None:
        await sent(dispatch, plan(orders, [vins[next(queue) % len(vins)]]), ping)

    async def bare() -> None:
        mark = secrets.token_bytes(8)
        request = Publish(REQUESTS, told["body"].encode(), response_topic=REPLIES, correlation_data=mark)
        sending = asyncio.ensure_future(link.publish([request]))
        assert await replies.get() == mark
        await sending

    async def commit() -> None:
        await journal.write([intent(len(times["commit"]))])

    journal = open_journal(Path(told["config"]).with_name("commits.db"), clock=ManualClock())
    works: Mapping[str, Callable[[], Awaitable[None]]] = {"order": order, "bare": bare, "commit": commit}
    for _ in range(WARM):
        await order()
        await bare()
    for _ in range(rounds):
        for name, work in works.items():
            for _ in range(trips):
                began = time.perf_counter()
                await work()
                times[name].append(time.perf_counter() - began)
    await journal.aclose()
    await link.aclose()
    found = {name: statistics.median(some) for name, some in times.items()}
    return found | {f"{name} p99": statistics.quantiles(some, n=100)[98] for name, some in times.items()}


async def echo(url: str) -> None:
    """Replies to every request, until killed."""
    said: asyncio.Queue[Sequence[Message]] = asyncio.Queue()
    link = open_link(Address(url), Ear(said.put_nowait))
    await link.connect()
    await link.subscribe([Filter(REQUESTS, 1)])
    print("ready", flush=True)
    while True:
        for request in await said.get():
            answer = Publish(request.response_topic or "", request.payload, correlation_data=request.correlation_data)
            await link.publish([answer])


WORKS = {"one": one, "many": many, "held": held, "parts": parts}


async def measured(name: str, told: Told) -> Found:
    """With everything that an order needs."""
    async with opened_orders(wiring.read_settings(config=told["config"]), plugins=False) as (orders, dispatch):
        return await WORKS[name](told, orders, dispatch)


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        asyncio.run(echo(sys.argv[2]))
    else:
        print(json.dumps(asyncio.run(measured(sys.argv[1], json.loads(sys.stdin.read())))))
