"""Answers to what happened: this view's memory, the journal, changes, promises; folded, filtered, merged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from screens import NOW, Look, columns, vin
from writing import intent, move, order, story, write

from cdctl.application.fleet import LocalFleet
from cdctl.application.top import timeline_wiring
from cdctl.application.top.happened import occasions, told_of
from cdctl.application.top.lookout_wiring import Means
from cdctl.application.top.promising import Promising
from cdctl.application.top.timeline import Timeline, merge
from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import LEAD, MOST, MOST_PARTS, Occasion, Recall, Recalled
from cdctl.domain.fleet.reading import Happening
from cdctl.domain.orders.keeping import Note
from cdctl.domain.orders.order import State
from cdctl.domain.settings import Context, Settings
from cdctl.errors import UnavailableError

NOW_MS = round(NOW * 1000)


class House:
    """A view of 60 vehicles with a journal and a file of changes in a folder."""

    def __init__(self, folder: Path, slo: Promising | None = None, context: Mapping[str, object] | None = None) -> None:
        self.journal, self.changes = folder / "journal.db", folder / "changes.jsonl"
        self.columns = columns(60)
        self.columns.header["happened"] = 0
        self.look = Look(vehicles=self.columns)
        made = Context("x", changes=str(self.changes), **(context or {}))  # type: ignore[arg-type]
        settings = Settings({"x": made}, "x", journal=str(self.journal))
        fleet = LocalFleet(self.columns, self.look.clock)
        self.means = Means(settings, self.look.clock, fleet, slo or Missing("no promises"))
        self.slo = slo
        self.answer = timeline_wiring.answering(self.means)[Recall]

    def happen(self, numbers: list[int], kind: str, ago: float = 0.0, detail: str = "", region: str = "") -> None:
        rows = np.array(numbers)
        regions = self.columns.region[rows]
        if region:
            regions = np.full(len(rows), self.columns.regions.code(region))
        self.columns.ring.add_many(NOW_MS - round(ago * 1000), rows, kind, regions, detail)

    def snapshot(self) -> Snapshot:
        seen = self.look.lookout.snapshot()
        return replace(seen, slo=self.slo.sight) if self.slo is not None else seen

    def ask(self, **about: object) -> Recalled:
        async def once() -> Recalled:
            found = await self.answer(Recall(**about), self.snapshot())  # type: ignore[arg-type]
            assert isinstance(found, Recalled)
            return found

        return asyncio.run(once())

    def said(self, **about: object) -> list[tuple[str, str]]:
        return [(one.subject, one.text) for one in self.ask(**about).occasions]

    def since(self, source: str, **about: object) -> tuple[float | None, str]:
        return next((one.since, one.note) for one in self.ask(**about).reaches if one.source == source)


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    asyncio.run(made.means.closing.aclose())


def test_what_happens_to_vehicles_and_links_newest_first(house):
    house.happen([3], "online", 30, "seq 4")
    house.happen([4], "offline", 20)
    house.happen([5], "dtc.set", 10, "P0A9B17")
    house.columns.link_down("us", "mqtt://us", NOW_MS, "gone")
    found = house.ask()
    assert [(one.kind, one.word, one.subject, one.role) for one in found.occasions[:4]] == [
        ("links", "link.down", "us", "bad"),
        ("events", "dtc.set", vin(5), "bad"),
        ("presence", "offline", vin(4), "warn"),
        ("presence", "online", vin(3), "good"),
    ]
    assert found.occasions[0].text == "link is cut: gone"
    assert found.occasions[1].text.startswith("P0A9B17 set: ")
    assert found.occasions[3].text == "came online"
    assert found.occasions[2].opens is not None
    assert found.occasions[2].opens.about.vin == vin(4)


def test_many_within_seconds_are_one_and_unfold(house):
    house.happen(list(range(0, 60, 3)), "offline", 2)
    house.happen([1, 4, 7], "offline", 2)
    (burst,) = [one for one in house.ask().occasions if one.count > 1]
    assert (burst.subject, burst.text, burst.count, burst.vin) == ("eu", "20 vehicles went offline", 20, "")
    assert len(house.said(kinds=("presence",))) == 1 + 3
    opened = house.ask(unfolded=(burst.key,), kinds=("presence",)).occasions
    at = next(n for n, one in enumerate(opened) if one.key == burst.key)
    parts = [one for one in opened if one.part_of == burst.key]
    assert [one.key for one in opened[at + 1 : at + 21]] == [one.key for one in parts]
    assert {one.vin for one in parts} == {vin(n) for n in range(0, 60, 3)}


def test_what_one_vehicle_does_again_and_again_is_told_as_that(house):
    for n in range(8):
        house.happen([3], "offline", 8 - n)
    (burst,) = [one for one in house.ask().occasions if one.count > 1]
    assert (burst.subject, burst.vin, burst.text) == (vin(3), vin(3), "8 times: went offline")


def test_of_an_incident_single_vehicles_that_come_and_go_are_a_line_for_ten_minutes(house):
    house.happen(list(range(30)), "offline", 130, region="eu")
    house.happen(list(range(0, 30, 3)), "offline", 40)
    house.happen([3], "offline", 20)
    for n in range(12):  # 07:56:40 and on, each far from the one before
        house.happen([3 * n], "online", 190 - 15 * n)
        house.happen([3 * n], "dtc.set", 190 - 15 * n, "P0A9B")
    about = {"promise": "p", "group": (("region", "eu"),)}
    found = [(one.text, one.count) for one in house.ask(**about, kinds=("presence",)).occasions]
    assert found == [
        ("10 vehicles went offline", 11), ("12 vehicles came online", 12), ("30 vehicles went offline", 30),
    ]  # fmt: skip
    assert len(house.said(**about, kinds=("events",))) == 12
    assert len(house.said(group=(("region", "eu"),), kinds=("presence",))) == 15
    key = house.ask(**about, kinds=("presence",)).occasions[1].key
    opened = house.ask(**about, kinds=("presence",), unfolded=(key,)).occasions
    assert [one.vin for one in opened if one.part_of] == [vin(3 * n) for n in reversed(range(12))]


def test_who_is_heard_first_is_the_first_picture_and_no_news(house):
    house.happen(list(range(30)), "online", 0, "it speaks")
    house.happen([31], "online", 0, "seq 4")
    house.happen([32], "unknown", 0)
    house.happen([32], "online", 0, "it speaks")
    assert {subject for subject, _ in house.said()} == {vin(31), vin(32)}
    house.happen([33], "online", -61, "it speaks")
    assert vin(33) in {subject for subject, _ in house.said()}


def test_since_when_it_burns_is_told_however_long_ago_that_is():
    def one(key: str, ago: float, word: str) -> Occasion:
        return Occasion(key, NOW - ago, "promises", word, "p", "t")

    told = [one("b", 200_000, "began"), one("f", LEAD + 300, "firing"), one("m", LEAD + 300, "breached")]
    merged, _ = merge(told, Recall(promise="p", since=NOW))
    assert [each.key for each in merged] == ["f", "b"]
    assert merge(told, Recall(since=NOW))[0] == []


def test_trouble_codes_fold_by_code(house):
    house.happen(list(range(0, 30, 3)), "dtc.set", 1, "P0A9B")
    house.happen(list(range(0, 15, 3)), "dtc.set", 1, "U0100")
    told = {
        one.text.partition(":")[0] + one.text.partition(":")[2][:6] for one in house.ask().occasions if one.count > 1
    }
    assert told == {"10 vehicles P0A9B", "5 vehicles U0100"}


def test_no_more_parts_than_there_is_room_for():
    happenings = [Happening(NOW + n / 1000, vin(n), "eu", "offline") for n in range(5_000)]
    (burst,) = occasions(told_of(happenings), Recall(), str)
    assert burst.text == "5,000 vehicles went offline"
    whole = occasions(told_of(happenings), Recall(unfolded=(burst.key,)), str)
    assert len(whole) == 1 + MOST_PARTS
    assert whole[1].vin == vin(4_999)


def test_of_very_many_the_newest_are_told():
    happenings = [Happening(NOW + 10 * n, vin(n), "eu", "offline") for n in range(MOST + 50)]
    found = occasions(told_of(happenings), Recall(), str)
    assert len(found) == MOST
    assert min(one.at for one in found) == NOW + 500
    merged, older = merge(occasions(told_of(happenings[:100]), Recall(), str) + found, Recall())
    assert (len(merged), older) == (MOST, 100)


def test_nothing_at_all():
    assert occasions(told_of([]), Recall(), str) == []


def test_of_one_vehicle_its_own_alone(house):
    house.happen([3, 4, 5], "offline", 2)
    house.columns.link_down("eu", "mqtt://eu", NOW_MS)
    write(house.journal, [intent(7, vin=vin(4)), intent(8, vin=vin(5))])
    found = house.ask(vin=vin(4))
    assert [(one.subject, one.word) for one in found.occasions] == [(vin(4), "offline"), (vin(4), "ordered")]
    assert [one.source for one in found.reaches] == ["vehicles", "orders"]
    assert house.said(vin="WBX") == []


def test_a_group_says_of_which_vehicles_and_regions(house):
    house.happen([0, 1, 3, 9], "offline", 2)  # eu i4, us i4, eu ix, eu i4
    house.columns.link_down("us", "mqtt://us", NOW_MS)
    assert [s for s, _ in house.said(group=(("model", "i4"), ("region", "eu")))] == [vin(0), vin(9)]
    assert vin(1) in {s for s, _ in house.said(group=(("region", "us"),))}
    assert house.said(group=(("region", "us"), ("sw", "nobody's"))) == [("us", "link is cut")]
    assert house.said(group=(("region", "nowhere"),)) == []


def test_words_are_looked_for_everywhere(house):
    house.happen([3], "offline", 3)
    house.happen([4], "sw.changed", 2, "23-07.60")
    assert [s for s, _ in house.said(text="OFFLINE")] == [vin(3)]
    assert [s for s, _ in house.said(text=vin(4)[-4:])] == [vin(4)]
    assert [s for s, _ in house.said(text="us 23-07")] == [vin(4)]
    assert house.said(text="us offline") == []
    assert house.said(text="\x00\udc80") == []


def test_what_was_long_before_the_moment_is_left_out(house):
    house.happen([3], "offline", LEAD + 20)
    house.happen([4], "offline", LEAD - 20)
    assert [s for s, _ in house.said(since=NOW, kinds=("presence",))] == [vin(4)]
    assert len(house.said(kinds=("presence",))) == 2
    house.changes.write_text('{"at": 1799990000, "title": "a"}\n{"at": 1799995000, "title": "b"}\n')
    assert [text for _, text in house.said(since=NOW, kinds=("changes",))] == ["deployment: b"]
    assert len(house.said(kinds=("changes",))) == 2


def test_of_a_picture_that_is_held_nothing_later_is_told(house):
    house.happen([0, 3, 6, 9], "offline", 20)
    house.happen([12, 15, 18, 21], "offline", 19)
    house.changes.write_text('{"at": 1799999999, "title": "a"}\n')
    seen = replace(house.snapshot(), frozen_at=NOW - 19.5)

    async def ask() -> Recalled:
        return await house.answer(Recall(), seen)

    assert [one.text for one in asyncio.run(ask()).occasions] == ["4 vehicles went offline"]
    assert [text for _, text in house.said()] == ["deployment: a", "8 vehicles went offline"]


def test_since_when_this_view_knows(house):
    assert house.since("vehicles") == (NOW, "this view")
    size = len(house.columns.parts["happenings"])
    house.happen([0] * (size + 10), "online", 5)
    assert house.since("vehicles") == (NOW - 5, f"this view: the last {size:,}")


def test_nothing_is_told_that_is_older_than_since_when_it_knows(house):
    house.happen([3], "offline", 7)
    assert house.since("vehicles") == (NOW - 7, "this view")
    assert house.since("vehicles", group=(("region", "us"),), since=NOW) == (NOW - 7, "this view")


def test_without_a_fleet_it_says_why(tmp_path):
    seen = Look(fleet=Missing("context 'x' has no broker")).lookout.snapshot()
    means = Means(Settings({"x": Context("x")}, "x"), Look(1).clock, Missing("no broker"), Missing("none"))

    async def ask() -> Recalled:
        try:
            return await timeline_wiring.answering(means)[Recall](Recall(), seen)  # type: ignore[return-value]
        finally:
            await means.closing.aclose()

    found = asyncio.run(ask())
    assert [(one.source, one.bad) for one in found.reaches][:2] == [("vehicles", True), ("orders", False)]
    assert found.reaches[0].note == "context 'x' has no broker"


def test_no_journal_is_made_and_one_that_appears_is_read(house):
    assert house.since("orders") == (None, f"no journal {house.journal}")
    assert not house.journal.exists()
    write(house.journal, story(3))
    assert house.since("orders") == (None, "")
    assert len([one for one in house.ask().occasions if one.kind == "orders"]) == 6
    write(house.journal, story(2, first=10))
    assert len([one for one in house.ask().occasions if one.kind == "orders"]) == 2


def test_orders_fold_and_say_how_they_ended(house):
    failed = [intent(30), move(30, State.SENT), move(30, State.FAILED, reason="the door is open")]
    write(house.journal, story(20), failed)
    told = house.said(kinds=("orders",))
    assert ("eu", "21 vehicles: lock ordered by ada") in told
    assert ("eu", "20 vehicles: lock succeeded") in told
    assert (vin(30), "lock failed: the door is open") in told
    assert house.said(kinds=("orders",), group=(("region", "us"),)) == []


def test_a_move_of_an_order_from_before_is_still_its_vehicles(house, monkeypatch):
    write(house.journal, [intent(1)])
    monkeypatch.setattr("cdctl.application.top.orders_past.MOST_RECORDS", 2)
    write(house.journal, [move(1, State.SENT), move(1, State.SUCCEEDED)])
    assert house.said(kinds=("orders",)) == [(vin(1), "lock succeeded")]
    since, note = house.since("orders")
    assert (since, note) == (order(1).created / 1000 + 0.5, "")


def test_plans_rollouts_and_what_people_did(house):
    at = order(1).created
    plan = {"id": "r1", "command": "lock", "targets": [{}] * 1_240, "reason": "a drill", "rollout": {"name": "winter"}}
    rollout = {"plan": "d" * 64, "events": [
        {"at": at + 1, "word": "wave", "words": "wave 2 begins", "by": "rollout"},
        {"at": at + 2, "word": "paused", "words": "", "by": "bea"},
    ]}  # fmt: skip
    write(house.journal, [
        Note("plan", "d" * 64, "ada", at, plan),
        Note("rollout", "r1", "ada", at + 3, rollout),
        Note("guard", "r1", "ada", at + 4, {"guard": "slo x", "health": "burning", "words": "14x"}),
        Note("guard", "r1", "ada", at + 4, {"evidence": {}}),
        Note("approval", "d" * 64, "bea", at + 5, {"by": "bea"}),
        Note("refusal", "d" * 64, "vic", at + 6, {"why": "no role"}),
        Note("session", "s", "ada", at + 7, {}),
    ])  # fmt: skip
    assert house.said() == [
        ("winter", "refused by vic: no role"),
        ("winter", "approved by bea"),
        ("winter", "guard slo x is burning: 14x"),
        ("winter", "paused by bea"),
        ("winter", "wave: wave 2 begins"),
        ("winter", "rollout of lock to 1,240 vehicles by ada: a drill"),
    ]  # fmt: skip


def test_a_damaged_journal_is_told_and_takes_nothing_from_the_others(house):
    house.happen([3], "offline", 3)
    house.journal.write_bytes(b"no journal at all" * 100)
    found = house.ask()
    assert [one.subject for one in found.occasions] == [vin(3)]
    (reach,) = [one for one in found.reaches if one.source == "orders"]
    assert reach.bad
    assert "journal" in reach.note


def test_changes_are_read_again_when_they_were_written(house):
    assert house.since("changes") == (None, f"no file {house.changes}")
    line = '{"at": 1799999990, "title": "api 1.4.2", "service": "api", "region": "eu", "by": "ci"}\n'
    house.changes.write_text(line)
    assert house.said() == [("api", "deployment: api 1.4.2 by ci")]
    assert house.said(group=(("region", "us"),)) == []
    assert house.said(group=(("region", "eu"),)) == [("api", "deployment: api 1.4.2 by ci")]
    house.changes.write_text(line + '{"at": 1799999995, "title": "flag on", "kind": "flag"}\nno json\n')
    assert [subject for subject, _ in house.said()] == ["flag", "api"]
    assert "this is no JSON object" in house.since("changes")[1]
    assert house.said(vin=vin(1)) == []


def test_a_source_that_fails_is_told(house):
    class Broken:
        name = "broken"

        async def tell(self, ask: Recall, seen: Snapshot) -> None:
            raise UnavailableError("it is away")

    async def ask() -> Recalled:
        return await Timeline([Broken()]).answer(Recall(), house.snapshot())  # type: ignore[list-item]

    found = asyncio.run(ask())
    assert [(one.source, one.note, one.bad) for one in found.reaches] == [("broken", "it is away", True)]


def test_parts_stand_behind_what_they_are_parts_of():
    def one(key: str, at: float, part_of: str = "") -> Occasion:
        return Occasion(key, at, "links", "w", "s", "t", part_of=part_of)

    merged, older = merge([one("a", 5), one("p1", 5, "a"), one("p2", 1, "a"), one("b", 9), one("c", 3)], Recall())
    assert [each.key for each in merged] == ["b", "a", "p1", "p2", "c"]
    assert older == 0
