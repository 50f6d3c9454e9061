"""Where vehicles were, read later: policy is asked, and who read it and why is written down before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cdctl.application.letting_go import plan_of_orders
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.keeping import Note

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.cli.options import Run
    from cdctl.domain.orders.keeping import Kept
    from cdctl.domain.settings import Settings

CommandOf = Callable[[str], Command | None]


def may_be_shown(run: Run, settings: Settings, kept: Sequence[Kept], command_of: CommandOf, reason: str) -> bool:
    """Whether places may be shown: never without a reason. Raises RefusedError when policy does not allow it, and
    UnavailableError when it cannot be written down."""
    if not reason.strip():
        return False
    tell = [one for one in kept if one.result and _is_private(command_of(one.order.command))]
    if tell:
        _read(run, settings, tell, command_of, reason.strip())
    return True


def _is_private(command: Command | None) -> bool:
    return command is None or command.private


def _read(run: Run, settings: Settings, kept: Sequence[Kept], command_of: CommandOf, reason: str) -> None:
    from cdctl.application.orders_wiring import with_orders

    by_command: dict[str, list[Kept]] = {}
    for one in kept:
        by_command.setdefault(one.order.command, []).append(one)

    async def work(orders: Orders, dispatch: Dispatch) -> None:
        who, notes = orders.sealer.identity.name, []
        for name, some in by_command.items():
            plan = plan_of_orders(name, some, orders.context.name, reason)
            command = command_of(name) or Command(name, name, Risk.CONFIRM, private=True)
            await orders.authorise(plan, command, action="read-location")
            body = {"reason": reason, "command": name, "orders": [one.order.id for one in some]}
            notes += [Note("location", target.vin, who, orders.now, body) for target in plan.targets]
        await orders.journal.write(notes)

    with_orders(settings, work, plugins=run.plugins)
