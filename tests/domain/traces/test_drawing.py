"""A waterfall as text: names under names, bars on the axis, events on a line."""

from __future__ import annotations

import json

import pytest

from cdctl.domain.traces.document import document, when
from cdctl.domain.traces.drawing import CRITICAL, WAITING, axis, bar, event, name
from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import lay_out

MS = 1_000_000
AT = 1_800_000_000_000 * MS


def span(number: int, parent: int, start: int, end: int, **more: object) -> SpanRow:
    usual = {"service": f"s{number}", "name": f"n{number}", "kind": "server", "status": "ok", "message": ""}
    above = f"{parent:016x}" if parent else ""
    return SpanRow("ab" * 16, f"{number:016x}", above, start=AT + start * MS, end=AT + end * MS, **usual | more)  # type: ignore[arg-type]


def test_names_stand_under_their_parents():
    laid = lay_out([span(1, 0, 0, 10), span(2, 1, 0, 5), span(3, 2, 1, 2), span(4, 1, 6, 9), span(5, 99, 3, 4)])
    assert [name(line) for line in laid.lines] == [
        "s1: n1", "├ s2: n2", "│ └ s3: n3", "└ s4: n4", "? s5: n5",
    ]  # fmt: skip


def test_of_what_is_very_deep_the_depth_is_told():
    laid = lay_out([span(number, number - 1, 0, 10) for number in range(1, 30)])
    assert name(laid.lines[-1]) == "…28 s29: n29"


def test_names_are_safe():
    (line,) = lay_out([span(1, 0, 0, 1, service="\x1b[2J", name="a\u202eb\n")]).lines
    assert name(line).isprintable()


@pytest.mark.parametrize(
    ("begin", "end", "drawn"),
    [
        (0, 10, CRITICAL * 5 + WAITING * 5),
        (5, 10, " " * 5 + CRITICAL * 5),
        (5, 5, " " * 5 + WAITING),
        (-40, -30, "<"),
        (90, 99, " " * 9 + ">"),
    ],
)
def test_a_bar_is_where_the_span_was_in_time(begin, end, drawn):
    """Ten cells for the ten milliseconds of the root; what its last child does is on the path there."""
    spans = [span(1, 0, 0, 10), span(2, 1, 5, 10)]
    spans = spans if (begin, end) in {(0, 10), (5, 10)} else [*spans, span(3, 98, begin, end)]
    laid = lay_out(spans)
    line = next(one for one in laid.lines if one.span.start == AT + begin * MS and one.span.end == AT + end * MS)
    assert bar(line, (AT, AT + 10 * MS), 10).rstrip() == drawn


def test_the_axis_is_of_the_longest_root_whatever_clocks_say():
    laid = lay_out([span(1, 0, 0, 10), span(2, 1, 3_600_000, 3_600_005)])
    assert axis(laid) == (AT, AT + 20 * MS)


def test_events_are_told_without_stacks():
    told = {
        "name": "exception\x1b[2J",
        "timeUnixNano": str(AT + 2 * MS),
        "attributes": [
            {"key": "exception.type", "value": {"stringValue": "Timeout"}},
            {"key": "exception.stacktrace", "value": {"stringValue": "at line 1"}},
        ],
    }
    line = event(told, span(1, 0, 0, 10))
    assert line == "event +2ms exception\\x1b[2J exception.type=Timeout"
    assert event({"name": "x", "attributes": "odd"}, span(1, 0, 0, 10)) == "event at an unknown time x"


def test_a_document_is_json_and_the_path_is_in_order():
    told = document(lay_out([span(1, 0, 0, 10), span(2, 1, 2, 5), span(3, 1, 6, 9, status="error")]))
    json.dumps(told)
    assert (told["errors"], told["duration_ms"], told["services"]) == (1, 10.0, ["s1", "s2", "s3"])
    starts = [one["start_ns"] for one in told["critical_path"]]  # type: ignore[union-attr,index]
    assert starts == sorted(starts)
    assert len(starts) == 5


def test_an_instant_beyond_every_calendar_is_told_as_its_number():
    assert when(AT) == "2027-01-15T08:00:00.000000Z"
    assert when(10**30) == str(10**30)
