"""What the journal holds: plans and orders by a beginning of their names, and what is left to do of each session."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from cdctl.cli import cmd_rows, records
from cdctl.domain.text import safe
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.application.resuming import Left
    from cdctl.domain.orders.keeping import Journal, Kept, Record
    from cdctl.domain.settings import Settings

_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What a name stands for: a plan (its digest) with its orders and how many targets it has, or one order alone."""

    plan: str
    kept: tuple[Kept, ...]
    single: bool = False
    targets: int = 0

    @property
    def unsent(self) -> int:
        """Targets that nothing was written down for."""
        return max(0, self.targets - len(self.kept))


def is_none(settings: Settings, which: str = "") -> bool:
    """Whether nothing was ever written down. Raises UsageError when something of it is asked for all the same."""
    from cdctl.application.orders_wiring import journal_path

    path = journal_path(settings)
    if path.exists():
        return False
    if which:
        hint = f"nothing was sent from here yet: there is no journal {path}"
        raise UsageError("there is no such order or plan", subject=safe(which, 40), hint=hint)
    return True


def find(journal: Journal, which: str) -> Found:
    """The plan or the order whose name begins so. Raises UsageError when there is none, or more than one."""
    from cdctl.application.resuming import last_tries

    name = which.strip().lower()
    if len(name) < _SHORTEST:
        hint = "cdctl cmd status lists plans, cdctl cmd history orders"
        raise UsageError(f"'{safe(which, 40)}' is too short for an order or a plan", hint=hint)
    plans = {note.subject: _targets(note) for note in journal.records(kind="plan") if _is_called(note, name)}
    order = journal.order(name)
    if len(plans) + (order is not None) > 1:
        raise UsageError("more than one begins so", subject=safe(which, 40), hint="write more of it")
    if order is not None:
        return Found(order.order.plan, (order,), single=True)
    if not plans:
        hint = "cdctl cmd status lists plans, cdctl cmd history orders"
        raise UsageError("there is no such order or plan", subject=safe(which, 40), hint=hint)
    ((digest, targets),) = plans.items()
    return Found(digest, tuple(last_tries(journal.orders(plan=digest))), targets=targets)


def _targets(note: Record) -> int:
    targets = note.body.get("targets")
    return len(targets) if isinstance(targets, list) else 0


def _is_called(note: Record, name: str) -> bool:
    return note.subject.startswith(name) or str(note.body.get("id", "")).startswith(name)


def plans(journal: Journal, limit: int) -> list[dict[str, object]]:
    """The latest plans, newest first, and how their orders are."""
    from cdctl.application.resuming import last_tries

    latest = deque(journal.records(kind="plan"), maxlen=limit)
    rows = []
    for note in reversed(latest):
        states = Counter(one.course.state for one in last_tries(journal.orders(plan=note.subject)))
        total = _targets(note) or sum(states.values())
        rows.append(
            {
                "plan": note.subject,
                "at": cmd_rows.utc(note.at),
                "by": note.actor,
                "context": note.body.get("context"),
                "command": note.body.get("command"),
                "vehicles": total,
                "states": {state.value: count for state, count in states.most_common()},
                "open": sum(count for state, count in states.items() if not state.terminal),
                "unsent": max(0, total - sum(states.values())),
                "reason": note.body.get("reason"),
            }
        )
    return rows


def _states(record: records.Record) -> str:
    states = record.get("states")
    parts = [f"{count:,} {state}" for state, count in states.items()] if isinstance(states, dict) else []
    unsent = record.get("unsent")
    return ", ".join(parts + ([f"{unsent:,} not sent"] if isinstance(unsent, int) and unsent else []))


PLANS = (
    records.Column("plan", text=lambda record: str(record["plan"])[:16]),
    records.Column("at"),
    records.Column("by"),
    records.Column("command"),
    records.Column("vehicles", text=lambda record: f"{record['vehicles']:,}"),
    records.Column("states", text=_states, shrinks=True),
    records.Column("context", wide=True),
    records.Column("reason", wide=True),
)

STEPS = tuple(map(records.Column, ("at", "what", "by", "detail")))


def steps(journal: Journal, order: str) -> list[dict[str, object]]:
    """Everything that was written down about one order, in order."""
    rows: list[dict[str, object]] = []
    for record in journal.records(subject=order):
        body = record.body
        heard = str(body.get("heard") or record.kind)
        state = str(body.get("state") or "")
        said = [f"then {state}" if state and state != heard else "", str(body.get("reason") or "")]
        said += ["late" if body.get("late") else ""]
        detail = ", ".join(filter(None, said))
        rows.append({"at": cmd_rows.utc(record.at), "what": heard, "by": record.actor, "detail": detail})
    return rows


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders `cmd history` lists. since: epoch milliseconds."""

    vin: str = ""
    since: int = 0
    command: str = ""
    state: str = ""
    limit: int = 50


def history(journal: Journal, wanted: Wanted) -> tuple[Kept, ...]:
    """Orders, newest first."""

    def matching() -> Iterator[Kept]:
        for one in journal.orders(vin=wanted.vin):
            if one.order.created < wanted.since:
                return
            if wanted.command in {"", one.order.command} and wanted.state in {"", one.course.state.value}:
                yield one

    return tuple(islice(matching(), wanted.limit))


@dataclass(frozen=True, slots=True)
class Session:
    """What one session left to do."""

    name: str
    left: tuple[Left, ...]

    @property
    def open(self) -> int:
        """Orders that have not ended."""
        return sum(len(one.open) for one in self.left)

    @property
    def unsent(self) -> int:
        """Targets that may still be sent to."""
        return sum(len(one.targets) for one in self.left)


def _ends(plan: Record) -> int:
    """When nothing of a plan may begin any more, epoch milliseconds; 0 when it does not say."""
    created, expires = plan.body.get("created"), plan.body.get("expires")
    return created + expires * 1000 if isinstance(created, int) and isinstance(expires, int) else 0


def sessions(journal: Journal, now: int, plan: str = "") -> list[Session]:
    """Those that something is left to do of; with `plan` (a digest) only those that send it. now: epoch ms."""
    from cdctl.application.resuming import SESSION, left_by

    open_ones = [one for one in journal.orders(open_only=True) if plan in {"", one.order.plan}]
    names = dict.fromkeys(one.session for one in open_ones)
    beginning = {note.subject for note in journal.records(kind="plan") if _ends(note) > now}
    for note in journal.records(kind=SESSION):
        if note.body.get("plan") in beginning and plan in {"", note.body.get("plan")}:
            names[note.subject] = None
    found = (Session(name, tuple(left_by(journal, name, now))) for name in names)
    return [one for one in found if one.open or one.unsent]
