"""A trace on a board: drawn as the command draws it, folded, gone through, with all that is known of one span."""

from __future__ import annotations

import pytest
from pictures import same
from screens import HOSTILE, Look, vin
from told_trace import IDS, SPANS, found, span

from cdctl.domain.boards.drawing import width_of
from cdctl.domain.boards.keys import Key
from cdctl.domain.boards.requests import About, Copy
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.tracing import FindTrace, FoundTrace
from cdctl.domain.traces.document import document
from cdctl.domain.traces.ports import SpanRow
from cdctl.domain.traces.waterfall import lay_out
from cdctl.errors import UnavailableError

BURNING = About(promise="remote-command-availability", group={"region": "eu"})
EXAMPLE = FindTrace(promise="remote-command-availability", group=(("region", "eu"),))


class Traces:
    """Finds the traces of `told_trace`, or what it is given."""

    def __init__(self, *spans: SpanRow) -> None:
        self.asked: list[FindTrace] = []
        self.spans, self.wrong = spans, ""

    async def __call__(self, ask: FindTrace, seen: Snapshot) -> FoundTrace:
        self.asked.append(ask)
        if self.wrong:
            raise UnavailableError(self.wrong, hint="take some in: cdctl trace serve")
        if self.spans:
            return FoundTrace(lay_out(self.spans))
        return found(IDS.index(ask.trace), examples=False) if ask.trace else found()


def look(traces: Traces | None = None, about: About = BURNING) -> Look:
    one = Look(20, "trace", answering={FindTrace: traces or Traces()}, about=about)
    one.look()
    return one


def text(one: Look, width: int = 100, height: int = 30) -> list[str]:
    one.look()
    lines = one.stage.panels["w"].draw(width, height)
    assert len(lines) <= height
    return ["".join(piece for piece, _ in line).rstrip() for line in lines]


def names(one: Look) -> list[str]:
    """The spans that are shown."""
    lines = text(one)
    begin = next(number for number, line in enumerate(lines) if "SPAN" in line)
    end = next((number for number, line in enumerate(lines) if "┄┄" in line), len(lines))
    return [line.strip(" !▸│├└?").split("  ")[0] for line in lines[begin + 1 : end] if line]


def test_as_it_was():
    one = look()
    one.press("down", "down", "down", "down", "down")
    same(one, "trace")


def test_the_newest_example_is_drawn_as_the_command_draws_it():
    one = look()
    lines = text(one, 130)
    assert lines[0] == " the server is tired"
    assert lines[1] == " 1 parent is not here"
    assert lines[2].split() == ["SPAN", "TOOK", "ON", "PATH", "0", "30s"]
    assert lines[3].startswith(" !  remote-command: remote_command lock")
    assert lines[3].rstrip("█").split()[-2:] == ["30s", "30s"]
    assert lines[5].startswith("    │ └ policy: cedar is_authorized")
    assert lines[8].startswith(" !      └ vehicle: process cmd")
    assert set(lines[8].split()[-1]) == {"░"}
    title = one.stage.panels["w"].title
    assert title.startswith("trace · 1 of 3 · 11s ago · took 30s · 9 spans · 3 errors · bad traces of remote")
    assert title.endswith(IDS[0])


def test_errors_are_red_and_the_critical_path_stands_out():
    one = look()
    one.press("end")
    lines = one.stage.panels["w"].draw(100, 30)
    roles = {piece[0]: role for line in lines[3:11] for *piece, role in line}
    assert roles[" !  "] == "bad strong"
    bars = [(piece.strip(), role) for line in lines[3:11] for piece, role in line if set(piece) <= {"█", "░"} and piece]
    assert ("█", "title") in bars
    assert {role for piece, role in bars if "░" in piece} == {"bad", "dim"}
    assert next(role for piece, role in bars if len(piece) > 20 and "█" in piece) == "bad"


def test_its_data_are_those_of_the_command():
    one = look()
    told = one.stage.data()["w"]
    for key, value in document(lay_out(SPANS)).items():
        assert told[key] == value, key
    assert told["examples"] == list(IDS)
    assert told["vins"] == [vin(7)], "whoever masks ids must know them"


def test_what_is_below_a_span_is_folded():
    one = look()
    one.press("down", "enter")
    assert [name for name in names(one) if "cedar" in name] == []
    assert "policy: evaluate +1" in names(one)
    assert any("▸" in line and "evaluate" in line for line in text(one))
    one.press("space")
    assert "policy: cedar is_authorized" in names(one)
    one.press("left")
    assert "policy: evaluate +1" in names(one)
    one.press("left", "left")
    assert names(one) == ["remote-command: remote_command lock +7", "notifier: POST /push"]
    one.press("right", "down", "right")
    assert "policy: cedar is_authorized" in names(one)


def test_examples_are_gone_through_and_their_ends_are_told():
    traces = Traces()
    one = look(traces)
    assert traces.asked == [EXAMPLE]
    one.press("N")
    assert "this is the newest of 3" in one.last()
    one.press("n")
    assert one.stage.panels["w"].title.startswith("trace · 2 of 3 · ")
    one.press("n", "n")
    assert "this is the oldest of 3" in one.last()
    assert one.stage.panels["w"].title.startswith("trace · 3 of 3 · ")
    one.press("N", "y")
    assert one.asked == [Copy(IDS[1], "trace id")]
    assert traces.asked[1:] == [FindTrace(IDS[1]), FindTrace(IDS[2]), FindTrace(IDS[1])]
    one.press("r")
    assert traces.asked[-1] == EXAMPLE
    assert one.stage.panels["w"].title.startswith("trace · 1 of 3 · ")


