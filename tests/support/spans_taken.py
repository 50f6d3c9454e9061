"""A collector that takes spans by OTLP over HTTP and keeps them: `with taking() as (url, spans)`. Those that come as
protobuf are messages, those that come as JSON are dictionaries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from http_served import served
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@contextmanager
def taking(spans: list[Any] | None = None) -> Iterator[tuple[str, list[Any]]]:
    """Its address, and the spans that it was given, in a list of the caller's."""
    spans = [] if spans is None else spans

    class Takes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Type"] == "application/json":
                groups = json.loads(body)["resourceSpans"]
                spans.extend(span for one in groups for scope in one["scopeSpans"] for span in scope["spans"])
            else:
                told = ExportTraceServiceRequest.FromString(body)
                spans.extend(span for one in told.resource_spans for scope in one.scope_spans for span in scope.spans)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return None

    with served(Takes) as url:
        yield url, spans
