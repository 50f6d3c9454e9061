"""Composes what orders need: journal, keys, trust, policy, links per region, and how the fleet is told things."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cdctl.application.dispatch import Dispatch
from cdctl.domain.orders.authority import Authority, Ruling
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.keeping import Journal
from cdctl.domain.orders.plan import Plan
from cdctl.domain.orders.trust import Sealer, Trust
from cdctl.domain.settings import Context, Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Orders:
    """Everything that a command about orders works with, for the context in use."""

    settings: Settings
    context: Context
    journal: Journal
    sealer: Sealer
    trust: Trust
    authority: Authority

    async def authorise(
        self,
        plan: Plan,
        command: Command,
        *,
        action: str = "send",
        approvals: Sequence[bytes] = (),
        expected: int | None = None,
        break_glass: bool = False,
    ) -> Ruling:
        """What policy says to this plan by us. approvals: envelopes over the plan's bytes. Raises RefusedError when it
        is not allowed; a refusal and a break-glass are written down."""
        raise NotImplementedError


def with_orders(settings: Settings, work: Callable[[Orders, Dispatch], Awaitable[T]], *, session: str = "") -> T:
    """Do the work with the orders of the context in use, and let go of everything whatever happens.

    session: a session of the journal to go on with; a new one otherwise. The dispatch connects when it first sends.
    Raises UsageError, FileError, UnavailableError, and RefusedError when another process has the session.
    """
    raise NotImplementedError


def with_journal(settings: Settings, work: Callable[[Journal], Awaitable[T]]) -> T:
    """Read or write the journal alone: no key is needed. Raises UsageError and UnavailableError."""
    raise NotImplementedError
