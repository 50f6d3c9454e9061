"""Lists of vehicles from a real server on loopback: formats, pages, bad days, and who asks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cdctl.domain.fleet.inventory import Listed
from cdctl.domain.settings import Access, Secret
from cdctl.errors import FileError, UnavailableError, UsageError
from cdctl.inventory.http import ATTEMPTS, HttpInventory

Read = Callable[..., list[Listed]]


class Server:
    """Answers each path with the next of its answers (status, headers, body); the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.cut: set[int] = set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
                queue = server.answers[self.path]
                status, headers, body = queue.pop(0) if len(queue) > 1 else queue[0]
                self.send_response(status)
                for name, text in headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if len(server.asked) in server.cut else body)
                self.close_connection = True

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self._thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def say(self, path: str, body: object, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self.answers.setdefault(path, []).append((status, {"Content-Type": kind, **named}, content))

    def inventory(self, path: str = "/v", **settings: object) -> HttpInventory:
        return HttpInventory({"url": self.url + path, **settings}, pause=0.0)

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


VEHICLES = [{"vin": "A1", "region": "eu", "model": "Model 3", "sw": "1.2", "x": [1]}, {"id": "A2"}]
GOOD = [Listed("A1", "eu", "Model 3", "1.2"), Listed("A2")]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", json.dumps(VEHICLES).encode()),
        ("application/json; charset=utf-8", json.dumps(VEHICLES, indent=2).encode() + b"\n"),
        ("application/json", json.dumps({"total": 2, "vehicles": VEHICLES, "next": None}).encode()),
        ("application/x-ndjson", b"".join(json.dumps(v).encode() + b"\n" for v in VEHICLES)),
        ("application/octet-stream", b"".join(json.dumps(v).encode() + b"\n" for v in VEHICLES)),
        ("text/csv", b"vin,region,model,sw\nA1,eu,Model 3,1.2\nA2,,,\n"),
        ("text/plain", b"vin;region;model;sw\nA1;eu;Model 3;1.2\nA2;;;\n"),
    ],
)
def test_formats(server: Server, listed: Read, kind: str, body: bytes) -> None:
    server.say("/v", body, kind)
    inventory = server.inventory()
    assert listed(inventory) == GOOD
    assert inventory.remarks().note() == ""


def test_an_empty_list(server: Server, listed: Read) -> None:
    server.say("/v", [])
    assert listed(server.inventory()) == []


def test_a_long_list_is_read_as_it_comes(server: Server, listed: Read) -> None:
    server.say("/v", [{"vin": f"A{i}", "model": 'with "quotes" ] , {'} for i in range(20_000)])
    found = listed(server.inventory())
    assert (len(found), found[-1].vin) == (20_000, "A19999")


def test_pages_by_link_header_and_by_field(server: Server, listed: Read) -> None:
    server.say("/v", ["A1"], Link='</v2?a=1>; rel="next", </v>; rel="prev"')
    server.say("/v2?a=1", {"items": ["A2"], "next": "v3"})
    server.say("/v3", {"items": ["A3"], "links": {"next": {"href": server.url + "/v4"}}})
    server.say("/v4", {"items": ["A1"], "next": None})
    inventory = server.inventory()
    assert [vehicle.vin for vehicle in listed(inventory)] == ["A1", "A2", "A3", "A1"]
    assert inventory.remarks().duplicates == 1


def test_pages_of_another_server_and_circles_are_refused(server: Server, listed: Read) -> None:
    server.say("/v", ["A1"], Link='<http://user:pw@127.0.0.2:1/v>; rel="next"')
    with pytest.raises(UnavailableError, match="its next page is at another server") as caught:
        listed(server.inventory())
    assert "pw" not in str(caught.value)
    server.say("/c", {"items": ["A1"], "next": "/c"})
    with pytest.raises(UnavailableError, match="go round in a circle"):
        listed(server.inventory("/c"))


def test_bad_moments_are_lived_through(server: Server, listed: Read) -> None:
    server.say("/v", b"", status=503, Retry_After="0")
    server.say("/v", b"", status=429)
    server.say("/v", VEHICLES)
    assert listed(server.inventory()) == GOOD
    assert len(server.asked) == 3


def test_an_answer_that_was_cut_is_asked_for_again_and_nothing_comes_twice(server: Server, listed: Read) -> None:
    server.say("/v", [f"A{i}" for i in range(50_000)])
    server.cut = {1}
    inventory = server.inventory()
    assert [vehicle.vin for vehicle in listed(inventory)] == [f"A{i}" for i in range(50_000)]
    assert (len(server.asked), inventory.remarks().duplicates) == (2, 0)


