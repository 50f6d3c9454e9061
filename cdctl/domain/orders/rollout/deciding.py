"""The rollout's state machine, without a clock.

    planned ── waiting ── running ── soaking ── (the next wave) ── completed
                  ╲__________╲__________╲__ aborting ── aborted
                              ╲__ failed

Paused is no phase of its own: it is any number of reasons not to go on, in whichever phase the rollout is.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

from cdctl.domain.orders.rollout import pacing
from cdctl.domain.orders.rollout.draft import Draft
from cdctl.domain.orders.rollout.guards import Health
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Action, Publish, Seen, Tell
from cdctl.domain.orders.rollout.standing import Phase, Standing
from cdctl.domain.orders.rollout.thresholds import Among
from cdctl.domain.orders.rollout.watching import watch
from cdctl.domain.orders.rollout.wishing import hear


def decide(rules: Rules, standing: Standing, seen: Seen, now: int) -> tuple[Standing, tuple[Action, ...]]:
    """What happens next, and where the rollout stands then. now: epoch milliseconds.

    Total: any observation in any standing. `seen.wave` counts the targets of `standing.wave`; a decision that ends a
    wave never publishes for the next one. What has ended never changes. After an abort nothing is ever published.
    """
    if standing.phase.terminal:
        told = (Tell("refused", f"{one.wish}: the rollout is {standing.phase}", one.by) for one in seen.controls)
        return standing, tuple(told)
    draft = Draft(rules, standing, seen, now)
    if standing.phase is Phase.PLANNED:
        first = pacing.first(rules.pace)
        draft.standing = replace(standing, rate=first, bucket=pacing.Bucket(at=now))
        draft.enter(0)
    hear(draft)
    # A first wave that is empty is passed over, and then what was seen is not of the wave that runs.
    if draft.standing.wave == standing.wave and not draft.standing.phase.terminal:
        _go_on(draft)
    return draft.standing, tuple(draft.actions)


def _go_on(draft: Draft) -> None:
    clear = not draft.aborting and watch(draft)
    if draft.aborting:
        _end_abort(draft)
        return
    _adapt(draft)
    if draft.standing.phase is Phase.WAITING and not draft.standing.pauses:
        _begin(draft)
    elif draft.standing.phase is Phase.RUNNING and not draft.standing.pauses:
        _run(draft, clear)
    elif draft.standing.phase is Phase.SOAKING and clear:
        _soak(draft)


def _end_abort(draft: Draft) -> None:
    late = draft.now - draft.standing.since >= draft.rules.grace * 1000
    left = draft.seen.rollout.open
    if left and not late:
        return
    why = draft.standing.reason
    draft.turn_to(Phase.ABORTED, why)
    draft.tell("aborted", f"{why}; {left} orders have not answered" if left else why)


def _begin(draft: Draft) -> None:
    """A wave that has its approvals runs; its guards are read from now on."""
    standing = draft.standing
    if len(standing.approvers) >= draft.rules.waves[standing.wave].approvals:
        draft.standing = replace(standing, began=draft.now)
        draft.turn_to(Phase.RUNNING)
        size = draft.rules.size(standing.wave)
        draft.tell("started", f"wave {standing.wave + 1} of {len(draft.rules.waves)}, {size} targets")


def _run(draft: Draft, clear: bool) -> None:
    wave, success = draft.seen.wave, draft.rules.success
    if wave.planned or wave.again:
        if clear:
            _publish(draft)
        return
    last = draft.rules.last(draft.standing.wave)
    short = success.short(wave) if success else ""
    if wave.open and (last or success is None or success.among is not Among.TOTAL or short):
        return
    if short:
        draft.turn_to(Phase.FAILED, short)
        draft.tell("failed", short)
        return
    draft.turn_to(Phase.SOAKING)
    soak = draft.rules.waves[draft.standing.wave].soak
    if soak:
        draft.tell("soaking", f"wave {draft.standing.wave + 1} is watched for {soak} s")


def _publish(draft: Draft) -> None:
    seen, standing = draft.seen, draft.standing
    speed = pacing.rate(draft.rules.pace, standing.rate, sent=seen.rollout.told, succeeded=seen.rollout.succeeded)
    bucket = standing.bucket.filled(speed, draft.now)
    room = inf if draft.rules.in_flight is None else max(0, draft.rules.in_flight - seen.rollout.open)
    wanted = min(seen.wave.planned + seen.ready, room)
    count = int(min(wanted, bucket.tokens))
    again = min(count, seen.ready)
    bound = wanted > bucket.tokens
    draft.standing = replace(standing, rate=speed, bucket=bucket.taken(count), bound=bound)
    if count:
        draft.actions.append(Publish(standing.wave, count - again, again))


def _soak(draft: Draft) -> None:
    standing, rules = draft.standing, draft.rules
    if draft.now - standing.since < rules.waves[standing.wave].soak * 1000:
        return
    last = rules.last(standing.wave)
    readings = [draft.seen.readings.get(guard.text) for guard in rules.guards if guard.text not in standing.waived]
    thin = [one for one in readings if one is not None and one.health is Health.THIN]
    if thin and not last:
        why = f"{thin[0].guard}: {thin[0].words}"
        draft.standing = replace(standing, reason=why)
        if not standing.reason:
            draft.tell("waiting", why)
        return
    good, size = draft.seen.wave.succeeded, rules.size(standing.wave)
    rest = "is good" if good == size else f"is over: {good} of {size} succeeded, and no rule of the file stops it"
    draft.tell("promoted", f"wave {standing.wave + 1} {rest}")
    draft.enter(standing.wave + 1)


def _adapt(draft: Draft) -> None:
    """An adaptive pace follows each whole set of new readings once."""
    standing, pace, guards = draft.standing, draft.rules.pace, draft.rules.guards
    readings = [draft.seen.readings.get(guard.text) for guard in guards]
    found = [one for one in readings if one is not None]
    if not isinstance(pace, pacing.Adaptive) or not found or len(found) < len(guards):
        return
    oldest = min(one.at for one in found)
    if oldest <= standing.adapted:
        return
    burn = max(one.burn for one in found)
    speed = pace.next(standing.rate, burn, used=standing.bound)
    draft.standing = replace(standing, rate=speed, adapted=oldest)
    if speed < standing.rate:
        draft.tell("slower", f"{speed:g} orders a minute: a promise burns {burn:.3g} times as fast as it may")
    elif speed > standing.rate:
        draft.tell("faster", f"{speed:g} orders a minute")
