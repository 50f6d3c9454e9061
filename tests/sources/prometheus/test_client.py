"""Questions over a line that fails: what is asked again, what is not, and what is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

import pytest
from cutter import Asked, Cutter, Fault, answered, broken, cut, delayed, dropped, hung, passed, rewritten
from listening import listening
from stock import Stock

from cdctl.lab.servers import VictoriaMetrics, free_port
from cdctl.sources.prometheus.answers import Body
from cdctl.sources.prometheus.client import AskError, Client
from cdctl.sources.prometheus.endpoint import endpoint

pytest_plugins = ["stocked"]

ONE = "/api/v1/query"


@pytest.fixture
def cutter(stock: Stock) -> Iterator[Cutter]:
    with Cutter(stock.url) as proxy:
        yield proxy


def ask_all(url: str, queries: Sequence[str], **settings: object) -> list[Body | AskError]:
    """What one client says to several questions at once."""

    async def run() -> list[Body | AskError]:
        client = Client(endpoint({"url": url, **settings}))
        try:
            found = await asyncio.gather(
                *(client.ask(ONE, {"query": query}) for query in queries), return_exceptions=True
            )
        finally:
            await client.aclose()
        assert all(isinstance(one, Body | AskError) for one in found), found
        return found  # type: ignore[return-value]

    return asyncio.run(run())


def ask(url: str, query: str = "vector(1)", **settings: object) -> Body | AskError:
    return ask_all(url, [query], **settings)[0]


def refused(url: str, query: str = "vector(1)", **settings: object) -> AskError:
    error = ask(url, query, **settings)
    assert isinstance(error, AskError)
    return error


def is_answer(found: Body | AskError) -> bool:
    return isinstance(found, Body) and found.status == "success"


def test_a_question_and_its_answer(cutter: Cutter) -> None:
    assert is_answer(ask(cutter.url))
    (asked,) = cutter.asked
    assert (asked.method, asked.path, asked.params) == ("POST", ONE, {"query": "vector(1)"})
    assert asked.headers["user-agent"] == "cdctl"


@pytest.mark.parametrize(
    "fault",
    [
        *(answered(status) for status in (429, 500, 502, 503, 504)),
        answered(200, "<html>one moment</html>"),
        cut(0.5),
        broken(0.5),
        dropped,
    ],
    ids=["429", "500", "502", "503", "504", "html", "cut", "broken", "dropped"],
)
def test_what_may_pass_is_asked_again(cutter: Cutter, fault: Fault) -> None:
    cutter.next(fault)
    assert is_answer(ask(cutter.url))
    assert len(cutter.asked) == 2


@pytest.mark.parametrize(
    ("status", "said", "mine", "fatal"),
    [
        (400, "refuses the query", True, False),
        (422, "refuses the query", True, False),
        (401, "refuses us (HTTP 401)", False, True),
        (403, "refuses us (HTTP 403)", False, True),
        (404, "no query API (HTTP 404)", False, True),
        (301, "redirects (HTTP 301)", False, True),
        (307, "redirects (HTTP 307)", False, True),
        (501, "HTTP 501", False, False),
        (413, "HTTP 413", False, False),
    ],
)
def test_what_will_not_pass_is_asked_once(cutter: Cutter, status: int, said: str, mine: bool, fatal: bool) -> None:
    cutter.next(answered(status, Location=f"{cutter.url}/elsewhere"))
    error = refused(cutter.url)
    assert said in error.reason
    assert error.hint
    assert (error.mine, error.fatal, len(cutter.asked)) == (mine, fatal, 1)


@pytest.mark.parametrize("retries", [0, 1])
def test_patience_ends(cutter: Cutter, retries: int) -> None:
    cutter.usual = answered(503, '{"status":"error","error":"out of \\u001b[2J memory"}')
    error = refused(cutter.url, retries=retries)
    assert len(cutter.asked) == retries + 1
    assert "HTTP 503: out of \\x1b[2J memory" in error.reason


def test_pauses_grow_until_none_fits_before_the_deadline(cutter: Cutter) -> None:
    # 0.5 to 1.5 s before the second question, 1 to 3 s before the third, 2 s at least before the fourth.
    cutter.usual = answered(503)
    assert "HTTP 503" in refused(cutter.url, retries=99, deadline=2).reason
    assert 2 <= len(cutter.asked) <= 3


def test_a_server_in_trouble_for_a_second_is_outwaited(cutter: Cutter) -> None:
    healed: list[float] = []

    def spoils(asked: Asked) -> Fault | None:
        healed.append(time.monotonic() + 1.2) if not healed else None
        return answered(500) if time.monotonic() < healed[0] else None

    cutter.spoils = spoils
    assert is_answer(ask(cutter.url))


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (429, "it asks to slow down: lower `concurrency` in the settings (now 7)"),
        (503, "it has too much to do, or is not ready yet: lower `concurrency` in the settings (now 7)"),
        (500, "the server is in trouble; see its log"),
    ],
)
def test_a_server_that_is_asked_too_much_is_to_be_asked_less(cutter: Cutter, status: int, cure: str) -> None:
    cutter.usual = answered(status)
    assert refused(cutter.url, retries=0, concurrency=7).hint == cure


@pytest.mark.parametrize(("wait", "asked"), [("9", 1), ("0", 2), ("soon", 2), ("", 2)])
def test_the_server_may_say_when_to_come_again(cutter: Cutter, wait: str, asked: int) -> None:
    cutter.next(answered(429, "slow down", Retry_After=wait))
    found = ask(cutter.url, deadline=5)
    assert len(cutter.asked) == asked
    assert is_answer(found) == (asked == 2)
    if isinstance(found, AskError):
        assert "HTTP 429: slow down" in found.reason


def test_a_server_that_hangs_is_given_up(cutter: Cutter) -> None:
    cutter.usual = hung
    error = refused(cutter.url, timeout=0.1, retries=1)
    assert "did not answer within 0.1 s" in error.reason
    assert "timeout" in error.hint
    assert len(cutter.asked) == 2


def test_a_server_that_hangs_once_is_asked_again(cutter: Cutter) -> None:
    cutter.next(hung)
    assert is_answer(ask(cutter.url, timeout=1))


def test_a_run_has_a_deadline(cutter: Cutter) -> None:
    cutter.usual = hung
    found = ask_all(cutter.url, [f"vector({n})" for n in range(40)], timeout=0.1, deadline=0.25, retries=0)
    assert [one for one in found if not isinstance(one, AskError)] == []
    said = " ".join(map(str, found))
    assert "did not answer within 0.1 s" in said
    assert "deadline of 0.25 s passed" in said
    assert len(cutter.asked) < 40
    cutter.usual = passed
    assert all(map(is_answer, ask_all(cutter.url, ["vector(1)"] * 3, deadline=30)))


def test_once_unreachable_nothing_more_is_tried(stock: Stock) -> None:
    port = free_port()

    async def came_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)

    async def run() -> list[object]:
        client = Client(endpoint({"url": f"http://127.0.0.1:{port}", "retries": 0}))
        found = await asyncio.gather(client.ask(ONE, {"query": "vector(1)"}), return_exceptions=True)
        async with listening(came_in, port=port):
            found += await asyncio.gather(client.ask(ONE, {"query": "vector(2)"}), return_exceptions=True)
            await client.aclose()
        return list(found)

    came: list[asyncio.StreamWriter] = []
    first, second = asyncio.run(run())
    assert isinstance(first, AskError)
    assert f"cannot reach http://127.0.0.1:{port}" in first.reason
    assert "is the URL right" in first.hint
    assert str(second) == str(first)
    assert came == []


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_once_turned_away_nobody_asks_again(cutter: Cutter, status: int) -> None:
    cutter.usual = answered(status)

    async def run() -> list[object]:
        client = Client(endpoint({"url": cutter.url}))
        try:
            asking = (client.ask(ONE, {"query": f"vector({n})"}) for n in range(3))
            return [(await asyncio.gather(one, return_exceptions=True))[0] for one in asking]
        finally:
            await client.aclose()

    assert len(set(map(str, asyncio.run(run())))) == 1
    assert len(cutter.asked) == 1


def test_one_bad_query_turns_nobody_away(cutter: Cutter) -> None:
    found = ask_all(cutter.url, ["vector(1)", "vector(", "vector(2)"])
    assert [is_answer(one) for one in found] == [True, False, True]
    error = found[1]
    assert isinstance(error, AskError)
    assert error.mine
    assert "unexpected end of input" in error.reason or "unclosed" in error.reason


def test_an_error_with_status_200_is_an_error(cutter: Cutter) -> None:
    cutter.next(answered(200, '{"status":"error","errorType":"execution","error":"too \\u202e many"}'))
    error = refused(cutter.url)
    assert (error.reason, error.mine, len(cutter.asked)) == ("execution: too \\u202e many; asked: vector(1)", True, 1)


def test_a_server_without_post_is_asked_by_get(cutter: Cutter) -> None:
    cutter.spoils = lambda asked: answered(405) if asked.method == "POST" else None

    async def run() -> None:
        client = Client(endpoint({"url": cutter.url}))
        for number in range(3):
            await client.ask(ONE, {"query": f"vector({number})"})
        await client.aclose()

    asyncio.run(run())
    assert [asked.method for asked in cutter.asked] == ["POST", "GET", "GET", "GET"]
    assert [asked.query for asked in cutter.asked[1:]] == ["vector(0)", "vector(1)", "vector(2)"]


def test_a_server_without_post_and_get_is_refused(cutter: Cutter) -> None:
    cutter.usual = answered(405)
    assert "HTTP 405" in refused(cutter.url).reason


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_at_once_than_allowed(cutter: Cutter, concurrency: int) -> None:
    cutter.usual = delayed(0.002)
    assert all(map(is_answer, ask_all(cutter.url, ["vector(1)"] * 40, concurrency=concurrency)))
    assert cutter.most == concurrency


def test_a_server_far_away_gets_more_at_once(cutter: Cutter) -> None:
    cutter.usual = delayed(0.03)
    assert all(map(is_answer, ask_all(cutter.url, ["vector(1)"] * 80, concurrency=24)))
    assert 6 <= cutter.most <= 24


def test_a_server_that_does_one_at_a_time_is_not_crowded(cutter: Cutter) -> None:
    turn = asyncio.Lock()

    async def one_at_a_time(exchange: object) -> None:
        async with turn:
            await delayed(0.004)(exchange)  # type: ignore[arg-type]

    cutter.usual = one_at_a_time
    assert all(map(is_answer, ask_all(cutter.url, ["vector(1)"] * 60, concurrency=24)))
    assert cutter.most <= 16


def test_warnings_of_the_server_arrive(cutter: Cutter) -> None:
    cutter.next(rewritten(lambda body: body.update(warnings=["a store is down"])))
    found = ask(cutter.url)
    assert isinstance(found, Body)
    assert found.warnings == ["a store is down"]


def test_no_secret_in_any_error(cutter: Cutter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROM_SECRET", "sesame")
    settings: list[dict[str, object]] = [
        {"token_env": "PROM_SECRET"},
        {"username": "joe", "password_env": "PROM_SECRET"},
    ]
    for setting in settings:
        for fault in (answered(401), answered(500), answered(400, "no"), cut(0.1), broken(0.1), dropped, hung):
            cutter.usual = fault
            error = refused(cutter.url, retries=0, timeout=0.1, **setting)
            assert "sesame" not in f"{error} {error!r} {error.hint}"
        assert any("authorization" in asked.headers for asked in cutter.asked)


def sent(asked: Asked) -> dict[str, str]:
    return {name: asked.headers.get(name, "") for name in ("authorization", "x-scope-orgid", "x-api-key")}


def test_who_we_are_reaches_the_server(cutter: Cutter, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("PROM_SECRET", "sesame")
    (tmp_path / "key").write_text("open\n")
    ask(cutter.url)
    ask(cutter.url, token_env="PROM_SECRET", headers={"X-Scope-OrgID": "fleet|ops"})
    ask(cutter.url, username="joe", password_env="PROM_SECRET", header_files={"X-Api-Key": str(tmp_path / "key")})
    assert list(map(sent, cutter.asked)) == [
        {"authorization": "", "x-scope-orgid": "", "x-api-key": ""},
        {"authorization": "Bearer sesame", "x-scope-orgid": "fleet|ops", "x-api-key": ""},
        {"authorization": "Basic am9lOnNlc2FtZQ==", "x-scope-orgid": "", "x-api-key": "open"},
    ]


def test_the_version(cutter: Cutter, tmp_path) -> None:
    async def run(url: str) -> str:
        client = Client(endpoint({"url": url, "timeout": 1}))
        try:
            return await client.version()
        finally:
            await client.aclose()

    assert asyncio.run(run(cutter.url)).startswith("2.")
    for fault in (answered(404), answered(200, "<html>"), dropped):
        cutter.next(fault)
        assert asyncio.run(run(cutter.url)) == "unknown"
    cutter.next(answered(200, '{"data":{"version":"\\u001b[2J"}}'))
    assert asyncio.run(run(cutter.url)) == "\\x1b[2J"
    with VictoriaMetrics(tmp_path / "victoria") as other:
        assert asyncio.run(run(other.url))
