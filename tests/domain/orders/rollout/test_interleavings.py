"""The state machine under anything at any time; and that the judge of it rejects machines which are broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import inf

import pytest
import rollouts as rig

from cdctl.domain.orders.rollout.deciding import decide
from cdctl.domain.orders.rollout.guards import Guard, Health, Slo
from cdctl.domain.orders.rollout.hours import Hours
from cdctl.domain.orders.rollout.pacing import Adaptive, Fixed
from cdctl.domain.orders.rollout.rules import Retry, Rules
from cdctl.domain.orders.rollout.seen import Action, Publish, Seen, Wish
from cdctl.domain.orders.rollout.standing import Phase, Standing, from_plain, to_plain
from cdctl.domain.orders.rollout.thresholds import Failure, Limit, Success
from cdctl.domain.orders.rollout.waves import Wave

Answer = tuple[Standing, tuple[Action, ...]]
Break = Callable[[Rules, Standing, Seen, int], Answer]

RULES = Rules(
    waves=(Wave(count=3, soak=60), Wave(count=3), Wave(count=20, soak=20, approvals=2), Wave(count=60, soak=10)),
    ends=(3, 3, 20, 60),
    by="a",
    pace=Fixed(40),
    hours=(Hours(0, 30), Hours(33, 1440)),
    limits=(Limit(Fraction(60), minimum=10), Limit(Fraction(30), Failure.UNANSWERED, minimum=5, pause=True)),
    success=Success(Fraction(40)),
    guards=(Guard("slo:x", Slo("x"), fresh=90), Guard("slo:y", Slo("y"), aborts=False, fresh=60)),
    in_flight=9,
    retry=Retry(3, 5),
)
ADAPTIVE = replace(
    RULES, pace=Adaptive(30, 5, 200, 20), hours=(), waves=tuple(replace(w, approvals=0) for w in RULES.waves)
)
ABORTS = replace(ADAPTIVE, guards=(Guard("slo:x", Slo("x"), aborts=True),), limits=RULES.limits[:1], in_flight=None)
GAPS = replace(RULES, waves=(*RULES.waves, Wave(count=60)), ends=(0, 3, 3, 60, 60), pace=None)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("rules", [RULES, ADAPTIVE, ABORTS, GAPS], ids=["careful", "adaptive", "aborts", "gaps"])
def test_nothing_ever_happens_that_must_not(rules: Rules, seed: int) -> None:
    assert rig.faults(rules, rig.drive(rules, decide, seed)) == []


def test_the_seeds_reach_every_phase_and_every_word() -> None:
    runs = [rig.drive(rules, decide, seed) for rules in (RULES, ADAPTIVE, ABORTS) for seed in range(25)]
    phases = {turn.after.phase for run in runs for turn in run}
    assert phases == set(Phase) - {Phase.PLANNED}
    words = {word for run in runs for word in rig.told(run)}
    assert words == {
        "started", "waiting", "approved", "refused", "paused", "resumed", "promoted", "soaking", "slower", "faster",
        "aborting", "aborted", "completed", "failed",
    }  # fmt: skip


def test_a_note_in_the_journal_holds_all_that_is_needed_to_go_on() -> None:
    """A machine that forgets everything but its note after every turn does exactly the same."""

    def forgetful(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
        return decide(rules, from_plain(json.loads(json.dumps(to_plain(standing), allow_nan=False))), seen, now)

    for rules in (RULES, ADAPTIVE):
        for seed in range(5):
            assert rig.drive(rules, forgetful, seed) == rig.drive(rules, decide, seed)


def deaf(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(rules, standing, rig.without(seen, Wish.ABORT), now)


def greedy(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    after, actions = decide(rules, standing, seen, now)
    return after, tuple(replace(a, first=a.first + 1) if isinstance(a, Publish) else a for a in actions)


def blind(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    healthy = {text: replace(one, health=Health.HEALTHY) for text, one in seen.readings.items()}
    return decide(rules, standing, replace(seen, readings=healthy), now)


def stale(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    fresh = {text: replace(one, at=now) for text, one in seen.readings.items()}
    return decide(rules, standing, replace(seen, readings=fresh), now)


def hasty(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(replace(rules, waves=tuple(replace(wave, soak=0) for wave in rules.waves)), standing, seen, now)


def sleepless(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(replace(rules, hours=()), standing, seen, now)


def crowded(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(replace(rules, in_flight=None), standing, seen, now)


def rushing(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    after, actions = decide(replace(rules, pace=Fixed(400), in_flight=None), standing, seen, now)
    return replace(after, rate=40.0), actions


def undying(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    if standing.phase.terminal:
        standing = replace(standing, phase=Phase.RUNNING)
    return decide(rules, standing, seen, now)


def lone(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(replace(rules, by="nobody"), standing, seen, now)


def lenient(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(replace(rules, limits=()), standing, seen, now)


def content(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(replace(rules, success=None), standing, seen, now)


def skipping(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(rules, standing, replace(seen, wave=replace(seen.wave, planned=0)), now)


def trusting(rules: Rules, standing: Standing, seen: Seen, now: int) -> Answer:
    return decide(rules, standing, replace(seen, trouble=""), now)


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (deaf, "an abort was not heard"),
        (deaf, "published after an abort"),
        (greedy, "published more than the wave has"),
        (blind, "published without a healthy guard"),
        (blind, "promoted without a healthy guard"),
        (stale, "published without a healthy guard"),
        (hasty, "promoted without its soak"),
        (sleepless, "published out of hours"),
        (crowded, "published above in_flight"),
        (rushing, "published above the pace"),
        (undying, "changed after its end"),
        (lone, "published without approval"),
        (lenient, "published beyond a limit"),
        (lenient, "success came before the limit"),
        (content, "promoted without success"),
        (skipping, "promoted with targets that were not told"),
        (trusting, "published in trouble"),
    ],
)
def test_the_judge_rejects_a_broken_machine(broken: Break, fault: str) -> None:
    rules = [
        RULES,
        ADAPTIVE,
        replace(RULES, limits=(Limit(Fraction(9)),)),
        replace(RULES, success=Success(Fraction(90))),
    ]
    assert any(fault in rig.faults(each, rig.drive(each, broken, seed)) for each in rules for seed in range(8))


def test_what_is_no_note_of_a_rollout_is_refused() -> None:
    good = to_plain(Standing(rate=inf))
    assert from_plain(good) == Standing(rate=inf)
    for name, bad in {"phase": "asleep", "wave": "1", "rate": "fast", "pauses": 3, "approvers": "bob"}.items():
        with pytest.raises(ValueError, match=r"asleep|wave|rate|pauses|approvers"):
            from_plain({**good, name: bad})
    with pytest.raises(ValueError, match="wave"):
        from_plain({key: value for key, value in good.items() if key != "wave"})
