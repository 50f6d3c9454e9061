"""The rule of presence for one vehicle, with its bad twins."""

from __future__ import annotations

import pytest

from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.presence import Flag, Life, become, believed

ON, OFF, UNKNOWN = int(Presence.ONLINE), int(Presence.OFFLINE), int(Presence.UNKNOWN)


def life(presence: int = ON, seq: int = 5, flags: int = Flag.TOLD, heard: bool = True, **more: int) -> Life:
    return Life(presence, seq, flags=int(flags), heard=heard, **more)


def judged(
    of: Life, presence: int, seq: int, *, retained: bool = False, elsewhere: bool = False, continuous: bool = False
) -> bool:
    return believed(of, presence, seq, retained, elsewhere=elsewhere, continuous=continuous)


@pytest.mark.parametrize(("seq", "expected"), [(4, False), (5, True), (6, True), (0, True)])
def test_a_death_counts_when_it_is_of_this_connection_or_a_newer_one(seq, expected):
    assert judged(life(), OFF, seq) is expected


@pytest.mark.parametrize(
    ("was", "retained", "expected"),
    [(ON, False, False), (OFF, False, True), (UNKNOWN, False, True), (OFF, True, False), (UNKNOWN, True, False)],
)
def test_a_counter_that_began_anew_is_believed_live_and_when_no_older_connection_stands(was, retained, expected):
    assert judged(life(was), ON, 1, retained=retained) is expected


@pytest.mark.parametrize("presence", [ON, OFF])
def test_what_the_broker_kept_never_overrules_what_was_told_live(presence):
    assert not judged(life(OFF), presence, 5, retained=True)
    assert judged(life(OFF, flags=0), presence, 5, retained=True)
    assert judged(life(OFF), presence, 6, retained=True)


def test_after_a_cut_a_kept_birth_proves_nothing_unless_the_broker_is_the_same():
    blind = life(UNKNOWN, flags=Flag.WAS_ONLINE)
    assert not judged(blind, ON, 5, retained=True)
    assert judged(blind, ON, 5, retained=True, continuous=True)
    assert judged(blind, ON, 6, retained=True)
    assert judged(blind, ON, 5)
    assert judged(blind, OFF, 5, retained=True)


def test_at_a_start_a_kept_birth_is_all_there_is():
    assert judged(life(UNKNOWN, seq=0, flags=0, heard=False), ON, 5, retained=True)
    assert judged(life(UNKNOWN, flags=Flag.WAS_ONLINE | Flag.SNAPSHOT), ON, 5, retained=True)


def test_a_death_from_a_region_that_was_left_is_late_unless_it_is_newer():
    assert not judged(life(), OFF, 5, elsewhere=True)
    assert not judged(life(seq=0), OFF, 0, elsewhere=True)
    assert judged(life(), OFF, 6, elsewhere=True)
    assert judged(life(), ON, 5, elsewhere=True)
    assert judged(life(UNKNOWN, heard=False), OFF, 5, elsewhere=True)


def test_the_same_state_after_a_cut_began_when_it_began():
    back = life(UNKNOWN, flags=Flag.WAS_ONLINE, since_ms=50, before_ms=10)
    assert become(back, ON, 5, False, 90) == ""
    assert (back.presence, back.since_ms, back.flaps) == (ON, 10, 0)


def test_another_state_after_a_cut_is_told_and_began_now_or_at_the_cut():
    live = life(UNKNOWN, flags=Flag.WAS_ONLINE, since_ms=50, before_ms=10)
    kept = life(UNKNOWN, flags=Flag.WAS_ONLINE, since_ms=50, before_ms=10)
    assert become(live, OFF, 5, False, 90) == become(kept, OFF, 5, True, 90) == "offline"
    assert (live.since_ms, kept.since_ms) == (90, 50)
    assert live.flaps == kept.flaps == 1


def test_what_is_learnt_from_the_past_alone_is_no_news_and_began_nobody_knows_when():
    first = Life()
    assert become(first, ON, 3, True, 90) == ""
    assert (first.presence, first.seq, first.since_ms, first.flags & Flag.TOLD) == (ON, 3, 0, 0)


def test_a_newer_birth_of_an_online_vehicle_is_a_reconnect():
    again = life(since_ms=10)
    assert become(again, ON, 6, False, 90) == "online"
    assert (again.since_ms, again.flaps, again.seq) == (90, 1, 6)


def test_the_same_birth_again_changes_nothing():
    again = life(since_ms=10)
    assert become(again, ON, 5, False, 90) == ""
    assert (again.since_ms, again.flaps, again.seq) == (10, 0, 5)


def test_flaps_do_not_wrap():
    restless = life(flaps=65_535)
    become(restless, OFF, 5, False, 90)
    assert restless.flaps == 65_535
