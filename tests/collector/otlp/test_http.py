"""OTLP over HTTP on a real socket: what is answered, and what is then in the store."""

from __future__ import annotations

import asyncio
import gzip
import json

import httpx
import pytest
import zstandard
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from otlp_json import numbered, request, span
from otlp_requests import Requests
from span_batches import NOW
from span_stores import Slow, numbers

from cdctl.collector import serving
from cdctl.collector.otlp.answers import JSON, PROTOBUF
from cdctl.domain.traces.batch import AHEAD
from cdctl.stores.spans.reading import SpanFiles

DAY = 86_400 * 10**9


def run(coroutine):
    return asyncio.run(coroutine)


def test_json_and_protobuf_are_answered_in_their_own_type(receiver, tmp_path):
    async def story():
        async with receiver() as receiving:
            first = await receiving.post(numbered(1, 2), f"{JSON}; charset=utf-8")
            assert (first.status_code, first.content, first.headers["content-type"]) == (200, b"{}", JSON)
            assert numbers(tmp_path / "store") == [1, 2], "what is acknowledged is there"
            second = await receiving.post(Requests(10).body(NOW), PROTOBUF)
            assert (second.status_code, second.content) == (200, b"")
            assert second.headers["content-type"] == PROTOBUF
            assert SpanFiles(tmp_path / "store").listing().rows == 12
            assert (receiving.counts.received, receiving.counts.kept, receiving.counts.duplicate) == (12, 12, 0)

    run(story())


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_compressed_bodies(receiver, tmp_path, encoding, pack):
    async def story():
        async with receiver() as receiving:
            answer = await receiving.post(pack(numbered(1)), content_encoding=encoding)
            assert answer.status_code == 200

    run(story())
    assert numbers(tmp_path / "store") == [1]


@pytest.mark.parametrize(
    ("body", "form"), [(b"", JSON), (b"null", JSON), (b"{}", JSON), (b'{"resourceSpans":null}', JSON), (b"", PROTOBUF)]
)
def test_nothing_is_fine(receiver, body, form):
    async def story():
        async with receiver() as receiving:
            answer = await receiving.post(body, form)
            assert (answer.status_code, answer.content) == (200, b"{}" if form == JSON else b"")

    run(story())


def test_what_is_sent_twice_is_kept_once(receiver, tmp_path):
    async def story():
        async with receiver() as receiving:
            answers = await asyncio.gather(*(receiving.post(numbered(1, 2, 3)) for _ in range(6)))
            assert {answer.content for answer in answers} == {b"{}"}, "a duplicate is no rejection"
            assert (receiving.counts.kept, receiving.counts.duplicate) == (3, 15)

    run(story())
    assert numbers(tmp_path / "store") == [1, 2, 3]


def test_what_is_odd_about_spans_that_are_kept_is_counted(receiver):
    end = NOW * 10**9
    odd = [
        span(1, startTimeUnixNano=str(end), endTimeUnixNano=str(end - 5)),
        span(2, endTimeUnixNano=str(end + 2 * DAY)),
    ]

    async def story():
        async with receiver() as receiving:
            assert (await receiving.post(request(*odd, span(3)))).content == b"{}"
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{receiving.url}/metrics")).text

    told = run(story())
    assert f'cdctl_traces_spans_odd_total{{what="{AHEAD}"}} 1\n' in told
    assert 'cdctl_traces_spans_odd_total{what="spans that end before they start"} 1\n' in told


def test_a_partial_success_says_what_was_rejected(receiver, tmp_path):
    bad = [span(1, traceId="0af7"), span(2, endTimeUnixNano="1"), span(3, endTimeUnixNano=str(NOW * 10**9 + 3 * DAY))]
    good = [span(4), span(5, endTimeUnixNano=str(NOW * 10**9 + DAY))]

    async def story():
        async with receiver() as receiving:
            other, answer = await asyncio.gather(receiving.post(numbered(9)), receiving.post(request(*bad, *good)))
            assert other.content == b"{}", "what another sent is none of its business"
            told = json.loads(answer.content)["partialSuccess"]
            assert (answer.status_code, told["rejectedSpans"]) == (200, "3")
            assert "2 spans: it ended before what is kept, or too far in the future" in told["errorMessage"]
            assert "the trace id is not 16 bytes (span 1)" in told["errorMessage"]
            assert receiving.counts.rejected.total() == 3
            answer = await receiving.post(Requests(2).body(1.0), PROTOBUF)
            partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
            assert (partial.rejected_spans, "it ended before" in partial.error_message) == (2, True)

    run(story())
    assert numbers(tmp_path / "store") == [4, 5, 9]


