"""Software that spreads is a change; what came shortly before something is told apart from what did not."""

from __future__ import annotations

from cdctl.domain.changes import Change, Share, shortly_before, spread


def minutes(*shares: float, region: str = "eu", version: str = "7", of: int = 1000) -> list[Share]:
    return [Share(60 * i, region, version, round(share * of), of) for i, share in enumerate(shares)]


def titles(shares: list[Share]) -> list[tuple[float, str]]:
    return [(one.at, one.title) for one in spread(shares)]


def test_a_version_that_spreads_is_told_at_every_step_once():
    told = titles(minutes(0.0, 0.02, 0.04, 0.06, 0.04, 0.06, 0.3))
    assert told == [
        (60, "software 7 reached 1% of eu"),
        (180, "software 7 reached 5% of eu"),
        (360, "software 7 reached 10% of eu"),
        (360, "software 7 reached 25% of eu"),
    ]


def test_what_was_there_before_we_looked_is_no_change():
    assert titles(minutes(0.4, 0.4, 0.41)) == []


def test_a_version_that_appears_in_a_region_already_seen_began_at_nothing():
    old = minutes(1.0, 0.9, version="6")
    assert titles([*old, Share(60, "eu", "7", 100, 1000)]) == [
        (60, "software 7 reached 1% of eu"),
        (60, "software 7 reached 5% of eu"),
        (60, "software 7 reached 10% of eu"),
    ]


def test_regions_are_apart_and_empty_ones_say_nothing():
    told = titles([*minutes(0.0, 0.06), *minutes(0.0, 0.0, region="us"), Share(60, "cn", "7", 0, 0)])
    assert {title for _, title in told} == {"software 7 reached 1% of eu", "software 7 reached 5% of eu"}


def test_what_came_shortly_before_is_told_nearest_first():
    changes = [Change(at, "deployment", str(at)) for at in (1_000, 9_000, 9_900, 10_300, 11_000)]
    near = shortly_before(changes, 10_000)
    assert [(one.change.at, one.ahead) for one in near] == [(9_900, 100), (10_300, -300), (9_000, 1_000)]


def test_what_names_the_cause_comes_before_what_is_nearer():
    changes = [Change(9_900, "flag", "b"), Change(9_000, "deployment", "a", version="7.60"), Change(9_950, "c", "c")]
    near = shortly_before(changes, 10_000, {"7.60", "eu"})
    assert [(one.change.title, one.related) for one in near] == [("a", True), ("c", False), ("b", False)]
    assert not any(one.related for one in shortly_before([Change(9_900, "flag", "b")], 10_000, {""}))
