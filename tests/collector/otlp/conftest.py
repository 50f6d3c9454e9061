"""A receiver on real sockets of this process, over a real store."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from span_batches import NOW

from cdctl.collector import serving, tokens
from cdctl.collector.otlp.answers import JSON, PROTOBUF
from cdctl.collector.otlp.changes import Changes
from cdctl.collector.otlp.counting import Counts
from cdctl.collector.otlp.http import Receiver
from cdctl.collector.otlp.intake import Intake
from cdctl.collector.otlp.rpc import Identity, Rpc
from cdctl.formats.otlp_json import OtlpJson
from cdctl.formats.otlp_protobuf import OtlpProtobuf
from cdctl.stores.spans.folder import SpanFolder

DAY = 86_400


@dataclass
class Receiving:
    url: str
    grpc: str
    intake: Intake
    folder: SpanFolder

    @property
    def counts(self) -> Counts:
        return self.intake.counts

    async def post(self, body: bytes, form: str = JSON, path: str = "/v1/traces", **headers: str) -> httpx.Response:
        told = {"content-type": form, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with httpx.AsyncClient(verify=False) as client:
            return await client.post(f"{self.url}{path}", content=body, headers=told)


@contextlib.asynccontextmanager
async def open_receiver(
    path: Path,
    *,
    token: str = "",
    cert: str = "",
    key: str = "",
    patience: float = 30.0,
    changes: Changes | None = None,
    wrap: Callable[[SpanFolder], Any] = lambda folder: folder,
    **options: Any,
):
    gate = None
    if token:
        (path / "tokens").write_text(token + "\n")
        gate = tokens.Gate(path / "tokens", time.monotonic)
    readers = {JSON: OtlpJson, PROTOBUF: OtlpProtobuf}
    with SpanFolder(path / "store", clock=lambda: float(NOW)) as folder:
        bounds = lambda: (NOW - 30 * DAY, NOW + 2 * DAY)  # noqa: E731
        intake = Intake(wrap(folder), readers, Counts(), bounds=bounds, clock=lambda: float(NOW), **options)
        intake.start()
        rpc = Rpc(intake, gate, patience=patience)
        address = await rpc.start("127.0.0.1", 0, Identity(cert, key) if cert else None)
        listening, tls = serving.bound("127.0.0.1", 0), serving.tls(cert, key)
        app = Receiver(intake, gate, changes=changes, patience=patience).app
        task = asyncio.create_task(serving.serve(app, listening, tls))
        try:
            yield Receiving(serving.url(listening, tls), address, intake, folder)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await rpc.close()
            await intake.close()
            listening.close()


@pytest.fixture
def receiver(tmp_path):
    def open_(**options: Any):
        return open_receiver(tmp_path, **options)

    return open_
