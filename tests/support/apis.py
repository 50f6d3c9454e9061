"""A command API over HTTP in the loop of the test, that does what it is told: jobs, lies, cuts and delays.

async with served() as api:
    executor = api.executor(session)
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from callers import Caller, told
from ears import until
from listening import listening

from cdctl.application.wiring import WallClock
from cdctl.domain.orders.api import ApiProfile
from cdctl.files import api_profiles
from cdctl.protocols.http.executor import HttpExecutor
from cdctl.protocols.http.reaching import Place

PROFILE = """
api: cdctl/v1
name: acme
check: /health
submit:
  url: /vehicles/{vin}/commands
  body: {do: "{command}", with: "{arguments}", until: "{expires_ms}", tag: "order {order}"}
  at: /job
poll: {url: "/jobs/{id}", interval: 1s, longest: 5s}
cancel: {method: DELETE, url: "/jobs/{id}"}
id: /id
state:
  at: /state
  words: {new: acked, busy: running, done: succeeded, broken: failed, refused: rejected, gone: cancelled}
reason: /why
result: /result
at_once: 4
timeout: 1s
tries: 2
commands:
  ping: {name: PING}
  lock: {name: LOCK, success: {locked: true}}
  climate.start: {name: HVAC, arguments: {temperature: celsius}}
"""
HASTY = "# a busy machine may be slower than the timeout above\n"
"""In the profile of a test that waits for the timeout of a request; all others have more time."""
DEDUPE = "dedupe: {header: Idempotency-Key}\n"
CALLBACK = """
callback:
  at: /job
  order: /ref
  header: X-Callback
  signature: {header: X-Signature, prefix: "sha256=", timestamp: X-Timestamp, within: 5m}
"""
"""The API calls us; nobody is looked at for half a minute then."""
FIND = 'find: {url: "/jobs?key={order}", at: /jobs/0}\n'


@dataclass(frozen=True)
class Reply:
    """What is answered. how: "whole"; "cut": the connection ends before the answer; "torn": within its body; "hang": it
    never comes; "slow": after some time. takes: whether the order is done all the same."""

    code: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    how: str = "whole"
    takes: bool = False


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


Hook = Callable[[Asked], Reply | None]


@dataclass
class Api:
    """port: where it listens. course: states of a job, one a look; the last one stays. called: states that it calls us
    about when it has a job, as `caller` and until it was heard; early: before it answers the submit, when `heard` says
    that the first call has come. answered: how its calls were."""

    port: int = 0
    course: tuple[str, ...] = ("new", "busy", "done")
    hook: Hook = lambda asked: None
    key_header: str = "idempotency-key"
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    executed: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    connections: int = 0
    called: tuple[str, ...] = ()
    caller: Caller = field(default_factory=Caller)
    early: bool = False
    heard: Callable[[], object] = lambda: True
    answered: list[int] = field(default_factory=list)
    calling: set[asyncio.Task[None]] = field(default_factory=set)

    def submits(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]

    def executor(
        self,
        session: str,
        recall: Callable[[str], str] = lambda order: "",
        *,
        more: str = "",
        folder: Path,
        **place: Any,
    ) -> HttpExecutor:
        where = Place(f"http://127.0.0.1:{self.port}/v1", **place)
        return HttpExecutor(profile(folder, more), lambda: where, session, recall, WallClock())

    def answer(self, asked: Asked) -> Reply:
        told = self.hook(asked)
        if asked.method == "POST" and (told is None or told.takes):
            made = self.take(asked)
            return told or made
        return told or self.known(asked)

    def take(self, asked: Asked) -> Reply:
        key = asked.headers.get(self.key_header, "")
        found = next((job for job in self.jobs.values() if key and job["key"] == key), None)
        if found is None:
            vin = asked.path.split("/")[3]
            self.executed[vin] += 1
            self.call_later(f"j{len(self.jobs)}", asked)
            found = self.jobs[f"j{len(self.jobs)}"] = {"key": key, "looks": 0, "vin": vin, "tag": asked.body["tag"]}
            found["id"] = f"j{len(self.jobs) - 1}"
        return self.shown({"job": self.told(found)}, 202)

    def call_later(self, id_: str, asked: Asked) -> None:
        if self.called and "x-callback" in asked.headers:
            order = str(asked.body["tag"]).removeprefix("order ")
            task = asyncio.get_running_loop().create_task(self.call_back(asked.headers["x-callback"], id_, order))
            self.calling.add(task)
            task.add_done_callback(self.calling.discard)

    async def call_back(self, url: str, id_: str, order: str) -> None:
        for state in self.called:
            status = 0
            while not 200 <= status < 300:
                status = await self.caller.call(url, told(id_, order, state))
                self.answered.append(status)
                await asyncio.sleep(0.01)

    def known(self, asked: Asked) -> Reply:
        path = asked.path.removeprefix("/v1")
        if path == "/health":
            return Reply()
        if path.startswith("/jobs?key="):
            key = path.partition("=")[2]
            return self.shown({"jobs": [self.told(job) for job in self.jobs.values() if job["tag"] == f"order {key}"]})
        job = self.jobs.get(path.removeprefix("/jobs/"))
        if job is None:
            return Reply(404)
        if asked.method == "DELETE":
            job["course"] = ("gone",)
        job["looks"] += 1
        return self.shown(self.told(job))

    def told(self, job: Mapping[str, Any]) -> dict[str, Any]:
        course = job.get("course", self.course)
        state = course[min(job["looks"], len(course) - 1)]
        return {
            "id": job["id"],
            "state": state,
            "why": f"it is {state}",
            "result": {"at": 5} if state == "done" else None,
        }

    def shown(self, body: object, code: int = 200) -> Reply:
        return Reply(code, json.dumps(body).encode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-1])}
            content = await reader.readexactly(int(headers.get("content-length", 0)))
            asked = Asked(method, path, headers, json.loads(content) if content else None)
            self.asked.append(asked)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                reply = self.answer(asked)
                if self.early and asked.method == "POST":
                    await until(self.heard)
                if not await self.write(reply, writer):
                    return
            finally:
                self.at_once -= 1

    async def write(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if reply.how == "hang":
            await asyncio.get_running_loop().create_future()
        if reply.how == "cut":
            writer.transport.abort()
            return False
        lines = [f"HTTP/1.1 {reply.code} Said", *(f"{name}: {value}" for name, value in reply.headers.items())]
        lines += [f"Content-Length: {len(reply.body)}", "", ""]
        writer.write("\r\n".join(lines).encode())
        if reply.how == "torn":
            writer.write(reply.body[:5])
            await writer.drain()
            writer.close()
            return False
        writer.write(reply.body)
        await writer.drain()
        return True


def profile(folder: Path, more: str = "", *, without: str = "") -> ApiProfile:
    file = folder / "acme.api.yaml"
    assert without in PROFILE
    file.write_text(PROFILE.replace(without, "") + more)
    found = api_profiles.read(file)
    # Whole seconds are the least that a file can say; a test has no time for them.
    timeout = found.pace.timeout if HASTY in more else 8.0
    return replace(found, pace=replace(found.pace, interval=0.05, longest=0.2, timeout=timeout))


@asynccontextmanager
async def served(port: int = 0, tls: ssl.SSLContext | None = None, **how: Any) -> AsyncIterator[Api]:
    api = Api(**how)
    async with listening(api.serve, port=port, tls=tls) as api.port:
        try:
            yield api
        finally:
            for task in list(api.calling):
                task.cancel()
            await asyncio.gather(*api.calling, return_exceptions=True)
