"""What `cdctl rollout` shows: waves of a plan, and states as they are told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cdctl.application.rollout_states import OVER, runs, why
from cdctl.cli.records import Column, Record
from cdctl.domain.duration import brief
from cdctl.domain.orders.rollout import pacing
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.domain.orders.rollout.engine import Job
    from cdctl.domain.orders.rollout.guards import Guard


def _length(key: str) -> Column:
    def text(record: Record) -> str:
        value = record.get(key)
        return brief(value) if isinstance(value, int | float) and value else ""

    return Column(key, text=text)


def _split(record: Record) -> str:
    found = record["regions"]
    return ", ".join(f"{safe(k, 40)} {v:,}" for k, v in found.items()) if isinstance(found, Mapping) else ""


def _number(key: str, wide: bool = False) -> Column:
    def text(record: Record) -> str:
        value = record.get(key)
        return f"{value:,}" if isinstance(value, int) and value else "0" if key == "vehicles" else ""

    return Column(key, wide=wide, text=text)


PLANNED = (
    Column("wave"),
    Column("name"),
    Column("to"),
    _number("vehicles"),
    _number("total"),
    Column("regions", text=_split, shrinks=True),
    _number("approvals"),
    _length("soak"),
    _length("deadline"),
    Column("at_least", text=lambda record: brief(at) if isinstance(at := record["at_least"], int | float) else ""),
)


def planned(job: Job) -> list[dict[str, object]]:
    """A row for each wave. at_least: seconds that its orders take to leave at the pace, an adaptive one at its best."""
    rows: list[dict[str, object]] = []
    begin = 0
    for number, (wave, end) in enumerate(zip(job.rules.waves, job.rules.ends, strict=True), 1):
        part = [job.plan.targets[row] for row in job.order[begin:end]]
        rows.append(
            {
                "wave": number, "name": wave.name, "to": wave.size, "vehicles": end - begin, "total": end,
                "regions": dict(Counter(one.region for one in part).most_common()),
                "models": dict(Counter(one.model for one in part).most_common()),
                "approvals": wave.approvals, "soak": wave.soak, "deadline": wave.deadline,
                "at_least": _leaves(job, begin, end),
            }
        )  # fmt: skip
        begin = end
    return rows


def _leaves(job: Job, begin: int, end: int) -> float | None:
    pace = job.rules.pace
    if pace is None:
        return None
    if isinstance(pace, pacing.Exponential):
        at, seconds = begin, 0.0
        while at < end:
            step = min(end, (at // pace.every + 1) * pace.every)
            seconds += (step - at) / pace.at(at) * 60
            at = step
        return round(seconds, 1)
    fastest = pace.per_minute if isinstance(pace, pacing.Fixed) else pace.most
    return round((end - begin) / fastest * 60, 1)


def guarded(job: Job) -> Iterator[tuple[str, str]]:
    """What stops it: name and value."""
    rules = job.rules
    for guard in rules.guards:
        yield (
            "guard",
            f"{guard.text}; {_does(guard)}, read every {brief(guard.every)}, no data after {brief(guard.fresh)}",
        )
    for limit in rules.limits:
        yield "limit", str(limit)
    if rules.success is not None:
        yield "success", str(rules.success)
    if rules.pace is not None:
        yield "pace", _paced(rules.pace)
    if rules.in_flight is not None:
        yield "in flight", f"{rules.in_flight:,} orders at most"
    for hours in rules.hours:
        yield "hours", str(hours)
    if rules.retry.tries > 1:
        yield "retry", f"{rules.retry.tries} tries, {brief(rules.retry.wait)} after the first"


def lacking(job: Job) -> Iterator[str]:
    """What would stop a rollout and nobody wrote down."""
    if not job.rules.limits:
        yield "the file has no abort threshold: failures of its own orders, however many, do not stop it"
    if not job.rules.guards:
        yield "no guard watches it: no promise, and no vehicle outside of it, can stop it"


def _does(guard: Guard) -> str:
    return "aborts" if guard.aborts else "pauses"


def _paced(pace: pacing.Pace) -> str:
    if isinstance(pace, pacing.Fixed):
        return f"{pace.per_minute:g} orders a minute"
    if isinstance(pace, pacing.Exponential):
        return f"{pace.base:g} orders a minute, x{pace.factor:g} every {pace.every:,} {pace.by}, {pace.most:g} at most"
    return f"{pace.start:g} orders a minute, {pace.least:g} to {pace.most:g} as the guards are"


STATES = (
    Column("rollout"),
    Column("name", shrinks=True),
    Column("state"),
    Column("wave"),
    Column("done"),
    Column("by"),
    Column("runs", text=lambda record: str(record["runs"])),
    Column("why", shrinks=True),
)


def state(body: Mapping[str, Any]) -> dict[str, object]:
    """One rollout as a line of `rollout ls`."""
    waves, now = body["waves"], time.time() * 1000
    total = sum(int(wave.get("size", 0)) for wave in waves)
    good = sum(int(wave.get("succeeded", 0)) for wave in waves)
    return {
        "rollout": body["rollout"], "name": body["name"], "state": body["state"],
        "wave": f"{body['wave'] + 1}/{len(waves)}", "done": f"{good:,}/{total:,}", "by": body["by"],
        "runs": runs(body, now), "why": "; ".join(why(body)), "command": body["command"], "at": body["at"],
    }  # fmt: skip


WAVES = (
    Column("wave"),
    Column("name"),
    Column("to"),
    _number("size"),
    *(_number(key) for key in ("planned", "again", "open", "succeeded", "failed", "rejected", "timed_out")),
    _number("unanswered"),
    _number("cancelled"),
)
_OPEN = ("queued", "sent", "acked", "running", "unknown")


def waves(body: Mapping[str, Any]) -> list[dict[str, object]]:
    """A row for each wave of a state."""
    rows: list[dict[str, object]] = []
    for number, wave in enumerate(body["waves"], 1):
        row = {**wave, "wave": number, "unanswered": wave.get("expired", 0)}
        row["open"] = sum(int(wave.get(key, 0)) for key in _OPEN)
        rows.append(row)
    return rows


def facts(body: Mapping[str, Any]) -> Iterator[str]:
    """A state for people, a line each."""
    of = f"wave {body['wave'] + 1} of {len(body['waves'])}"
    head = f"{safe(str(body['name']), 60)} ({body['rollout']}): {body['state']}, {of}"
    runner = runs(body, time.time() * 1000)
    yield head + (f", run by {safe(runner, 60)}" if runner else "")
    for line in why(body):
        yield f"  why: {safe(line, 400)}"
    for line in left_open(body):
        yield f"  {line}"
    for one in body["guards"]:
        yield f"  {one['health']:<8} {safe(str(one['guard']), 80)}: {safe(str(one['words']), 300)}"
    for one in body["events"][-8:]:
        yield f"  {event(one)}"


def left_open(body: Mapping[str, Any]) -> Iterator[str]:
    """What to do about orders that nobody listens to any more: a rollout that ended does not wait for them."""
    count = sum(int(str(row["open"])) for row in waves(body)) if body["phase"] in OVER else 0
    if count:
        orders = f"{count:,} order{'s have' if count > 1 else ' has'} not ended"
        yield f"{orders}: cdctl cmd resume {str(body['plan'])[:16]} asks the vehicles what became of them"


def event(one: Mapping[str, Any]) -> str:
    """Something that happened, with its time and who did it."""
    at = time.strftime("%H:%M:%S", time.localtime(int(one["at"]) / 1000))
    of = "to" if one["word"] == "refused" else "by"
    by = "" if one["by"] == "rollout" else f" {of} {safe(str(one['by']), 60)}"
    words = safe(str(one["words"]), 400)
    return f"{at} {one['word']}{by}{f': {words}' if words else ''}"


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Targets by where they are, over all waves."""
    found: Counter[str] = Counter()
    for row in rows:
        for key, value in row.items():
            if isinstance(value, int) and key not in {"wave", "to", "size", "unanswered", "open"}:
                found[key] += value
    return dict(found)