def test_one_that_cannot_be_read_harms_no_other(receiver, tmp_path):
    async def story():
        async with receiver() as receiving:
            bodies = [numbered(1), b"{not json", numbered(2), b"\x1f\x8b", numbered(3)]
            answers = await asyncio.gather(*map(receiving.post, bodies))
            assert [answer.status_code for answer in answers] == [200, 400, 200, 400, 200]
            assert json.loads(answers[1].content)["code"] == 3
            bad = await receiving.post(b"\xff\xff", PROTOBUF)
            assert (bad.status_code, bad.headers["content-type"]) == (400, PROTOBUF)
            assert Status.FromString(bad.content).code == 3
            assert receiving.counts.refused == {"unreadable": 3}

    run(story())
    assert numbers(tmp_path / "store") == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"form": "text/plain"}, 415),
        ({"form": ""}, 415),
        ({"content_encoding": "br"}, 415),
        ({"path": "/v1/logs"}, 404),
        ({"path": "/v1/traces/"}, 404),
        ({"path": "/v1/metrics"}, 404),
        ({"path": "/"}, 404),
        ({"path": "/metrics"}, 405),
    ],
)
def test_what_is_not_for_us(receiver, change, status):
    async def story():
        async with receiver() as receiving:
            answer = await receiving.post(numbered(1), **change)
            assert answer.status_code == status
            assert "retry-after" not in answer.headers
            assert receiving.counts.kept == 0

    run(story())


def test_spans_are_posted(receiver):
    async def story():
        import httpx

        async with receiver() as receiving, httpx.AsyncClient() as client:
            for method in ("GET", "PUT", "DELETE", "OPTIONS"):
                answer = await client.request(method, f"{receiving.url}/v1/traces")
                assert (answer.status_code, answer.headers["allow"]) == (405, "POST")

    run(story())


def test_bombs_and_giants(receiver):
    async def story():
        async with receiver() as receiving:
            bomb = await receiving.post(gzip.compress(bytes(70 << 20), mtime=0), content_encoding="gzip")
            assert (bomb.status_code, json.loads(bomb.content)["code"]) == (413, 8)
            reader, writer = await asyncio.open_connection(*receiving.url.removeprefix("http://").split(":"))
            head = f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ncontent-length: {1 << 40}\r\n\r\n"
            writer.write(head.encode())
            sending = asyncio.create_task(_pour(writer, 66 << 20))
            assert (await reader.readline()).split()[1] == b"413"
            sending.cancel()
            writer.close()
            assert receiving.counts.refused == {"too_large": 2}
            assert receiving.intake.in_flight == 0

    run(story())


async def _pour(writer, size):
    for _ in range(size >> 20):
        writer.write(bytes(1 << 20))
        await writer.drain()


