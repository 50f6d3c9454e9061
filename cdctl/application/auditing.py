"""Looking into the journal: which records somebody asks for, and what a head that was kept elsewhere says."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from cdctl.domain.orders.arguments import nearest
from cdctl.domain.orders.keeping import Head, Journal, Record
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError

_FEW = 1000
"""Subjects that are looked up one by one; for more the whole chain is gone through."""
KINDS = (
    "intent", "move", "plan", "approval", "refusal", "break-glass", "cancel", "session", "rollout", "guard", "key",
    "forged", "checkpoint", "location",
)  # fmt: skip
"""Of the records that cdctl writes."""
NOTHING = Head(0, "", 0)
"""The head of a journal that cannot be read."""
_WRITTEN = re.compile(r"\b(\d{1,18})[\s:,]+([0-9a-f]{64})\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which records. order and plan: an id and a hash, or their beginnings. since: epoch milliseconds. last: how many
    of the newest at most."""

    order: str = ""
    plan: str = ""
    vin: str = ""
    kind: str = ""
    since: int = 0
    last: int | None = None


def records(journal: Journal, asked: Asked) -> Iterator[Record]:
    """The records asked for, in order. Raises UsageError when no order or plan is called so, or several begin so, and
    UnavailableError after the last one when some cannot be read."""
    found = (record for record in _of(journal, asked) if record.at >= asked.since)
    return found if asked.last is None else _last(found, asked.last)


def judge_kind(kind: str) -> None:
    """Raises UsageError with the nearest one for a kind that no record has."""
    if kind and kind not in KINDS:
        near = nearest(kind, KINDS)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(KINDS)}"
        raise UsageError(f"no record is of the kind '{safe(kind, 40)}'", subject="--kind", hint=hint)


def _last(found: Iterator[Record], count: int) -> Iterator[Record]:
    kept: deque[Record] = deque(maxlen=count)
    failed: UnavailableError | None = None
    try:
        kept.extend(found)
    except UnavailableError as error:  # what was read before is kept, and shown
        failed = error
    yield from kept
    if failed is not None:
        raise failed


def _of(journal: Journal, asked: Asked) -> Iterator[Record]:
    subjects = _subjects(journal, asked)
    if subjects is None:
        all_wanted = not asked.kind and not asked.since and asked.last is not None
        after = max(journal.head().number - (asked.last or 0), 0) if all_wanted else 0
        yield from journal.records(after=after, kind=asked.kind)
    elif len(subjects) > _FEW:
        yield from (record for record in journal.records(kind=asked.kind) if record.subject in subjects)
    else:
        yield from _each(journal, asked.kind, subjects)


def _each(journal: Journal, kind: str, subjects: Collection[str]) -> Iterator[Record]:
    found: list[Record] = []
    failed: UnavailableError | None = None
    for subject in subjects:
        try:
            found.extend(journal.records(kind=kind, subject=subject))
        except UnavailableError as error:
            failed = error
    yield from sorted(found, key=lambda record: record.number)
    if failed is not None:
        raise failed


def _subjects(journal: Journal, asked: Asked) -> Collection[str] | None:
    """What the records are about; None for everything. Of several terms all must hold."""
    parts: list[set[str]] = []
    if asked.order:
        parts.append({_order(journal, asked.order)})
    if asked.plan or asked.vin:
        plan = _plan(journal, asked.plan) if asked.plan else ""
        names = {kept.order.id for kept in journal.orders(plan=plan, vin=asked.vin)}
        if not (plan and asked.vin):  # a plan, and a vehicle, have records of their own
            names.add(plan or asked.vin)
        parts.append(names)
    return set.intersection(*parts) if parts else None


def _order(journal: Journal, begins: str) -> str:
    kept = journal.order(begins)
    if kept is None:
        raise UsageError("no order is called so, or several begin so", subject=f"--order {begins}", hint="write it out")
    return kept.order.id


def _plan(journal: Journal, begins: str) -> str:
    names = {record.subject for record in journal.records(kind="plan") if record.subject.startswith(begins)}
    names |= {begins} if any(True for _ in journal.orders(plan=begins, limit=1)) else set()
    if begins in names:
        return begins
    if len(names) != 1:
        what = f"{len(names)} plans begin so" if names else "there is no such plan"
        hint = "write more of the hash" if names else "cdctl audit show --kind plan lists them"
        raise UsageError(what, subject=f"--plan {begins}", hint=hint)
    return names.pop()


def vehicles(journal: Journal, found: Sequence[Record]) -> dict[str, str]:
    """Whose the orders are that records are about, by the order's id; of many only those whose intent is among them."""
    vins = {record.subject: str(record.body.get("vin", "")) for record in found if record.kind == "intent"}
    others = {record.subject for record in found if record.kind == "move"} - vins.keys()
    for name in others if len(others) <= _FEW else ():
        try:
            kept = journal.order(name)
        except UnavailableError:
            continue
        if kept is not None:
            vins[name] = kept.order.vin
    return vins


def head_of(text: str) -> Head:
    """A head as `cdctl audit head` writes it, in any format. Raises ValueError."""
    try:
        said = json.loads(text)
        number, digest = said["number"], said["hash"]
        text = f"{number}:{digest}" if isinstance(number, int) and isinstance(digest, str) else ""
    except (ValueError, TypeError, KeyError):
        pass
    written = _WRITTEN.search(text)
    if written is None:
        raise ValueError("no such file, and no head itself: a record's number and its hash of 64 digits")
    return Head(int(written[1]), written[2], 0)
