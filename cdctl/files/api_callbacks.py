"""Reads what a profile of a command API says of its calls to us."""

from __future__ import annotations

import re

from cdctl.domain.fleet.profile import Pointer
from cdctl.domain.orders.api import Callback, Signature
from cdctl.files.durations import seconds
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown, suggestion
from cdctl.files.nodes import Mapping
from cdctl.files.profiles import pointer

_BODY, _TIMESTAMP = "body", "timestamp"
_INTERVAL, _WITHIN = 30.0, 300.0


def read(root: Mapping) -> Callback | None:
    """What was written and judged; None where the API does not call."""
    node = root.mapping("callback")
    if node is None:
        return None
    state, signature = root.mapping("state"), node.mapping("signature")

    def at(key: str, unless: str) -> Pointer:
        return pointer(node.text(key, unless))

    return Callback(
        at("id", root.text("id")),
        at("state", state.text("at") if state else ""),
        at("reason", root.text("reason")),
        at("result", root.text("result")),
        pointer(node.text("at")),
        pointer(node.text("order")) if node.get("order") is not None else None,
        node.text("header"),
        _signature(signature) if signature else None,
        _seconds(node, "interval", _INTERVAL),
    )


def _signature(node: Mapping) -> Signature:
    timestamp = node.text(_TIMESTAMP)
    return Signature(
        node.text("header"),
        node.text("prefix"),
        node.text("encoding") == "base64",
        node.text("signed", "{timestamp}.{body}" if timestamp else "{body}"),
        timestamp,
        _seconds(node, "within", _WITHIN),
    )


def _seconds(node: Mapping, key: str, unless: float) -> float:
    return float(seconds(node.text(key))) if node.text(key) else unless


def judge(root: Mapping, faults: Faults) -> None:
    """What the shapes cannot see: somebody tells what became of a job, and a signature covers what it must."""
    node = root.mapping("callback")
    if node is None:
        if root.get("poll") is None:
            faults.error(root, "nothing says what became of a job", "add poll: {url: ...}, or callback")
        return
    signature = node.mapping("signature")
    for part, key in ((node, "interval"), (signature, "within")):
        if part is not None and part.text(key) and not seconds(part.text(key)):
            faults.error(part.at(key), f"{key} is no time at all", "write at least 1s")
    if signature is not None:
        _judge_signature(signature, faults)


def _judge_signature(node: Mapping, faults: Faults) -> None:
    signed, timestamp = node.scalar("signed"), node.text(_TIMESTAMP)
    if not timestamp and node.get("within") is not None:
        faults.error(node.at("within"), "within says nothing without a timestamp", "add timestamp: X-Timestamp")
    if signed is None:
        return
    holes = re.findall(r"\{([^{}]*)\}", signed.text)
    for name in holes:
        if name not in {_BODY, _TIMESTAMP}:
            fix = suggestion(name, [_BODY, _TIMESTAMP])
            faults.error(signed, f"{shown(f'{{{name}}}')} stands for nothing here", fix)
    if _BODY not in holes:
        faults.error(signed, "the body is not signed: anybody could write another", "add {body}")
    if timestamp and _TIMESTAMP not in holes:
        faults.error(signed, "the timestamp is not signed: anybody could write another", "add {timestamp}")
    if not timestamp and _TIMESTAMP in holes:
        faults.error(signed, "{timestamp} is signed, but no header holds it", "add timestamp: X-Timestamp")
