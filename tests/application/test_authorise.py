"""Policy is asked about a plan, and what it says is in the journal before anything is done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from dispatching import COMMANDS

from cdctl.application.authorise import Wish, authorise
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.authority import Ruling
from cdctl.domain.orders.keeping import Record
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.trust import Identity
from cdctl.errors import RefusedError, UnavailableError
from cdctl.security import policy
from cdctl.stores.journal import open_journal

ADA = Identity("ada", "a" * 16, ("engineer", "break-glass"))
BEN = Identity("ben", "b" * 16, ("engineer",))
VIC = Identity("vic", "c" * 16, ("viewer",))


def plan(count: int = 1, **more: object) -> Plan:
    targets = tuple(Target(f"WCDA{number:013d}", "eu") for number in range(count))
    made = Plan("1", "prod", "reboot", {}, targets, "ada", 1, 60, 60)
    return replace(made, **more)  # type: ignore[arg-type]


def ruled(
    folder: Path, asked: Plan, wish: Wish, by: Identity = ADA, command: str = "reboot"
) -> tuple[Ruling | RefusedError, Sequence[Record]]:
    """What was answered, and what the journal holds of it."""

    async def work() -> tuple[Ruling | RefusedError, Sequence[Record]]:
        journal = open_journal(folder / "journal.db", clock=WallClock(), reserve=65_536)
        try:
            ruling: Ruling | RefusedError = await authorise(
                asked, COMMANDS[command], by, policy.read(None), journal, now=7, wish=wish
            )
        except RefusedError as error:
            ruling = error
        found = [one for one in journal.records() if one.kind != "checkpoint"]
        await journal.aclose()
        return ruling, found

    return asyncio.run(work())


def test_what_is_refused_is_written_down_with_why(tmp_path: Path) -> None:
    refused, (note,) = ruled(tmp_path, plan(), Wish())
    assert isinstance(refused, RefusedError)
    assert "approval of another engineer" in refused.message
    assert refused.subject == "reboot to 1 vehicle"
    assert (note.kind, note.actor, note.subject) == ("refusal", "ada", plan().digest())
    assert note.body["why"] == refused.message
    assert note.body["missing"] == 1


def test_an_approval_by_somebody_else_counts_and_is_written_down(tmp_path: Path) -> None:
    ruling, (note,) = ruled(tmp_path, plan(), Wish(approvers=[BEN]))
    assert isinstance(ruling, Ruling)
    assert ruling.allowed
    assert (note.kind, note.actor, note.body["key"]) == ("approval", "ben", BEN.fingerprint)


@pytest.mark.parametrize("by", [ADA, BEN], ids=["by its requester", "by another"])
def test_whoever_asked_for_it_is_no_approver(tmp_path: Path, by: Identity) -> None:
    refused, notes = ruled(tmp_path, plan(), Wish(approvers=[ADA]), by)
    assert isinstance(refused, RefusedError)
    assert [note.kind for note in notes] == ["refusal"]


def test_an_approval_of_somebody_who_may_not_approve_changes_nothing(tmp_path: Path) -> None:
    refused, _ = ruled(tmp_path, plan(), Wish(approvers=[VIC]))
    assert isinstance(refused, RefusedError)


def test_breaking_the_glass_is_loud(tmp_path: Path) -> None:
    ruling, (note,) = ruled(tmp_path, plan(reason="the house burns"), Wish(break_glass=True))
    assert isinstance(ruling, Ruling)
    assert (note.kind, note.actor, note.body["reason"]) == ("break-glass", "ada", "the house burns")
    refused, _ = ruled(tmp_path, plan(reason="the house burns"), Wish(break_glass=True), BEN)
    assert isinstance(refused, RefusedError)


@pytest.mark.parametrize(
    ("count", "expected", "allowed"), [(50, None, True), (51, None, False), (51, 51, True), (51, 50, False)]
)
def test_many_targets_are_counted(tmp_path: Path, count: int, expected: int | None, allowed: bool) -> None:
    ruling, _ = ruled(tmp_path, plan(count), Wish(expected=expected), BEN, "lock")
    assert isinstance(ruling, Ruling) is allowed


def test_with_a_journal_that_cannot_be_written_nothing_is_allowed(tmp_path: Path) -> None:
    async def work() -> None:
        journal = open_journal(tmp_path / "journal.db", clock=WallClock(), reserve=65_536)
        await journal.aclose()
        with pytest.raises(UnavailableError):
            wish = Wish(approvers=[BEN])
            await authorise(plan(), COMMANDS["reboot"], ADA, policy.read(None), journal, now=7, wish=wish)

    asyncio.run(work())
