"""Prometheus remote write 1.0, sending side: the only way to write a stale marker from outside.

https://prometheus.io/docs/specs/prw/remote_write_spec/: a snappy-framed protobuf WriteRequest a POST. The messages are
fixed and small, so they are encoded here: sample bytes by numpy, everything else by hand; snappy as one literal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from cdctl.domain.slo.series import Floats
from cdctl.lab.history import Series, post

STALE = float(np.array([0x7FF0000000000002], dtype=np.uint64).view(np.float64)[0])
"""The NaN that means "this series ended here" (prometheus/prometheus model/value/value.go)."""

RECEIVE_FLAGS = (
    "--web.enable-remote-write-receiver",
    # One block range for everything keeps samples of any age in the head, in any order between series.
    "--storage.tsdb.min-block-duration=100y",
    "--storage.tsdb.max-block-duration=100y",
)
"""What a Prometheus must be started with to take history this way."""

_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
_BATCH_BYTES = 8 << 20
_SAMPLE = np.dtype(
    [("tag", "u1"), ("size", "u1"), ("value_tag", "u1"), ("value", "<f8"), ("time_tag", "u1"), ("time", "u1", 6)]
)
"""Sample{value: double = 1, timestamp: int64 = 2} as field 2 of TimeSeries; a time of 6 varint bytes, 1971 to 2109."""


def remote_write(series: Iterable[Series], url: str, *, seconds: float = 60.0) -> int:
    """Send series, each in time order, to the server at `url`; the number of samples. NaNs keep their bits.

    Raises UnavailableError when the server refuses them, ValueError for instants outside 1971 to 2109.
    """
    count = 0
    batch: list[bytes] = []
    size = 0
    for one in series:
        for message in _messages(one):
            batch.append(message)
            size += len(message)
            if size >= _BATCH_BYTES:
                _send(batch, url, seconds)
                batch, size = [], 0
        count += len(one.times)
    if batch:
        _send(batch, url, seconds)
    return count


def _send(messages: list[bytes], url: str, seconds: float) -> None:
    post(f"{url}/api/v1/write", snappy(b"".join(messages)), _HEADERS, seconds)


def snappy(data: bytes) -> bytes:
    """`data` in snappy's block format, as one uncompressed literal (google/snappy format_description.txt)."""
    return _varint(len(data)) + b"\xfc" + (len(data) - 1).to_bytes(4, "little") + data


def _messages(series: Series) -> Iterator[bytes]:
    """The series as fields 1 (TimeSeries) of a WriteRequest, no message much larger than a batch."""
    labels = {"__name__": series.name, **series.labels}
    head = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, labels[name].encode())) for name in sorted(labels)
    )  # the specification wants label names sorted
    samples = encode_samples(series.times, series.values)
    chunk = _BATCH_BYTES // _SAMPLE.itemsize * _SAMPLE.itemsize
    for start in range(0, len(samples), chunk):
        yield _field(1, head + samples[start : start + chunk])


def encode_samples(times: Floats, values: Floats) -> bytes:
    """Samples as repeated field 2 of a TimeSeries. times: [n] epoch seconds; values: [n]."""
    millis = np.rint(np.asarray(times, dtype=np.float64) * 1000).astype(np.int64)
    if len(millis) and not (millis.min() >= 1 << 35 and millis.max() < 1 << 42):
        raise ValueError("remote write takes instants from 1971 to 2109")
    out = np.zeros(len(millis), dtype=_SAMPLE)
    out["tag"], out["size"], out["value_tag"], out["time_tag"] = 0x12, _SAMPLE.itemsize - 2, 0x09, 0x10
    out["value"].view(np.uint64)[:] = np.asarray(values, dtype=np.float64).view(np.uint64)
    for byte in range(6):
        out["time"][:, byte] = (millis >> (7 * byte)) & 0x7F | (0x80 if byte < 5 else 0)
    return out.tobytes()


def _field(number: int, payload: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
