"""Spans from files into the store, against DuckDB's read_json and a msgspec decode that keeps nothing.

    python tests/benchmarks/trace_import.py [--huge]

Each runs in a process of its own on one and the same core, in turn, on the same file: 300,032 spans with 15 attributes
of their own and 5 of their resource, 512 a line. Ratios are of processor time without the loading of libraries, the
median of the rounds; spans/s are by the clock. Then the same at 1 M (and with --huge at 5 M): speed and peak memory
must stay.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

_LINE = 512
_SMALL, _MIDDLE, _LARGE, _HUGE = 196, 586, 1954, 9766
"""Lines of a file."""
_ROUNDS = 3
_START = 1_795_998_000_000_000_000


def _pair(key: str, value: str, kind: str = "stringValue") -> str:
    return f'{{"key":"{key}","value":{{"{kind}":{value}}}}}'


def _line(number: int, rng: random.Random) -> str:
    """A line of four resources."""
    groups = []
    for group in range(4):
        own = {"service.name": f"svc{rng.randrange(8)}", "service.version": f"1.2.{rng.randrange(5)}",
               "cloud.region": rng.choice(["eu", "us", "cn"]), "host.name": f"h{rng.randrange(40)}",
               "deployment.environment.name": "prod"}  # fmt: skip
        pairs = ",".join(_pair(key, f'"{value}"') for key, value in own.items())
        first = number * _LINE + group * _LINE // 4
        spans = ",".join(_span(first + place, rng) for place in range(_LINE // 4))
        groups.append(
            f'{{"resource":{{"attributes":[{pairs}]}},"scopeSpans":[{{"scope":{{"name":"x"}},"spans":[{spans}]}}]}}'
        )
    return f'{{"resourceSpans":[{",".join(groups)}]}}'


def _span(number: int, rng: random.Random) -> str:
    start = _START + number * 3_600_000
    texts = {
        "http.request.method": "POST", "http.route": "/cmd/{id}", "url.path": f"/cmd/{number}",
        "vehicle.id": f"WBA{rng.randrange(20_000):014d}", "command.name": rng.choice(["lock", "unlock"]),
        "command.outcome": "succeeded", "vehicle.model": rng.choice(["i4", "i5", "ix"]),
        "vehicle.software": f"23-07.{rng.randrange(60)}", "server.address": "api",
        "user_agent.original": f"app/1.{rng.randrange(9)}", "cell": f"c{rng.randrange(30)}",
    }  # fmt: skip
    pairs = [_pair(key, f'"{value}"') for key, value in texts.items()]
    pairs.append(_pair("http.response.status_code", f'"{rng.choice((200, 200, 200, 500))}"', "intValue"))
    pairs.append(_pair("net.peer.port", '"443"', "intValue"))
    pairs.append(_pair("thread.id", f'"{rng.randrange(64)}"', "intValue"))
    pairs.append(_pair("rtt", repr(rng.random()), "doubleValue"))
    return (
        f'{{"traceId":"{rng.getrandbits(128) | 1:032x}","spanId":"{rng.getrandbits(64) | 1:016x}","parentSpanId":"",'
        f'"flags":1,"name":"POST /cmd","kind":2,"startTimeUnixNano":"{start}",'
        f'"endTimeUnixNano":"{start + rng.randrange(10**9)}","attributes":[{",".join(pairs)}],"status":{{}}}}'
    )


def written(path: Path, lines: int) -> Path:
    """A file of OTLP/JSON lines."""
    rng = random.Random(lines)
    with path.open("w") as file:
        for number in range(lines):
            file.write(_line(number, rng) + "\n")
    return path


def as_protobuf(path: Path, to: Path) -> Path:
    """The same spans as messages of protobuf with their length."""
    from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

    fields = {"stringValue": "string_value", "intValue": "int_value", "doubleValue": "double_value"}

    def add(pairs: Any, made: Any) -> None:
        for pair in pairs:
            ((kind, value),) = pair["value"].items()
            setattr(made.add(key=pair["key"]).value, fields[kind], int(value) if kind == "intValue" else value)

    with path.open() as lines, to.open("wb") as file:
        for line in lines:
            made = TracesData()
            for group in json.loads(line)["resourceSpans"]:
                resource_ = made.resource_spans.add()
                add(group["resource"]["attributes"], resource_.resource.attributes)
                scoped = resource_.scope_spans.add()
                scoped.scope.name = "x"
                for one in group["scopeSpans"][0]["spans"]:
                    span = scoped.spans.add(name=one["name"], kind=one["kind"], flags=1)
                    span.trace_id, span.span_id = bytes.fromhex(one["traceId"]), bytes.fromhex(one["spanId"])
                    span.start_time_unix_nano = int(one["startTimeUnixNano"])
                    span.end_time_unix_nano = int(one["endTimeUnixNano"])
                    span.status.SetInParent()
                    add(one["attributes"], span.attributes)
            body = made.SerializeToString()
            file.write(struct.pack(">I", len(body)) + body)
    return to


def _ours(path: str) -> None:
    from cdctl.application.importing_wiring import import_files
    from cdctl.domain.settings import Settings

    with tempfile.TemporaryDirectory(dir=Path(path).parent) as store:
        _, results = import_files(Settings(), [path], store)
    assert results[0].taken
    assert not results[0].rejected.total


def _bare(path: str) -> None:
    """Every field that an import reads, as typed structs, thrown away."""
    import gc

    import bare_otlp

    gc.disable()
    decode = bare_otlp.decoder()
    with Path(path).open("rb") as file:
        for line in file:
            decode(line)


def _duckdb(path: str) -> None:
    import duckdb

    with duckdb.connect() as db:
        db.execute("SET threads = 1")
        db.execute(f"CREATE TABLE spans AS SELECT * FROM read_json('{path}', maximum_object_size = 100000000)")


_LIBRARIES = {
    "ours": ("cdctl.application.importing_wiring", "cdctl.domain.settings", "cdctl.formats.otlp_json",
             "cdctl.formats.otlp_protobuf", "cdctl.stores.spans.folder", "pyarrow.compute", "pyarrow.parquet"),
    "bare": ("bare_otlp",),
    "duckdb": ("duckdb",),
}  # fmt: skip
_WORK = {"ours": _ours, "bare": _bare, "duckdb": _duckdb}


def _child(what: str, path: str) -> None:
    """One measurement, in this process."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name in _LIBRARIES[what]:
        import_module(name)
    began, spent = time.perf_counter(), time.process_time()
    _WORK[what](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.perf_counter() - began, time.process_time() - spent, peak]))


