"""What is sent to an API: templates with an order filled in. And pointers into what it answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from cdctl.domain.fleet.profile import Pointer
from cdctl.domain.orders.api import CALLBACK, ApiCommand, ApiProfile, Call
from cdctl.domain.orders.order import Order

_HOLE = re.compile(r"\{([a-z_]+)\}")
_ONLY = re.compile(r"\{(arguments(?:\.([A-Za-z][A-Za-z0-9_.-]*))?|[a-z_]+)\}")
_LONGEST_NUMBER = 128
"""Bits. Python refuses to write down the longest ones."""
MISSING = object()
"""There is nothing at that pointer."""


class Filling:
    """What stands for the names of templates, for one order. remote: the API's id of its job. callback: where the API
    calls us, empty where nobody listens."""

    def __init__(
        self, order: Order, command: ApiCommand | None, now: int, remote: str = "", callback: str = ""
    ) -> None:
        """now: epoch milliseconds."""
        self._values: dict[str, str | int] = {
            "vin": order.vin,
            "region": order.region,
            "command": command.name if command else order.command,
            "key": order.key,
            "order": order.id,
            "id": remote,
            CALLBACK: callback,
            "expires": _instant(order.expires),
            "expires_ms": order.expires,
            "seconds": max(1, (order.expires - now) // 1000),
            "timeout": -(-order.timeout // 1000),
        }
        self._arguments = order.arguments
        names = command.arguments if command else {}
        self._renamed = {names.get(name, name): value for name, value in order.arguments.items()}

    def url(self, template: str) -> str:
        """Every value stays within its part of the path. Raises ValueError for one that could leave it."""

        def put(hole: re.Match[str]) -> str:
            value = str(self._values[hole[1]])
            if value in {"", ".", ".."}:
                raise ValueError(f"the {hole[1]} cannot stand in an address")
            return quote(value, safe="")

        return _HOLE.sub(put, template)

    def json(self, template: object) -> object:
        """The whole body of a request; None when there is none."""
        found = None if template is None else self.body(template)
        return None if found is MISSING else found

    def text(self, template: str) -> str:
        """A header, or a part of one."""
        return _HOLE.sub(lambda hole: str(self._values[hole[1]]), template)

    def body(self, template: object) -> object:
        """The same JSON with texts filled in; a text that is nothing but a name becomes the value itself."""
        if isinstance(template, Mapping):
            filled = {key: self.body(value) for key, value in template.items()}
            return {key: value for key, value in filled.items() if value is not MISSING}
        if isinstance(template, list):
            return [value for value in map(self.body, template) if value is not MISSING]
        if not isinstance(template, str):
            return template
        only = _ONLY.fullmatch(template)
        if only is None:
            return self.text(template)
        if not only[1].startswith("arguments"):
            found = self._values[only[1]]
            return MISSING if found == "" and only[1] == CALLBACK else found
        return self._renamed if only[2] is None else self._arguments.get(only[2], MISSING)


def submit_of(profile: ApiProfile, command: str) -> Call:
    """The request that hands on an order with one of our commands."""
    call, known = profile.submit, profile.commands.get(command)
    if known is None:
        return call
    return Call(call.method, known.url or call.url, call.codes, known.body or call.body, call.at)


def submit_headers(profile: ApiProfile, filling: Filling, callback: str) -> dict[str, str]:
    """Those of a submit alone: by which it is done once, and where the API calls us."""
    header, value = profile.dedupe
    headers = {header: quote(filling.text(value), safe="-._~:/")} if header else {}
    if callback and profile.callback is not None and profile.callback.header:
        headers[profile.callback.header] = callback
    return headers


def _instant(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def at(document: object, pointer: Pointer) -> object:
    """What a JSON Pointer points to; MISSING when nothing is there."""
    for token in pointer:
        if isinstance(document, dict):
            document = document.get(token, MISSING)
        elif isinstance(document, list) and token.isascii() and token.isdecimal() and int(token[:9]) < len(document):
            document = document[int(token[:9])]
        else:
            return MISSING
    return document


def words(value: object) -> str:
    """A text, a number or a truth value as text; empty for anything else, and for a number beyond measure."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _LONGEST_NUMBER else ""
    return str(value) if isinstance(value, str | float) else ""
