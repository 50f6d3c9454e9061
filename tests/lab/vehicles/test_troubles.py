"""Orders go wrong where, and as often as, the scenario's metrics say."""

from __future__ import annotations

import numpy as np

from cdctl.domain.orders.order import Heard
from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.story import Story
from cdctl.lab.vehicles.troubles import Troubles

BEGIN = 1_790_000_000


def troubles(name: str = "bad-software", age: float = 10.0) -> tuple[Troubles, Story]:
    story = Story(scenario(name), 3000, 3)
    return Troubles(story, BEGIN, lambda: BEGIN + age), story


def suffering(story: Story, region: str = "eu", version: str = "23-07.60") -> list[int]:
    place = [one.name for one in story.scenario.regions].index(region)
    code = story.who.versions.index(version)
    return np.flatnonzero((story.who.region == place) & (story.columns.software == code)).tolist()


def share(found: Troubles, rows: list[int], command: str = "lock") -> float:
    return sum(found(row, command, "key") is not None for row in rows) / len(rows)


def test_the_bad_version_fails_where_it_is_bad() -> None:
    found, story = troubles()
    rows = suffering(story)
    assert 0.35 < share(found, rows) < 0.55
    assert {found(row, "lock", "key") for row in rows} == {None, (Heard.FAILED, "ecu not responding")}
    assert share(found, suffering(story, "us")) == 0, "it is the version and the region"
    assert share(found, suffering(story, version="23-07.55")) == 0


def test_a_ping_is_answered_by_the_modem_alone() -> None:
    found, story = troubles()
    assert share(found, suffering(story), "ping") == 0


def test_the_same_order_ends_alike_and_another_may_not() -> None:
    found, story = troubles()
    rows = suffering(story)
    again, _ = troubles()
    assert [found(row, "lock", "a") for row in rows] == [again(row, "lock", "a") for row in rows]
    assert [found(row, "lock", "a") for row in rows] != [found(row, "lock", "b") for row in rows]


def test_what_failed_once_fails_no_more_than_others_when_it_is_tried_again() -> None:
    found, story = troubles()
    ill = [row for row in suffering(story) if found(row, "lock", "one") is not None]
    assert len(ill) > 40
    assert all(0.2 < sum(found(row, "lock", key) is not None for row in ill) / len(ill) < 0.7 for key in "abcdef")


def test_shares_follow_the_clock() -> None:
    now = [BEGIN - 50 * 3600.0]
    story = Story(scenario("bad-software"), 3000, 3)
    found = Troubles(story, BEGIN, lambda: now[0])
    rows = suffering(story)
    early = share(found, rows)
    now[0] = BEGIN + 5.0
    assert 0.1 < early < 0.25 < share(found, rows)


def test_on_a_good_day_nothing_fails_by_chance() -> None:
    found, _ = troubles("calm")
    assert share(found, list(range(3000))) == 0


def test_a_good_day_can_turn_bad() -> None:
    (before, story), (after, _) = troubles("turning-bad", 170.0), troubles("turning-bad", 190.0)
    place = [one.name for one in story.scenario.regions].index("eu")
    rows = np.flatnonzero(story.who.region == place).tolist()
    assert share(before, rows) == 0
    assert 0.3 < share(after, rows) < 0.4


def test_timeouts_are_told_as_such(tmp_path) -> None:
    path = tmp_path / "slow.yaml"
    incident = "{metric: remote_command_total, region: us, begin: -1h, shares: {timeout: 0.5, failed: 0.2}}"
    path.write_text(f"title: slow\nlike: calm\nincidents:\n  - {incident}\n")
    found, story = troubles(str(path))
    place = [one.name for one in story.scenario.regions].index("us")
    told = [found(row, "lock", "key") for row in np.flatnonzero(story.who.region == place).tolist()]
    counts = {kind: sum(one is not None and one[0] is kind for one in told) / len(told) for kind in Heard}
    assert 0.4 < counts[Heard.TIMED_OUT] < 0.6
    assert 0.1 < counts[Heard.FAILED] < 0.3


def test_the_remedy_heals_until_it_is_taken_back() -> None:
    found, story = troubles()
    rows = suffering(story)
    ill = [row for row in rows if found(row, "lock", "key") is not None]
    story.configured(ill[0], "gateway.cache", "small")
    story.configured(ill[0], "modem.band", "off")
    assert found(ill[0], "lock", "key") is not None, "it is another value, or another parameter"
    marked = next(row for row in ill if "P0A80" in story.columns.standing(row))
    story.configured(marked, "gateway.cache", "off")
    assert found(marked, "lock", "key") is None
    assert story.columns.drain[marked] == 0
    told = [one for _ in range(3) for one in story.advance().told]
    assert [one.kind for one in told if one.row == marked and "P0A80" in one.codes] == ["dtc.cleared"]
    assert story.healed() == [1 / len(suffering(story))]
    well = suffering(story, "us")[0]
    story.configured(well, "gateway.cache", "off")
    assert not story.columns.healed[well]
    story.configured(marked, "gateway.cache", "on")
    assert found(marked, "lock", "key") is not None
