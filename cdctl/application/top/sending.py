"""Commands from the live view: prepared, shown, judged by policy, agreed to, and sent in the background."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cdctl.application import planning
from cdctl.application.authorise import Wish, asked
from cdctl.application.planning import vehicles
from cdctl.application.targets import Found, Selected, able
from cdctl.application.top.choosing import Chooser, Meant
from cdctl.application.top.forms import Field, Judged, fields_of, judged
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.text import safe
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import House, Orders
    from cdctl.application.rollout_ops import Looking
    from cdctl.domain.orders.authority import Ruling
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.trust import Sealer
    from cdctl.domain.ports import Clock


class Agreement(StrEnum):
    """What a person does to have it sent."""

    ENTER = "enter"
    YES = "yes"  # y is typed
    COUNT = "count"  # the number of vehicles is typed


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a person must see before it is sent. plan: None when something is wrong with what was filled in,
    or nobody is left to send it to; `why_not` then says what. facts: name and value. warnings: what a fleet does not
    promise, what is not known. topic, payload: of the first vehicle. ruling: what policy says; approvals that are
    missing are in it. expected: the number that whoever agrees has typed, where it is asked for."""

    command: Command
    judged: Judged
    selected: Selected
    plan: Plan | None = None
    facts: Sequence[tuple[str, str]] = ()
    warnings: Sequence[str] = ()
    topic: str = ""
    payload: str = ""
    ruling: Ruling | None = None
    agreement: Agreement = Agreement.COUNT
    why_not: str = ""

    @property
    def count(self) -> int:
        """Vehicles that it goes to."""
        return len(self.selected.targets)

    @property
    def may_be_sent(self) -> bool:
        """Whether only the agreement is missing."""
        return self.plan is not None and self.ruling is not None and self.ruling.allowed

    @property
    def needs_approvals(self) -> int:
        """How many others would have to agree."""
        return self.ruling.missing if self.plan is not None and self.ruling is not None else 0

    @property
    def verdict(self) -> str:
        """What policy says, for people; and what can be done about approvals that are missing."""
        if self.may_be_sent and self.ruling is not None:
            return f"policy allows it ({', '.join(self.ruling.rules)})"
        missing = self.needs_approvals
        more = f"; {missing} more approval{'s' * (missing != 1)} would do: write the plan, and others sign it"
        return f"it cannot be sent: {self.why_not}{more * bool(missing)}"

    @property
    def question(self) -> str:
        """What is asked of whoever sends it."""
        does = {Agreement.ENTER: "Enter", Agreement.YES: "type y", Agreement.COUNT: f"type {self.count}"}
        return f"send to {vehicles(self.count)}: {does[self.agreement]}"

    def agreed(self, typed: str) -> bool:
        """Whether what was typed says that it is to be sent."""
        given = typed.strip().lower().replace(",", "")
        wanted = {Agreement.ENTER: {""}, Agreement.YES: {"y", "yes"}, Agreement.COUNT: {str(self.count)}}
        return given in wanted[self.agreement]


@dataclass(frozen=True, slots=True)
class Ways:
    """How orders leave here, and how others are reached. house: reads files and keys, blocks. opened: what sends,
    inside a loop; with the session that goes on, or a new one. write: puts a signed plan into a new file. operators:
    their topics; is told what is degraded. journal: for looking only. config, plugins: for processes that are
    started."""

    house: Callable[[], House]
    opened: Callable[[str], AbstractAsyncContextManager[tuple[Orders, Dispatch]]]
    write: Callable[[str, Plan, Sealer], None]
    operators: Callable[[Callable[[str], None]], AbstractAsyncContextManager[Looking]]
    journal: Callable[[], AbstractAsyncContextManager[Journal]]
    clock: Clock
    config: str = ""
    plugins: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """A command that is being prepared. found: whom it is for, as it was when the draft was begun, at `at` (epoch
    seconds). broken: plugins whose commands are not there, and why."""

    house: House
    found: Found
    meant: Meant
    commands: tuple[Command, ...]
    broken: tuple[str, ...]
    at: float

    def fields(self, command: str) -> tuple[Field, ...]:
        """The form of a command."""
        return fields_of(self.command(command), len(self.found.selected.targets))

    def command(self, name: str) -> Command:
        """A command by its name. Raises UsageError."""
        found = next((one for one in self.commands if one.name == name), None)
        if found is None:
            raise UsageError(f"no command is called '{safe(name, 60)}'")
        return found


