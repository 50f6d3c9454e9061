"""From a promise that burns to who it is: out of a real store of spans and the fleet that is looked at."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from failing_commands import COUNT, END, HOUR, WHERE, told
from screens import Look, Still, vin
from why_told import told as explanation

from cdctl.application.top.asof import facts_of, rows_of
from cdctl.application.top.explaining import KEEP, Explaining, began, began_of, judged, said
from cdctl.application.top.explaining_wiring import answering
from cdctl.application.top.lookout_wiring import Means
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.explaining import Explain, Explained
from cdctl.domain.boards.requests import Offenders
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.fleet.asof import Facts
from cdctl.domain.fleet.view import FleetView
from cdctl.domain.settings import Settings
from cdctl.domain.slo.series import Buckets
from cdctl.domain.slo.verdict import History, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.why.explanation import Picked, Predicate
from cdctl.errors import UnavailableError, UsageError

NOBODY = Missing("nobody asked")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return told(tmp_path_factory.mktemp("commands"))


def row(group: dict[str, str], bad: list[float], name: str = "commands", verdict: Verdict = Verdict.BREACHED) -> Row:
    """An hour of five-minute buckets of 100 events each."""
    ends = np.arange(END - HOUR + 300, END + 1, 300)
    total = np.full(len(ends), 100.0)
    past = History(ends, np.full(len(ends), 300), total - np.array(bad), total, np.ones(len(ends)))
    bounds = Bounds("rolling", END - 28 * 86_400, END)
    return Row(name, "s", group, "ok", Decimal("0.99"), "Occurrences", bounds, verdict, history=past)


BURNING = row({"region": "eu"}, [0.0] * 8 + [30.0] * 4)
CALM = row({"region": "us"}, [0.0] * 12)


def report(*rows: Row) -> SloReport:
    return SloReport(END, END, rows)


def explained(settings: Settings, look: Look, ask: Explain) -> Explained:
    means = Means(settings, look.clock, look.fleet, NOBODY, plugins=False)

    async def run() -> object:
        return await answering(means)[Explain](ask, look.lookout.snapshot())

    found = asyncio.run(run())
    assert isinstance(found, Explained)
    return found


def test_spans_and_the_fleet_say_who_it_is(settings):
    """The model of a vehicle the fleet alone knows; the promise is told by its sibling on spans."""
    look = Look(COUNT, slo=report(BURNING, CALM))
    found = explained(settings, look, Explain("commands", (("region", "eu"),)))
    assert found.where == WHERE
    cause = found.explanation.causes[0]
    assert found.said.startswith("model i4 in eu: ")
    assert found.said.endswith(f"% of the bad events ({cause.picked.vehicles} vehicles)")
    assert (found.explanation.slo, found.explanation.by) == ("commands", "commands-traces")
    assert found.since == END - 1200
    assert found.explanation.window.end - found.explanation.window.start == 1200
    assert found.document["causes"][0]["selection"]["where"] == WHERE  # type: ignore[index]
    assert found.at == look.clock.at


def test_of_all_groups_the_group_is_a_part_of_the_cause(settings):
    found = explained(settings, Look(COUNT, slo=report(BURNING, CALM)), Explain("commands"))
    assert {(one.attribute, one.value) for one in found.explanation.causes[0].where} == {
        ("region", "eu"), ("model", "i4"),
    }  # fmt: skip
    assert sorted(found.where.split()) == sorted(WHERE.split())


def test_without_a_judgement_the_hour_is_looked_at_or_what_the_alert_says(settings):
    look = Look(COUNT, slo=Missing("no server"))
    hour = explained(settings, look, Explain("commands-traces"))
    assert hour.explanation.window.end - hour.explanation.window.start >= 900
    alone = explained(settings, look, Explain("commands", since=END - 3 * HOUR))
    length = alone.explanation.window.end - alone.explanation.window.start
    assert 3 * HOUR - 400 <= length <= 3 * HOUR


def test_a_key_narrows_the_vehicles_to_them(settings):
    """Through the view: the request of the promises' panel, the answer, the filter in the prompt."""
    look = Look(COUNT, "slo", slo=report(BURNING, CALM))
    means = Means(settings, look.clock, look.fleet, NOBODY, plugins=False)
    look = Look(COUNT, "slo", slo=report(BURNING, CALM), answering=answering(means))
    look.view.do((Offenders("commands", {"region": "eu"}),))
    look.look()
    look.look()  # as the next tick does: the table asks for its filter
    panel = look.stage.data()["f"]
    assert panel["where"] == WHERE
    assert panel["matched"] == sum(n % 9 == 0 for n in range(COUNT))
    assert "of the bad events" in look.last()


@pytest.mark.parametrize(
    ("promise", "wrong", "hint"),
    [
        ("comands", "there is no promise 'comands'", "did you mean commands"),
        ("alone", "the context has no source 'prometheus'", "add it to the settings"),
    ],
)
def test_what_cannot_be_explained_says_why(settings, promise, wrong, hint):
    with pytest.raises(UsageError, match=wrong) as told_error:
        explained(settings, Look(COUNT), Explain(promise))
    assert hint in told_error.value.hint


def test_an_empty_store_says_that_there_is_nothing(tmp_path):
    with pytest.raises(UnavailableError, match="no spans"):
        explained(told(tmp_path, empty=True), Look(COUNT), Explain("commands-traces"))


class Searches:
    """Counts searches; each waits until it may go on."""

    def __init__(self, clock: Still) -> None:
        self.count, self.go, self.fails = 0, threading.Event(), False
        self.go.set()
        self.clock = clock

    def __call__(self, ask: Explain, seen: Snapshot) -> Explained:
        self.count += 1
        assert self.go.wait(30)
        if self.fails:
            raise UnavailableError("away")
        return Explained(explanation(), ask.promise, "", self.clock.at)


