"""What the lab says of its receiver of spans."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
from otlp_json import request, span

from cdctl.lab.receiving import Receiver, status
from cdctl.lab.servers import free_port


def test_how_many_spans_were_taken_in(tmp_path: Path) -> None:
    with Receiver(tmp_path / "receiver", tmp_path / "store") as receiver:
        assert status(receiver.port) == {"spans": 0}
        now = time.time_ns()
        body = request(*(span(number, startTimeUnixNano=str(now - 5), endTimeUnixNano=str(now)) for number in (1, 2)))
        headers = {"content-type": "application/json"}
        assert httpx.post(f"{receiver.url}/v1/traces", content=body, headers=headers).json() == {}
        assert status(receiver.port) == {"spans": 2}
    assert status(free_port()) == {}
