"""Whether a vehicle does what it is told: signature, audience, time, replay, role, arguments, preconditions."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import msgspec

from cdctl import commands as shipped
from cdctl.domain.orders.arguments import examine
from cdctl.domain.orders.command import Arguments, Command, Risk
from cdctl.domain.orders.order import Heard
from cdctl.domain.orders.telling import CANCEL, ORDER, QUERY
from cdctl.lab.vehicles.body import Bodies
from cdctl.lab.vehicles.envelopes import Known, Operator, Untrusted
from cdctl.lab.vehicles.ledger import Ledger
from cdctl.lab.vehicles.tasks import TASKS
from cdctl.protocols.native import VERSION
from cdctl.protocols.native_orders import CancelPayload, OrderPayload, QueryPayload

LEEWAY = 5_000
"""Milliseconds that an order may be from the future: no two clocks agree."""
_REPLY = re.compile(r".+/reply/([0-9A-Za-z_-]{1,64})")
"""Only the session is taken from it: a vehicle answers below its own topics, whatever an order says."""
_ROLES: Mapping[Risk, frozenset[str]] = {
    Risk.SAFE: frozenset({"viewer", "oncall", "engineer", "break-glass"}),
    Risk.CONFIRM: frozenset({"oncall", "engineer", "break-glass"}),
    Risk.DANGEROUS: frozenset({"engineer", "break-glass"}),
}
"""Roles that may have a vehicle do things of each risk; who may ask how many of them is the policy's business."""

Told = OrderPayload | CancelPayload | QueryPayload
_DECODERS: Mapping[str, Callable[[bytes], Told]] = {
    ORDER: msgspec.json.Decoder(OrderPayload).decode,
    CANCEL: msgspec.json.Decoder(CancelPayload).decode,
    QUERY: msgspec.json.Decoder(QueryPayload).decode,
}


class Unheard(Exception):  # noqa: N818 - it is no error of the vehicle
    """A message that gets no answer; the text is the reason."""


class Refused(Exception):  # noqa: N818
    """An order that is answered by a refusal."""

    def __init__(self, reason: str, state: Heard = Heard.REJECTED) -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state


@dataclass(frozen=True, slots=True)
class Opened:
    """A message whose signature holds, and where it is to be answered. by: who signed."""

    told: Told
    by: tuple[Operator, ...]
    reply: str

    @property
    def revoked(self) -> bool:
        """Whether nobody is left among the signers who is trusted now."""
        return all(one.revoked for one in self.by)


def commands() -> Mapping[str, Command]:
    """The commands that ship, by name."""
    found = {}
    for module in pkgutil.iter_modules(shipped.__path__):
        plugin = getattr(import_module(f"{shipped.__name__}.{module.name}"), "PLUGIN", None)
        found.update({one.name: one for one in plugin.make()} if plugin is not None else {})
    return {name: command for name, command in found.items() if name in TASKS}


class Judge:
    """Judges for all vehicles of a fleet."""

    def __init__(self, known: Callable[[], Known], ledger: Ledger, bodies: Bodies, head: Callable[[int], str]) -> None:
        """head: of a vehicle's topics, `{root}/{region}/{vin}`."""
        self._known = known
        self._ledger = ledger
        self._bodies = bodies
        self._head = head
        self.commands = commands()

    def open(self, row: int, envelope: bytes) -> Opened:
        """Who says what. Raises Unheard."""
        try:
            kind, payload, by = self._known().open(envelope)
        except Untrusted as error:
            raise Unheard(str(error)) from None
        decode = _DECODERS.get(kind)
        if decode is None:
            raise Unheard("wrong type")
        try:
            told = decode(payload)
        except (ValueError, RecursionError):
            raise Unheard("malformed") from None
        if told.v != VERSION:
            raise Unheard("unknown version")
        reply = _REPLY.fullmatch(told.reply)
        if reply is None:
            raise Unheard("malformed")
        return Opened(told, by, f"{self._head(row)}/reply/{reply[1]}")

    def admit(self, row: int, opened: Opened, now: int) -> None:
        """Whether it is for this vehicle, now, and for the first time. Raises Refused."""
        told, vin = opened.told, self._bodies.vin(row)
        if opened.revoked:
            raise Refused("revoked key")
        region = told.region if isinstance(told, OrderPayload) else None
        if told.vin != vin or (region is not None and f"/{region}/{vin}" not in self._head(row)):
            raise Refused("wrong vehicle")
        if told.exp <= now:
            raise Refused("expired", Heard.EXPIRED)
        if told.nbf > now + LEEWAY:
            raise Refused("not yet")
        if not self._ledger.fresh(vin, told.nonce, told.exp, now):
            raise Refused("replayed")

    def allow(self, order: OrderPayload, by: Sequence[Operator]) -> Arguments:
        """Whether one of those who signed may have this done; the arguments. Raises Refused."""
        command = self.commands.get(order.command)
        if command is None:
            raise Refused("unknown command")
        if not any(one.roles & _ROLES[command.risk] for one in by if not one.revoked):
            raise Refused("role")
        args, faults = examine(command, order.args)
        if faults:
            raise Refused("bad arguments")
        return args

    def ready(self, row: int, command: str) -> None:
        """Whether it may begin now. Raises Refused."""
        for condition in self.commands[command].preconditions:
            if not self._bodies.holds(condition, row):
                raise Refused(f"precondition: {condition.value}")
