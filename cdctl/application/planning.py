"""From a command and vehicles to a plan: what is sent, and what a person must know before it is."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdctl.domain.orders import ids
from cdctl.domain.orders.arguments import spelled, written
from cdctl.domain.orders.order import Order
from cdctl.domain.orders.plan import Plan
from cdctl.domain.orders.telling import Previewing
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.application.targets import Selected
    from cdctl.domain.fleet.speech import Promises
    from cdctl.domain.orders.command import Arguments, Command
    from cdctl.domain.orders.telling import Telling
    from cdctl.domain.orders.trust import Identity

LONGEST_WAIT = 7 * 86_400
"""Seconds in which an order may begin, at most."""
MOST_RETRIES = 10
_FEW = 4
_RATE = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)(?:/(s|m|h))?")
_PER = {"s": 1, "m": 60, "h": 3600}
_PLACEHOLDER = "(random)"


@dataclass(frozen=True, slots=True)
class Spans:
    """Seconds: how long a vehicle may begin, and then take."""

    expires: int
    timeout: int


def rate_of(text: str) -> float | None:
    """Orders a second of `50/s`, `100/m`; None when nothing is said. Raises ValueError."""
    if not text.strip():
        return None
    found = _RATE.fullmatch(text.replace(" ", ""))
    rate = float(found[1]) / _PER[found[2] or "s"] if found else 0.0
    if rate <= 0:
        raise ValueError(f"'{safe(text, 40)}' is no rate")
    return rate


def vehicles(count: int) -> str:
    """`1 vehicle`, `1,200 vehicles`."""
    return f"{count:,} vehicle{'s' * (count != 1)}"


def planned(
    command: Command,
    arguments: Arguments,
    selected: Selected,
    spans: Spans,
    *,
    context: str,
    by: Identity,
    reason: str,
    now: float,
) -> Plan:
    """The plan of one command. now: epoch seconds."""
    at = round(now * 1000)
    name = ids.make(at, secrets.token_bytes(ids.RANDOM_BYTES))
    return Plan(
        name, context, command.name, dict(arguments), selected.targets, by.name, at, spans.expires, spans.timeout,
        selected.where, reason.strip(),
    )  # fmt: skip


def sketched(plan: Plan, command: Command, telling: Telling) -> tuple[str, Mapping[str, object]]:
    """The topic and the payload of the first order, or the request to an API; what is random stands in brackets. Raises
    ValueError never: a payload that is no JSON is shown as its text."""
    first = plan.targets[0]
    expires = plan.created + plan.expires * 1000
    order = Order(
        _PLACEHOLDER, ids.key(plan.digest(), first.vin), first.vin, first.region, plan.command,
        dict(command.encode(_arguments(plan))), _PLACEHOLDER, plan.created, plan.created, expires,
        plan.timeout * 1000, plan.digest(), telling.reply_topic(first.region, first.vin, "(session)"),
    )  # fmt: skip
    if isinstance(telling, Previewing):
        return telling.preview(order)
    payload = telling.order(order)
    try:
        body = json.loads(payload)
    except ValueError:
        body = payload.decode("utf-8", "backslashreplace")
    return telling.order_topic(first.region, first.vin), body if isinstance(body, dict) else {"text": body}


def _arguments(plan: Plan) -> Arguments:
    return {key: value for key, value in plan.arguments.items() if isinstance(value, str | int | float | bool)}


def spoken(command: Command, arguments: Mapping[str, object]) -> str:
    """Arguments as a person writes them: `level=debug duration=1h`."""
    return " ".join(f"{name}={text}" for name, text in texts(command, arguments).items())


def texts(command: Command, arguments: Mapping[str, object]) -> dict[str, str]:
    """Each argument as a person writes it."""
    known = {argument.name: argument for argument in command.arguments}
    return {
        name: written(known[name], value)
        if name in known and isinstance(value, str | int | float | bool)
        else str(value)
        for name, value in arguments.items()
    }


def facts(plan: Plan, command: Command, selected: Selected) -> Iterator[tuple[str, str]]:
    """What a person must know before it is sent: name and value."""
    yield "command", f"{command.name}: {command.summary}"
    if plan.arguments:
        yield "arguments", spoken(command, plan.arguments)
    yield "risk", command.risk.value
    yield "vehicles", f"{len(plan.targets):,}: {_counted([target.region for target in plan.targets])}"
    for name, values in (
        ("models", [target.model for target in plan.targets]),
        ("software", [target.sw for target in plan.targets]),
    ):
        if any(values):
            yield name, _counted(values)
    yield from _known(selected)
    yield from ableness(selected)
    if command.preconditions:
        yield "needs", ", ".join(each.value for each in command.preconditions) + "; a vehicle sees to it itself"
    yield "time", f"begins within {spelled(plan.expires)}, takes at most {spelled(plan.timeout)}"
    if plan.reason:
        yield "reason", plan.reason
    yield "context", plan.context
    yield "plan", plan.digest()[:16]


def unpromised(promises: Promises) -> Iterator[str]:
    """What this fleet's way of carrying orders does not promise, and what that means."""
    if not promises.dedupe:
        yield "vehicles of this fleet do not know an order again: nothing is sent twice, a lost answer ends as unknown"
    if not promises.signed_replies:
        yield "answers of this fleet are not signed: whoever carries them is believed"
    if not promises.cancel:
        yield "an order of this fleet cannot be taken back once it has left"


def _known(selected: Selected) -> Iterator[tuple[str, str]]:
    if selected.states:
        counts = ", ".join(f"{count:,} {state}" for state, count in selected.states.items())
        away = sum(count for state, count in selected.states.items() if state != "online")
        yield "presence", counts + ("; who is away gets it on coming back, until it expires" if away else "")
    if selected.left_out:
        names = ", ".join(f"{name} of {count:,}" for name, count in selected.left_out.items())
        yield "left out", f"because not known: {names}"


def ableness(selected: Selected) -> Iterator[tuple[str, str]]:
    """Who can, as far as vehicles say."""
    if selected.unable:
        count = f"{selected.unable:,} of {len(selected.targets) + selected.unable:,} vehicles"
        yield "cannot", f"{count} do not say that they can ({selected.capability}): left out"
    if selected.untold:
        count = f"{selected.untold:,} of {len(selected.targets):,}"
        yield "who can", f"{count} do not say what they can: sent to all the same"


def _counted(values: Sequence[str]) -> str:
    """`eu 200, us 120`, most first."""
    counts = Counter(safe(value, 40) or "(not told)" for value in values).most_common()
    shown = ", ".join(f"{value} {count:,}" for value, count in counts[:_FEW])
    rest = len(counts) - _FEW
    return shown + (f" and {rest} more" if rest > 0 else "")
