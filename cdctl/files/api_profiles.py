"""Reads files that say how a command API over HTTP is spoken to. `cdctl.files.api_shape` says what may be in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from cdctl.domain.fleet.profile import Pointer
from cdctl.domain.orders.api import CALLBACK, NUMBERS, TEXTS, ApiCommand, ApiProfile, Call, Pace
from cdctl.domain.orders.order import Heard
from cdctl.errors import FileError
from cdctl.files import api_callbacks
from cdctl.files.api_shape import API
from cdctl.files.durations import seconds
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown, suggestion
from cdctl.files.nodes import Mapping, Node, Scalar, Sequence, plain
from cdctl.files.one_document import only
from cdctl.files.profiles import pointer
from cdctl.files.reading import read_text

_GOOD = frozenset({200, 201, 202, 204})
_HOLE = re.compile(r"\{([^{}]*)\}")


def read(path: Path) -> ApiProfile:
    """The profile of a file. Raises FileError with everything that is wrong in it."""
    path = Path(path).expanduser()
    faults = Faults(str(path))
    found = _read(path, faults)
    if faults.errors or found is None:
        raise FileError(faults.close())
    return found


def _read(path: Path, faults: Faults) -> ApiProfile | None:
    root = only(read_text(path, faults), faults, API, "API")
    if root is None:
        return None
    _judge(root, faults)
    return None if faults.errors else _profile(root)


def _profile(root: Mapping) -> ApiProfile:
    state, dedupe, headers = _part(root, "state"), root.mapping("dedupe"), root.mapping("headers")
    words = _part(state, "words")
    submit = _call(root, "submit", "POST")
    assert submit
    return ApiProfile(
        root.text("name"),
        submit,
        _call(root, "poll", "GET"),
        _at(root, "id"),
        _at(state, "at"),
        {word: Heard(words.text(word)) for word in words.values},
        dict(_commands(_part(root, "commands"))),
        find=_call(root, "find", "GET"),
        cancel=_call(root, "cancel", "POST"),
        reason=_at(root, "reason"),
        result=_at(root, "result"),
        headers={name: headers.text(name) for name in headers.values} if headers else {},
        later=_codes(root, "later", frozenset({429, 503})),
        dedupe=(dedupe.text("header"), dedupe.text("value", "{key}")) if dedupe else ("", ""),
        check=root.text("check", "/"),
        pace=_pace(root, _part(root, "poll")),
        description=root.text("description"),
        callback=api_callbacks.read(root),
    )


def _part(node: Mapping, key: str) -> Mapping:
    return node.mapping(key) or Mapping(node.line, node.column)


def _at(node: Mapping, key: str) -> Pointer:
    return pointer(node.text(key))


def _call(root: Mapping, key: str, method: str) -> Call | None:
    node = root.mapping(key)
    if node is None:
        return None
    codes = _codes(node, "codes", _GOOD)
    return Call(node.text("method", method), node.text("url"), codes, _body(node), _at(node, "at"))


def _body(node: Mapping) -> object:
    body = node.get("body")
    return plain(body) if body is not None else None


def _codes(node: Mapping, key: str, unless: frozenset[int]) -> frozenset[int]:
    told = [one.decimal for one in node.items(key) if isinstance(one, Scalar)]
    return frozenset(int(one) for one in told if one is not None) or unless


def _commands(node: Mapping) -> Iterator[tuple[str, ApiCommand]]:
    for name in node.values:
        one = _part(node, name)
        arguments, results, success = _part(one, "arguments"), _part(one, "results"), _part(one, "success")
        yield (
            name,
            ApiCommand(
                one.text("name"),
                {ours: arguments.text(ours) for ours in arguments.values},
                {key: pointer(results.text(key)) for key in results.values},
                {key: plain(value) for key, value in success.values.items()},
                one.text("url"),
                _body(one),
            ),
        )


def _pace(root: Mapping, poll: Mapping) -> Pace:
    def number(node: Mapping, key: str, unless: float) -> float:
        told = node.decimal(key)
        return unless if told is None else float(told)

    def time(node: Mapping, key: str, unless: float) -> float:
        return float(seconds(node.text(key))) if node.text(key) else unless

    usual = Pace()
    interval = time(poll, "interval", usual.interval)
    return Pace(
        int(number(root, "at_once", usual.at_once)),
        number(root, "per_second", 0.0) or None,
        time(root, "timeout", usual.timeout),
        interval,
        number(poll, "backoff", usual.backoff),
        max(interval, time(poll, "longest", usual.longest)),
        int(number(root, "tries", usual.tries)),
    )


def _judge(root: Mapping, faults: Faults) -> None:
    """What the shapes cannot see: templates name what there is, numbers are whole, times are above zero."""
    for key in ("submit", "poll", "find", "cancel"):
        if (call := root.mapping(key)) is not None:
            _judge_call(key, call, _called(root) if key == "submit" else set(), faults)
    api_callbacks.judge(root, faults)
    commands = _part(root, "commands")
    for name in commands.values:
        one = _part(commands, name)
        _holes(one.scalar("url"), TEXTS | NUMBERS, faults)
        _texts(one.get("body"), TEXTS | NUMBERS | _called(root), faults)
    for node, key in ((root, "at_once"), (root, "tries")):
        _whole(node.decimal(key), node.at(key), key, faults)
    _whole_codes(root.items("later"), faults)
    for node, key in ((root, "timeout"), (_part(root, "poll"), "interval"), (_part(root, "poll"), "longest")):
        if node.text(key) and not seconds(node.text(key)):
            faults.error(node.at(key), f"{key} is no time at all", "write at least 1s")
    check = root.scalar("check")
    if check is not None:
        _holes(check, frozenset(), faults)
    headers = root.mapping("headers")
    for header in headers.keys.values() if headers else ():
        if header.text.lower() in {"authorization", "cookie", "proxy-authorization"}:
            faults.error(header, f"the header {header.text} is a secret", "write token_file = ... in the settings")


def _called(root: Mapping) -> set[str]:
    """What else bodies of submits may name."""
    return {CALLBACK} if root.get("callback") is not None else set()


def _judge_call(key: str, call: Mapping, more: set[str], faults: Faults) -> None:
    known = TEXTS | NUMBERS | ({"id"} if key in {"poll", "cancel"} else set())
    _holes(call.scalar("url"), known, faults)
    _texts(call.get("body"), known | more, faults)
    wanted = {"find": ("key", "order"), "poll": ("id",), "cancel": ("id",)}.get(key, ())
    written = f"{call.text('url')}{_words(call.get('body'))}"
    if wanted and not any(f"{{{name}}}" in written for name in wanted):
        said = " or ".join(f"{{{name}}}" for name in wanted)
        faults.error(call.at("url"), f"{key} does not say which job: there is no {said}", f"add {said}")
    _whole_codes(call.items("codes"), faults)


def _words(body: Node | None) -> str:
    if isinstance(body, Mapping):
        return "".join(map(_words, body.values.values()))
    if isinstance(body, Sequence):
        return "".join(map(_words, body.items))
    return body.text if isinstance(body, Scalar) else ""


def _texts(body: Node | None, known: frozenset[str] | set[str], faults: Faults) -> None:
    """Every text of a body; one that is nothing but a name may be an argument."""
    if isinstance(body, Mapping):
        for value in body.values.values():
            _texts(value, known, faults)
    elif isinstance(body, Sequence):
        for item in body.items:
            _texts(item, known, faults)
    elif isinstance(body, Scalar) and not re.fullmatch(r"\{arguments(\.[A-Za-z][A-Za-z0-9_.-]*)?\}", body.text):
        _holes(body, known, faults)


def _holes(node: Scalar | None, known: frozenset[str] | set[str], faults: Faults) -> None:
    for name in _HOLE.findall(node.text) if node is not None else ():
        if name.startswith("arguments"):
            faults.error(node, f"{shown(f'{{{name}}}')} must stand alone in a text of a body", 'write "{arguments}"')
        elif name not in known:
            faults.error(node, f"{shown(f'{{{name}}}')} stands for nothing here", suggestion(name, sorted(known)))


def _whole_codes(codes: Iterable[Node], faults: Faults) -> None:
    for code in codes:
        _whole(code.decimal if isinstance(code, Scalar) else None, code, "a status code", faults)


def _whole(value: Decimal | None, node: Node, what: str, faults: Faults) -> None:
    if value is not None and value != int(value):
        faults.error(node, f"{what} is not a whole number", f"write {int(value)}")
