"""A flood gathers, a conversation does not wait."""

from cdctl.links.bulk.pace import REST_SECONDS, Pace


def test_reads_close_on_each_other_are_a_flood_until_they_bring_little():
    pace = Pace()
    assert [pace.rest(n * 1e-4, 3) for n in range(16)] == [False] * 15 + [True]
    assert pace.rest(0.1 + REST_SECONDS, 160), "the flood goes on"
    assert not pace.rest(0.2, 2)


def test_who_spoke_waits_for_no_one():
    pace = Pace()
    for n in range(100):
        pace.sent()
        assert not pace.rest(n * 1e-4, 1)


def test_a_trickle_is_no_flood():
    pace = Pace()
    assert not any(pace.rest(n * 1e-3, 1) for n in range(100))