class Sender:
    """Prepares commands for vehicles that were chosen on the screen."""

    def __init__(self, ways: Ways, chooser: Chooser) -> None:
        self._ways, self._chooser = ways, chooser

    async def draft(self, meant: Meant) -> Draft:
        """Begin to prepare a command. Raises CdctlError: nobody can be told from here, and why."""
        house = await asyncio.to_thread(self._ways.house)
        found = await self._chooser.found(meant)
        if not found.selected.targets:
            raise UsageError("no vehicle matches: there is nobody to send it to")
        commands, broken = await asyncio.to_thread(house.doors.commands)
        told = tuple(f"{each.listing.title} {each.reason}" for each in broken)
        return Draft(house, found, meant, tuple(commands), told, self._ways.clock.now())

    async def prepare(self, draft: Draft, name: str, texts: Mapping[str, str]) -> Prepared:
        """What would be sent with these fields filled in, and what policy would say; nothing is written down."""
        return await asyncio.to_thread(self._prepared, draft, draft.command(name), texts)

    def _prepared(self, draft: Draft, command: Command, texts: Mapping[str, str]) -> Prepared:
        told = judged(command, texts)
        try:
            selected = able(draft.found, command.capability)
        except CdctlError as error:
            return Prepared(command, told, draft.found.selected, facts=_about(command), why_not=error.message)
        if told.faults:
            why = "something is to be filled in, or is wrong"
            return Prepared(command, told, selected, facts=_about(command), why_not=why)
        house = draft.house
        plan = planning.planned(
            command, told.arguments, selected, told.spans, context=house.context.name, by=house.sealer.identity,
            reason=told.reason, now=self._ways.clock.now(),
        )  # fmt: skip
        try:
            topic, payload = planning.sketched(plan, command, house.telling)
        except Exception as error:  # a command is a plugin's
            why = f"its payload cannot be made: {type(error).__name__}"
            return Prepared(command, told, selected, facts=_about(command), why_not=why)
        ruling, counted = self._ruled(draft, plan, command)
        return Prepared(
            command, told, selected, plan, tuple(planning.facts(plan, command, selected)),
            tuple(_warnings(house, selected)), topic, json.dumps(payload, ensure_ascii=False), ruling,
            _agreement(command, len(selected.targets), counted),
            "" if ruling.allowed else "; ".join(ruling.reasons) or "policy does not allow it",
        )  # fmt: skip

    def _ruled(self, draft: Draft, plan: Plan, command: Command) -> tuple[Ruling, bool]:
        """What policy says, and whether it wants to be told the number of vehicles first."""
        house = draft.house
        if (why := _not_carried(house, plan.command)) is not None:
            return why, False

        def rule(expected: int | None) -> Ruling:
            return house.authority.rule(asked(plan, command, house.sealer.identity, Wish("send", (), expected)))

        plain = rule(None)
        if plain.allowed:
            return plain, False
        counted = rule(len(plan.targets))
        return (counted, True) if counted != plain else (plain, False)

    def write(self, prepared: Prepared, draft: Draft, file: str) -> tuple[str, str]:
        """Put the plan into a new file, signed, for others to sign; what to do then, two lines. Raises CdctlError."""
        if prepared.plan is None:
            raise UsageError(prepared.why_not or "there is no plan yet")
        self._ways.write(file, prepared.plan, draft.house.sealer)
        return (
            f"wrote {file}: nothing is sent yet; others sign it: cdctl cmd approve {file}",
            f"then: cdctl cmd send --plan {file}",
        )


def _about(command: Command) -> tuple[tuple[str, str], ...]:
    """What can be told while there is no plan yet."""
    return ("command", f"{command.name}: {command.summary}"), ("risk", command.risk.value)


def _agreement(command: Command, count: int, counted: bool) -> Agreement:
    if counted or command.risk is Risk.DANGEROUS:
        return Agreement.COUNT
    return Agreement.ENTER if command.risk is Risk.SAFE and count == 1 else Agreement.YES


def _warnings(house: House, selected: Selected) -> Sequence[str]:
    lines = list(planning.unpromised(house.telling.promises))
    if not selected.whole:
        lines.append("the picture of the fleet is not whole: some vehicles that match may be missing here")
    if house.context.commands is None:  # nobody signs what an API says of a vehicle
        strangers = sum(not known for known in house.trust.knows([one.vin for one in selected.targets]))
        if strangers:
            of = f"of {strangers:,} of {len(selected.targets):,} vehicles"
            lines.append(f"{of} no key is trusted: what they answer is not believed")
    return lines


def _not_carried(house: House, command: str) -> Ruling | None:
    """A ruling where the context's command API has no such command."""
    from cdctl.application.commands_wiring import must_carry
    from cdctl.domain.orders.authority import Ruling

    if house.context.commands is None:
        return None
    try:
        must_carry(house.context.commands, command)
    except CdctlError as error:
        return Ruling(False, (f"{error.message}{f': {error.hint}' if error.hint else ''}",))
    return None
