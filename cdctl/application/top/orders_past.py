"""What happened to orders and rollouts, out of the journal: read once, and then what is new in it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from cdctl.application.top.bursts import Same, folded
from cdctl.application.top.timeline import Said, apart, holds
from cdctl.domain.boards.requests import About, Open
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import Occasion, Reach, Recall
from cdctl.domain.orders.keeping import Journal, Kept, Record
from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError

ORDERS = "orders"
MOST_RECORDS = 20_000
"""Records that are read at first, and events that are kept."""
_MOST_KNOWN = 50_000
"""Orders whose vehicles are remembered, and plans and rollouts by their names."""
_MOST_OF_ONE = 500
_ROLES = {State.SUCCEEDED: "good", State.CANCELLED: "", State.UNKNOWN: "warn", State.EXPIRED: "warn"}
_SAID = {
    "approval": ("approved", ""),
    "refusal": ("refused", "bad"),
    "cancel": ("called off", "warn"),
    "break-glass": ("policy was overruled", "bad"),
    "forged": ("an answer with a wrong signature", "bad"),
    "key": ("a key was changed", "warn"),
}
_WORDS = {"aborted": "bad", "failed": "bad", "paused": "warn", "refused": "warn", "completed": "good"}
_HEALTH = {"burning": "bad", "no data": "warn", "thin": "", "healthy": "good"}
_BOARD = Open("orders")

T = TypeVar("T")


class OrdersPast:
    """See the port Teller. opens: the journal for looking, None while there is none."""

    name = ORDERS

    def __init__(self, opens: Callable[[], Journal | None], where: str) -> None:
        self._opens, self._where = opens, where
        self._journal: Journal | None = None
        self._lock = asyncio.Lock()
        self._after: int | None = None
        self._since: float | None = None
        self._events: deque[Same] = deque(maxlen=MOST_RECORDS)
        self._known: OrderedDict[str, tuple[str, str, str]] = OrderedDict()
        self._names: OrderedDict[str, str] = OrderedDict()

    async def tell(self, ask: Recall, seen: Snapshot) -> Said:
        """See the port."""
        async with self._lock:
            return await asyncio.to_thread(self._tell, ask)

    def _tell(self, ask: Recall) -> Said:
        if self._journal is None:
            self._journal = self._opens()
        if self._journal is None:
            return Said((), (Reach(self.name, None, f"no journal {self._where}".rstrip()),))
        if ORDERS not in ask.kinds:
            return Said((), (self._reach(ask),))
        if ask.vin:
            events = [one for kept in self._journal.orders(vin=ask.vin, limit=_MOST_OF_ONE) for one in _of(kept)][::-1]
        else:
            self._read(self._journal)
            events = list(self._events)
        wanted = [one for one in events if holds(one[1], ask) and not apart({"region": one[1].region}, ask)]
        return Said(folded(wanted, _many, ask.unfolded), (self._reach(ask),))

    def _reach(self, ask: Recall) -> Reach:
        return Reach(self.name, None if ask.vin else self._since)

    def _read(self, journal: Journal) -> None:
        """What was written since the last time; of a long past the last part alone."""
        head = journal.head().number
        if self._after is None:
            self._after = max(head - MOST_RECORDS, 0)
        whole = self._after == 0
        if head == self._after:
            return
        for record in journal.records(after=self._after):
            if self._since is None and not whole and not self._events:
                self._since = record.at / 1000
            self._after = record.number
            self._take(record, journal)

    def _take(self, record: Record, journal: Journal) -> None:
        body, subject = record.body, record.subject
        if record.kind == "intent":
            whose = (str(body.get("vin")), str(body.get("region")), str(body.get("command")))
            _remember(self._known, subject, whose)
            self._events.append(_ordered(record, whose, str(body.get("plan", ""))))
        elif record.kind == "move":
            state = _state(body.get("state"))
            if state is not None and (state.terminal or state is State.UNKNOWN):
                self._events.append(_moved(record, state, self._whose(subject, journal)))
        else:
            self._events.extend((None, one) for one in self._noted(record))

    def _whose(self, order: str, journal: Journal) -> tuple[str, str, str]:
        """Vehicle, region and command of an order."""
        if order not in self._known:
            try:
                kept = journal.order(order)
            except UnavailableError:
                kept = None
            whose = (kept.order.vin, kept.order.region, kept.order.command) if kept else ("", "", "order")
            _remember(self._known, order, whose)
        return self._known[order]

    def _noted(self, record: Record) -> Sequence[Occasion]:
        body = record.body
        if record.kind == "plan":
            return [self._planned(record)]
        if record.kind == "rollout":
            told = body.get("events")
            return [self._rolled(record, n, one) for n, one in enumerate(told if isinstance(told, list) else ())]
        if record.kind == "guard" and body.get("health"):
            health = str(body["health"])
            text = f"guard {body.get('guard')} is {health}: {body.get('words')}"
            return [self._note(record, record.at, "guard", text, _HEALTH.get(health, ""))]
        if record.kind not in _SAID:
            return ()
        phrase, role = _SAID[record.kind]
        why = body.get("why") or body.get("reason") or ""
        text = f"{phrase} by {record.actor}" + (f": {why}" if why else "")
        return [self._note(record, record.at, record.kind, text, role)]

    def _planned(self, record: Record) -> Occasion:
        body = record.body
        targets, rollout = body.get("targets"), body.get("rollout")
        count = len(targets) if isinstance(targets, Sequence) else 0
        named = str(rollout.get("name") or "") if isinstance(rollout, Mapping) else ""
        name = named or str(body.get("command", ""))
        for one in (record.subject, str(body.get("id"))):
            _remember(self._names, one, name)
        why = str(body.get("reason") or "")
        text = f"{'rollout of ' if rollout else ''}{body.get('command')} to {count:,} vehicles by {record.actor}"
        return self._note(record, record.at, "plan", text + (f": {why}" if why else ""), "")

    def _rolled(self, record: Record, number: int, one: Mapping[str, Any]) -> Occasion:
        if record.subject not in self._names:
            _remember(self._names, record.subject, self._names.get(str(record.body.get("plan")), ""))
        word, words, by = (str(one.get(part) or "") for part in ("word", "words", "by"))
        who = "" if by in {"", "rollout"} else f" {'to' if word == 'refused' else 'by'} {by}"
        text = f"{word}{who}{f': {words}' if words else ''}"
        at = one.get("at")
        moment = at if isinstance(at, int) else record.at
        return self._note(record, moment, word, text, _WORDS.get(word, ""), number)

    def _note(self, record: Record, at: int, word: str, text: str, role: str, number: int = 0) -> Occasion:
        subject = self._names.get(record.subject) or record.subject[:16]
        key = f"j{record.number}.{number}"
        return Occasion(key, at / 1000, ORDERS, word, subject, text, role, opens=_BOARD)

    async def aclose(self) -> None:
        """Let go of the journal."""
        if self._journal is not None:
            await self._journal.aclose()


def _remember(known: OrderedDict[str, T], name: str, value: T) -> None:
    """The oldest of too many is forgotten."""
    known[name] = value
    if len(known) > _MOST_KNOWN:
        known.popitem(last=False)


def _state(told: object) -> State | None:
    try:
        return State(str(told))
    except ValueError:
        return None


def _ordered(record: Record, whose: tuple[str, str, str], plan: str) -> Same:
    vin, region, command = whose
    text = f"{command} ordered by {record.actor}"
    return (plan, region, command), _occasion(f"j{record.number}", record.at, "ordered", text, "", vin, region)


def _moved(record: Record, state: State, whose: tuple[str, str, str]) -> Same:
    vin, region, command = whose
    reason, late = str(record.body.get("reason", "")), " (late)" if record.body.get("late") else ""
    text = f"{command} {_spelt(state)}{late}{f': {reason}' if reason else ''}"
    one = _occasion(f"j{record.number}", record.at, state.value, text, _ROLES.get(state, "bad"), vin, region)
    return (text, region), one


def _of(kept: Kept) -> list[Same]:
    """An order of one vehicle: when it was given, and how it is since."""
    order, state = kept.order, kept.course.state
    key, place = f"o{order.id}", (order.vin, order.region)
    told = [_occasion(f"{key}.0", order.created, "ordered", f"{order.command} ordered", "", *place)]
    if state is not State.QUEUED:
        text = f"{order.command} {_spelt(state)}{f': {kept.reason}' if kept.reason else ''}"
        role = _ROLES.get(state, "bad") if state.terminal else _ROLES.get(state, "")
        told.insert(0, _occasion(f"{key}.1", kept.course.since, state.value, text, role, *place))
    return [(None, one) for one in told]


def _occasion(key: str, at: int, word: str, text: str, role: str, vin: str, region: str) -> Occasion:
    opens = Open("orders", About(vin=vin)) if vin else _BOARD
    return Occasion(key, at / 1000, ORDERS, word, vin, text, role, vin, region, opens=opens)


def _spelt(state: State) -> str:
    return state.value.replace("_", " ")


def _many(run: Sequence[Occasion]) -> str:
    return f"{len(run):,} vehicles: {run[-1].text}"