def asked(work: Callable[[Explaining, Searches, Snapshot], object]) -> Searches:
    look = Look(3)
    clock = Still()
    searches = Searches(clock)

    async def run() -> None:
        await work(Explaining(searches, clock), searches, look.lookout.snapshot())  # type: ignore[misc]

    asyncio.run(run())
    return searches


def test_an_answer_is_kept_for_a_minute_and_for_its_promise_and_group_alone():
    async def work(explaining: Explaining, searches: Searches, seen: Snapshot) -> None:
        first = await explaining.answer(Explain("a"), seen)
        searches.clock.at += KEEP - 1
        assert await explaining.answer(Explain("a", since=5.0), seen) is first
        assert await explaining.answer(Explain("a", (("region", "eu"),)), seen) is not first
        assert await explaining.answer(Explain("b"), seen) is not first
        assert searches.count == 3
        searches.clock.at += 2
        assert await explaining.answer(Explain("a"), seen) is not first
        assert searches.count == 4
        searches.clock.at -= 1000  # a clock that was set back
        await explaining.answer(Explain("a"), seen)
        assert searches.count == 5

    asked(work)


def test_whoever_asks_meanwhile_waits_with_the_first_and_may_leave():
    async def work(explaining: Explaining, searches: Searches, seen: Snapshot) -> None:
        searches.go.clear()
        first = asyncio.create_task(explaining.answer(Explain("a"), seen))
        second = asyncio.create_task(explaining.answer(Explain("a", newer=searches.clock.at), seen))
        await asyncio.sleep(0)
        first.cancel()
        searches.go.set()
        found = await second
        assert isinstance(found, Explained)
        assert first.cancelled()
        assert searches.count == 1

    asked(work)


def test_looking_again_does_not_take_what_was_found_before():
    async def work(explaining: Explaining, searches: Searches, seen: Snapshot) -> None:
        await explaining.answer(Explain("a"), seen)
        searches.clock.at += 5
        await explaining.answer(Explain("a", newer=searches.clock.at), seen)
        assert searches.count == 2
        await explaining.answer(Explain("a"), seen)
        assert searches.count == 2

    asked(work)


def test_a_failure_is_told_and_not_kept():
    async def work(explaining: Explaining, searches: Searches, seen: Snapshot) -> None:
        searches.fails = True
        with pytest.raises(UnavailableError):
            await explaining.answer(Explain("a"), seen)
        searches.fails = False
        assert isinstance(await explaining.answer(Explain("a"), seen), Explained)
        assert searches.count == 2

    asked(work)


def test_a_view_that_leaves_does_not_wait_for_an_answer():
    """asyncio waits for its own threads; a server that hangs must not hold whoever presses q."""
    look, clock = Look(3), Still()
    searches = Searches(clock)
    searches.go.clear()

    async def run() -> None:
        asyncio.create_task(Explaining(searches, clock).answer(Explain("a"), look.lookout.snapshot()))  # noqa: RUF006
        await asyncio.sleep(0)

    asyncio.run(run())  # would not end
    searches.go.set()


def test_since_when_it_burns_is_read_from_what_was_judged():
    assert began([BURNING], END) == END - 1200
    assert began([BURNING, CALM], END) == END - 1200
    assert began([CALM], END) is None
    assert began([replace(BURNING, history=None)], END) is None
    silent = row({"region": "cn"}, [0.0] * 12, verdict=Verdict.NO_DATA)
    other = replace(BURNING, objective="fast")
    assert judged([BURNING, CALM, silent, other], "ok", {}) == [BURNING, CALM]
    assert judged([BURNING, CALM], "ok", {"region": "us"}) == [CALM]


def test_the_same_from_buckets_of_the_source():
    past = BURNING.history
    assert past is not None
    good = np.array([past.good, past.total])
    total = np.array([past.total, past.total])
    recent = Buckets((("eu",), ("us",)), past.ends, past.widths, good, total, np.ones((2, 12)))
    assert began_of(recent, ("region",), {"region": "eu"}) == END - 1200
    assert began_of(recent, ("region",), {}) == END - 1200
    assert began_of(recent, ("region",), {"region": "us"}) is None
    assert began_of(recent, ("region",), {"region": "cn"}) is None


def test_one_line_says_who_how_much_and_what_no_filter_can_say():
    found = explanation()
    cause = found.causes[0]
    assert said(found, "-").startswith("region eu with software 23-07.60: 9")
    assert said(found, "-").endswith(f"% of the bad events ({cause.picked.vehicles} vehicles)")
    own = replace(found, group={"region": "eu"}, causes=(replace(cause, where=(Predicate("sw", "a\x1b[2J"),)),))
    assert said(own, "-").startswith("software a\\x1b[2J in eu: ")
    beyond = replace(cause, picked=Picked("", (Predicate("command.name", "lock"),)))
    assert said(replace(found, causes=(beyond,)), "-").endswith("; no filter can say command.name lock")
    assert said(replace(found, causes=()), "no single cause") == "no single cause"


@pytest.mark.parametrize("chunk", [7, 50_000])
def test_the_fleet_that_is_looked_at_tells_what_vehicles_are(chunk, monkeypatch):
    monkeypatch.setattr("cdctl.application.top.asof._CHUNK", chunk)
    view = FleetView(Look(COUNT).columns, 0)
    facts = facts_of(view, [vin(9), "nobody", vin(4), "", vin(9), "x" * 60])
    assert facts == {vin(4): Facts("us", "ix", "23-07.4"), vin(9): Facts("eu", "i4", "23-07.9")}
    assert rows_of(view, []).tolist() == []
    assert facts_of(FleetView(Look(0).columns, 0), [vin(1)]) == {}
