"""Changes that come in by OTLP: acknowledged when they are written down, and never otherwise."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import httpx

from cdctl.collector.otlp.answers import JSON, PROTOBUF
from cdctl.collector.otlp.changes import Changes
from cdctl.domain.changes import Change
from cdctl.errors import UnavailableError
from cdctl.files.change_lines import read, written
from cdctl.formats.otlp_changes import NO_EVENT, from_json, from_protobuf
from cdctl.stores.change_log import append

RECORD = {"timeUnixNano": "1772359200000000000", "eventName": "deployment", "body": {"stringValue": "api 1.4.2"}}
LOG = {"timeUnixNano": "1", "body": {"stringValue": "GET /"}}


def body(*records: dict) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def kept_in(path: Path) -> Changes:
    readers = {JSON: from_json, PROTOBUF: from_protobuf}
    return Changes(readers, lambda found: append(path, b"".join(map(written, found))))


def test_what_is_acknowledged_is_written_down(receiver, tmp_path):
    path = tmp_path / "changes.jsonl"

    async def run():
        async with receiver(changes=kept_in(path)) as here:
            plain = await here.post(body(RECORD), path="/v1/logs")
            packed = await here.post(gzip.compress(body(RECORD), mtime=0), path="/v1/logs", content_encoding="gzip")
            empty = await here.post(b"", PROTOBUF, path="/v1/logs")
            part = await here.post(body(RECORD, LOG), path="/v1/logs")
            return plain, packed, empty, part

    plain, packed, empty, part = asyncio.run(run())
    assert [one.status_code for one in (plain, packed, empty, part)] == [200] * 4
    assert (plain.json(), empty.content) == ({}, b"")
    assert part.json()["partialSuccess"]["rejectedLogRecords"] == "1"
    assert "1 record: it has no event name" in part.json()["partialSuccess"]["errorMessage"]
    changes, problems = read(path)
    assert [one.title for one in changes] == ["api 1.4.2"] * 3
    assert problems == []


def test_what_cannot_be_taken_has_its_code(receiver, tmp_path):
    def full(_: Sequence[Change]) -> None:
        raise UnavailableError("no space is left")

    async def run():
        async with receiver(changes=Changes({JSON: from_json}, full)) as here:
            wrong = await here.post(b"[", path="/v1/logs")
            typed = await here.post(b"", "text/plain", path="/v1/logs")
            lost = await here.post(body(RECORD), path="/v1/logs")
            bomb = await here.post(gzip.compress(b" " * (65 << 20), mtime=0), path="/v1/logs", content_encoding="gzip")
            return wrong, typed, lost, bomb

    wrong, typed, lost, bomb = asyncio.run(run())
    assert [one.status_code for one in (wrong, typed, lost, bomb)] == [400, 415, 503, 413]
    assert int(lost.headers["retry-after"]) > 0


def test_a_receiver_of_spans_alone_takes_no_changes(receiver):
    async def run():
        async with receiver() as here:
            return await here.post(body(RECORD), path="/v1/logs")

    assert asyncio.run(run()).status_code == 404


def test_a_token_is_asked_for_here_too(receiver, tmp_path):
    async def run():
        async with receiver(token="a" * 30, changes=kept_in(tmp_path / "c")) as here:
            none = await here.post(body(RECORD), path="/v1/logs")
            own = await here.post(body(RECORD), path="/v1/logs", authorization="Bearer " + "a" * 30)
            return none.status_code, own.status_code

    assert asyncio.run(run()) == (401, 200)


def test_records_are_counted(receiver, tmp_path):
    async def run():
        async with receiver(changes=kept_in(tmp_path / "c")) as here:
            await here.post(body(RECORD, RECORD, LOG), path="/v1/logs")
            await here.post(b"[", path="/v1/logs")
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{here.url}/metrics")).text

    told = asyncio.run(run())
    assert "cdctl_traces_changes_kept_total 2\n" in told
    assert f'cdctl_traces_records_rejected_total{{reason="{NO_EVENT}"}} 1\n' in told
    assert 'cdctl_traces_requests_total{transport="http"} 1\n' in told
