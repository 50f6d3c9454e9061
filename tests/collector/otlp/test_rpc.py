"""OTLP over gRPC on a real socket, asked by gRPC's own client."""

from __future__ import annotations

import asyncio

import grpc
import grpc.aio
import pytest
from authority import Authority
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from otlp_requests import Requests
from span_batches import NOW
from span_stores import Slow

from cdctl.stores.spans.reading import SpanFiles

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def run(coroutine):
    return asyncio.run(coroutine)


def export(channel):
    """The method with bytes in and out."""
    return channel.unary_unary(METHOD)


def retry_after(error):
    """Seconds, from the details of an error; None without."""
    told = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if told is None:
        return None
    status, info = Status.FromString(told), RetryInfo()
    assert status.details[0].Unpack(info)
    assert status.code == error.code().value[0]
    return info.retry_delay.seconds


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_spans_are_kept_when_they_are_acknowledged(receiver, tmp_path, compression):
    async def story():
        async with (
            receiver() as receiving,
            grpc.aio.insecure_channel(receiving.grpc, compression=compression) as channel,
        ):
            stub = TraceServiceStub(channel)
            made = ExportTraceServiceRequest.FromString(Requests(20).body(NOW))
            for kept in (20, 20):
                answer = await stub.Export(made)
                assert not answer.HasField("partial_success")
                assert SpanFiles(tmp_path / "store").listing().rows == kept
            assert (receiving.counts.kept, receiving.counts.duplicate) == (20, 20)
            assert receiving.counts.requests == {"grpc": 2}

    run(story())


def test_a_partial_success_and_nothing_at_all(receiver):
    async def story():
        async with receiver() as receiving, grpc.aio.insecure_channel(receiving.grpc) as channel:
            stub = TraceServiceStub(channel)
            answer = await stub.Export(ExportTraceServiceRequest.FromString(Requests(3).body(5.0)))
            assert answer.partial_success.rejected_spans == 3
            assert not (await stub.Export(ExportTraceServiceRequest())).HasField("partial_success")

    run(story())


def test_what_is_no_request(receiver):
    async def story():
        async with receiver() as receiving, grpc.aio.insecure_channel(receiving.grpc) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await export(channel)(b"\xff\xff\xff")
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert retry_after(caught.value) is None
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary("/x.Y/Z")(b"")
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
            assert receiving.counts.refused == {"unreadable": 1}

    run(story())


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_message_that_is_too_large(receiver, compression):
    async def story():
        options = [("grpc.max_send_message_length", -1)]
        async with (
            receiver() as receiving,
            grpc.aio.insecure_channel(receiving.grpc, compression=compression, options=options) as channel,
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await export(channel)(bytes(70 << 20))
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert retry_after(caught.value) is None, "it would be too large again"
            await export(channel)(Requests(2).body(NOW))
            assert receiving.counts.kept == 2

    run(story())


def test_a_flood_is_told_when_to_come_again_and_not_read(receiver):
    held = []

    def slow(folder):
        held.append(Slow(folder))
        return held[0]

    async def story():
        body = Requests(20).body(NOW)
        async with (
            receiver(wrap=slow, room=len(body)) as receiving,
            grpc.aio.insecure_channel(receiving.grpc) as channel,
        ):
            first = asyncio.ensure_future(export(channel)(body))
            while receiving.intake.in_flight == 0:
                await asyncio.sleep(0)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await export(channel)(body)
            assert (caught.value.code(), retry_after(caught.value)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 1)
            held[0].go.set()
            await first
            held[0].trouble = "no space is left on its disk"
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await export(channel)(body)
            assert (caught.value.code(), retry_after(caught.value)) == (grpc.StatusCode.UNAVAILABLE, 10)
            assert caught.value.details() == "no space is left on its disk"
            assert receiving.counts.refused == {"busy": 1, "store": 1}

    run(story())


def test_a_message_that_does_not_come(receiver):
    async def story():
        async with receiver(patience=0.2) as receiving, grpc.aio.insecure_channel(receiving.grpc) as channel:
            call = channel.stream_unary(METHOD)()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
            assert receiving.counts.refused == {"slow": 1}

    run(story())


def test_tls_and_tokens(receiver, tmp_path):
    authority = Authority(tmp_path, "ours")
    cert, key = authority.certificate("receiver", "127.0.0.1")
    token = "a-token-that-is-long-enough"

    async def story():
        credentials = grpc.ssl_channel_credentials(authority.ca.read_bytes())

        async with (
            receiver(token=token, cert=str(cert), key=str(key)) as receiving,
            grpc.aio.secure_channel(receiving.grpc, credentials) as channel,
        ):
            body = Requests(2).body(NOW)
            await export(channel)(body, metadata=[("authorization", f"Bearer {token}")])
            for metadata in ([], [("authorization", "Bearer wrong")]):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await export(channel)(body, metadata=metadata)
                assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
            for _ in range(25):
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await export(channel)(body)
            assert (caught.value.code(), retry_after(caught.value)) == (grpc.StatusCode.RESOURCE_EXHAUSTED, 60)
            answer = await receiving.post(body, "application/x-protobuf", authorization=f"Bearer {token}")
            assert answer.status_code == 200, "who was right from there goes on working"

    run(story())
