"""What stands on the line about a plan: arguments, a rate, spans of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdctl.application import planning
from cdctl.application.planning import LONGEST_WAIT, Spans
from cdctl.cli.values import span
from cdctl.domain.text import safe
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.command import Command


def pairs(given: Sequence[str]) -> dict[str, str]:
    """`-a key=value` as a mapping. Raises UsageError for one without =, and one that is there twice."""
    found: dict[str, str] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise UsageError(f"'{safe(each, 60)}' is not KEY=VALUE", subject="-a", hint="write -a temperature=22")
        if key in found:
            raise UsageError(f"'{safe(key, 60)}' is there twice", subject="-a", hint="say it once")
        found[key] = value
    return found


def rate_of(text: str) -> float | None:
    """Orders a second; None when nothing is said. Raises UsageError."""
    try:
        return planning.rate_of(text)
    except ValueError as error:
        raise UsageError(str(error), subject="--rate", hint="write 50/s, or 100/m") from None


def spans_of(command: Command, expires: str, timeout: str) -> Spans:
    """As the line says, else as declared. Raises UsageError."""
    found = [_seconds(text, flag) for text, flag in ((expires, "--expires"), (timeout, "--timeout"))]
    return Spans(found[0] or command.expires, found[1] or command.timeout)


def _seconds(text: str, flag: str) -> int:
    if not text:
        return 0
    seconds = span(text, flag)
    if not 1 <= seconds <= LONGEST_WAIT or seconds != int(seconds):
        raise UsageError(f"{text} is no time for an order", subject=flag, hint="whole seconds, 7d at most: 5m")
    return int(seconds)
