"""Rollouts to reference vehicles on a real broker: wave by wave, stopped, taken up again."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from dispatching import Operator, operating
from ordered import Lab, ordered

from cdctl.application.roll_out import RollOut
from cdctl.application.rollout_notes import told
from cdctl.application.rollout_taking import going_on
from cdctl.application.wiring import WallClock
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Target
from cdctl.domain.orders.rollout.engine import Job, Picture
from cdctl.domain.orders.rollout.guards import Guard, Health, Reading, Slo
from cdctl.domain.orders.rollout.pacing import Fixed
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.rollout.standing import Phase
from cdctl.domain.orders.rollout.tally import Tally
from cdctl.domain.orders.rollout.waves import Wave, sequence
from cdctl.errors import UnavailableError

GUARD = Guard("slo:x", Slo("x"), every=1, fresh=30)
WAVES = Rules((Wave(count=3), Wave(count=10), Wave(count=25)), (3, 10, 25), "ada")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60) as made:
        yield made


class Gauge:
    """A reader whose needle the test moves."""

    def __init__(self) -> None:
        self.health = Health.HEALTHY
        self.restored: Mapping[str, object] = {}

    async def read(self, guard: Guard, told: Sequence[bool], at: int) -> Reading:
        return Reading(guard.text, self.health, at, f"it is {self.health}")

    def kept(self) -> Mapping[str, object]:
        return {"needle": self.health.value}

    def restore(self, body: Mapping[str, object]) -> None:
        self.restored = body


def job(here: Operator, lab: Lab, rules: Rules) -> Job:
    vins = [vin for _, vin in lab.online][: rules.ends[-1]]
    plan = replace(
        here.plan("ping", vins), id=secrets.token_hex(6), targets=tuple(Target(vin, lab.regions[vin]) for vin in vins)
    )
    return Job(plan, plan.digest(), here.command("ping"), rules, sequence(vins, plan.digest()))


def rolled(here: Operator, one: Job, gauge: Gauge, **more: object) -> RollOut:
    return RollOut(one, here.dispatch, here.journal, gauge, WallClock(), actor="ada", **more)  # type: ignore[arg-type]


def within_the_waves(rules: Rules) -> Callable[[Picture], None]:
    def look(picture: Picture) -> None:
        for number in range(picture.standing.wave + 1, len(rules.waves)):
            assert picture.waves[number].told == 0, "a wave begins when the one before is over"

    return look


def test_wave_after_wave_everybody_is_told_once(lab: Lab, tmp_path: Path) -> None:
    async def work() -> None:
        async with operating(lab, tmp_path) as here:
            rules = replace(WAVES, guards=(GUARD,))
            one = job(here, lab, rules)
            picture = await rolled(here, one, Gauge()).run(within_the_waves(rules))
            assert picture.standing.phase is Phase.COMPLETED
            assert picture.waves == [Tally(succeeded=3), Tally(succeeded=7), Tally(succeeded=15)]
            kept = list(here.journal.orders(plan=one.digest))
            assert Counter(each.order.vin for each in kept) == Counter(target.vin for target in one.plan.targets)
            assert here.journal.verify() == []
            (found,) = told(here.journal, one.plan.id[:6])
            assert found.standing.phase is Phase.COMPLETED
            assert [event.word for event in found.events] == ["started", "promoted"] * 3 + ["completed"]

    asyncio.run(work())


def test_a_burning_guard_stops_it_and_an_abort_ends_it(lab: Lab, tmp_path: Path) -> None:
    async def work() -> None:
        async with operating(lab, tmp_path) as here:
            gauge, seen = Gauge(), []
            one = job(here, lab, replace(WAVES, guards=(GUARD,), pace=Fixed(120)))
            engine = rolled(here, one, gauge)

            def shown(picture: Picture) -> None:
                seen.append(picture)
                if picture.waves[0].told and gauge.health is Health.HEALTHY:
                    gauge.health = Health.BURNING
                if picture.standing.pauses:
                    engine.wish(Control(Wish.ABORT, "bob", 0, "it burns"))

            picture = await engine.run(shown)
            assert picture.standing.phase is Phase.ABORTED
            paused = next(one for one in seen if one.standing.pauses)
            assert [sum(w.told for w in paused.waves)] == [sum(w.told for w in picture.waves)], (
                "nothing after the pause"
            )
            assert sum(wave.told for wave in picture.waves) < 25
            words = [(event.word, event.by) for event in picture.events]
            assert ("paused", "rollout") in words
            assert ("aborting", "bob") in words
            assert words[-1] == ("aborted", "rollout")
            notes = [note.body for note in here.journal.records(kind="guard")]
            assert [one["health"] for one in notes if "health" in one] == ["healthy", "burning"]

    asyncio.run(work())


def test_taken_up_again_it_goes_on_where_it_stood(lab: Lab, tmp_path: Path) -> None:
    """The process is gone in the middle of the second wave; another one goes on with its session and its journal."""

    async def first() -> tuple[Job, str]:
        async with operating(lab, tmp_path) as here:
            one = job(here, lab, replace(WAVES, pace=Fixed(300), guards=(GUARD,)))
            engine = rolled(here, one, Gauge())
            running = asyncio.create_task(engine.run())
            async with asyncio.timeout(30):
                while engine.picture().waves[1].told < 2:
                    await asyncio.sleep(0.05)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return one, here.dispatch.session

    one, session = asyncio.run(first())

    async def second() -> None:
        async with operating(lab, tmp_path, session=session) as here:
            (found,) = told(here.journal)
            assert (found.session, found.plan) == (session, one.digest)
            assert found.standing.wave >= 1
            gauge = Gauge()
            picture = await rolled(here, one, gauge, taking=going_on(found, "ada", found.at, "", anyway=False)).run()
            assert gauge.restored == {"needle": "healthy"}, "what guards knew goes on, too"
            assert picture.standing.phase is Phase.COMPLETED
            assert picture.waves == [Tally(succeeded=3), Tally(succeeded=7), Tally(succeeded=15)]
            kept = list(here.journal.orders(plan=one.digest))
            assert {each.course.state for each in kept} == {State.SUCCEEDED}

    asyncio.run(second())
    runs = Counter(run["vin"] for run in lab.executions() if run["key"].startswith(one.digest[:16]))
    assert runs == Counter(target.vin for target in one.plan.targets), "nobody executed it twice"


def test_a_journal_that_cannot_be_written_lets_nothing_leave(lab: Lab, tmp_path: Path) -> None:
    async def work() -> None:
        async with operating(lab, tmp_path) as here:
            one = job(here, lab, replace(WAVES, pace=Fixed(300)))
            engine = rolled(here, one, Gauge())

            async def full(entries: object, *, ending: bool = False) -> None:
                raise UnavailableError("the disk is full")

            def shown(picture: Picture) -> None:
                if picture.waves[0].told:
                    here.journal.write = full  # type: ignore[method-assign, assignment]

            with pytest.raises(UnavailableError, match="the disk is full"):
                await engine.run(shown)
            told_by_then = {run["vin"] for run in executed(lab, one)}
            assert len(told_by_then) <= 3, "the next wave never began"

    asyncio.run(work())


def executed(lab: Lab, one: Job) -> list[dict[str, str]]:
    return [run for run in lab.executions() if str(run["key"]).startswith(one.digest[:16])]
