"""An operator whose orders go over an API that calls back, with an ear as settings make it.

async with served(called=("done",)) as api, hearing(place, api) as here:
    await here.dispatch.send(...)
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apsw
from apis import CALLBACK, Api, profile
from callers import SECRET
from dispatching import Operator, operating

from cdctl.application.commands_wiring import api_ear
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.executing import Said
from cdctl.domain.settings import CallbackDoor, CommandApi, Secret
from cdctl.lab.vehicles.keys import trust_toml, vehicles_csv
from cdctl.protocols.http.executor import HttpExecutor, remembered
from cdctl.protocols.http.reaching import Place
from cdctl.protocols.http.receiving import App, Ear, Listening
from cdctl.security.ed25519 import PrivateKey, written
from cdctl.stores.journal import SqliteJournal

VINS = [f"WCDA{number:013d}" for number in range(12)]
SESSION = "00000000000000aa"


def placed(folder: Path) -> Any:
    """A fleet without brokers."""
    ada = written(PrivateKey(b"a" * 32).public)
    (folder / "vehicles.csv").write_text(vehicles_csv(1, VINS))
    (folder / "trust.toml").write_text(trust_toml({"ada": (ada, ["engineer"])}, "vehicles.csv"))
    return SimpleNamespace(
        plan=SimpleNamespace(brokers={}), trust=folder / "trust.toml", regions=dict.fromkeys(VINS, "eu")
    )


def door(folder: Path, listen: str = "127.0.0.1:0", **more: Any) -> CallbackDoor:
    (folder / "secret").write_text(SECRET)
    return CallbackDoor(listen, secret=Secret("file", str(folder / "secret")), **more)


@dataclass
class Count:
    """How many requests came to the ear."""

    requests: int = 0


def counting(ear: Ear, count: Count) -> Ear:
    def serve(app: App) -> AbstractAsyncContextManager[Listening]:
        async def counted(scope: Any, receive: Any, send: Any) -> None:
            count.requests += 1
            await app(scope, receive, send)

        return ear.serve(counted)

    return replace(ear, serve=serve)


def executor(
    folder: Path,
    api: Api,
    *,
    more: str = CALLBACK,
    at: CallbackDoor | None = None,
    session: str = SESSION,
    interval: float = 30.0,
    count: Count | None = None,
    recall: Callable[[str], str] = lambda order: "",
    kept: Callable[[str], Any] = lambda order: None,
    without: str = "",
) -> HttpExecutor:
    """interval: seconds until a look at what nobody called about. without: what is left out of the profile."""
    found = profile(folder, more, without=without)
    assert found.callback
    found = replace(found, callback=replace(found.callback, interval=interval))
    ear = api_ear(CommandApi("", "", callback=at or door(folder)), found, "cars", kept, WallClock())
    assert ear
    url = f"http://127.0.0.1:{api.port}/v1"
    heard = counting(ear, count or Count())
    return HttpExecutor(found, lambda: Place(url), session, recall, WallClock(), heard)


@asynccontextmanager
async def hearing(place: Any, api: Api, *, session: str = SESSION, **how: Any) -> AsyncIterator[Operator]:
    """An operator whose orders go over the API, and who is called."""
    folder: Path = place.trust.parent
    desk: list[Operator] = []

    def recall(order: str) -> str:
        return remembered([one.body for one in desk[0].journal.records(kind="move", subject=order)])

    def kept(order: str) -> Any:
        return desk[0].journal.order(order)

    carrier = executor(folder, api, session=session, recall=recall, kept=kept, **how)
    async with operating(place, folder, executor=carrier, session=session, skew=0.4, patience=0.2) as here:
        desk.append(here)
        yield here


def doubts(here: Operator) -> Counter[str]:
    """What was written down of calls that were not believed."""
    found: Counter[str] = Counter()
    for one in here.journal.records(kind="forged"):
        found.update({str(reason): int(count) for reason, count in dict(one.body["reasons"]).items()})  # type: ignore[call-overload]
    return found


class Slow:
    """A hearer that writes when it is told to."""

    def __init__(self, then: Callable[[], Awaitable[None]]) -> None:
        self.said: list[Said] = []
        self._then = then

    async def on_said(self, said: Sequence[Said]) -> None:
        await self._then()
        self.said += said

    def on_link(self, *_: object, **__: object) -> None: ...

    def on_back(self, *_: object) -> None: ...


async def lose_disk(journal: SqliteJournal) -> None:
    """As a disk that is gone; the thread that writes may be at it just now."""
    while True:
        try:
            journal._chain.close()  # type: ignore[union-attr]
            return
        except apsw.ThreadingViolationError:
            await asyncio.sleep(0.01)
