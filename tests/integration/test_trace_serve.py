"""`cdctl trace serve` as a user starts it: OpenTelemetry's own exporters, a flood, kill -9, Ctrl-C, strangers."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest
from authority import Authority
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind
from otlp_requests import Requests
from waiting import eventually

from cdctl.stores.spans.reading import SpanFiles


class Serving:
    """Receivers over one store, started and ended."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "store"
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, *more: str, grpc: str = "127.0.0.1:0", ok: bool = True) -> tuple[subprocess.Popen[str], dict]:
        argv = [sys.executable, "-m", "cdctl", "trace", "serve", "--store", str(self.store), "--grpc", grpc]
        if "--listen" not in more:
            argv += ["--listen", "127.0.0.1:0"]
        process = subprocess.Popen([*argv, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        if not ok:
            process.wait(30)
            return process, {}
        assert line, process.stderr.read()
        return process, json.loads(line)

    def rows(self, sql: str) -> list[tuple]:
        paths = list(SpanFiles(self.store).listing().paths)
        with duckdb.connect() as db:
            return db.execute(sql.format(f"read_parquet({paths})")).fetchall()


@pytest.fixture
def serving(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # they would count more than what an exporter is told
        monkeypatch.delenv(name, raising=False)
    made = Serving(tmp_path)
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def traced(exporter, name: str) -> None:
    """Three spans by the SDK, each sent as it ends."""
    results = []
    export = exporter.export

    def noted(spans):
        results.append(export(spans))
        return results[-1]

    exporter.export = noted
    provider = TracerProvider(resource=Resource({"service.name": name, "cloud.region": "eu"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("outer", kind=SpanKind.SERVER, attributes={"http.route": "/cmd", "n": 7}):
        with tracer.start_as_current_span("inner", attributes={"odd": [1, 2]}) as inner:
            inner.add_event("boom", {"why": "tests"})
        with tracer.start_as_current_span("other"):
            pass
    provider.shutdown()
    assert results == [SpanExportResult.SUCCESS] * 3


def test_the_exporters_of_opentelemetry(serving):
    process, told = serving.start()
    url = f"{told['otlp']['http']}/v1/traces"
    traced(HttpExporter(url), "http")
    second = int(time.time())
    assert eventually(lambda: int(time.time()) > second)  # when spans were heard is told in whole seconds
    traced(HttpExporter(url, compression=Compression.Gzip), "http-gzip")
    traced(HttpExporter(url, compression=Compression.Deflate), "http-deflate")
    traced(GrpcExporter(told["otlp"]["grpc"], insecure=True), "grpc")
    rows = serving.rows(
        'SELECT "resource.service.name", count(*), count(DISTINCT trace_id), count(parent_id), max("span.http.route"),'
        " max(span_attributes['n']), max(span_attributes['odd']), max(events) FROM {} GROUP BY 1 ORDER BY 1"
    )
    assert [row[:7] for row in rows] == [
        (name, 3, 1, 2, "/cmd", "7", "[1,2]") for name in ("grpc", "http", "http-deflate", "http-gzip")
    ]
    assert all("boom" in row[7] for row in rows)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted while taking spans in (12 spans received, 12 kept); all of it is on disk" in said
    ((start, stop),) = SpanFiles(serving.store).seen()
    assert stop - start <= time.time() - start + 1


class Flood(threading.Thread):
    """Sends requests one after the other until the connection breaks; knows which were acknowledged."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__()
        self.host = url.removeprefix("http://")
        self.made = Requests(50, seed)
        self.acknowledged: list[bytes] = []
        self.open: bytes | None = None

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            while True:
                self.open = self.made.body()
                connection.request("POST", "/v1/traces", self.open, {"content-type": "application/x-protobuf"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.acknowledged.append(self.open)
        except (OSError, http.client.HTTPException):
            connection.close()


def ids(bodies: list[bytes]) -> set[tuple[bytes, bytes]]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    return {
        (span.trace_id, span.span_id)
        for body in bodies
        for group in ExportTraceServiceRequest.FromString(body).resource_spans
        for scoped in group.scope_spans
        for span in scoped.spans
    }


def test_a_receiver_killed_in_a_flood_has_all_it_acknowledged_exactly_once(serving):
    floods: list[Flood] = []
    for attempt in range(3):
        process, told = serving.start(grpc="")
        now = [Flood(told["otlp"]["http"], attempt * 10 + number) for number in range(3)]
        for flood in now:
            flood.start()
        assert eventually(lambda now=now: all(len(flood.acknowledged) > 3 for flood in now))
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        for flood in now:
            flood.join()
        floods += now
    _, told = serving.start(grpc="")
    # Whoever got no answer asks again, and so do some who got one.
    again = [body for flood in floods for body in (flood.open, *flood.acknowledged[-2:])]
    connection = http.client.HTTPConnection(told["otlp"]["http"].removeprefix("http://"), timeout=30)
    for body in again:
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
    connection.close()
    found = serving.rows("SELECT trace_id, span_id FROM {}")
    sent = ids([body for flood in floods for body in (*flood.acknowledged, flood.open)])
    assert len(found) == len(set(found)), "every span once"
    assert set(found) == sent, "everything that was acknowledged, and nothing that was not sent"


def test_one_store_has_one_writer_and_many_readers(serving):
    first, told = serving.start()
    traced(HttpExporter(f"{told['otlp']['http']}/v1/traces"), "one")
    second, _ = serving.start(ok=False)
    assert second.returncode == 3
    said = second.stderr.read()
    assert f"process {first.pid} on " in said
    assert "hint: wait until it has ended" in said
    assert serving.rows("SELECT count(*) FROM {}") == [(3,)]


def test_a_port_that_is_taken(serving):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process, _ = serving.start("--listen", address, ok=False)
        assert (process.returncode, "cannot listen" in process.stderr.read()) == (3, True)
        process, _ = serving.start(grpc=address, ok=False)
        assert (process.returncode, "cannot listen" in process.stderr.read()) == (3, True)


def test_beyond_loopback_only_with_a_certificate_and_a_token(serving, tmp_path):
    process, _ = serving.start("--listen", "0.0.0.0:0", ok=False)
    assert process.returncode == 5
    process, _ = serving.start(grpc="0.0.0.0:0", ok=False)
    assert process.returncode == 5
    authority = Authority(tmp_path, "ours")
    cert, key = authority.certificate("receiver", "127.0.0.1")
    process, told = serving.start("--listen", "0.0.0.0:0", "--cert", str(cert), "--key", str(key), grpc="0.0.0.0:0")
    token_file = Path(told["otlp"]["token_file"])
    assert token_file == serving.store / "token"
    assert token_file.stat().st_mode & 0o077 == 0
    port = told["otlp"]["http"].rpartition(":")[2]
    url = f"https://127.0.0.1:{port}/v1/traces"
    bearer = {"authorization": f"Bearer {token_file.read_text().strip()}"}
    traced(HttpExporter(url, certificate_file=str(authority.ca), headers=bearer), "with")
    import grpc

    credentials = grpc.ssl_channel_credentials(authority.ca.read_bytes())
    where = f"127.0.0.1:{told['otlp']['grpc'].rpartition(':')[2]}"
    traced(GrpcExporter(where, credentials=credentials, headers=tuple(bearer.items())), "with-grpc")
    import httpx

    assert httpx.post(url, json={}, verify=False).status_code == 401
    assert serving.rows("SELECT count(*) FROM {}") == [(6,)]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_spans_that_are_under_way_when_it_ends_are_answered_and_kept(serving):
    process, told = serving.start(grpc="")
    floods = [Flood(told["otlp"]["http"], number) for number in range(3)]
    for flood in floods:
        flood.start()
    assert eventually(lambda: all(len(flood.acknowledged) > 2 for flood in floods))
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    for flood in floods:
        flood.join()
    found = serving.rows("SELECT trace_id, span_id FROM {}")
    assert len(found) == len(set(found))
    assert set(found) >= ids([body for flood in floods for body in flood.acknowledged])
    assert f"{len(found)} kept" in said
