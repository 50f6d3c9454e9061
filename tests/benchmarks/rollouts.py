"""What rollouts cost, and what the cohort guard finds.

    python tests/benchmarks/rollouts.py [TARGETS]

CPU time of this process. Planning: the plan's hash, the sequence spread over region and model, the waves. The machine:
every order goes through sent, acked and succeeded (or failed, and is tried again) by the order's own state machine, is
counted in the roster, and the rollout decides after every batch. No broker, no journal.
The guard: 1,000 runs each, seeded; shares of runs, and medians over the runs that were stopped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from cohorts import simulate

from cdctl.domain.orders.order import Course, Heard, State, step
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.rollout.cohort.evidence import Trial
from cdctl.domain.orders.rollout.deciding import decide
from cdctl.domain.orders.rollout.guards import Guard, Health, Reading, Slo
from cdctl.domain.orders.rollout.pacing import Exponential
from cdctl.domain.orders.rollout.roster import Roster
from cdctl.domain.orders.rollout.rules import Retry, Rules
from cdctl.domain.orders.rollout.seen import Publish, Seen
from cdctl.domain.orders.rollout.standing import Phase, Standing
from cdctl.domain.orders.rollout.thresholds import Limit, Success
from cdctl.domain.orders.rollout.waves import Rows, Wave, ends, sequence

GUARD = Guard("slo:remote-command", Slo("remote-command"))
WAVES = tuple(Wave(percent=Fraction(share), soak=60) for share in (1, 10, 100))


def planned(size: int) -> tuple[Rules, Rows]:
    """A rollout to `size` vehicles of three regions and twelve models, planned; the time of it is printed."""
    targets = tuple(
        Target(f"WBA{n:014}", ("eu", "us", "cn")[n % 3], f"m{n % 12}", f"23-07.{n % 40}") for n in range(size)
    )
    began = time.process_time()
    plan = Plan("01k", "lab", "parameter.set", {"name": "x", "value": 1}, targets, "ada", 1, 2, 3)
    order = sequence([one.vin for one in targets], plan.digest(), [(one.region, one.model) for one in targets])
    rules = Rules(
        WAVES, ends(WAVES, size), "ada", Exponential(600_000, 2, 100_000, 1e9), guards=(GUARD,), retry=Retry(2, 5),
        limits=(Limit(Fraction(5), minimum=100),), success=Success(Fraction(95)),
    )  # fmt: skip
    print(f"plan of {size:,} targets: {time.process_time() - began:.2f} s (asked: 5 s)", flush=True)
    return rules, order


def machine(rules: Rules, order: Rows) -> None:
    """The whole rollout; one order of 128 fails and is tried again."""
    began = time.process_time()
    roster, standing, now, transitions, decisions = Roster(rules, order), Standing(), 0, 0, 0
    while not standing.phase.terminal:
        now += 1000
        readings = {GUARD.text: Reading(GUARD.text, Health.HEALTHY, now, "")}
        seen = Seen(roster.tally(standing.wave), roster.rollout(), roster.ready(now), readings)
        standing, actions = decide(rules, standing, seen, now)
        decisions += 1
        for action in actions:
            if isinstance(action, Publish):
                transitions += answered(roster, roster.take(action), rules.retry, now)
    took = time.process_time() - began
    assert standing.phase is Phase.COMPLETED, standing
    rate = transitions / took
    print(
        f"{transitions:,} transitions of orders, {decisions:,} decisions: {took:.1f} s, {rate:,.0f}/s (asked: 50,000/s)"
    )


def answered(roster: Roster, rows: Sequence[int], retry: Retry, now: int) -> int:
    """What vehicles answer; how many transitions that was."""
    for row in rows:
        course = Course(since=now)
        fails = row % 128 == 0 and roster.tries(row) == 1
        for heard in (Heard.SENT, Heard.ACKED, Heard.FAILED if fails else Heard.SUCCEEDED):
            course, _ = step(course, heard, now)
            if course.state is not State.FAILED or not roster.again(row, retry, now):
                roster.move(row, course.state)
    return 3 * len(rows)


def guard() -> None:
    """The cohort guard on true rises and on none."""
    print("1,500 outcomes of vehicles that were told, 6,000 of others, in five strata, looked at 60 times")
    print("a rise of two points is to be found; alpha 1 %, power 90 %")
    print(f"{'usual':>7} {'told':>7}   stopped   passed before   bad until stopped   outcomes until then")
    for usual, told in ((0.01, 0.03), (0.01, 0.01), (0.002, 0.022), (0.002, 0.002), (0.02, 0.04), (0.05, 0.05)):
        found = simulate(Trial(rise=0.02), usual, told)
        numbers = f"{found.harmed:>12.0f}   {found.at:>18.0f}" if found.stopped else ""
        print(f"{usual:>7.1%} {told:>7.1%}   {found.stopped:>7.1%}   {found.passed:>13.1%}   {numbers}", flush=True)


if __name__ == "__main__":
    machine(*planned(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
    guard()
