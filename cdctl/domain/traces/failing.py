"""Whether a span failed, by the conventions: its status first; where that is unset, what its protocol says.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status and rpc/grpc/#grpc-status: a server's 4xx, and a
code of gRPC that says the caller was wrong, are no errors of the server, but are errors of a client.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.batch import Coded, SpanBatch

_Truths = NDArray[np.bool_]

GRPC = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""Names of gRPC's status codes, by their number."""
GRPC_SERVER = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
"""Those by which a server has failed."""

_OK, _ERROR = 1, 2
_CLIENT = 3

_FINE, _CALLERS, _SERVERS, _SILENT = range(4)
"""What a protocol's code says: all is well, the caller was wrong, the server failed, nothing."""


def http_says(text: str) -> int:
    """What an HTTP status code says, written as a number or as a text. 4xx: the caller was wrong."""
    try:
        code = int(float(text))
    except (ValueError, OverflowError):
        return _SILENT
    if not 100 <= code < 600:
        return _SILENT
    return _SERVERS if code >= 500 else _CALLERS if code >= 400 else _FINE


def rpc_says(text: str) -> int:
    """What a status code of gRPC says, as a number or as a name. A code that gRPC does not have says nothing."""
    name = text.strip().upper().replace("CANCELED", "CANCELLED")
    if name.isdecimal() and name.isascii() and len(name) <= 4:
        name = GRPC[int(name)] if int(name) < len(GRPC) else ""
    if name == "OK":
        return _FINE
    return _SERVERS if name in GRPC_SERVER else _CALLERS if name in GRPC else _SILENT


def failed(batch: SpanBatch) -> _Truths:
    """Which spans failed: [n].

    Status error: yes. Status ok: no, somebody said so. Unset: an HTTP 5xx, a code of gRPC by which a server fails, and
    on client spans any 4xx and any code but OK. `error.type` alone (messaging, databases, a call without an answer)
    means a failure, unless the protocol's code says that the caller of this server was wrong.
    """
    count = len(batch)
    http = _said(batch.columns.get(Attribute("span", "http.response.status_code")), http_says, count)
    rpc = _said(batch.columns.get(Attribute("span", "rpc.response.status_code")), rpc_says, count)
    client = batch.kind == _CLIENT
    servers = (http == _SERVERS) | (rpc == _SERVERS)
    callers = (http == _CALLERS) | (rpc == _CALLERS)
    typed = _given(batch.columns.get(Attribute("span", "error.type")), count)
    unset = servers | (callers & client) | (typed & ~callers)
    failure: _Truths = (batch.status == _ERROR) | ((batch.status != _OK) & unset)
    return failure


def _said(column: Coded | None, meaning: Callable[[str], int], count: int) -> NDArray[np.int8]:
    if column is None:
        return np.full(count, _SILENT, np.int8)
    return np.array([*(meaning(value) for value in column.values), _SILENT], np.int8)[column.codes]


def _given(column: Coded | None, count: int) -> _Truths:
    """Where there is a text that is not empty: [n]."""
    if column is None:
        return np.zeros(count, np.bool_)
    return np.array([*(bool(value) for value in column.values), False], np.bool_)[column.codes]
