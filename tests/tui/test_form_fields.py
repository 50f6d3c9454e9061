"""A field of a form under the hand: every kind, what stands in it at first, what is written, and what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from screens import HOSTILE
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Select

from cdctl.application.top.forms import Field
from cdctl.domain.orders.command import Kind
from cdctl.tui.form_fields import FieldRow
from cdctl.tui.form_style import DIALOG

UNITS = ("tcu", "gateway")
Story = Callable[[Pilot[None], FieldRow], Awaitable[None]]


def play(field: Field, story: Story, text: str = "") -> None:
    class One(App[None]):
        CSS = DIALOG

        def compose(self) -> ComposeResult:
            with Vertical(id="dialog"):
                yield FieldRow(field, text)

    async def run() -> None:
        async with One(ansi_color=True).run_test(size=(80, 10)) as pilot:
            row = pilot.app.query_one(FieldRow)
            row.take_focus()
            await pilot.pause()
            await story(pilot, row)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("field", "text", "control", "stands"),
    [
        (Field("t", Kind.NUMBER, "warm", default="21"), "", Input, "21"),
        (Field("t", Kind.NUMBER, "warm", default="21"), "22.5", Input, "22.5"),
        (Field("t", Kind.TEXT, "name", required=True), "", Input, ""),
        (Field("t", Kind.DURATION, "for", default="5m"), "", Input, "5m"),
        (Field("t", Kind.INTEGER, "times", default="1"), "", Input, "1"),
        (Field("t", Kind.CHOICE, "unit", default="tcu", choices=UNITS), "", Select, "tcu"),
        (Field("t", Kind.CHOICE, "unit", required=True, choices=UNITS), "", Select, ""),
        (Field("t", Kind.CHOICE, "unit", default="tcu", choices=UNITS), "gateway", Select, "gateway"),
        (Field("t", Kind.CHOICE, "unit", choices=UNITS), "nothing of it", Select, ""),
        (Field("t", Kind.FLAG, "all", default="false"), "", Checkbox, "false"),
        (Field("t", Kind.FLAG, "all", default="false"), "true", Checkbox, "true"),
        (Field("t", Kind.FLAG, "now", required=True), "", Select, ""),
        (Field("t", Kind.FLAG, "now"), "", Select, ""),
    ],
)
def test_what_stands_in_it_at_first(field: Field, text: str, control: type, stands: str) -> None:
    async def story(pilot: Pilot[None], row: FieldRow) -> None:
        assert isinstance(row.control, control)
        assert row.text == stands
        assert row.control.has_focus

    play(field, story, text)


def test_a_text_is_written() -> None:
    async def story(pilot: Pilot[None], row: FieldRow) -> None:
        await pilot.press("a", "b")
        assert row.text == "ab"

    play(Field("t", Kind.TEXT, "name"), story)


def test_one_of_a_list_is_chosen() -> None:
    async def story(pilot: Pilot[None], row: FieldRow) -> None:
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert row.text in UNITS

    play(Field("t", Kind.CHOICE, "unit", required=True, choices=UNITS), story)


def test_a_box_is_ticked_with_keys_and_with_the_mouse() -> None:
    async def story(pilot: Pilot[None], row: FieldRow) -> None:
        await pilot.press("space")
        assert row.text == "true"
        await pilot.click(Checkbox)
        assert row.text == "false"

    play(Field("t", Kind.FLAG, "all", default="false"), story)


def test_what_is_wrong_stands_below_it_and_goes_away() -> None:
    async def story(pilot: Pilot[None], row: FieldRow) -> None:
        assert row.outer_size.height == 1
        row.blame(f"[red]{HOSTILE}")
        await pilot.pause()
        assert row.outer_size.height == 2
        lines = pilot.app.screen._compositor.render_strips()
        text = "\n".join("".join(segment.text for segment in strip) for strip in lines)
        assert "[red]" in text, "what a command says is no markup"
        assert not {"\x1b", "\x07", "\u202e", "\u200b", "\r"} & set(text)
        row.blame("")
        await pilot.pause()
        assert row.outer_size.height == 1

    play(Field(HOSTILE, Kind.CHOICE, HOSTILE, choices=(HOSTILE,), bounds=HOSTILE, example=HOSTILE), story)