def test_a_body_that_drips_is_given_up(receiver):
    async def story():
        async with receiver(patience=0.2) as receiving:
            reader, writer = await asyncio.open_connection(*receiving.url.removeprefix("http://").split(":"))
            head = f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {JSON}\r\ncontent-length: 100\r\n\r\n{{"
            writer.write(head.encode())
            answer = await asyncio.wait_for(reader.read(), 20)
            assert answer.startswith(b"HTTP/1.1 408")
            writer.close()
            assert (receiving.counts.refused, receiving.intake.in_flight) == ({"slow": 1}, 0)
            assert (await receiving.post(numbered(1))).status_code == 200

    run(story())


def test_a_second_head_that_drips_is_given_up(receiver, monkeypatch):
    monkeypatch.setattr(serving, "_IMPATIENT", 0.3)

    async def story():
        async with receiver() as receiving:
            reader, writer = await asyncio.open_connection(*receiving.url.removeprefix("http://").split(":"))
            writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            assert await reader.readuntil(b"ok\n")
            dripped = 0
            while not reader.at_eof() and dripped < 1000:
                writer.write(b"G" if not dripped else b"E")
                dripped += 1
                await asyncio.sleep(0.02)
            assert 2 < dripped < 1000
            writer.close()

    run(story())


def test_a_flood_is_sent_away_to_come_again(receiver, tmp_path):
    held = []

    def slow(folder):
        held.append(Slow(folder))
        return held[0]

    async def story():
        body = numbered(*range(200))
        async with receiver(wrap=slow, room=3 * len(body)) as receiving:
            waiting = [asyncio.create_task(receiving.post(numbered(*range(n * 200, n * 200 + 200)))) for n in range(8)]
            done, waits = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            answer = next(iter(done)).result()
            assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (429, "1", 8)
            assert receiving.intake.in_flight <= 4 * len(body)
            held[0].go.set()
            answers = [task.result() for task in done] + [task.result() for task in (await asyncio.wait(waits))[0]]
            kept = sum(answer.status_code == 200 for answer in answers) * 200
            assert {answer.status_code for answer in answers} == {200, 429}
            assert receiving.counts.kept == kept == len(numbers(tmp_path / "store"))
            assert receiving.counts.refused["busy"] == 8 - kept // 200
            assert receiving.intake.in_flight == 0

    run(story())


def test_a_store_that_fails_keeps_nothing_and_says_so(receiver, tmp_path):
    held = []

    def failing(folder):
        held.append(Slow(folder))
        held[0].go.set()
        held[0].trouble = "no space is left on its disk"
        return held[0]

    async def story():
        async with receiver(wrap=failing) as receiving:
            answer = await receiving.post(numbered(1))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
            assert answer.json() == {"code": 14, "message": "no space is left on its disk"}
            import httpx

            async with httpx.AsyncClient() as client:
                assert (await client.get(f"{receiving.url}/healthz")).status_code == 503
                held[0].trouble = ""
                assert (await receiving.post(numbered(1))).status_code == 200
                assert (await client.get(f"{receiving.url}/healthz")).text == "ok\n"
                text = (await client.get(f"{receiving.url}/metrics")).text
            assert 'cdctl_traces_requests_refused_total{reason="store"} 1\n' in text
            assert "cdctl_traces_spans_kept_total 1\n" in text
            assert text.endswith("# EOF\n")

    run(story())
    assert numbers(tmp_path / "store") == [1]


def test_tokens(receiver):
    token = "a-token-that-is-long-enough"

    async def story():
        async with receiver(token=token) as receiving:
            right = await receiving.post(numbered(1), authorization=f"Bearer {token}")
            wrong = await receiving.post(numbered(2), authorization="Bearer a-token-that-is-long-enougH")
            none = await receiving.post(numbered(3))
            assert [answer.status_code for answer in (right, wrong, none)] == [200, 401, 401]
            assert none.headers["www-authenticate"] == "Bearer"
            assert token not in wrong.text
            for _ in range(25):
                last = await receiving.post(numbered(3))
            assert (last.status_code, last.headers["retry-after"]) == (429, "60")
            assert receiving.counts.kept == 1

    run(story())


def test_a_bug_fails_one_request_not_the_service(receiver, monkeypatch, capsys):
    from cdctl.formats.otlp_json import OtlpJson

    add = OtlpJson.add

    def broken(self, body, *more):
        if b"poison" in body:
            raise ZeroDivisionError
        return add(self, body, *more)

    monkeypatch.setattr(OtlpJson, "add", broken)

    async def story():
        async with receiver() as receiving:
            bodies = [numbered(1), request(span(2, name="poison")), numbered(3)]
            answers = await asyncio.gather(*map(receiving.post, bodies))
            assert [answer.status_code for answer in answers] == [200, 500, 200]
            assert answers[1].json() == {"code": 13, "message": "a bug: ZeroDivisionError"}
            assert receiving.counts.kept == 2

    run(story())
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_who_is_cut_short_for_want_of_room_reads_why(receiver):
    async def story():
        async with receiver(room=100_000) as receiving, httpx.AsyncClient(timeout=30) as client:
            together = asyncio.Barrier(4)

            async def body():
                yield b" " * 60_000
                await together.wait()  # all of them are on their way: now there is no room for more
                yield b" " * 60_000
                yield b" " * 60_000

            async def send():
                told = {"content-type": JSON}
                return await client.post(f"{receiving.url}/v1/traces", content=body(), headers=told)

            answers = await asyncio.gather(*(send() for _ in range(4)))
            assert receiving.intake.in_flight == 0
            assert receiving.counts.refused["busy"] == sum(one.status_code == 429 for one in answers) > 0
            assert all(one.headers["retry-after"] == "1" for one in answers if one.status_code == 429)

    run(story())
