"""What pauses or aborts a rollout by itself: limits, guards, hours, a deadline, trouble."""

from __future__ import annotations

from cdctl.domain.orders.rollout import thresholds
from cdctl.domain.orders.rollout.draft import Draft
from cdctl.domain.orders.rollout.guards import Guard, Health, Reading
from cdctl.domain.orders.rollout.hours import opened, opens
from cdctl.domain.orders.rollout.standing import Cause, Phase

HOURS, DEADLINE, LINK = "maintenance hours", "deadline", "link"
"""Keys of pauses that are no guard's."""


def watch(draft: Draft) -> bool:
    """Look at everything. True when orders may be published: nothing pauses, and every guard was read in this wave."""
    _limits(draft)
    if draft.aborting:
        return False
    ready = [_guard(draft, guard) for guard in draft.rules.guards]
    if draft.aborting:
        return False
    _hours(draft)
    _deadline(draft)
    _hold(draft, Cause.TROUBLE, LINK, draft.seen.trouble)
    return all(ready) and not draft.standing.pauses


def _limits(draft: Draft) -> None:
    waived = draft.standing.waived
    standing = [limit for limit in draft.rules.limits if not (limit.pause and _key(draft, limit) in waived)]
    found = thresholds.crossed(standing, draft.seen.wave, draft.seen.rollout)
    if found is None:
        return
    limit, why = found
    if limit.pause:
        draft.pause(Cause.LIMIT, _key(draft, limit), why)
    else:
        draft.abort(why)


def _key(draft: Draft, limit: thresholds.Limit) -> str:
    return f"limit {draft.rules.limits.index(limit) + 1}"


def _guard(draft: Draft, guard: Guard) -> bool:
    """Judge one guard; True when it lets orders be published. One that was not read since the wave began holds them
    back, and is no data once it had the time for it."""
    if guard.text in draft.standing.waived:
        return True
    reading = draft.seen.readings.get(guard.text)
    begun = max(draft.standing.began, draft.seen.began)
    since = begun if reading is None else max(reading.at, begun)
    read = reading is not None and reading.at >= draft.standing.began
    late = draft.now - since > guard.fresh * 1000
    if reading is not None and read and not late:
        return _read(draft, guard, reading)
    if late:
        _hold(draft, Cause.NO_DATA, guard.text, f"not read for {(draft.now - since) // 1000} s")
    return False


def _read(draft: Draft, guard: Guard, reading: Reading) -> bool:
    if reading.health is Health.BURNING and guard.aborts:
        draft.abort(f"{guard.text}: {reading.words}")
        return False
    if reading.health is Health.BURNING:
        draft.pause(Cause.GUARD, guard.text, reading.words)
    _hold(draft, Cause.NO_DATA, guard.text, reading.words if reading.health is Health.NO_DATA else "")
    return reading.health in {Health.HEALTHY, Health.THIN}


def _hours(draft: Draft) -> None:
    wave, hours = draft.seen.wave, draft.rules.hours
    left = draft.standing.phase is Phase.RUNNING and (wave.planned or wave.again)
    closed = bool(left) and HOURS not in draft.standing.waived and not opened(hours, draft.now)
    soon = opens(hours, draft.now) if closed else None
    words = f"opens in {max(1, (soon - draft.now) // 60_000)} min" if soon is not None else "never opens"
    _hold(draft, Cause.HOURS, HOURS, words if closed else "")


def _deadline(draft: Draft) -> None:
    limit = draft.rules.waves[draft.standing.wave].deadline
    if limit is None or draft.standing.phase is not Phase.RUNNING or DEADLINE in draft.standing.waived:
        return
    if draft.now - draft.standing.began > limit * 1000:
        draft.pause(Cause.DEADLINE, DEADLINE, f"the wave takes longer than {limit} s")


def _hold(draft: Draft, cause: Cause, key: str, why: str) -> None:
    """Pause while there is a reason, and go on when there is none."""
    if why:
        draft.pause(cause, key, why)
        return
    for pause in draft.standing.pauses:
        if pause.cause is cause and pause.key == key:
            draft.lift(pause)
