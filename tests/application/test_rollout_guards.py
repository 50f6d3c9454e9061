"""What guards ask, and what they make of it: of a fleet on a real broker, of a journal, of rows of promises."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from fleets import CHARGE, Vehicles, seen, taken_in
from writing import intent, move, with_journal

from cdctl.application.rollout_cohorts import Cohorts, Outcomes
from cdctl.application.rollout_guards import Asks, Readers, worst
from cdctl.domain.fleet.reading import Fleet
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Plan, Target
from cdctl.domain.orders.rollout.engine import Job
from cdctl.domain.orders.rollout.guards import Cohort, Guard, Health, Promql, parse
from cdctl.domain.orders.rollout.rules import Rules
from cdctl.domain.orders.rollout.waves import Wave
from cdctl.domain.slo.verdict import ErrorBudget, Row, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.errors import UnavailableError
from cdctl.lab.mosquitto import Mosquitto
from cdctl.stores.journal import SqliteJournal

T = TypeVar("T")
HOUR = 3_600_000
VINS = tuple(f"V{number}" for number in range(8))
PLAN = Plan("01k", "lab", "ping", {}, tuple(Target(vin, "eu", "i4", "23-07.55") for vin in VINS[:4]), "ada", 1, 2, 3)
JOB = Job(
    PLAN, PLAN.digest(), Command("ping", "Ping", Risk.SAFE), Rules((Wave(count=4),), (4,), "ada"), np.arange(4)
)  # fmt: skip
ROW = Row(
    "x", "s", {"region": "eu"}, "ok", Decimal("0.99"), "Occurrences", Bounds("rolling", 0, 1), Verdict.MET,
    error_budget=ErrorBudget(10, 5, 0.5), burn_rates={"5m": 0.4},
)  # fmt: skip


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as standing:
        yield standing


def guard(text: str) -> Guard:
    return Guard(text, parse(text))


async def nobody(name: str) -> Sequence[Row]:
    raise UnavailableError("the server is away")


async def no_values(query: str) -> list[float]:
    raise RuntimeError("a driver's own error")


def in_a_fleet(broker: Mosquitto, path: Path, work: Callable[[Readers, Vehicles, Fleet], Awaitable[T]]) -> T:
    """V0..V7 in eu, V7 offline, of which V0..V3 are the rollout's."""

    async def run(journal: SqliteJournal) -> T:
        async with Vehicles(broker.url) as vehicles, taken_in(broker.url) as fleet:
            await vehicles.birth(*VINS[:7], dtcs=[])
            await vehicles.birth(VINS[7], online=False)
            await seen(fleet, lambda status: (status.online, status.offline) == (7, 1))

            async def here() -> Fleet:
                return fleet

            readers = Readers(JOB, Asks(nobody, no_values, here), Cohorts(JOB, journal, here))
            return await work(readers, vehicles, fleet)

    return with_journal(path, run)


def test_a_share_is_of_the_rollouts_vehicles(broker: Mosquitto, tmp_path: Path) -> None:
    async def work(readers: Readers, vehicles: Vehicles, fleet: Fleet) -> None:
        whole = await readers.read(guard("fleet:share of online > 99%"), [False] * 4, 5)
        assert (whole.health, whole.words) == (Health.HEALTHY, "4 of 4 vehicles, 100 %")
        bad = await readers.read(guard("fleet:share of vin:V0 < 20%"), [False] * 4, 5)
        assert (bad.health, bad.value) == (Health.BURNING, 25)
        unknown = await readers.read(guard("fleet:share of soc<20 < 50%"), [False] * 4, 5)
        assert (unknown.health, unknown.words) == (Health.NO_DATA, "of none of 4 vehicles is it known")

    in_a_fleet(broker, tmp_path / "journal.db", work)


def test_new_trouble_codes_of_those_who_were_told_are_harm(broker: Mosquitto, tmp_path: Path) -> None:
    async def work(readers: Readers, vehicles: Vehicles, fleet: Fleet) -> None:
        what, told = guard("cohort:dtcs"), [True, True, True, False]
        first = await readers.read(what, told, HOUR)
        assert (first.health, first.words.startswith("needs")) == (Health.THIN, False)
        quiet = await readers.read(what, told, 2 * HOUR)
        assert quiet.health is Health.THIN
        assert "0 bad in 3 vehicle-hours of vehicles that were told, 0 in 4 of the others" in quiet.words
        assert quiet.words.startswith("needs ")
        for number in range(6):
            codes = [f"P0A{number:02}", f"P0B{number:02}"]
            event = {"v": 1, "ts": 5, "kind": "dtc.set", "dtcs": codes}
            await vehicles.say(*((vin, "event", event) for vin in VINS[:3]))
        await seen(fleet, lambda status: status.decoded >= 26)
        bad = await readers.read(what, told, 3 * HOUR)
        assert bad.health is Health.BURNING, bad.words
        assert "about" in bad.words
        other = Cohorts(JOB, readers._cohorts._outcomes._journal, readers._asks.fleet)
        other.restore(readers.kept())
        again = await other.read(what, what.what, told, 4 * HOUR)  # type: ignore[arg-type]
        assert again.health is Health.BURNING, "what was known goes on"

    in_a_fleet(broker, tmp_path / "journal.db", work)


