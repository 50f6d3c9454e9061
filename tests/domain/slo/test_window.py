"""Windows: local bounds, real lengths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.slo.tiling import FINE
from cdctl.domain.slo.window import EDGE, Bounds, Calendar, Rolling, Unit, bounds, inexact, instant, premature

HOUR = 3600
NEW_YEAR = datetime(2025, 1, 1)
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo",
    "Pacific/Apia", "Africa/Casablanca",
)  # fmt: skip


def test_windows_begin_where_buckets_do():
    assert EDGE == FINE


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        (Rolling(420), "2025-06-15T15:00Z", "2025-06-15T15:10Z"),
        (Rolling(60), "2025-06-15T15:05Z", "2025-06-15T15:10Z"),
        (Calendar(1, Unit.DAY, datetime(2025, 1, 1, 0, 7), "UTC"), "2025-06-15T00:05Z", "2025-06-16T00:05Z"),
        (Calendar(1, Unit.DAY, datetime(2025, 1, 1, 15, 10, 30), "UTC"), "2025-06-14T15:10Z", "2025-06-15T15:10Z"),
        (Calendar(7, Unit.MINUTE, datetime(2025, 6, 15, 15, 0), "UTC"), "2025-06-15T15:05Z", "2025-06-15T15:10Z"),
    ],
)
def test_bounds_between_buckets_are_those_of_the_bucket(epoch, window, start, end):
    found = bounds(window, epoch("2025-06-15T15:10Z"))
    assert (found.start, found.end) == (epoch(start), epoch(end))


FINEST = ": nothing finer than 5 min is measured"


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Rolling(60), f"the window of 1 min is judged as 5 min{FINEST}"),
        (Rolling(77 * 60), f"the window of 77 min is judged as 80 min{FINEST}"),
        (Rolling(75 * 60), ""),
        (Calendar(7, Unit.MINUTE, NEW_YEAR, "UTC"), f"periods of 7 min begin and end at multiples of 5 min{FINEST}"),
        (Calendar(15, Unit.MINUTE, NEW_YEAR, "UTC"), ""),
        (Calendar(7, Unit.HOUR, NEW_YEAR, "UTC"), ""),
    ],
)
def test_a_window_that_is_widened_says_so(epoch, window, said):
    assert inexact(window) == said
    if isinstance(window, Rolling):
        assert (bounds(window, epoch("2025-06-15T15:10Z")).seconds != window.seconds) == bool(said)


def test_a_calendar_that_has_not_begun_says_so(epoch):
    window = Calendar(1, Unit.MONTH, datetime(2034, 1, 1), "Europe/Berlin")
    said = "the calendar begins only on 2034-01-01 00:00 Europe/Berlin: judged as if its periods had come before that"
    assert premature(window, epoch("2033-12-31T23:00+01:00")) == f"{said}, too"
    assert premature(window, epoch("2033-12-31T23:00Z")) == ""
    assert premature(Rolling(60), epoch("2025-06-15T15:10Z")) == ""


def test_a_period_that_began_in_the_year_one(epoch):
    window = Calendar(1, Unit.HOUR, datetime(1, 1, 1), "Europe/Berlin")
    at = epoch("2025-06-15T15:10Z")
    assert bounds(window, at).start < at <= bounds(window, at).end
    assert bounds(window, at).seconds == HOUR


def test_a_rolling_window_ends_at_the_instant():
    assert bounds(Rolling(28 * 86_400), 1_750_000_200) == Bounds("rolling", 1_747_581_000, 1_750_000_200)
    assert bounds(Rolling(28 * 86_400), 1_750_000_200).seconds == 28 * 86_400


@pytest.mark.parametrize(
    ("zone", "inside", "hours"),
    [
        ("Europe/Berlin", "2025-03-15T12:00+01:00", 743),
        ("Europe/Berlin", "2025-10-15T12:00+02:00", 745),
        ("Europe/Berlin", "2025-11-15T12:00+01:00", 720),
        ("America/New_York", "2025-03-15T12:00-04:00", 743),
        ("America/New_York", "2025-11-15T12:00-05:00", 721),
        ("America/New_York", "2025-10-15T12:00-04:00", 744),
        ("UTC", "2025-03-15T12:00+00:00", 744),
        ("UTC", "2025-11-15T12:00+00:00", 720),
        ("UTC", "2024-02-15T12:00+00:00", 696),
        ("Australia/Lord_Howe", "2025-04-15T12:00+10:30", 720.5),
        ("Asia/Kolkata", "2025-03-15T12:00+05:30", 744),
    ],
)
def test_months_are_as_long_as_the_clock_on_the_wall_makes_them(epoch, zone, inside, hours):
    month = bounds(Calendar(1, Unit.MONTH, NEW_YEAR, zone), epoch(inside))
    assert month.seconds == hours * HOUR
    local = datetime.fromtimestamp(month.start, ZoneInfo(zone))
    assert (local.day, local.hour, local.minute) == (1, 0, 0)


@pytest.mark.parametrize(
    ("count", "unit", "zone", "inside", "start", "end"),
    [
        (1, "Q", "Europe/Berlin", "2025-02-10T00:00Z", "2025-01-01T00:00+01:00", "2025-04-01T00:00+02:00"),
        (1, "Q", "America/New_York", "2025-11-30T00:00Z", "2025-10-01T00:00-04:00", "2026-01-01T00:00-05:00"),
        (2, "Q", "UTC", "2025-08-01T00:00Z", "2025-07-01T00:00Z", "2026-01-01T00:00Z"),
        (1, "Y", "Europe/Berlin", "2025-08-01T00:00Z", "2025-01-01T00:00+01:00", "2026-01-01T00:00+01:00"),
        (1, "Y", "UTC", "2024-08-01T00:00Z", "2024-01-01T00:00Z", "2025-01-01T00:00Z"),
        (2, "M", "UTC", "2025-04-01T00:00:01Z", "2025-03-01T00:00Z", "2025-05-01T00:00Z"),
        (1, "w", "Europe/Berlin", "2025-03-28T00:00Z", "2025-03-26T00:00+01:00", "2025-04-02T00:00+02:00"),
        (2, "w", "UTC", "2025-01-20T00:00Z", "2025-01-15T00:00Z", "2025-01-29T00:00Z"),
        (1, "d", "Europe/Berlin", "2025-03-30T12:00Z", "2025-03-30T00:00+01:00", "2025-03-31T00:00+02:00"),
        (1, "d", "Europe/Berlin", "2025-10-26T12:00Z", "2025-10-26T00:00+02:00", "2025-10-27T00:00+01:00"),
        (10, "d", "UTC", "2025-01-21T00:00Z", "2025-01-11T00:00Z", "2025-01-21T00:00Z"),
        (24, "h", "Europe/Berlin", "2025-03-30T12:00Z", "2025-03-29T23:00Z", "2025-03-30T23:00Z"),
        (24, "h", "Europe/Berlin", "2025-07-01T12:00Z", "2025-06-30T23:00Z", "2025-07-01T23:00Z"),
        (90, "m", "UTC", "2025-01-01T02:00Z", "2025-01-01T01:30Z", "2025-01-01T03:00Z"),
        (1, "M", "UTC", "2024-11-11T00:00Z", "2024-11-01T00:00Z", "2024-12-01T00:00Z"),
    ],
)
def test_periods_of_every_unit(epoch, count, unit, zone, inside, start, end):
    window = Calendar(count, Unit(unit), NEW_YEAR, zone)
    assert bounds(window, epoch(inside)) == Bounds("calendar", epoch(start), epoch(end))


@pytest.mark.parametrize("unit", list(Unit))
def test_an_instant_on_an_edge_belongs_to_the_period_that_ends_there(epoch, unit):
    window = Calendar(1, unit, datetime(2025, 4, 1), "Europe/Berlin")
    edge = epoch("2025-04-01T00:00+02:00")
    assert bounds(window, edge).end == edge
    assert bounds(window, edge + 1).start == edge
    assert bounds(window, edge - 1).end == edge


def edges(window: Calendar, first: int, count: int) -> list[str]:
    """Local ends of so many periods, the first of which holds `first`."""
    found, at = [], first
    for _ in range(count):
        at = bounds(window, at).end
        found.append(f"{datetime.fromtimestamp(at, ZoneInfo(window.zone)):%Y-%m-%dT%H:%M%z}")
        at += 1
    return found


def test_a_start_on_the_31st_means_the_last_day_and_does_not_drift(epoch):
    monthly = Calendar(1, Unit.MONTH, datetime(2025, 1, 31, 6), "UTC")
    assert edges(monthly, epoch("2025-01-31T06:00:01Z"), 5) == [
        "2025-02-28T06:00+0000",
        "2025-03-31T06:00+0000",
        "2025-04-30T06:00+0000",
        "2025-05-31T06:00+0000",
        "2025-06-30T06:00+0000",
    ]
    assert edges(monthly, epoch("2028-02-01T00:00Z"), 1) == ["2028-02-29T06:00+0000"]
    quarterly = Calendar(1, Unit.QUARTER, datetime(2024, 11, 30), "UTC")
    assert edges(quarterly, epoch("2024-12-01T00:00Z"), 2) == ["2025-02-28T00:00+0000", "2025-05-30T00:00+0000"]


def test_a_year_from_a_leap_day_ends_on_the_28th(epoch):
    yearly = Calendar(1, Unit.YEAR, datetime(2024, 2, 29), "UTC")
    assert edges(yearly, epoch("2024-03-01T00:00Z"), 4) == [
        "2025-02-28T00:00+0000",
        "2026-02-28T00:00+0000",
        "2027-02-28T00:00+0000",
        "2028-02-29T00:00+0000",
    ]


def test_a_time_that_comes_twice_is_the_first_unless_told(epoch):
    twice = datetime(2025, 10, 26, 2, 30)
    assert instant(twice, "Europe/Berlin") == epoch("2025-10-26T02:30+02:00")
    assert instant(twice.replace(fold=1), "Europe/Berlin") == epoch("2025-10-26T02:30+01:00")
    assert instant(datetime(2025, 11, 2, 1, 30), "America/New_York") == epoch("2025-11-02T01:30-04:00")
    assert instant(datetime(2025, 10, 26, 3, 30), "Europe/Berlin") == epoch("2025-10-26T03:30+01:00")


def test_a_time_that_never_comes_is_an_hour_later_on_the_clock(epoch):
    assert instant(datetime(2025, 3, 30, 2, 30), "Europe/Berlin") == epoch("2025-03-30T03:30+02:00")
    assert instant(datetime(2025, 3, 9, 2, 30), "America/New_York") == epoch("2025-03-09T03:30-04:00")
    assert instant(datetime(2025, 3, 30, 1, 30), "Europe/Berlin") == epoch("2025-03-30T01:30+01:00")


def test_days_that_start_at_half_past_two(epoch):
    days = Calendar(1, Unit.DAY, datetime(2025, 1, 1, 2, 30), "Europe/Berlin")
    assert edges(days, epoch("2025-03-29T00:00Z"), 4) == [
        "2025-03-29T02:30+0100",
        "2025-03-30T03:30+0200",
        "2025-03-31T02:30+0200",
        "2025-04-01T02:30+0200",
    ]
    assert edges(days, epoch("2025-10-25T12:00Z"), 2) == ["2025-10-26T02:30+0200", "2025-10-27T02:30+0100"]


@pytest.mark.parametrize(("count", "unit"), [(1, "h"), (2, "h"), (60, "m"), (20, "m")])
def test_hours_are_counted_in_real_time_from_summer_into_winter(epoch, count, unit):
    """By the clock on the wall an hour less has passed since July than truly has."""
    window = Calendar(count, Unit(unit), datetime(2025, 7, 1), "Europe/Berlin")
    length = count * {"h": HOUR, "m": 60}[unit]
    for at in (epoch("2025-12-01T12:00Z"), epoch("2025-12-01T12:05Z"), epoch("2025-12-01T13:55Z")):
        period = bounds(window, at)
        assert period.seconds == length
        assert period.start < at <= period.end
        assert (period.start - epoch("2025-07-01T00:00+02:00")) % length == 0


def test_the_second_quarter_past_two_is_after_the_first_half_past(epoch):
    """On 26 October the clock shows 02:15 twice; the day began at 02:30, between the two."""
    days = Calendar(1, Unit.DAY, datetime(2025, 1, 1, 2, 30), "Europe/Berlin")
    assert bounds(days, epoch("2025-10-26T02:15+02:00")).end == epoch("2025-10-26T02:30+02:00")
    assert bounds(days, epoch("2025-10-26T02:15+01:00")).start == epoch("2025-10-26T02:30+02:00")


def test_a_day_without_midnight(epoch):
    days = Calendar(1, Unit.DAY, NEW_YEAR, "America/Sao_Paulo")
    day = bounds(days, epoch("2017-10-15T12:00Z"))
    assert day == Bounds("calendar", epoch("2017-10-15T01:00-02:00"), epoch("2017-10-16T00:00-02:00"))
    assert day.seconds == 23 * HOUR


def test_a_day_that_was_left_out_is_no_period(epoch):
    """Samoa crossed the date line: 30 December 2011 did not happen there."""
    days = Calendar(1, Unit.DAY, datetime(2011, 1, 1), "Pacific/Apia")
    before = bounds(days, epoch("2011-12-30T09:00Z"))
    after = bounds(days, epoch("2011-12-30T11:00Z"))
    assert before.end == after.start == epoch("2011-12-31T00:00+14:00")
    assert before.seconds == after.seconds == 24 * HOUR


@pytest.mark.parametrize("unit", list(Unit))
def test_periods_before_the_start_count_backwards(epoch, unit):
    """2021 and 2027 both begin on a Friday, so that weeks agree, too."""
    at = epoch("2025-06-15T15:10Z")
    later, earlier = (Calendar(1, unit, datetime(year, 1, 1), "UTC") for year in (2027, 2021))
    assert bounds(later, at) == bounds(earlier, at)


def brute_edges(window: Calendar, until: int) -> list[int]:
    """Every edge from the start to past `until`, one after the other, by trying days."""
    zone, found = ZoneInfo(window.zone), []
    step = 0
    while not found or found[-1] < until:
        start, passed = window.start, step * window.count
        if window.unit in (Unit.MINUTE, Unit.HOUR):
            length = 60 if window.unit is Unit.MINUTE else HOUR
            found.append(int(start.replace(tzinfo=zone).timestamp()) + passed * length)
        elif window.unit in (Unit.DAY, Unit.WEEK):
            local = start + timedelta(days=passed * (1 if window.unit is Unit.DAY else 7))
            found.append(int(local.replace(tzinfo=zone).timestamp()))
        else:
            months = start.month - 1 + passed * {"M": 1, "Q": 3, "Y": 12}[window.unit.value]
            found.append(int(_last_that_exists(start, months).replace(tzinfo=zone).timestamp()))
        step += 1
    return found


def _last_that_exists(start: datetime, months: int) -> datetime:
    for day in range(start.day, 0, -1):
        try:
            return start.replace(year=start.year + months // 12, month=months % 12 + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


@st.composite
def calendars_and_instants(draw: st.DrawFn) -> tuple[Calendar, int]:
    unit = draw(st.sampled_from(list(Unit)))
    start = draw(st.datetimes(datetime(2010, 1, 1), datetime(2024, 12, 31)))
    start = start.replace(minute=start.minute // 5 * 5, second=0, microsecond=0)
    count = draw(st.integers(1, 5)) * (60 if unit is Unit.MINUTE else 1)
    days = {Unit.MINUTE: 9, Unit.HOUR: 30, Unit.DAY: 400, Unit.WEEK: 1000}.get(unit, 6000)
    at = int(start.replace(tzinfo=UTC).timestamp()) // EDGE * EDGE + draw(st.integers(1, days * 24 * 12)) * EDGE
    return Calendar(count, unit, start, draw(st.sampled_from(ZONES))), at


@given(calendars_and_instants())
def test_bounds_are_the_edges_around_the_instant(drawn):
    window, at = drawn
    all_edges = brute_edges(window, at)
    if at <= all_edges[0]:
        assert bounds(window, at).end <= all_edges[0]
        return
    after = next(i for i, edge in enumerate(all_edges) if edge >= at)
    assert bounds(window, at) == Bounds("calendar", all_edges[after - 1], all_edges[after])


@given(calendars_and_instants())
def test_periods_follow_each_other_without_hole_or_overlap(drawn):
    window, at = drawn
    period = bounds(window, at)
    assert period.start < at <= period.end
    assert bounds(window, period.end) == bounds(window, period.start + EDGE) == period
    assert bounds(window, period.start).end == period.start
    assert bounds(window, period.end + EDGE).start == period.end
