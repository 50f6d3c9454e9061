"""Spans by OTLP over HTTP in protobuf, durable when they are acknowledged: how many a second on one core.

    python tests/benchmarks/trace_receive.py [SECONDS] [SPANS A REQUEST] [CONNECTIONS]

`cdctl trace serve` has one core to itself, who sends has the others. Beside it a bare server (uvicorn, an application
of ten lines) that decodes the same requests by protobuf and forgets them. They take turns.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from otlp_requests import Requests

TICK = os.sysconf("SC_CLK_TCK")
ROUNDS = 3
_BARE = """
import sys, uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Request

async def app(scope, receive, send):
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    Request.FromString(b"".join(parts))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})

uvicorn.run(app, fd=int(sys.argv[1]), log_level="critical", lifespan="off", access_log=False, http="h11")
"""


class Receiver:
    """A process on one core that takes spans on a port."""

    def __init__(self, command: list[str], port: int, **options: object) -> None:
        self.port = port
        pinned = ["taskset", "--cpu-list", "0", *command]
        self.process = subprocess.Popen(pinned, **options)  # type: ignore[call-overload]

    def cpu(self) -> float:
        """Seconds that it has had."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """MB, at most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


def ours(folder: Path) -> Receiver:
    command = [str(Path(sys.executable).with_name("cdctl")), "--quiet", "trace", "serve"]
    command += ["--listen", "127.0.0.1:0", "--grpc", "", "--store", str(folder)]
    made = Receiver(command, 0, stdout=subprocess.PIPE, text=True)
    assert made.process.stdout
    told = json.loads(made.process.stdout.readline())
    made.port = int(told["otlp"]["http"].rpartition(":")[2])
    return made


def bare() -> Receiver:
    listening = socket.create_server(("127.0.0.1", 0))
    port, fd = listening.getsockname()[1], listening.fileno()
    made = Receiver([sys.executable, "-c", _BARE, str(fd)], port, pass_fds=[fd])
    listening.close()
    return made


def send(port: int, bodies: list[bytes], until: float, sent: list[int]) -> None:
    """One request after the other on one connection, as an exporter does it."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for body in bodies:
            if time.monotonic() > until:
                return
            head = (
                f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n"
                f"content-length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            answer = connection.recv(65_536)
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200"), answer
            sent.append(1)
    raise SystemExit("there were too few requests: the figure is too low")


def run(
    receiver: Receiver, made: Requests, seconds: float, spans: int, connections: int, most: int
) -> tuple[float, float]:
    """Spans a second, and microseconds of CPU a span."""
    bodies = [[made.body() for _ in range(int(most * seconds / spans / connections) + 1)] for _ in range(connections)]
    sent: list[int] = []
    began, cpu = time.monotonic(), receiver.cpu()
    threads = [threading.Thread(target=send, args=(receiver.port, part, began + seconds, sent)) for part in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, count = time.monotonic() - began, len(sent) * spans
    return count / took, (receiver.cpu() - cpu) / max(count, 1) * 1e6


def main(seconds: float, spans: int, connections: int) -> None:
    os.sched_setaffinity(0, os.sched_getaffinity(0) - {0} or {0})
    made = Requests(spans)
    kept: list[tuple[float, float]] = []
    forgot: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as folder:
        for number in range(ROUNDS):
            receiver = ours(Path(folder) / str(number))
            kept.append(run(receiver, made, seconds, spans, connections, 60_000))
            memory = receiver.memory()
            receiver.stop()
            rival = bare()
            time.sleep(1)
            forgot.append(run(rival, made, min(seconds, 5), spans, connections, 200_000))
            rival.stop()
    ours_, theirs = (statistics.median(rate for rate, _ in rates) for rates in (kept, forgot))
    cost = statistics.median(cpu for _, cpu in kept)
    print(f"{'spans/s kept over HTTP protobuf, one core':58} {ours_:9,.0f}   {cost:5.1f} us a span, {memory:,.0f} MB"
          "   asked: 15,000")  # fmt: skip
    print(f"{'kept / decoded and forgotten by a bare server':58} {ours_ / theirs:8.2f}x   {theirs:,.0f} spans/s")


if __name__ == "__main__":
    numbers = [float(text) for text in sys.argv[1:]]
    main(*(numbers[:1] or [20.0]), *map(int, numbers[1:2] or [500]), *map(int, numbers[2:3] or [8]))
