"""What a session left behind: its open orders by plan, and the targets that its plans had not begun with."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from cdctl.domain.orders.keeping import Journal, Kept, Note
from cdctl.domain.orders.plan import Plan, Target

if TYPE_CHECKING:
    from cdctl.application.desk import Desk

SESSION = "session"
"""Kind of the note that says which plans a session sends."""


@dataclass(frozen=True, slots=True)
class Left:
    """Of one plan. plan: None when the journal does not hold it. targets: those nothing was written down for, and may
    still be sent to; missed: how many may not, because the plan is too old. stopped: it was aborted."""

    digest: str
    plan: Plan | None = None
    open: Sequence[Kept] = ()
    targets: Sequence[Target] = ()
    missed: int = 0
    stopped: bool = False
    retries: int = 0
    rate: float | None = None
    tries: Mapping[str, int] = field(default_factory=dict)
    """Orders there were with each key."""


def preface(desk: Desk, told: Mapping[str, object], content: bytes) -> list[Note]:
    """What must be written down before the first order of a plan: what this session sends (`told`), and the plan's
    content, once. No content: it is there."""
    digest, now, kept = str(told["plan"]), desk.now(), desk.means.journal.records
    held = not content or next(iter(kept(kind="plan", subject=digest, limit=1)), None) is not None
    notes = [] if held else [Note("plan", digest, desk.actor, now, json.loads(content))]
    return [*notes, Note(SESSION, desk.session, desk.actor, now, told)]


def left_by(journal: Journal, session: str, now: int) -> list[Left]:
    """Everything that a session left open, by plan. now: epoch milliseconds. Raises UnavailableError."""
    open_orders: dict[str, list[Kept]] = defaultdict(list)
    for kept in journal.orders(session=session, open_only=True):
        open_orders[kept.order.plan].append(kept)
    told = {str(note.body["plan"]): note.body for note in journal.records(kind=SESSION, subject=session)}
    return [
        _left(journal, digest, open_orders.get(digest, []), told.get(digest, {}), now)
        for digest in dict.fromkeys([*open_orders, *told])
    ]


def _left(journal: Journal, digest: str, kept: Sequence[Kept], told: Mapping[str, Any], now: int) -> Left:
    plan = plan_of(journal, digest)
    stopped = bool(digest) and next(iter(journal.records(kind="cancel", subject=digest, limit=1)), None) is not None
    begun: set[str] = set()
    rest: list[Target] = []
    if plan is not None and told.get("whole") and not stopped:
        begun = {one.order.vin for one in journal.orders(plan=digest)}
        rest = [target for target in plan.targets if target.vin not in begun]
    retries = int(told.get("retries", 0))
    too_old = plan is not None and now > plan.created + plan.expires * 1000
    return Left(
        digest,
        plan,
        kept,
        () if too_old else rest,
        len(rest) if too_old else 0,
        stopped,
        retries,
        told.get("rate"),
        Counter(one.order.key for one in journal.orders(plan=digest)) if retries else {},
    )


def plan_of(journal: Journal, digest: str) -> Plan | None:
    """A plan as it was written down; None when it was not."""
    note = next(iter(journal.records(kind="plan", subject=digest, limit=1)), None) if digest else None
    if note is None:
        return None
    body: dict[str, Any] = dict(note.body)
    names = {one.name for one in fields(Plan)}
    targets = tuple(Target(**target) for target in body.pop("targets"))
    return Plan(targets=targets, **{name: value for name, value in body.items() if name in names})


def last_tries(kept: Iterable[Kept]) -> Iterator[Kept]:
    """Orders, newest first, without those that were tried again."""
    seen: set[str] = set()
    for one in kept:
        if one.order.key not in seen:
            seen.add(one.order.key)
            yield one
