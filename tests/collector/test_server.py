"""What a collector refuses, bounds and counts; strangers get nothing."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess

import httpx
import pytest
from authority import Authority
from ears import until
from listening import listening

from cdctl.collector import serving
from cdctl.collector.server import STREAMS_A_TOKEN
from cdctl.domain.fleet.reading import Query
from cdctl.errors import RefusedError, UnavailableError, UsageError


def client(one, token, **more):
    return httpx.AsyncClient(base_url=one.url, headers={"Authorization": f"Bearer {token}"}, **more)


def test_nobody_gets_in_without_a_token(served, token):
    async def run():
        async with served() as one, client(one, "wrong" * 6) as stranger, client(one, token) as friend:
            for path in ("/v1/status", "/metrics", "/v1/find", "/v1/watch"):
                answer = await (
                    stranger.get(path) if path in {"/v1/status", "/metrics"} else stranger.post(path, json={})
                )
                assert (answer.status_code, answer.json()["kind"]) == (401, "token")
                assert "wrong" not in answer.text
                assert answer.headers["www-authenticate"] == "Bearer"
            for header in ({"Authorization": ""}, {"Authorization": f"Basic {token}"}, {"Authorization": token}):
                assert (await stranger.get("/v1/status", headers=header)).status_code == 401
            assert (await friend.get("/v1/status")).status_code == 200
            assert one.gate.refused == 7

    asyncio.run(run())


def test_guessing_is_slowed_down_and_those_who_work_go_on(served, token):
    async def run():
        async with served() as one, client(one, "x") as stranger, client(one, token) as friend:
            assert (await friend.get("/v1/status")).status_code == 200
            codes = [
                (await stranger.get("/v1/status", headers={"Authorization": f"Bearer {n}"})).status_code
                for n in range(30)
            ]
            assert codes[:15] == [401] * 15
            assert codes[-1] == 429
            assert (await friend.get("/v1/status")).status_code == 200
            one.gate._proven.clear()  # as if it had never been right from there
            assert (await friend.get("/v1/status")).status_code == 429

    asyncio.run(run())


def test_a_token_can_be_taken_back(served, tmp_path, token):
    async def run():
        async with served() as one, one.fleet() as fleet:
            await fleet.status()
            (tmp_path / "tokens").write_text("another-token-that-is-long\n")
            with pytest.raises(UnavailableError, match="does not know the token"):
                while True:
                    await fleet.status()
                    await asyncio.sleep(0.02)
            (tmp_path / "tokens").write_text("short\n")
            await until(lambda: one.gate.note)
            assert "those from before" in one.gate.note

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "no Ask"),
        (b'{"whre": "x"}', 400, "whre"),
        (b'{"where": 3}', 400, "where"),
        (b'{"limit": -1}', 400, "limit"),
        (b'{"where": "\xff"}', 400, "Ask"),
        (b"[" * 60_000, 400, "Ask"),
        (b'{"where": "' + b"x" * 70_000 + b'"}', 413, "bytes"),
        (b'{"where": "' + b"(" * 4_000 + b'"}', 400, "brackets"),
        (json.dumps({"columns": ["vin"] * 200}).encode(), 400, "columns"),
        (b"{}", 200, "WBA"),
    ],
)
def test_odd_questions(served, token, body, status, said):
    async def run():
        async with served() as one, client(one, token) as friend:
            answer = await friend.post("/v1/find", content=body)
            assert answer.status_code == status
            assert said in answer.text
            assert (await friend.get("/v1/status")).status_code == 200

    asyncio.run(run())


def test_another_version_is_said(served, token):
    async def run():
        async with served() as one, client(one, token) as friend, one.fleet() as fleet:
            answer = await friend.post("/v2/find", json={})
            assert (answer.status_code, answer.json()["versions"]) == (404, [1])
            fleet._reach._client.base_url = httpx.URL(f"{one.url}/v7")
            with pytest.raises(UnavailableError, match="does not know the question"):
                await fleet.status()

    asyncio.run(run())


def test_a_server_that_is_no_collector_is_said(served):
    async def run():
        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n" + extra + b"\r\n{}")
            await writer.drain()
            writer.close()

        async with listening(answer) as port, served() as one, one.fleet(url=f"http://127.0.0.1:{port}") as fleet:
            extra = b""
            with pytest.raises(UnavailableError, match="this is no collector"):
                await fleet.status()
            extra = b"Cdctl-Collector: 2\r\n"
            with pytest.raises(UnavailableError, match="speaks version 2 of the protocol, this cdctl speaks 1"):
                await fleet.status()

    asyncio.run(run())


def test_streams_of_a_token_are_bounded(served):
    async def run():
        async with served() as one, one.fleet() as fleet:
            one.collector._streams[0] = STREAMS_A_TOKEN
            with pytest.raises(UnavailableError, match="views are open with this token"):
                await anext(fleet.follow(Query()))
            assert not one.beat.topics
            one.collector._streams[0] = STREAMS_A_TOKEN - 1
            pages = fleet.follow(Query())
            await anext(pages)
            await pages.aclose()
            await until(lambda: one.collector._streams[0] == STREAMS_A_TOKEN - 1)

    asyncio.run(run())


def test_a_viewer_that_goes_away_frees_everything(served, token):
    async def run():
        async with served(3_000) as one:
            port = int(one.url.rpartition(":")[2])
            before = one.collector._streams[0]
            body = b'{"columns": ["vin"]}'
            for path in (b"follow", b"watch"):
                raw = socket.create_connection(("127.0.0.1", port))
                body = b'{"columns": ["vin"]}' if path == b"follow" else b"{}"
                raw.sendall(
                    b"POST /v1/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
                    % (path, token.encode(), len(body), body)
                )
                await until(lambda: one.beat.viewers == 1)
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                raw.close()
                await until(lambda: not one.beat.topics)
            assert one.collector._streams[0] == before

    asyncio.run(run())


def test_a_slow_viewer_gets_the_newest_and_is_told(served, token):
    async def run():
        async with served(1_000) as one, one.beat.following(_ask()) as topic:
            lines = topic.lines()
            first = json.loads(await anext(lines))
            for value in (1.0, 2.0, 3.0):
                number = topic.number
                one.soc([5], [value])
                await until(lambda number=number: topic.number > number + 1)
            frame = json.loads(await anext(lines))
            assert frame["number"] > first["number"] + 3
            assert frame["skipped"] == frame["number"] - first["number"] - 1 == one.beat.skipped_in_all
            assert [row for _, row in frame["changed"]] == [[f"WBA{5:014d}", 3.0]]
            await lines.aclose()

    asyncio.run(run())


def _ask():
    from cdctl.collector import wire

    return wire.Ask(columns=["vin", "soc"], limit=1_000)


def test_a_storm_is_counted_and_does_not_hold_up_the_others(served, make_standing):
    async def run():
        async with served(20_000, capacity=40_000) as one, one.fleet() as fleet:
            news = []
            runs = fleet.watch("")

            async def listen():
                async for told in runs:
                    news.extend(told)

            task = asyncio.create_task(listen())
            await until(lambda: one.beat.viewers)
            for seq in range(2, 8):
                for begin in range(0, 20_000, 5_000):
                    some = range(begin, begin + 5_000)
                    one.apply(*(make_standing(n, seq % 2 > 0, seq) for n in some))
                await fleet.status()
            await until(lambda: sum(h.kind == "lost" for h in news))
            await until(lambda: one.beat.happenings >= 110_000)
            assert one.beat.reader.lost > 0
            assert len(news) < 20_000
            since, told, _ = await fleet.history("", 0)
            assert since is not None
            assert told[0].kind == "lost"
            assert len(told) == 5_001
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await runs.aclose()

    asyncio.run(run())


def test_metrics_are_openmetrics(served, token, make_standing):
    async def run():
        async with served() as one, client(one, token) as friend, one.fleet() as fleet:
            one.columns.reject('odd "thing"\\ \n', 3)
            pages = fleet.follow(Query())
            await anext(pages)
            await asyncio.sleep(0.3)
            answer = await friend.get("/metrics")
            assert answer.headers["content-type"].startswith("application/openmetrics-text")
            text = answer.text
            await pages.aclose()
            health = await friend.get("/healthz", headers={"Authorization": ""})
            assert (health.status_code, health.text) == (200, "ok\n")
            one.clock.ahead += 60
            assert (await friend.get("/healthz")).status_code == 503
            return text

    text = asyncio.run(run())
    assert text.endswith("# EOF\n")
    assert 'cdctl_collector_malformed_total{reason="odd \\"thing\\"\\\\ \\n"} 3\n' in text
    assert "\ncdctl_collector_viewers 1\n" in text
    assert 'cdctl_collector_vehicles{state="online"} 8\n' in text
    promtool = shutil.which("promtool")
    if promtool:
        plain = text.replace("# EOF\n", "")
        ran = subprocess.run([promtool, "check", "metrics"], input=plain, text=True, capture_output=True, check=False)
        assert ran.returncode != 1, ran.stderr
        bad = subprocess.run(
            [promtool, "check", "metrics"], input="a{b} 1\n", text=True, capture_output=True, check=False
        )
        assert bad.returncode == 1


def test_tls_is_spoken_and_others_are_not_believed(served, tmp_path):
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    cert, key = ours.certificate("server", "127.0.0.1")

    async def run():
        async with served(context=serving.tls(str(cert), str(key))) as one:
            assert one.url.startswith("https://")
            async with one.fleet(ca=str(ours.ca)) as fleet:
                assert (await fleet.status()).vehicles == 10
                pages = fleet.follow(Query())
                assert len((await anext(pages)).rows) == 10
                await pages.aclose()
            async with one.fleet(ca=str(theirs.ca)) as fleet:
                with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
                    await fleet.status()
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
            async with httpx.AsyncClient(verify=old) as stranger:
                with pytest.raises(httpx.HTTPError):
                    await stranger.get(one.url.replace("https", "http") + "/healthz")

    asyncio.run(run())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "collector.example", "::"])
def test_only_loopback_goes_without_a_certificate(host):
    with pytest.raises(RefusedError, match="without TLS"):
        serving.check(host, "", "")
    serving.check(host, "cert", "key")
    serving.check("127.0.0.1", "", "")
    serving.check("::1", "", "")
    with pytest.raises(UsageError, match="key"):
        serving.check("127.0.0.1", "cert", "")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:1", ("127.0.0.1", 1)),
        ("[::1]:7443", ("::1", 7443)),
        (":7443", ("0.0.0.0", 7443)),
        ("7443", None),
        ("::1:7443", None),
        ("host:99999", None),
        ("host:", None),
    ],
)
def test_addresses(text, meant):
    if meant:
        assert serving.host_and_port(text) == meant
    else:
        with pytest.raises(UsageError, match="no address"):
            serving.host_and_port(text)


def test_an_address_that_is_taken_is_said():
    first = serving.bound("127.0.0.1", 0)
    with pytest.raises(UnavailableError, match="cannot listen"):
        serving.bound("127.0.0.1", first.getsockname()[1])
    first.close()


def test_a_certificate_that_is_none_is_said(tmp_path):
    (tmp_path / "c").write_text("none")
    with pytest.raises(UnavailableError, match="certificate cannot be used"):
        serving.tls(str(tmp_path / "c"), str(tmp_path / "c"))
    with pytest.raises(UnavailableError, match="No such file"):
        serving.tls(str(tmp_path / "d"), str(tmp_path / "c"))
