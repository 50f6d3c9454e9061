"""Vehicles that say what a test wants on a real broker, and fleets that are watched, in this process or as users do.

async with Vehicles(broker.url) as vehicles, watched(folder, eu=broker.url) as fleet:
    await vehicles.birth("V1")
    await seen(fleet, lambda status: status.online == 1)
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ears import Ear
from waiting import pauses

from cdctl.application import fleet_wiring, wiring
from cdctl.application.fleet import LocalFleet
from cdctl.application.ingest import Feed, Ingest
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.inventory import Listed
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.fleet.reading import Fleet, FleetStatus, Query
from cdctl.domain.wire import Address, Publish, Receipt
from cdctl.errors import CdctlError
from cdctl.links.opening import open_link
from cdctl.protocols import native

CHARGE = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"
SECONDS = 20.0


class Vehicles:
    """All vehicles of a region, over one link."""

    def __init__(self, url: str, region: str = "eu", version: int = 5) -> None:
        self._region = region
        self._address = Address(url, version=version)

    async def __aenter__(self) -> Self:
        self.link = open_link(self._address, Ear())
        await self.link.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.link.aclose()

    async def birth(self, *vins: str, online: bool = True, seq: int = 1, **more: object) -> None:
        """Births, or deaths, kept by the broker."""
        content = {"v": 1, "ts": 5, "seq": seq, "online": online, "model": "i4", "sw": "23-07.55"} | more
        await self.say(*((vin, "birth", content) for vin in vins), retain=True)

    async def tele(self, *vins: str, **signals: float) -> None:
        """Telemetry; without signals the state of charge is 50."""
        await self.say(*((vin, "tele", {"ts": 5, "s": signals or {CHARGE: 50}}) for vin in vins))

    async def say(self, *said: tuple[str, str, object], retain: bool = False) -> None:
        """(id, last level of the topic, content) each; bytes as they are."""
        await self.raw(*((f"cd/{self._region}/{vin}/{kind}", content) for vin, kind, content in said), retain=retain)

    async def raw(self, *said: tuple[str, object], retain: bool = False) -> Sequence[Receipt]:
        """Any topic."""
        return await self.link.publish(
            [Publish(topic, _body(content), qos=1, retain=retain) for topic, content in said]
        )


def _body(content: object) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


class Listing:
    """An inventory of these ids."""

    def __init__(self, *vins: str, region: str = "eu", error: CdctlError | None = None, model: str = "") -> None:
        self._runs = [[Listed(vin, region, model) for vin in vins]]
        self._error = error

    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        for run in self._runs:
            yield run
        if self._error:
            raise self._error


@asynccontextmanager
async def taken_in(
    *urls: str,
    inventory: Any = None,
    connections: int = 1,
    rate_cap: int | None = None,
    speech: Any = None,
    clock: Any = None,
    address: Mapping[str, Any] | None = None,
    **more: Any,
) -> AsyncIterator[LocalFleet]:
    """The fleet of these brokers (regions eu, us), taken in by this process. `columns` and `ingest` are attributes."""
    layout = Layout(("soc",), 20_000)
    columns = Columns(layout, bytearray(layout.size))
    clock = clock or wiring.WallClock()
    ingest = Ingest(columns, speech or native.make({}, (CHARGE,)), clock, **more)
    feeds = [
        Feed(
            region,
            url,
            lambda listener, number, url=url: open_link(Address(url, **(address or {})), listener),
            connections,
            rate_cap,
        )
        for region, url in zip(("eu", "us"), urls, strict=False)
    ]
    fleet = LocalFleet(columns, clock)
    fleet.columns, fleet.ingest = columns, ingest  # type: ignore[attr-defined]
    stop = asyncio.Event()
    running = asyncio.create_task(ingest.run(feeds, stop, inventory))
    try:
        yield fleet
    finally:
        stop.set()
        await running


def settings_file(folder: Path, lines: str = "", **brokers: str) -> str:
    """A settings file of one context with these brokers."""
    folder.mkdir(parents=True, exist_ok=True)
    where = ", ".join(f'{region} = {{ url = "{url}" }}' for region, url in brokers.items())
    path = folder / "cdctl.toml"
    path.write_text(
        f'default_context = "x"\n[contexts.x]\nprometheus = {{ url = "http://127.0.0.1:1" }}\n'
        f'brokers = {{ {where} }}\n{lines}\n[paths]\ncache = "{folder}"\n[fleet.columns]\nsoc = "{CHARGE}"\n'
    )
    return str(path)


@asynccontextmanager
async def watched(folder: Path, lines: str = "", **brokers: str) -> AsyncIterator[Fleet]:
    """The same as users watch it: taken in by a process of its own, with a snapshot in `folder`."""
    file = settings_file(folder, lines, **brokers)
    fleet = await fleet_wiring.open_fleet(wiring.read_settings(config=file), config=file)
    try:
        await fleet.settle(SECONDS)
        yield fleet
    finally:
        await fleet.aclose()


async def seen(fleet: Fleet, condition: Callable[[FleetStatus], object], seconds: float = SECONDS) -> FleetStatus:
    """The first status of which it is true."""
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + seconds, pauses(0.05)
    while not condition(status := await fleet.status()):
        assert loop.time() < end, f"it did not come to pass: {status}"
        await asyncio.sleep(next(pause))
    return status


async def states(fleet: Fleet) -> dict[str, str]:
    """State of each vehicle."""
    page = await fleet.find(Query("", ("vin", "state")))
    return {str(vin): str(state) for vin, state in page.rows}
