"""The first line of every board: what is looked at, through whom, how old it is, and what is missing."""

from __future__ import annotations

from dataclasses import replace

from screens import HOSTILE, NOW, Look

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.snapshot import SloSight, Snapshot
from cdctl.domain.slo.verdict import SloReport
from cdctl.panels.header import Header

WORDS = ("heard", "vehicles", "online", "msg/s", "dropped")


def seen(**more: object) -> Snapshot:
    snapshot = replace(Look(20).lookout.snapshot(), through="c.example:7443")
    status = {name: more.pop(name) for name in ("stalled", "notes", "rate", "received") if name in more}
    fleet = replace(snapshot.fleet, status=replace(snapshot.fleet.status, **status))
    return replace(snapshot, **{"fleet": fleet, **more})


def lines(snapshot: Snapshot, width: int = 120, height: int = 2) -> list[str]:
    header = Header()
    header.see(snapshot, "h")
    return [text_of(line) for line in header.draw(width, height)]


def test_it_says_through_whom():
    assert lines(seen())[0].startswith(" LIVE  test via c.example:7443 │ ")
    assert "via" not in lines(seen(through=""))[0]
    header = Header()
    header.see(seen(), "h")
    assert header.data()["through"] == "c.example:7443"
    gone = lines(seen(fleet=Missing("the collector does not answer", "start it")))
    assert gone == [" STALE  test via c.example:7443 ", " vehicles: the collector does not answer; start it"]


def test_one_that_is_not_heard_is_stale():
    assert lines(seen(stalled=True))[0].startswith(" STALE ")
    assert lines(seen(stalled=True, notes=("nothing since 9 s", "b")), height=3)[1:] == [" nothing since 9 s", " b"]
    assert lines(seen(frozen_at=NOW, at=NOW + 61, stalled=True))[0].startswith(" FROZEN ")


def test_what_does_not_fit_stands_below_and_does_not_jump():
    few, many = seen(), seen(rate=9_999.0)
    for width in range(60, 140):
        told = lines(few, width), lines(many, width)
        assert all("msg/s" in "".join(both) and "dropped" in "".join(both) for both in told)
        places = [[next(n for n, line in enumerate(both) if word in line) for word in WORDS] for both in told]
        assert places[0] == places[1]
        assert all(len(line) <= width for line in told[0])
    assert len(lines(few, 80, 1)) == 1


def test_what_is_missing_comes_before_what_does_not_fit():
    told = lines(seen(notes=("region us: no link",)), 80)
    assert told[1] == " region us: no link"


def test_nothing_from_outside_acts():
    for line in lines(seen(context=HOSTILE, through=HOSTILE, notes=(HOSTILE,))):
        assert line.isprintable()


def test_what_has_no_room_is_counted_and_what_is_away_comes_before_what_there_never_was():
    judged = Missing("cannot reach prometheus", bad=True)
    look = Look(board="fleet", fleet=Missing("context 'x' has no broker", "see docs/fleet.md"), slo=judged)
    first = look.lines(100, 20)[1]
    assert first.startswith(" promises: cannot reach prometheus (and 1 more)")
    assert len(look.lines(40, 20)[1]) == 40
    assert look.lines(40, 20)[1].rstrip().endswith(" (and 1 more)")


def test_promises_that_cannot_be_judged_any_more_are_no_picture_of_now():
    judged = SloSight(SloReport(0, 0, ()), NOW - 120)
    assert lines(seen(slo=judged))[0].startswith(" LIVE ")
    first, below = lines(seen(slo=replace(judged, broken="cannot reach prometheus")))
    assert first.startswith(" STALE ")
    assert "promises 2m" in first
    assert below.startswith(" promises: cannot reach prometheus")


def test_of_the_last_run_s_picture_it_says_how_old_it_is_and_of_the_first_seconds_no_rate():
    old = seen()
    old = replace(old, fleet=replace(old.fleet, heard_at=None, steady=False))
    old = replace(old, fleet=replace(old.fleet, status=replace(old.fleet.status, snapshot_age=52.0)))
    header = Header()
    header.see(old, "h")
    line = text_of(header.draw(120, 2)[0])
    assert "last run, 52s old" in line
    assert "│ - msg/s" in line
    assert (header.data()["fleet_age_s"], header.data()["rate"]) == (52.0, None)
