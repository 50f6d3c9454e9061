"""Alerts behind a URL: the API of the page that somebody copied is asked, safely."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from http_served import served

from cdctl.errors import UnavailableError, UsageError
from cdctl.sources.alerts import address, fetch


@pytest.mark.parametrize(
    ("copied", "asked"),
    [
        ("https://a.example/#/alerts", "https://a.example/api/v2/alerts"),
        (
            "https://a.example/am/#/alerts?silenced=false&filter=%7Balertname%3D%22Burn%22%2C%20region%3D~%22eu%2Cx%22%7D",
            "https://a.example/am/api/v2/alerts?filter=alertname%3D%22Burn%22&filter=region%3D~%22eu%2Cx%22",
        ),
        ("https://p.example/alerts?state=firing", "https://p.example/api/v1/alerts"),
        ("https://p.example/prom/graph?g0.expr=up", "https://p.example/prom/api/v1/alerts"),
        ("https://x.example/saved.json?a=1", "https://x.example/saved.json?a=1"),
        ("http://127.0.0.1:9093/#/alerts", "http://127.0.0.1:9093/api/v2/alerts"),
    ],
)
def test_a_page_stands_for_its_api(copied, asked):
    assert address(copied) == asked


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://a.example/x", "no URL that can be asked"),
        ("https://", "no URL that can be asked"),
        ("https://a.example:port/", "this is no URL"),
        ("https://user:secret@a.example/", "holds a user or password"),
        ("http://a.example/alerts", "without TLS"),
    ],
)
def test_what_is_not_asked(url, reason):
    with pytest.raises(UsageError, match=reason) as caught:
        address(url)
    assert "secret" not in str(caught.value)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    answers = {
        "/ok": (200, json.dumps([{"labels": {"alertname": "X"}}]).encode()),
        "/html": (200, b"<html>"),
        "/gone": (404, b""),
        "/large": (200, b" " * (9 << 20)),
        "/else": (302, b""),
    }

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Authorization", ""))
            status, body = answers[self.path]
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return None

    with served(Answers) as url:
        yield url, asked


def test_what_is_there_is_read_and_nobody_is_told_who_we_are(server):
    url, asked = server
    assert fetch(f"{url}/ok") == [{"labels": {"alertname": "X"}}]
    assert asked == [""]


def test_what_cannot_be_had_says_why(server):
    url, _ = server
    with pytest.raises(UsageError, match="no JSON"):
        fetch(f"{url}/html")
    for path, reason in (("gone", "HTTP 404"), ("else", "HTTP 302"), ("large", "8 MiB")):
        with pytest.raises(UnavailableError, match=reason):
            fetch(f"{url}/{path}")
    with pytest.raises(UnavailableError, match="cannot be asked"):
        fetch("http://127.0.0.1:9/")
