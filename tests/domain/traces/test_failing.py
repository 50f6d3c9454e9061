"""Whether a span failed: status first, then what the conventions say of its protocol."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from span_batches import coded, spans

from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.failing import failed

_UNSET, _OK, _ERROR = range(3)
_INTERNAL, _SERVER, _CLIENT, _PRODUCER, _CONSUMER = range(1, 6)
_HTTP, _RPC, _TYPE = "http.response.status_code", "rpc.response.status_code", "error.type"


def _failed(status: int, kind: int, **said: str) -> bool:
    names = {"http": _HTTP, "rpc": _RPC, "type": _TYPE}
    batch = replace(
        spans([0, 1]),
        status=np.array([status, 0], np.int8),
        kind=np.array([kind, 0], np.int8),
        columns={Attribute("span", names[name]): coded([text, None]) for name, text in said.items()},
    )
    one, other = failed(batch).tolist()
    assert not other, "a span that says nothing has not failed"
    return one


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (_ERROR, _SERVER, {}),
        (_ERROR, _INTERNAL, {"http": "200"}),
        (_UNSET, _SERVER, {"http": "500"}),
        (_UNSET, _SERVER, {"http": "503.0"}),
        (_UNSET, _CLIENT, {"http": "500"}),
        (_UNSET, _CLIENT, {"http": "404"}),
        (_UNSET, _CLIENT, {"http": "429"}),
        (_UNSET, _INTERNAL, {"http": "502"}),
        (_UNSET, _SERVER, {"rpc": "DEADLINE_EXCEEDED"}),
        (_UNSET, _SERVER, {"rpc": "unavailable"}),
        (_UNSET, _SERVER, {"rpc": "13"}),
        (_UNSET, _SERVER, {"rpc": "2"}),
        (_UNSET, _SERVER, {"rpc": "15"}),
        (_UNSET, _CLIENT, {"rpc": "NOT_FOUND"}),
        (_UNSET, _CLIENT, {"rpc": "5"}),
        (_UNSET, _CLIENT, {"rpc": "CANCELED"}),
        (_UNSET, _CONSUMER, {"type": "timeout"}),
        (_UNSET, _PRODUCER, {"type": "_OTHER"}),
        (_UNSET, _CLIENT, {"type": "java.net.UnknownHostException"}),
        (_UNSET, _CLIENT, {"http": "200", "type": "timeout"}),
        (_UNSET, _SERVER, {"http": "500", "type": "500"}),
    ],
)
def test_failures(status, kind, said):
    assert _failed(status, kind, **said)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (_UNSET, _SERVER, {}),
        (_OK, _SERVER, {"http": "500"}),
        (_OK, _CONSUMER, {"type": "timeout"}),
        (_UNSET, _SERVER, {"http": "404"}),
        (_UNSET, _SERVER, {"http": "404", "type": "404"}),
        (_UNSET, _SERVER, {"http": "200"}),
        (_UNSET, _CLIENT, {"http": "304"}),
        (_UNSET, _SERVER, {"http": "five hundred"}),
        (_UNSET, _SERVER, {"http": "9e99"}),
        (_UNSET, _SERVER, {"http": "nan"}),
        (_UNSET, _SERVER, {"http": "inf"}),
        (_UNSET, _SERVER, {"http": "777"}),
        (_UNSET, _SERVER, {"http": ""}),
        (_UNSET, _SERVER, {"rpc": "OK"}),
        (_UNSET, _CLIENT, {"rpc": "0"}),
        (_UNSET, _SERVER, {"rpc": "NOT_FOUND"}),
        (_UNSET, _SERVER, {"rpc": "RESOURCE_EXHAUSTED", "type": "RESOURCE_EXHAUSTED"}),
        (_UNSET, _SERVER, {"rpc": "1"}),
        (_UNSET, _SERVER, {"rpc": "99"}),
        (_UNSET, _CLIENT, {"rpc": "-32601"}),
        (_UNSET, _CONSUMER, {"type": ""}),
    ],
)
def test_what_is_no_failure(status, kind, said):
    assert not _failed(status, kind, **said)