def test_a_server_that_stays_away(server: Server, listed: Read) -> None:
    server.say("/v", b"", status=500)
    with pytest.raises(UnavailableError, match=r"answers 500 Internal Server Error \(4 attempts\)") as caught:
        listed(server.inventory())
    assert caught.value.subject == server.url + "/v"
    assert len(server.asked) == ATTEMPTS
    gone = server.inventory()
    server.close()
    with pytest.raises(UnavailableError, match="cannot be asked"):
        listed(gone)


@pytest.mark.parametrize(
    ("status", "headers", "said", "hint"),
    [
        (401, {}, "answers 401 Unauthorized", "check the token"),
        (404, {}, "answers 404 Not Found", "check the URL"),
        (302, {"Location": "http://u:secret@elsewhere/"}, "it is elsewhere", "http://***@elsewhere/"),
    ],
)
def test_what_no_second_attempt_would_cure(
    server: Server, listed: Read, status: int, headers: dict[str, str], said: str, hint: str
) -> None:
    server.say("/v", b"", status=status, **headers)
    with pytest.raises(UnavailableError, match=said) as caught:
        listed(server.inventory())
    assert hint in caught.value.hint
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'["A1", "A2"', "it ends in the middle"),
        (b'["A1" "A2"]', "entry 1 is followed by neither"),
        (b'["A1"] x', "something comes after the list"),
        (b'["' + b"x" * 300_000, "has more than 64 KiB"),
        (b"[" * 100_000, "has more than 64 KiB"),
        (b'["\xff"]', "it is not UTF-8"),
        (b'{"a": [], "b": []}', "it has 2 lists, not one"),
        (b'{"a": ', "it is not JSON"),
    ],
)
def test_answers_that_cannot_be_understood(server: Server, listed: Read, body: bytes, said: str) -> None:
    server.say("/v", body)
    with pytest.raises(UnavailableError, match=said):
        listed(server.inventory())


def test_wrong_entries_are_told_and_left_out(server: Server, listed: Read) -> None:
    server.say("/v", ["A1", 5, {"region": "eu"}, {"vin": ["A"]}, {"vin": "a b"}, {"vin": 77}, None])
    inventory = server.inventory()
    assert [vehicle.vin for vehicle in listed(inventory)] == ["A1", "77"]
    assert [problem.message.partition(" (")[0] for problem in inventory.remarks().problems] == [
        "neither an object nor an id",
        "there is no id",
        "vin is no text",
        "'a b' is no vehicle's id",
        "neither an object nor an id",
    ]
    server.say("/l", b'{"vin":"A1"}\nnot json\n\n["A2"]\n', "application/x-ndjson")
    lines = server.inventory("/l")
    assert listed(lines) == [Listed("A1")]
    assert [(p.place.line, p.message) for p in lines.remarks().problems] == [
        (2, "not JSON"),
        (4, "neither an object nor an id"),
    ]
    server.say("/c", b"name\nA1\n", "text/csv")
    with pytest.raises(FileError, match="no column vin"):
        listed(server.inventory("/c"))


def test_who_asks_is_shown_and_secrets_are_read_late(server: Server, listed: Read) -> None:
    server.say("/v", VEHICLES)
    read: list[Secret] = []

    def reveal(secret: Secret, subject: str) -> str:
        read.append(secret)
        return "s3cret"

    token = server.inventory(access=Access(token=Secret("env", "T")), reveal=reveal)
    basic = server.inventory(access=Access(username="me", password=Secret("file", "p")), reveal=reveal)
    assert read == []
    listed(token)
    listed(basic)
    listed(server.inventory())
    sent = [headers.get("authorization") for _, headers in server.asked]
    assert sent == ["Bearer s3cret", "Basic bWU6czNjcmV0", None]
    with pytest.raises(UnavailableError, match="nobody reads the secrets"):
        listed(server.inventory(access=Access(token=Secret("env", "T"))))
    assert "s3cret" not in repr(vars(token))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is not a URL of a server"),
        ("ftp://host/x", "is not a URL of a server"),
        ("https://u:secret@host/", "holds a user or password"),
        ("http://fleet.example/v", "would be asked without TLS"),
        ("http://[", "is not a URL of a server"),
    ],
)
def test_addresses_that_are_refused(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        HttpInventory({"url": url})
    assert "secret" not in str(caught.value)


def test_plaintext_may_be_allowed() -> None:
    HttpInventory({"url": "http://fleet.example/v", "access": Access(plaintext=True)})