def measured(what: str, path: Path) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of processor time, peak memory in MB."""
    ran = subprocess.run([sys.executable, __file__, what, str(path)], capture_output=True, text=True, check=True)
    wall, spent, peak = json.loads(ran.stdout)
    return wall, spent, peak


def _rounds(jsonl: Path, protobuf: Path) -> Iterator[dict[str, tuple[float, float, float]]]:
    for _ in range(_ROUNDS):
        yield {
            "bare": measured("bare", jsonl),
            "json": measured("ours", jsonl),
            "protobuf": measured("ours", protobuf),
            "duckdb": measured("duckdb", jsonl),
        }


def main(huge: bool) -> None:
    """Print what was measured, and what is asked for."""
    with tempfile.TemporaryDirectory(prefix="cdctl-bench-") as folder:
        jsonl = written(Path(folder) / "middle.jsonl", _MIDDLE)
        protobuf = as_protobuf(jsonl, Path(folder) / "middle.pb")
        rounds = list(_rounds(jsonl, protobuf))
        count = _MIDDLE * _LINE
        for name, ours, theirs, asked in (
            ("import of JSON / DuckDB read_json", "json", "duckdb", "2.5x"),
            ("import of JSON / bare msgspec decode", "json", "bare", "0.25x"),
            ("import of protobuf / import of JSON", "protobuf", "json", "0.5x"),
        ):
            ratio = statistics.median(one[theirs][1] / one[ours][1] for one in rounds)
            speeds = [statistics.median(count / one[which][0] for one in rounds) for which in (ours, theirs)]
            print(f"{name:58} {ratio:6.2f}x   {speeds[0]:,.0f} / {speeds[1]:,.0f} spans/s   asked: {asked}", flush=True)
        for lines in (_SMALL, _LARGE, *([_HUGE] if huge else [])):
            path = written(Path(folder) / "growing.jsonl", lines)
            wall, spent, peak = measured("ours", path)
            title = f"import of {lines * _LINE / 1e6:.1f} M spans, {path.stat().st_size / 1e6:,.0f} MB"
            per = spent / lines / _LINE * 1e6
            told = f"{lines * _LINE / wall:,.0f} spans/s, {per:.1f} us of processor each, peak {peak:.0f} MB"
            print(f"{title:58} {told}   asked: linear, under 500 MB", flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _child(sys.argv[1], sys.argv[2])
    else:
        main("--huge" in sys.argv)
