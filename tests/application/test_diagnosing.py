"""Round trips measured where orders leave and answers arrive, on a real broker, to reference vehicles."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from dispatching import Operator, operating
from ordered import Lab, ordered
from wires import Wire

from cdctl.application.diagnose_codes import known_codes
from cdctl.application.diagnosing import Stopwatch
from cdctl.application.executing import LinkExecutor
from cdctl.application.wiring import WallClock
from cdctl.domain.diagnostics.dtc import parse
from cdctl.domain.diagnostics.trips import Trip
from cdctl.domain.orders.order import State
from cdctl.domain.wire import Address
from cdctl.links.opening import open_link
from cdctl.protocols.native_orders import NativeTelling

SESSION = "00000000000000dd"
DELAY = 0.2


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=30) as made:
        yield made


def watch(lab: Lab, url: str) -> Stopwatch:
    def opener(region: str):  # type: ignore[no-untyped-def]
        address = Address(url, client_id=f"cdctl-{SESSION}-{region}", session_expiry=60)
        return lambda listener: open_link(address, listener)

    opens = {region: opener(region) for region in lab.plan.brokers}
    return Stopwatch(LinkExecutor(NativeTelling(), SESSION, opens, WallClock()))


def in_one_region(lab: Lab) -> list[str]:
    region = lab.online[0][0]
    return [vin for one, vin in lab.online if one == region]


async def trips(here: Operator, stopwatch: Stopwatch, vins: list[str], command: str = "ping", expires: int = 30):  # type: ignore[no-untyped-def]
    arguments = {"part": "dtc"} if command == "diagnostics.collect" else {}
    plan = here.plan(command, vins, expires=expires, **arguments)
    outcome = await here.dispatch.send(plan, here.command(command))
    kept = list(outcome.results())
    return kept, stopwatch.trips(kept)


def test_the_way_is_told_apart_from_the_vehicle(lab: Lab, tmp_path: Path) -> None:
    vins = in_one_region(lab)

    async def work() -> None:
        async with Wire(lab.broker.port, delay=DELAY) as wire:
            stopwatch = watch(lab, wire.url)
            async with operating(lab, tmp_path, session=SESSION, executor=stopwatch) as here:
                for _ in range(2):  # nothing of a round is left for the next
                    kept, found = await trips(here, stopwatch, vins)
                    assert {one.course.state for one in kept} == {State.SUCCEEDED}
                    assert set(found) == set(vins)
                    for trip in found.values():
                        assert trip.whole is not None
                        assert trip.vehicle is not None
                        assert trip.way is not None
                        # What the wire costs is the way's, and none of it the vehicle's.
                        assert trip.way >= DELAY - 0.002
                        assert trip.whole < 20

    asyncio.run(work())


def test_who_does_not_answer_has_no_trip_and_other_answers_are_not_split(lab: Lab, tmp_path: Path) -> None:
    there, away = in_one_region(lab)[0], lab.away[0]

    async def work() -> None:
        stopwatch = watch(lab, f"mqtt://127.0.0.1:{lab.broker.port}")
        async with operating(lab, tmp_path, session=SESSION, executor=stopwatch) as here:
            _, found = await trips(here, stopwatch, [there, away], expires=1)
            assert found[away] == Trip()
            assert found[there].whole is not None
            kept, found = await trips(here, stopwatch, [there], "diagnostics.collect")
            assert kept[0].course.state is State.SUCCEEDED
            assert found[there].whole is not None
            assert found[there].vehicle is None
            assert stopwatch.trips(kept) == {there: Trip()}  # it was forgotten with its round

    asyncio.run(work())


def test_the_catalogue_is_there() -> None:
    assert known_codes().text(parse("P0562")) == "System voltage low"
