"""A rollout with a fleet that does anything at any time, and a judge of what the state machine did about it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cdctl.domain.orders.order import State
from cdctl.domain.orders.rollout.guards import Health, Reading
from cdctl.domain.orders.rollout.hours import opened
from cdctl.domain.orders.rollout.roster import Roster
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Action, Control, Publish, Seen, Tell, Wish
from cdctl.domain.orders.rollout.standing import Phase, Standing
from cdctl.domain.orders.rollout.thresholds import crossed

Decide = Callable[[Rules, Standing, Seen, int], tuple[Standing, tuple[Action, ...]]]
OPEN = [State.SENT, State.ACKED, State.RUNNING, State.UNKNOWN]
ENDS = [State.SUCCEEDED] * 12 + [State.FAILED, State.REJECTED, State.TIMED_OUT, State.EXPIRED]


@dataclass(frozen=True)
class Turn:
    now: int
    before: Standing
    seen: Seen
    after: Standing
    actions: tuple[Action, ...]

    @property
    def published(self) -> int:
        return sum(one.first + one.again for one in self.actions if isinstance(one, Publish))


def drive(rules: Rules, decide: Decide, seed: int, *, turns: int = 400, start: int = 1_000_000) -> list[Turn]:
    """Every turn of one rollout under a seed. `decide` may be a broken one."""
    chance = random.Random(seed)
    total = rules.ends[-1]
    roster, standing, now, history = Roster(rules, np.arange(total)), Standing(), start, []
    opened_rows: list[int] = []
    readings: dict[str, Reading] = {}
    moods = {guard.text: Health.HEALTHY for guard in rules.guards}
    for _ in range(turns):
        now += chance.choice([200, 1000, 1000, 5000, 30_000])
        _answer(roster, opened_rows, rules, chance, now)
        _read(readings, moods, chance, now)
        seen = Seen(
            roster.tally(standing.wave), roster.rollout(), roster.ready(now), dict(readings),
            _controls(chance, standing, now), "the broker is away" if chance.random() < 0.03 else "",
        )  # fmt: skip
        after, actions = decide(rules, standing, seen, now)
        history.append(Turn(now, standing, seen, after, actions))
        for action in actions:
            if isinstance(action, Publish):
                try:
                    opened_rows += roster.take(action)
                except ValueError:
                    return history  # beyond the wave: the judge sees it
        standing = after
        if standing.phase.terminal and chance.random() < 0.2:
            break
    return history


def _answer(roster: Roster, rows: list[int], rules: Rules, chance: random.Random, now: int) -> None:
    for row in list(rows):
        dice = chance.random()
        if dice < 0.3:
            roster.move(row, chance.choice(OPEN))
        elif dice < 0.6:
            end = chance.choice(ENDS)
            rows.remove(row)
            if end is State.FAILED and roster.again(row, rules.retry, now):
                continue
            roster.move(row, end)


def _read(readings: dict[str, Reading], moods: dict[str, Health], chance: random.Random, now: int) -> None:
    for text, mood in moods.items():
        if chance.random() < 0.08:
            moods[text] = chance.choice([Health.HEALTHY, Health.HEALTHY, *Health])
        if chance.random() < 0.7:
            burn = 0.5 if mood is not Health.BURNING else 20.0
            readings[text] = Reading(text, mood, now, str(mood), burn=burn)


def _controls(chance: random.Random, standing: Standing, now: int) -> tuple[Control, ...]:
    found = []
    if chance.random() < 0.03:
        found.append(Control(Wish.PAUSE, chance.choice("bc"), now, "a look"))
    if chance.random() < 0.25:
        found.append(Control(Wish.RESUME, chance.choice("bc"), now, anyway=chance.random() < 0.2))
    if chance.random() < 0.4:
        wave = standing.wave + chance.choice([0, 0, 1])
        found.append(Control(Wish.APPROVE, chance.choice("abc"), now, wave=wave))
    if chance.random() < 0.004:
        found.append(Control(Wish.ABORT, "b", now, "no"))
    return tuple(found)


def faults(rules: Rules, history: list[Turn]) -> list[str]:
    """Everything that must never happen and did."""
    found: list[str] = []
    sent: dict[int, int] = {}
    for turn in history:
        sent[turn.before.wave] = sent.get(turn.before.wave, 0) + sum(
            one.first for one in turn.actions if isinstance(one, Publish)
        )
        if any(isinstance(one, Publish) and one.wave != turn.after.wave for one in turn.actions):
            found.append("published for another wave")
        if sent[turn.before.wave] > rules.size(turn.before.wave):
            found.append("published more than the wave has")
        if turn.after.wave > turn.before.wave and sent[turn.before.wave] < rules.size(turn.before.wave):
            found.append("promoted with targets that were not told")
        found += _publishing(rules, turn) if turn.published else []
        found += _moving(rules, turn)
    found += _paced(history) + _aborted(history) + _approved(rules, history)
    return found


def _publishing(rules: Rules, turn: Turn) -> list[str]:
    found = []
    if turn.after.phase is not Phase.RUNNING or turn.after.pauses:
        found.append("published while not running")
    if rules.in_flight is not None and turn.seen.rollout.open + turn.published > rules.in_flight:
        found.append("published above in_flight")
    if turn.seen.trouble:
        found.append("published in trouble")
    if not opened(rules.hours, turn.now) and "maintenance hours" not in turn.after.waived:
        found.append("published out of hours")
    for guard in rules.guards:
        reading = turn.seen.readings.get(guard.text)
        good = reading is not None and reading.health in {Health.HEALTHY, Health.THIN}
        fresh = reading is not None and turn.after.began <= reading.at and turn.now - reading.at <= guard.fresh * 1000
        if guard.text not in turn.after.waived and not (good and fresh):
            found.append("published without a healthy guard")
    aborting = [limit for limit in rules.limits if not limit.pause]
    if crossed(aborting, turn.seen.wave, turn.seen.rollout):
        found.append("published beyond a limit")
    return found


def _moving(rules: Rules, turn: Turn) -> list[str]:
    before, after, found = turn.before, turn.after, []
    if before.phase.terminal and (after != before or turn.published):
        found.append("changed after its end")
    if after.wave < before.wave:
        found.append("went back a wave")
    done = after.wave > before.wave or after.phase is Phase.COMPLETED
    if done and not before.phase.terminal and before.phase is not Phase.PLANNED:
        wave = turn.seen.wave
        if before.phase is not Phase.SOAKING or turn.now - before.since < rules.waves[before.wave].soak * 1000:
            found.append("promoted without its soak")
        if wave.planned or wave.again or (rules.success and rules.success.short(wave)):
            found.append("promoted without success")
        anyway = any(one.wish is Wish.RESUME and one.anyway for one in turn.seen.controls)
        bad = {Health.BURNING, Health.NO_DATA}
        if after.phase is not Phase.COMPLETED and not anyway:
            bad.add(Health.THIN)
        for guard in rules.guards:
            reading = turn.seen.readings.get(guard.text)
            if guard.text not in before.waived and (reading is None or reading.health in bad):
                found.append("promoted without a healthy guard")
        aborting = [limit for limit in rules.limits if not limit.pause]
        if crossed(aborting, wave, turn.seen.rollout):
            found.append("success came before the limit")
    return found


def _paced(history: list[Turn]) -> list[str]:
    """Never more than the rate since the last publish and what two seconds of it save up."""
    saved, last = 1.0, history[0].now if history else 0
    for turn in (one for one in history if one.published):
        rate = turn.after.rate
        saved = min(max(1.0, rate / 30), saved + (turn.now - last) / 60_000 * rate) - turn.published
        last = turn.now
        if saved < -0.001:
            return ["published above the pace"]
    return []


def _aborted(history: list[Turn]) -> list[str]:
    over = False
    for turn in history:
        asked = any(one.wish is Wish.ABORT for one in turn.seen.controls) and not turn.before.phase.terminal
        over = over or asked or turn.after.phase is Phase.ABORTING
        if over and turn.published:
            return ["published after an abort"]
        if asked and turn.after.phase not in {Phase.ABORTING, Phase.ABORTED}:
            return ["an abort was not heard"]
    return []


def _approved(rules: Rules, history: list[Turn]) -> list[str]:
    given: dict[int, set[str]] = {}
    for turn in history:
        if turn.before.phase in {Phase.WAITING, Phase.PLANNED}:
            names = given.setdefault(turn.before.wave, set())
            for one in turn.seen.controls:
                if one.wish is Wish.APPROVE and one.wave == turn.before.wave and one.by != rules.by:
                    names.add(one.by)
        needs = rules.waves[turn.after.wave].approvals
        if turn.published and len(given.get(turn.after.wave, set())) < needs:
            return ["published without approval"]
    return []


def told(history: list[Turn]) -> list[str]:
    """What was told, a word each."""
    return [one.word for turn in history for one in turn.actions if isinstance(one, Tell)]


def without(seen: Seen, wish: Wish) -> Seen:
    """The same without some wishes: as one who does not hear them sees it."""
    return replace(seen, controls=tuple(one for one in seen.controls if one.wish is not wish))
