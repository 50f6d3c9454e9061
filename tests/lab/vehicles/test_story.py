"""The story of a fleet is pure: same seed, same story; and it is the one that the scenario tells."""

from collections import Counter

import numpy as np
import pytest

from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.columns import Doing
from cdctl.lab.vehicles.population import check_digits, population
from cdctl.lab.vehicles.story import Story


def lived(name: str, vehicles: int, seconds: int, seed: int = 1) -> tuple[Story, list]:
    story = Story(scenario(name), vehicles, seed)
    return story, [story.advance() for _ in range(seconds)]


def test_the_same_seed_tells_the_same_story_and_another_one_another():
    (one, first), (two, again) = lived("bad-software", 300, 200), lived("bad-software", 300, 200)
    assert first == again
    assert one.who.vins == two.who.vins
    for name in ("charge", "odometer", "codes", "software", "seq", "doing"):
        assert np.array_equal(getattr(one.columns, name), getattr(two.columns, name))
    other, another = lived("bad-software", 300, 200, seed=2)
    assert first != another
    assert not set(one.who.vins) & set(other.who.vins)


def test_vins_are_unique_of_the_right_letters_and_checked():
    vins = population(scenario("calm"), 5000, 1).vins
    assert len(set(vins)) == 5000
    assert {len(vin) for vin in vins} == {17}
    assert not set("".join(vins)) & set("IOQ")
    letters = np.array([list(vin.encode()) for vin in vins], dtype=np.uint8)
    assert np.array_equal(check_digits(letters), letters[:, 8])
    # 49 CFR 565.15 has this one as its example.
    assert check_digits(np.frombuffer(b"1G4AH59H.5G118341", dtype=np.uint8).reshape(1, 17)).tobytes() == b"4"


def test_vehicles_run_what_fits_their_region_and_model():
    story = scenario("bad-software")
    who = population(story, 20_000, 1)
    for version in who.versions:
        for place, region in enumerate(story.regions):
            here = who.software[who.region == place] == who.versions.index(version)
            assert here.mean() == pytest.approx(story.running(region.name, version), abs=0.02)


def test_connections_begin_and_end_in_turn_and_their_numbers_grow():
    story, seconds = lived("reconnect-storm", 300, 400)
    linked: set[int] = set()
    seq = Counter(dict.fromkeys(range(300), 1))
    for second in seconds:
        gone = {*second.cut, *second.left}
        assert gone <= linked
        assert not linked - gone & set(second.came)
        linked = linked - gone | set(second.came)
        seq.update(second.came)
        assert set(second.spoke) <= linked
        assert {one.row for one in second.told} <= linked
    assert linked == set(np.flatnonzero(story.columns.linked).tolist())
    assert story.columns.seq.tolist() == [seq[row] for row in range(300)]


def test_everything_happens_that_should():
    story, seconds = lived("calm", 3000, 900)
    kinds = Counter(one.kind for second in seconds for one in second.told)
    assert kinds.keys() >= {"dtc.set", "dtc.cleared"}
    assert set(np.unique(story.columns.doing).tolist()) == set(Doing)
    assert sum(len(second.cut) for second in seconds[1:]) > 100
    assert sum(len(second.left) for second in seconds[1:]) > 20
    flapping = Counter(row for second in seconds for row in second.cut)
    worst = [row for row, _ in flapping.most_common(5)]
    assert story.columns.flapping[worst].all()


def test_software_changes_and_its_trouble_with_it():
    story = Story(scenario("bad-software"), 60_000, 1)
    before = story.columns.software.copy()
    changed = [one for _ in range(60) for one in story.advance().told if one.kind == "sw.changed"]
    assert changed
    for one in changed:
        assert story.who.versions[before[one.row]] != one.software
        assert story.who.versions[story.columns.software[one.row]] == one.software
    bad = story.who.versions.index("23-07.60")
    assert np.array_equal(story.columns.drain > 0, (story.columns.software == bad) & (story.who.region == 0))


def test_bad_software_drains_and_marks_its_vehicles_only():
    story, _ = lived("bad-software", 4000, 60)
    columns = story.columns
    bad = columns.drain > 0
    assert 0.05 < bad.mean() < 0.12
    assert (columns.charge[bad] < 20).sum() > 40
    assert (columns.charge[~bad] < 20).mean() < 0.02
    marked = (columns.codes & columns.bit("P0A80")) > 0
    assert marked[bad].mean() == pytest.approx(0.35, abs=0.08)
    assert marked[~bad].mean() < 0.01


def test_an_outage_takes_its_share_of_its_region():
    story, _ = lived("regional-outage", 4000, 30)
    linked, region = story.columns.linked, story.who.region
    us = [one.name for one in story.scenario.regions].index("us")
    assert linked[region == us].mean() < 0.2
    assert linked[region != us].mean() > 0.7


def test_a_storm_cuts_all_at_once_and_they_come_back_at_once():
    story, seconds = lived("reconnect-storm", 900, 260)
    cn = {row for row in range(900) if story.scenario.regions[story.who.region[row]].name == "cn"}
    storm = next(second for second in seconds[1:] if len(second.cut) > 100)
    assert set(storm.cut) <= cn
    back = seconds[storm.number + 4]
    assert len(back.came) > 0.9 * len(storm.cut)


def test_what_vehicles_have_stays_possible():
    story, _ = lived("calm", 500, 1500)
    columns = story.columns
    assert columns.charge.min() >= 3
    assert columns.charge.max() <= 100
    assert columns.speed.min() >= 0
    assert columns.speed[columns.doing != Doing.DRIVING].max() == 0