def test_of_one_trace_alone_there_are_no_others():
    traces = Traces()
    one = look(traces, About(trace=IDS[1]))
    assert traces.asked == [FindTrace(IDS[1])]
    one.press("n")
    assert "this board is about one trace alone" in one.last()
    one.press("r")
    assert traces.asked == [FindTrace(IDS[1])] * 2


def test_from_the_trace_of_a_cause_to_the_examples_of_its_promise():
    traces = Traces()
    one = look(traces, About(promise=BURNING.promise, group=BURNING.group, trace=IDS[2]))
    assert traces.asked == [FindTrace(IDS[2])]
    one.press("n")
    assert traces.asked[-1] == EXAMPLE


def test_of_a_vehicle_its_own():
    traces = Traces()
    look(traces, About(promise="x", vin=vin(3)))
    assert traces.asked == [FindTrace(vin=vin(3))]


def test_all_that_is_known_of_a_span_stands_below():
    one = look()
    lines = text(one, 100, 36)
    rule = next(number for number, line in enumerate(lines) if "┄┄" in line)
    below = lines[rule + 1 :]
    assert below[0] == (
        " remote-command: remote_command lock error server · +0ns · took 30s · 30s on the critical path · stands for 64"
    )
    assert below[1] == " error: the vehicle did not answer in time"
    assert " event +30s exception exception.type=Timeout" in below
    assert f" vehicle.id = {vin(7)}" in below
    assert " resource.service.version = 4.2.0" in below
    one.press("d")
    alone = text(one, 100, 8)
    assert "SPAN" not in "".join(alone)
    assert alone[-1].endswith("more")
    one.stage.panels["w"].press("page-down", Key("pagedown"))
    assert text(one, 100, 8)[0] != alone[0]
    one.press("down")
    assert text(one, 100, 8)[0].startswith(" policy: evaluate")
    one.press("d")
    assert not any("┄" in line for line in text(one))
    one.press("d")
    assert any("┄" in line for line in text(one))


def test_an_orphan_says_so():
    one = look()
    one.press("end")
    assert any("its parent 0000000000000062 is not here" in line for line in text(one, 100, 40))


def test_the_vehicle_of_a_trace_is_opened():
    one = look()
    one.press("down", "down", "v")
    assert one.view.place[0] == "vehicle"
    assert one.view.place[1].vin == vin(7)
    nobody = look(Traces(span(1, 0, 0, 5, "a: b")))
    nobody.press("v")
    assert "no span of it names a vehicle" in nobody.last()


def test_the_mouse_chooses_a_span():
    one = look()
    row = next(number for number, line in enumerate(one.lines(100, 30)) if "send cmd" in line)
    one.click(10, row)
    assert any(line.startswith(" remote-command: send cmd unset producer") for line in text(one, 100, 40))


def test_what_is_not_there_says_so_and_the_cure():
    traces = Traces()
    traces.wrong = f"context x names no traces {HOSTILE}"
    one = look(traces)
    lines = text(one)
    assert lines[0].startswith(" context x names no traces \\x1b")
    assert lines[1] == " take some in: cdctl trace serve"
    for key in ("enter", "left", "y", "v", "down"):
        one.press(key)
        assert "there is no trace here" in one.last()
    assert one.asked == []
    assert one.stage.data()["w"]["missing"].startswith("context x names no traces")
    traces.wrong = ""
    one.press("r")
    assert "SPAN" in "".join(text(one))


def test_a_board_about_nothing_says_so():
    traces = Traces()
    one = look(traces, About())
    assert text(one)[0] == " this board is about no trace"
    assert traces.asked == []


def test_odd_traces_are_drawn_however_odd():
    circle = (span(1, 2, 0, 9, "a: x"), span(2, 1, 0, 9, "b: y"), span(3, 3, 5, 2, "c: z"))
    many = tuple(span(number, number - 1, 0, 10, f"s: n{number}") for number in range(1, 80))
    for spans in (circle, many, (span(1, 0, 0, 0, ": "),)):
        one = look(Traces(*spans))
        for key in ("end", "enter", "left", "left", "right", "home", "pagedown", "d", "d"):
            one.press(key)
            for width, height in ((20, 5), (80, 24)):
                assert {width_of(line) for line in one.stage.draw(width, height)} == {width}


@pytest.mark.parametrize(("width", "height"), [(20, 5), (21, 3), (80, 24), (160, 50)])
def test_hostile_text_is_harmless_on_every_screen(width, height):
    one = look()
    for key in ("home", "down", "end", "d", "home", "end", "d", "d"):
        one.press(key)
        for line in one.lines(width, height):
            assert line.isprintable()
        assert {width_of(line) for line in one.stage.draw(width, height)} == {width}


def test_a_trace_of_many_spans_is_drawn_at_the_cost_of_its_window():
    """A hundred thousand spans: what is drawn is what is looked at."""
    spans = [span(number + 1, 1 if number else 0, 0, 100, f"s: n{number}") for number in range(20_000)]
    one = look(Traces(*spans))
    panel = one.stage.panels["w"]
    drawn: list[object] = []
    row = panel._sheet.__class__.row

    def counted(self: object, *args: object) -> object:
        drawn.append(args)
        return row(self, *args)  # type: ignore[arg-type]

    panel._sheet.__class__.row = counted  # type: ignore[assignment,method-assign]
    try:
        panel.press("end", Key("end"))
        panel.draw(100, 30)
    finally:
        panel._sheet.__class__.row = row  # type: ignore[method-assign]
    assert 0 < len(drawn) <= 30
