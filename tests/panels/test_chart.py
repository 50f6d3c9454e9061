"""Queries as curves: axes, gaps, names, keys, and what is said when nobody answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from graphs import Curves, waves
from screens import HOSTILE, NOW, Look
from zones import at_greenwich

from cdctl.application.top.graphs import Graphing
from cdctl.domain.boards.asking import Ask
from cdctl.domain.boards.drawing import SERIES, text_of, width_of
from cdctl.domain.boards.graphing import Graph
from cdctl.domain.boards.requests import Copy
from cdctl.errors import UnavailableError, UsageError
from cdctl.panels.chart import make

QUERY = 'sum by (region) (rate(mqtt_message_total{qos="1", result="delivered"}[5m]))'


@pytest.fixture(autouse=True)
def _greenwich(monkeypatch):
    with at_greenwich(monkeypatch):
        yield


def look(curves: Curves) -> Look:
    """The board pivot with the hand on its chart."""
    seen = Look(30, "pivot", answering=curves.answering)
    seen.press("tab")
    assert seen.stage.focus == "c"
    return seen


def chart(seen: Look, width: int = 100, height: int = 12) -> list[str]:
    """The panel alone, after what it asks at this size came."""
    panel = seen.stage.panels["c"]
    panel.draw(width, height)
    panel_answers(seen)
    return [text_of(line) for line in panel.draw(width, height)]


def panel_answers(seen: Look) -> None:
    """What the panel asks now is answered; nothing else draws it meanwhile at another size."""
    import asyncio

    async def answered() -> None:
        for _ in range(5):
            ask = seen.stage.panels["c"].see(seen.lookout.snapshot(), "c")
            if ask is None:
                return
            seen.lookout.ask({"c": ask})
            await seen.lookout.settle()

    asyncio.run(answered())


def level(value: float):
    return lambda at: np.full(len(at), value)


def dots(lines: list[str]) -> int:
    return sum(0x2800 < ord(char) < 0x2900 for line in lines for char in line)


def test_curves_with_axes_and_a_legend():
    lines = chart(look(waves()))
    assert len(lines) == 12
    ticks = [line.split()[0] for line in lines if "┤" in line]
    assert ticks == ["1.5k", "1.0k", "0.5k", "0"]
    assert lines[-2].split() == ["07:00", "07:10", "07:20", "07:30", "07:40", "07:50", "08:00"]
    assert [word for word in lines[-1].split() if word != "━"][::2] == ["cn", "eu", "us"]
    assert lines[-1].count("/s") == 3
    assert dots(lines) > 150


def test_every_series_has_its_own_role():
    seen = look(waves())
    chart(seen)
    roles = {role for line in seen.stage.panels["c"].draw(100, 12) for _, role in line}
    assert set(SERIES[:3]) <= roles
    assert not {"good", "bad", "warn"} & roles, "they mean something else"


def test_it_asks_at_round_moments_for_as_many_points_as_it_has_dots():
    curves = waves()
    seen = look(curves)
    chart(seen, 100)
    query, span = curves.asked[-1]
    assert query == QUERY
    assert (span.end, span.step) == (int(NOW), 20)
    assert span.end - span.start == 3620
    chart(seen, 190)
    assert curves.asked[-1][1].step == 10
    asked = len(curves.asked)
    seen.clock.at += 14
    chart(seen, 190)
    assert len(curves.asked) == asked
    seen.clock.at += 2
    chart(seen, 190)
    assert (len(curves.asked), curves.asked[-1][1].end) == (asked + 1, int(NOW) + 10)


def test_plus_and_minus_change_the_span():
    curves = waves()
    seen = look(curves)
    spans = []
    for key in ("+", "+", "-", "-", "-", "-", "-", "-", "-"):
        seen.press(key)
        spans.append(seen.stage.panels["c"].title.split(" · ")[2])
    assert spans == ["3h", "6h", "3h", "1h", "30m", "15m", "5m", "5m", "5m"]
    for _ in range(15):
        seen.press("=")
    assert " · 30d" in seen.stage.panels["c"].title
    span = curves.asked[-1][1]
    assert (span.step, span.end % span.step, span.end - span.start) == (21_600, 0, 2_592_000 + 21_600)


def test_a_server_that_takes_long_is_asked_less_often():
    curves = waves()
    seen = look(curves)
    asked = curves.ranges

    async def slowly(query, span):
        seen.clock.at += 10
        return await asked(query, span)

    seen.lookout._answering[Graph] = Graphing(slowly).answer
    seen.lookout._ticks = seen.clock.now
    seen.clock.at += 20
    chart(seen)
    count = len(curves.asked)
    for seconds, more in ((10, 0), (4, 0), (2, 1)):
        seen.clock.at += seconds
        chart(seen)
        assert len(curves.asked) == count + more, "15 seconds, and as long as it took, after it was asked"


def test_y_copies_the_query():
    seen = look(waves())
    seen.press("y")
    assert seen.asked == [Copy(QUERY, "query")]


def test_where_nothing_was_there_is_no_line():
    def seen_at(at):
        values = level(5.0)(at)
        values[len(at) // 3 : 2 * len(at) // 3] = np.nan
        return values

    lines = chart(look(Curves(({}, seen_at))), 110, 8)
    row = next(line[10:] for line in lines if dots([line]))
    middle = row[len(row) // 3 + 2 : 2 * len(row) // 3 - 2]
    assert dots([middle]) == 0
    assert dots([row[: len(row) // 3 - 1]]) == len(row) // 3 - 1
    assert dots([row[2 * len(row) // 3 + 1 :]]) > 20


def test_one_value_alone_is_a_dot():
    def once(at):
        values = level(np.nan)(at)
        values[len(at) // 2] = 3.0
        return values

    lines = chart(look(Curves(({}, once))))
    assert dots(lines) == 1
    assert lines[-1].split() == ["━", "-"]


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_harms_nothing(odd):
    def shape(at):
        values = level(5.0)(at)
        values[-40:] = odd
        return values

    seen = look(Curves(({"a": "x"}, shape), ({"a": "y"}, level(7.0))))
    lines = chart(seen)
    assert dots(lines)
    assert lines[-1].split()[1:3] == (["x", "-"] if math.isnan(odd) else ["x", "no"])
    chart(look(Curves(({}, level(odd)))))


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e-9, 1e18, -1e300, 1.7e308, -1.7e308])
def test_levels_of_any_size_are_drawn(value):
    lines = chart(look(Curves(({}, level(value)))))
    assert dots(lines) >= 89
    assert {line[9] for line in lines[:-2]} <= {"│", "┤"}


def test_of_many_series_the_largest_are_shown():
    curves = Curves(*[({"vin": f"v{n:02}"}, level(float(n))) for n in range(20)])
    seen = look(curves)
    lines = chart(seen, 160, 14)
    assert "6 of 20 series" in seen.stage.panels["c"].title
    assert [word for word in lines[-1].split() if word.startswith("v")] == [f"v{n}" for n in range(14, 20)]


def test_series_are_named_by_what_they_differ_in():
    same = {"__name__": "up", "job": "a"}
    for labels, names in (
        ([{**same, "region": "eu"}, {**same, "region": "us"}], ["eu", "us"]),
        ([{**same, "region": "eu"}, same], ["no region", "eu"]),
        ([{"a": "1", "b": "2"}, {"a": "2", "b": "3"}], ["a=1 b=2", "a=2 b=3"]),
        ([same], ["up"]),
        ([{}], [""]),
    ):
        seen = look(Curves(*[(one, level(1.0)) for one in labels]))
        chart(seen)
        told = [row["series"] for row in seen.stage.data()["c"]["rows"]]
        assert told == names


def test_an_error_is_told_and_the_last_curves_stay():
    curves = waves()
    seen = look(curves)
    chart(seen)
    curves.error = UsageError('the server refuses the query: parse error at "("', hint="run it by hand")
    seen.clock.at += 60
    lines = chart(seen)
    assert "parse error at" in lines[0]
    assert "run it by hand" in lines[1]
    assert dots(lines)
    assert "1m00s old" in seen.stage.panels["c"].title
    curves.error = None
    seen.clock.at += 16
    assert "parse error" not in "\n".join(chart(seen))
    assert " old" not in seen.stage.panels["c"].title


def test_what_the_server_warns_of_is_told():
    curves = waves()
    curves.notes = ("server: a metric might not be a counter",)
    assert "might not be a counter" in chart(look(curves))[0]


def test_nobody_answers_and_nothing_is_there():
    curves = waves()
    curves.error = UnavailableError("context 'x' has no Prometheus", hint="write [contexts.x.prometheus]")
    seen = look(curves)
    lines = chart(seen)
    assert lines[0].strip() == "context 'x' has no Prometheus"
    assert lines[1].strip() == "write [contexts.x.prometheus]"
    assert seen.stage.data()["c"]["error"] == "context 'x' has no Prometheus"
    assert "nothing answers it" in chart(look(Curves()))[0]
    assert make({"query": "up"}).draw(80, 5)[0][0][0] == " asking ..."


@pytest.mark.parametrize("size", [(20, 5), (20, 1), (40, 3), (80, 24), (160, 50)])
def test_hostile_labels_at_any_size(size):
    curves = Curves(({HOSTILE: HOSTILE, "a": "1"}, level(1.0)), ({"a": HOSTILE * 9}, level(1e7)))
    curves.notes = (HOSTILE,)
    seen = look(curves)
    chart(seen, *size)
    lines = seen.stage.panels["c"].draw(*size)
    assert len(lines) <= size[1]
    for line in lines:
        assert text_of(line).isprintable()
    assert {width_of(line) for line in seen.stage.draw(size[0], max(size[1], 5))} == {size[0]}


def test_the_same_picture_is_drawn_once():
    seen = look(waves())
    chart(seen)
    panel = seen.stage.panels["c"]
    assert panel.draw(100, 12) is panel.draw(100, 12)
    assert panel.draw(100, 12) is not panel.draw(100, 11)


def test_its_data_are_the_points():
    seen = look(waves())
    chart(seen)
    told = seen.stage.data()["c"]
    assert (told["query"], told["unit"], told["span_s"], told["series"]) == (QUERY, "/s", 3600, 3)
    assert [row["series"] for row in told["rows"]] == ["cn", "eu", "us"]
    assert len(told["rows"][0]["values"]) == (told["to"] - told["from"]) // told["step_s"] + 1
    assert told["rows"][1]["values"].count(None) > 5
    assert told["rows"][0]["last"] == told["rows"][0]["values"][-1]


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({}, "query"),
        ({"query": " "}, "query"),
        ({"query": 1}, "query"),
        ({"query": "up", "span": "soon"}, "span"),
        ({"query": "up", "span": "0s"}, "span"),
        ({"query": "up", "step": "often"}, "step"),
        ({"query": "up", "title": 1}, "title"),
    ],
)
def test_wrong_settings_are_told(settings, subject):
    with pytest.raises(UsageError) as caught:
        make(settings)
    assert caught.value.subject == subject
    assert caught.value.hint


def test_a_step_that_was_told_is_kept_as_far_as_servers_answer():
    seen = Look(1, "pivot", answering=waves().answering)
    panel = make({"query": "up", "step": "30s", "span": "6h"})
    asked: list[Ask | None] = [panel.see(seen.lookout.snapshot(), "c")]
    for _ in range(3):
        panel.press("longer", None)  # type: ignore[arg-type]
        asked.append(panel.see(seen.lookout.snapshot(), "c"))
    assert [(one.span, one.step) for one in asked if isinstance(one, Graph)] == [
        (21_600, 30),
        (43_200, 30),
        (86_400, 44),
        (172_800, 87),
    ]
