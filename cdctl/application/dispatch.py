"""Sends a plan: intents, envelopes, publishes, words of vehicles, until every order has ended or is known to wait."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence

from cdctl.application.tally import Outcome, Tell
from cdctl.domain.orders.command import Command
from cdctl.domain.orders.executing import Executor, Said
from cdctl.domain.orders.keeping import Journal, Kept
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.telling import Telling
from cdctl.domain.orders.trust import Sealer, Trust
from cdctl.domain.ports import Clock


class Dispatch:
    """Orders of one session (port Hearer). One owner, one event loop.

    skew: seconds by which clocks may differ and messages be under way. patience: seconds after which a vehicle that did
    not acknowledge is asked; every next time it is twice as long.
    """

    def __init__(
        self,
        executor: Executor,
        journal: Journal,
        sealer: Sealer,
        trust: Trust,
        telling: Telling,
        clock: Clock,
        *,
        session: str,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
        skew: float = 10.0,
        patience: float = 10.0,
    ) -> None:
        raise NotImplementedError

    async def send(
        self,
        plan: Plan,
        command: Command,
        *,
        targets: Sequence[Target] | None = None,
        rate: float | None = None,
        retries: int = 0,
        wait: bool = True,
        tell: Tell | None = None,
    ) -> Outcome:
        """Send a plan, or the part of it that `targets` names (a wave). Returns when every order has ended; without
        `wait` when all were handed to their brokers.

        rate: orders a second at most. retries: how often a failure that the command calls retryable is tried again.
        Raises UnavailableError when the journal cannot be written or no broker can be reached (nothing was sent then),
        and RefusedError when answers may not be heard.
        """
        raise NotImplementedError

    async def resume(self, command: Command | None = None, *, tell: Tell | None = None) -> Outcome:
        """Go on with what the session left open: vehicles' ledgers are asked first, and only what they certainly do not
        hold is sent again. What its plans had not begun is sent now, unless they were aborted or are too old."""
        raise NotImplementedError

    async def cancel(self, orders: Sequence[Kept], *, tell: Tell | None = None) -> Outcome:
        """Take orders back: what never left ends at once, of the others the vehicles are asked to let go; their words
        tell what became of it. Returns when all have ended."""
        raise NotImplementedError

    async def abort(self, *, cancel: bool = False) -> None:
        """No order leaves any more; what had not left is cancelled. `send` and `resume` return when what is under way
        has ended. cancel: ask the vehicles, too, to drop what they have not begun."""
        raise NotImplementedError

    def on_said(self, said: Sequence[Said]) -> Awaitable[None] | None:
        """See `Hearer`."""
        raise NotImplementedError

    def on_back(self, region: str, vins: Sequence[str]) -> None:
        """See `Hearer`."""
        raise NotImplementedError

    def on_link(self, region: str, *, up: bool, forgot: bool, note: str = "") -> None:
        """See `Hearer`."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Let go of brokers; what is open waits in the journal for `resume`."""
        raise NotImplementedError
