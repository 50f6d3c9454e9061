"""The state machine, one step at a time: what it says and does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from cdctl.domain.orders.rollout.deciding import decide
from cdctl.domain.orders.rollout.guards import Cohort, Guard, Health, Reading, Slo
from cdctl.domain.orders.rollout.pacing import Adaptive
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Action, Control, Publish, Seen, TakeBack, Tell, Wish
from cdctl.domain.orders.rollout.standing import Cause, Phase, Standing
from cdctl.domain.orders.rollout.tally import Tally
from cdctl.domain.orders.rollout.thresholds import Among, Limit, Success
from cdctl.domain.orders.rollout.waves import Wave

BURN = "slo:remote-command"
RULES = Rules((Wave(count=2, soak=30), Wave(count=10)), (2, 10), "ada", guards=(Guard(BURN, Slo("remote-command")),))
FREE = replace(RULES, guards=())
DONE = Tally(succeeded=2)


def reading(health: Health = Health.HEALTHY, at: int = 0, burn: float = 0.5, guard: str = BURN) -> dict[str, Reading]:
    return {guard: Reading(guard, health, at, f"it is {health}", burn=burn)}


def seen(wave: Tally, *controls: Control, rollout: Tally | None = None, **known: object) -> Seen:
    return replace(Seen(wave, rollout or wave, controls=controls), **known)  # type: ignore[arg-type]


def words(actions: tuple[Action, ...]) -> list[str]:
    return [f"{one.word} {one.words}".strip() for one in actions if isinstance(one, Tell)]


def published(actions: tuple[Action, ...]) -> list[Publish]:
    return [one for one in actions if isinstance(one, Publish)]


def running(rules: Rules = FREE, wave: int = 0) -> Standing:
    standing, _ = decide(rules, Standing(), seen(Tally(planned=2)), 0)
    return replace(standing, wave=wave)


def test_without_guards_and_pace_the_first_wave_goes_at_once() -> None:
    standing, actions = decide(FREE, Standing(), seen(Tally(planned=2)), 0)
    assert published(actions) == [Publish(0, 2, 0)]
    assert words(actions) == ["started wave 1 of 2, 2 targets"]
    assert standing.phase is Phase.RUNNING


def test_guards_are_read_before_anything_is_published() -> None:
    standing, actions = decide(RULES, Standing(), seen(Tally(planned=2)), 1000)
    assert not published(actions)
    assert standing.shown == "running", "not yet read is no pause"
    _, old = decide(RULES, standing, seen(Tally(planned=2), readings=reading(at=999)), 1500)
    assert not published(old), "a reading from before the wave"
    _, new = decide(RULES, standing, seen(Tally(planned=2), readings=reading(at=1500)), 1500)
    assert published(new) == [Publish(0, 2, 0)]


def test_a_guard_that_is_never_read_pauses_and_goes_on_when_it_is() -> None:
    standing, _ = decide(RULES, Standing(), seen(Tally(planned=2)), 0)
    standing, actions = decide(RULES, standing, seen(Tally(planned=2)), 121_000)
    assert words(actions) == [f"paused {BURN}: not read for 121 s"]
    assert standing.pauses[0].cause is Cause.NO_DATA
    standing, actions = decide(RULES, standing, seen(Tally(planned=2), readings=reading(at=122_000)), 122_000)
    assert words(actions) == [f"resumed {BURN} is known again"]
    assert published(actions)


def test_no_data_pauses_by_itself_and_a_burning_guard_waits_for_an_operator() -> None:
    standing = running(RULES)
    standing, actions = decide(RULES, standing, seen(Tally(sent=2), readings=reading(Health.BURNING)), 1000)
    assert words(actions) == [f"paused {BURN}: it is burning"]
    standing, actions = decide(RULES, standing, seen(Tally(sent=2), readings=reading(at=2000)), 2000)
    assert standing.shown == "paused", "healthy again, and nobody said go on"
    resume = Control(Wish.RESUME, "bob", 3000)
    standing, actions = decide(RULES, standing, seen(Tally(sent=2), resume, readings=reading(at=2000)), 3000)
    assert standing.shown == "running"


def test_resume_does_not_hide_a_guard_that_still_burns_unless_it_says_so() -> None:
    burning = reading(Health.BURNING)
    standing, _ = decide(RULES, running(RULES), seen(Tally(planned=2), readings=burning), 1000)
    same, actions = decide(
        RULES, standing, seen(Tally(planned=2), Control(Wish.RESUME, "b", 1), readings=burning), 2000
    )
    assert words(actions) == [f"refused {BURN}: still burning: it is burning; --anyway waives it for this wave"]
    assert not published(actions)
    anyway = Control(Wish.RESUME, "b", 1, anyway=True)
    free, actions = decide(RULES, same, seen(Tally(planned=2), anyway, readings=burning), 2000)
    assert published(actions)
    assert free.waived == (BURN,)


def test_a_guard_that_aborts_takes_everything_back() -> None:
    rules = replace(RULES, guards=(replace(RULES.guards[0], aborts=True),))
    open_orders = seen(Tally(planned=1, sent=1), readings=reading(Health.BURNING))
    standing, actions = decide(rules, running(rules), open_orders, 1000)
    assert TakeBack(f"{BURN}: it is burning") in actions
    assert standing.phase is Phase.ABORTING
    standing, actions = decide(rules, standing, seen(Tally(planned=1, cancelled=1)), 2000)
    assert words(actions) == [f"aborted {BURN}: it is burning"]
    assert standing.phase is Phase.ABORTED


def test_an_abort_does_not_wait_for_ever() -> None:
    standing, _ = decide(FREE, running(), seen(Tally(sent=2), Control(Wish.ABORT, "bob", 1, "bad idea")), 1000)
    standing, _ = decide(FREE, standing, seen(Tally(sent=2)), 60_999)
    assert standing.phase is Phase.ABORTING
    standing, actions = decide(FREE, standing, seen(Tally(sent=2)), 61_000)
    assert words(actions) == ["aborted bad idea; 2 orders have not answered"]


def test_abort_beats_success_on_a_tie() -> None:
    rules = replace(FREE, limits=(Limit(Fraction(49)),), success=Success(Fraction(50)))
    standing, _ = decide(rules, running(), seen(Tally(succeeded=1, failed=1)), 1000)
    assert standing.phase is Phase.ABORTED
    without, _ = decide(replace(rules, limits=()), running(), seen(Tally(succeeded=1, failed=1)), 1000)
    assert without.phase is Phase.SOAKING


def test_too_few_successes_fail_the_rollout() -> None:
    rules = replace(FREE, success=Success(Fraction(95)))
    standing, actions = decide(rules, running(), seen(Tally(succeeded=1, failed=1)), 1000)
    assert standing.phase is Phase.FAILED
    assert words(actions) == ["failed 1 of 2 ended orders of the wave succeeded: 50 % < 95 %"]


def test_success_of_the_total_need_not_wait_for_those_who_sleep() -> None:
    rules = replace(FREE, success=Success(Fraction(50), Among.TOTAL))
    assert decide(rules, running(), seen(Tally(succeeded=1, sent=1)), 1000)[0].phase is Phase.SOAKING
    ended = replace(FREE, success=Success(Fraction(50)))
    assert decide(ended, running(), seen(Tally(succeeded=1, sent=1)), 1000)[0].phase is Phase.RUNNING
    assert decide(rules, running(wave=1), seen(Tally(succeeded=4, sent=4)), 1000)[0].phase is Phase.RUNNING


def test_a_soak_is_watched_and_then_the_next_wave_begins() -> None:
    standing, actions = decide(FREE, running(), seen(DONE), 1000)
    assert words(actions) == ["soaking wave 1 is watched for 30 s"]
    standing, actions = decide(FREE, standing, seen(DONE), 30_999)
    assert actions == ()
    standing, actions = decide(FREE, standing, seen(DONE), 31_000)
    assert words(actions) == ["promoted wave 1 is good", "started wave 2 of 2, 8 targets"]
    assert not published(actions), "what is planned of the next wave is not seen yet"


def test_a_wave_with_failures_is_over_and_not_called_good() -> None:
    some = Tally(succeeded=1, failed=1)
    standing, _ = decide(FREE, running(), seen(some), 1000)
    _, actions = decide(FREE, standing, seen(some), 31_000)
    assert words(actions)[0] == "promoted wave 1 is over: 1 of 2 succeeded, and no rule of the file stops it"


def test_a_pause_begins_the_soak_anew() -> None:
    standing, _ = decide(FREE, running(), seen(DONE), 1000)
    standing, _ = decide(FREE, standing, seen(DONE, trouble="the broker is away"), 20_000)
    standing, _ = decide(FREE, standing, seen(DONE), 25_000)
    assert decide(FREE, standing, seen(DONE), 54_999)[0].wave == 0
    assert decide(FREE, standing, seen(DONE), 55_000)[0].wave == 1


def test_thin_evidence_holds_the_next_wave_back_and_says_what_is_missing() -> None:
    guard = Guard("cohort:commands", Cohort("commands"))
    rules = replace(RULES, guards=(guard,))
    standing, _ = decide(rules, running(rules), seen(DONE, readings=reading(guard=guard.text)), 1000)
    thin = {guard.text: Reading(guard.text, Health.THIN, 31_000, "needs 310 more vehicle-hours")}
    standing, actions = decide(rules, standing, seen(DONE, readings=thin), 32_000)
    assert words(actions) == ["waiting cohort:commands: needs 310 more vehicle-hours"]
    assert standing.wave == 0
    standing, actions = decide(rules, standing, seen(DONE, readings=thin), 33_000)
    assert words(actions) == [], "said once"
    enough = reading(guard=guard.text, at=34_000)
    assert decide(rules, standing, seen(DONE, readings=enough), 34_000)[0].wave == 1


def test_somebody_may_go_on_without_the_evidence_and_is_named() -> None:
    guard = Guard("cohort:commands", Cohort("commands"))
    rules = replace(RULES, guards=(guard,))
    soaking = replace(running(rules), phase=Phase.SOAKING, since=0)
    thin = reading(Health.THIN, at=31_000, guard=guard.text)
    plain = Control(Wish.RESUME, "bob", 1)
    standing, actions = decide(rules, soaking, seen(DONE, plain, readings=thin), 32_000)
    assert "refused the rollout is not paused" in words(actions)
    assert standing.wave == 0
    standing, actions = decide(rules, soaking, seen(DONE, replace(plain, anyway=True), readings=thin), 32_000)
    assert Tell("resumed", "without the evidence of cohort:commands", "bob") in actions
    assert standing.wave == 1


def test_thin_evidence_lets_the_wave_itself_go_on() -> None:
    thin = reading(Health.THIN, at=0)
    assert published(decide(RULES, running(RULES), seen(Tally(planned=2), readings=thin), 1000)[1])


def test_approvals_are_by_others_and_of_this_wave() -> None:
    rules = replace(FREE, waves=(replace(FREE.waves[0], approvals=2), FREE.waves[1]))
    standing, actions = decide(rules, Standing(), seen(Tally(planned=2)), 0)
    assert words(actions) == ["waiting wave 1 of 2, 2 targets: 2 approvals needed"]
    wishes = [Control(Wish.APPROVE, by, 1, wave=wave) for by, wave in [("ada", 0), ("bob", 0), ("bob", 0), ("cleo", 1)]]
    standing, actions = decide(rules, standing, seen(Tally(planned=2), *wishes), 1000)
    assert words(actions) == [
        "refused who asked for a rollout cannot approve it",
        "approved wave 1",
        "refused approved this wave already",
        "refused wave 1 waits for approval, and wave 2 was meant",
    ]
    assert standing.phase is Phase.WAITING
    standing, _ = decide(rules, standing, seen(Tally(planned=2), Control(Wish.APPROVE, "cleo", 1, wave=0)), 2000)
    assert standing.phase is Phase.RUNNING
    assert published(decide(rules, standing, seen(Tally(planned=2)), 3000)[1])


def test_a_pause_of_an_operator_is_by_name_and_goes_by_resume() -> None:
    standing, actions = decide(FREE, running(), seen(Tally(planned=2), Control(Wish.PAUSE, "bob", 1, "look")), 1000)
    assert (standing.shown, published(actions)) == ("paused", [])
    assert actions == (Tell("paused", "look", "bob"),)
    standing, actions = decide(FREE, standing, seen(Tally(planned=2), Control(Wish.RESUME, "cleo", 2)), 2000)
    assert Tell("resumed", "", "cleo") in actions
    assert published(actions)


def test_a_crossed_limit_that_pauses_is_waived_by_resume() -> None:
    rules = replace(FREE, limits=(Limit(Fraction(10), pause=True),))
    bad = Tally(planned=1, failed=1)
    standing, actions = decide(rules, running(), seen(bad), 1000)
    assert words(actions)[0].startswith("paused limit 1: 1 of 1 ended orders of the wave failed")
    _, actions = decide(rules, standing, seen(bad, Control(Wish.RESUME, "bob", 1)), 2000)
    assert published(actions) == [Publish(0, 1, 0)]


def test_a_wave_that_takes_too_long_pauses() -> None:
    rules = replace(FREE, waves=(replace(FREE.waves[0], deadline=10), FREE.waves[1]))
    standing, actions = decide(rules, running(), seen(Tally(sent=2)), 10_000)
    assert actions == ()
    standing, actions = decide(rules, standing, seen(Tally(sent=2)), 10_001)
    assert words(actions) == ["paused deadline: the wave takes longer than 10 s"]
    standing, _ = decide(rules, standing, seen(Tally(sent=2), Control(Wish.RESUME, "bob", 1)), 11_000)
    assert standing.shown == "running"


def test_an_adaptive_pace_follows_each_reading_once() -> None:
    rules = replace(RULES, pace=Adaptive(start=60, least=6, most=600, step=30))
    standing = replace(running(rules), bound=True)
    standing, actions = decide(rules, standing, seen(Tally(sent=2), readings=reading(at=1000)), 1000)
    assert (standing.rate, words(actions)) == (90, ["faster 90 orders a minute"])
    standing, actions = decide(rules, standing, seen(Tally(sent=2), readings=reading(at=1000)), 2000)
    assert (standing.rate, actions) == (90, ())
    standing, actions = decide(rules, standing, seen(Tally(sent=2), readings=reading(at=3000, burn=2)), 3000)
    assert standing.rate == 45
    assert words(actions) == ["slower 45 orders a minute: a promise burns 2 times as fast as it may"]


def test_waves_that_add_nobody_are_passed_over() -> None:
    rules = replace(FREE, waves=(Wave(count=0), Wave(count=2), Wave(count=2), Wave(count=2)), ends=(0, 2, 2, 2))
    standing, _ = decide(rules, Standing(), seen(Tally()), 0)
    assert (standing.wave, standing.phase) == (1, Phase.RUNNING), "what was seen was not of this wave"
    standing, _ = decide(rules, standing, seen(DONE), 1000)
    assert standing.phase is Phase.SOAKING
    standing, actions = decide(rules, standing, seen(DONE), 1000)
    assert standing.phase is Phase.COMPLETED
    assert words(actions) == ["promoted wave 2 is good", "completed every wave is over"]


def test_nobody_at_all_is_completed() -> None:
    rules = replace(FREE, ends=(0, 0))
    assert decide(rules, Standing(), seen(Tally()), 0)[0].phase is Phase.COMPLETED


@pytest.mark.parametrize("phase", [Phase.ABORTED, Phase.COMPLETED, Phase.FAILED])
def test_what_ended_answers_and_stays(phase: Phase) -> None:
    standing = Standing(phase=phase)
    after, actions = decide(FREE, standing, seen(Tally(planned=2), Control(Wish.RESUME, "bob", 1)), 0)
    assert after == standing
    assert words(actions) == [f"refused resume: the rollout is {phase}"]
