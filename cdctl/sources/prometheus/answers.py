"""What a Prometheus says: the wire format of a range query, decoded into arrays."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import Floats, Span


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, float]] = []


class _Data(msgspec.Struct):
    resultType: str = ""  # noqa: N815 - the wire's own name
    result: list[_Series] = []


class Body(msgspec.Struct):
    """The envelope of every answer; `error` is the server's own word."""

    status: str
    data: _Data | None = None
    error: str = ""
    errorType: str = ""  # noqa: N815 - the wire's own name
    warnings: list[str] = []
    infos: list[str] = []


class _LooseSeries(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []


class _LooseData(msgspec.Struct):
    result: list[_LooseSeries] = []


class _LooseBody(msgspec.Struct):
    status: str
    data: _LooseData
    warnings: list[str] = []
    infos: list[str] = []


_BODY = msgspec.json.Decoder(Body, strict=False)
_LOOSE = msgspec.json.Decoder(_LooseBody, strict=False)


class NotPrometheusError(ValueError):
    """The answer is cut off, or no Prometheus answer at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One series over a span; `values` is [n_buckets], NaN where the server gave no point or no finite number.

    odd: [n_buckets], where there was a point and it was no finite number; None when nowhere.
    """

    labels: dict[str, str]
    values: Floats
    odd: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The samples of one series as they are. times: epoch seconds; both [n_samples]."""

    labels: dict[str, str]
    times: Floats
    values: Floats


def decode(content: bytes) -> Body:
    """The envelope. Raises NotPrometheusError."""
    try:
        return _BODY.decode(content)
    except msgspec.ValidationError:
        # Numbers are strings on the wire, read as floats at once; the reader knows every form but "+Inf".
        if b'"+Inf"' not in content:
            raise NotPrometheusError("the answer is not of the Prometheus API") from None
        return _decode_infinite(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotPrometheusError("the answer is truncated or not JSON") from None


def _decode_infinite(content: bytes) -> Body:
    try:
        loose = _LOOSE.decode(content)
        result = [
            _Series(series.metric, [(at, float(value)) for at, value in series.values]) for series in loose.data.result
        ]
    except (msgspec.DecodeError, ValueError):
        raise NotPrometheusError("the answer is not of the Prometheus API") from None
    return Body(loose.status, _Data("matrix", result), warnings=loose.warnings, infos=loose.infos)


def matrix(body: Body, span: Span) -> list[Series]:
    """Every series of a range answer on the span's grid. Infinite values are no numbers of events: NaN."""
    return [_on_grid(series, span) for series in (body.data.result if body.data else ())]


def _on_grid(series: _Series, span: Span) -> Series:
    count = len(span)
    values = np.full(count, np.nan)
    if not series.values:
        return Series(series.metric, values)
    points = np.array(series.values, dtype=np.float64)
    index = np.rint((points[:, 0] - span.start) / span.step).astype(np.int64) - 1
    inside = (index >= 0) & (index < count)
    finite = np.isfinite(points[:, 1])
    values[index[inside & finite]] = points[inside & finite, 1]
    if finite.all():
        return Series(series.metric, values)
    odd = np.zeros(count, bool)
    odd[index[inside & ~finite]] = True
    return Series(series.metric, values, odd)


def samples(body: Body) -> list[Samples]:
    """Every series of an instant query for a range."""
    found = []
    for series in body.data.result if body.data else ():
        points = np.array(series.values, dtype=np.float64).reshape(len(series.values), 2)
        found.append(Samples(series.metric, points[:, 0], points[:, 1]))
    return found


class _Build(msgspec.Struct, frozen=True):
    version: str = ""


class _BuildBody(msgspec.Struct):
    data: _Build = _Build()


def version(content: bytes) -> str:
    """The server's version out of its build information; empty when it does not say."""
    try:
        return msgspec.json.decode(content, type=_BuildBody).data.version
    except msgspec.DecodeError:
        return ""


class _Runtime(msgspec.Struct, frozen=True):
    storageRetention: str = ""  # noqa: N815 - the server's name


class _RuntimeBody(msgspec.Struct):
    data: _Runtime = _Runtime()


def retention(content: bytes) -> str:
    """How long the server keeps what it scraped, out of its runtime information; empty when it does not say."""
    try:
        return msgspec.json.decode(content, type=_RuntimeBody).data.storageRetention
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