def test_a_signal_is_compared_in_pairs_of_vehicles(broker: Mosquitto, tmp_path: Path) -> None:
    what = Guard("cohort:soc", Cohort("soc", rise=20, least=0, most=100, lower=True))

    async def work(readers: Readers, vehicles: Vehicles, fleet: Fleet) -> None:
        told = [True, True, False, False]
        await vehicles.tele(*VINS[:2], **{CHARGE: 10.0})
        await vehicles.tele(*VINS[2:7], **{CHARGE: 90.0})
        await seen(fleet, lambda status: status.decoded >= 15)
        early = await readers.read(what, told, HOUR)
        assert (early.health, early.words.endswith("over 0 pairs of vehicles")) == (Health.THIN, True)
        later = await readers.read(what, told, HOUR + 61_000)
        assert later.words.endswith("+80 worse on average over 2 pairs of vehicles")
        again = await readers.read(what, told, HOUR + 122_000)
        assert again.words == later.words, "a vehicle is in one pair only"

    in_a_fleet(broker, tmp_path / "journal.db", work)


def test_outcomes_are_those_of_other_plans_by_vehicle(tmp_path: Path) -> None:
    async def work(journal: SqliteJournal) -> None:
        before = [intent(1, vin="V1"), move(1, State.FAILED)]
        await journal.write(before)
        outcomes = Outcomes(journal, "cd" * 32)
        assert outcomes.since() == {}, "what was before is no news"
        await journal.write([intent(2, vin="V1"), intent(3, vin="V1"), intent(4, vin="V2"), intent(5, vin="V3")])
        await journal.write([move(2, State.FAILED), move(3, State.SUCCEEDED), move(4, State.TIMED_OUT)])
        await journal.write([intent(6, plan="cd" * 32, vin="V4")])
        assert outcomes.since() == {"V1": (1.0, 2.0), "V2": (1.0, 1.0)}
        await journal.write([move(5, State.SUCCEEDED), move(6, State.FAILED)])
        assert outcomes.since() == {"V3": (0.0, 1.0)}
        assert outcomes.since() == {}

    with_journal(tmp_path / "journal.db", work)


def test_what_cannot_be_read_is_no_data(broker: Mosquitto, tmp_path: Path) -> None:
    async def work(readers: Readers, vehicles: Vehicles, fleet: Fleet) -> None:
        away = await readers.read(guard("slo:x"), [], 5)
        assert (away.health, away.words) == (Health.NO_DATA, "the server is away")
        odd = await readers.read(guard("promql:up > 0"), [], 5)
        assert (odd.health, odd.words) == (Health.NO_DATA, "could not be read (RuntimeError)")
        wrong = await readers.read(guard("fleet:share of nobody:1 < 2%"), [], 5)
        assert wrong.health is Health.NO_DATA
        signal = await readers.read(guard("cohort:speed"), [False] * 4, 5)
        assert (signal.health, signal.words) == (Health.NO_DATA, "the signal has no bounds")

    in_a_fleet(broker, tmp_path / "journal.db", work)


def test_the_worst_group_counts_unless_one_is_named() -> None:
    us = replace(ROW, group={"region": "us"}, firing=("1h/5m > 13.44",), burn_rates={"5m": 20.0})
    assert worst("g", "", [ROW, us], 5).words == (
        "burns 20 times as fast as it may, 50 % of the budget left; region=us: 1h/5m > 13.44"
    )
    assert worst("g", "eu", [ROW, us], 5).health is Health.HEALTHY
    assert worst("g", "region=us", [ROW, us], 5).health is Health.BURNING
    blind = replace(ROW, verdict=Verdict.NO_DATA, reason="coverage 12 %")
    assert worst("g", "", [ROW, blind], 5).words == "region=eu: coverage 12 %"
    assert worst("g", "", [blind, us], 5).health is Health.BURNING
    assert worst("g", "cn", [ROW, us], 5).words == "no group 'cn': region=eu, region=us"
    lost = replace(ROW, group={}, verdict=Verdict.ERROR, reason="the server is away")
    assert worst("g", "eu", [lost], 5).words == "the server is away"
    assert worst("g", "", [], 5).health is Health.NO_DATA
    assert worst("g", "", [replace(ROW, error_budget=None)], 5).health is Health.NO_DATA


def test_a_value_is_compared(tmp_path: Path) -> None:
    async def values(query: str) -> list[float]:
        return [float(query)]

    async def here() -> Fleet:
        raise AssertionError

    async def work(journal: SqliteJournal) -> None:
        readers = Readers(JOB, Asks(nobody, values, here), Cohorts(JOB, journal, here))
        healthy = Guard("a", Promql("0.4", "<", 0.5))
        assert (await readers.read(healthy, [], 5)).health is Health.HEALTHY
        assert (await readers.read(replace(healthy, what=Promql("0.6", "<", 0.5)), [], 5)).health is Health.BURNING

    with_journal(tmp_path / "journal.db", work)
