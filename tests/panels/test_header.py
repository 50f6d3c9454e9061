"""The first line of every board: what is looked at, through whom, how old it is, and what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from screens import HOSTILE, NOW, Look

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import text_of
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.panels.header import Header


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


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_what_does_not_fit_stands_below_and_does_not_jump(width):
    few, many = lines(seen(), width), lines(seen(rate=19_999.0), width)
    assert all("msg/s" in "\n".join(told) and "dropped" in "\n".join(told) for told in (few, many))
    place = [next(n for n, line in enumerate(told) if "msg/s" in line) for told in (few, many)]
    assert place[0] == place[1]
    assert all(len(line) <= width for line in few)
    assert "msg/s" in "\n".join(lines(seen(), 160, 1))


def test_what_is_missing_comes_before_what_does_not_fit():
    told = lines(seen(notes=("region us: no link",)), 80)
    assert told[1] == " region us: no link"


def test_nothing_from_outside_acts():
    for line in lines(seen(context=HOSTILE, through=HOSTILE, notes=(HOSTILE,))):
        assert line.isprintable()
