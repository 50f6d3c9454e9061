"""A question to a policy in words: `olga:oncall send lock 60 eu expect=60 "reason=case 17"`."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cdctl.domain.orders.authority import Request
from cdctl.domain.orders.trust import Identity
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.orders.command import Command
    from cdctl.domain.orders.trust import Trust

ACTIONS = ("send", "rollout", "revert", "abort", "approve", "read-location")
_FLAGS = {"rollout": "rollout", "break-glass": "break_glass"}
_FORM = "NAME[:ROLE,...] ACTION COMMAND [COUNT] [REGION,...] [rollout] [break-glass] [expect=N] [reason=TEXT]"


def request(text: str, context: str, trust: Trust | None, command: Callable[[str], Command]) -> Request:
    """What is asked. context: whose name counts unless the question has another. trust: knows the roles of names.
    command: finds a command, and so its risk. Raises UsageError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise _wrong(text, str(error).lower()) from None
    if len(words) < 3:
        raise _wrong(text, "a question has a name, an action and a command")
    name, action, wanted, *more = words
    if action not in ACTIONS:
        raise _wrong(text, f"there is no action {action!r}", f"known: {', '.join(ACTIONS)}")
    told: dict[str, Any] = {"count": 1, "regions": (), "context": context, "rollout": action == "rollout"}
    for word in more:
        told |= _said(text, word, trust)
    one = command(wanted)
    return Request(_identity(name, trust), action, one.name, one.risk, private=one.private, **told)


def _said(text: str, word: str, trust: Trust | None) -> dict[str, Any]:
    key, equals, value = word.partition("=")
    if not equals:
        if word in _FLAGS:
            return {_FLAGS[word]: True}
        return {"count": int(word)} if word.isdecimal() else {"regions": tuple(word.split(","))}
    if key == "expect" and value.isdecimal():
        return {"expected": int(value)}
    if key in {"reason", "context"} and value:
        return {key: value}
    if key == "approved-by" and value:
        return {"approvers": tuple(_identity(name, trust) for name in value.split(","))}
    raise _wrong(text, f"{word!r} is not understood")


def _identity(word: str, trust: Trust | None) -> Identity:
    """`olga` as the trust file knows her, or `olga:oncall`, whoever she is. Roles of an approver end with a `+`."""
    name, colon, roles = word.partition(":")
    if colon:
        return Identity(name, "", tuple(role for role in roles.replace("+", ",").split(",") if role))
    known = trust.operator(name) if trust else None
    if known is None:
        raise UsageError(f"the trust file does not know {name!r}", hint=f"name the roles: {name}:oncall")
    return known


def _wrong(text: str, message: str, hint: str = "") -> UsageError:
    return UsageError(message, subject=f"--ask {text!r}", hint=hint or f"write {_FORM}")
