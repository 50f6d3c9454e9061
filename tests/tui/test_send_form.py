"""The dialog of commands under the hand: choosing, every kind of field, what is wrong, what policy says, agreeing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from formed import Form, play, steady
from pictures import compare
from screens import vin
from textual.widgets import Button, Input, OptionList, Select

from cdctl.domain.orders.plan import Target
from cdctl.stores.journal import read_journal
from cdctl.tui.form_fields import FieldRow
from cdctl.tui.screen import BoardView


def row(form: Form, name: str) -> FieldRow:
    return next(one for one in form.pilot.app.screen.query(FieldRow) if one.field.name == name)


def typed(form: Form) -> Input:
    return form.pilot.app.screen.query_one("#typed", Input)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_it_looks_as_it_did(tmp_path: Path, size: tuple[int, int]) -> None:
    async def story(form: Form) -> None:
        await form.shows("policy allows it")
        for _ in range(3):  # a scrollbar comes when it is known how long the text is; the board behind is there, too
            await form.look.lookout.settle()
            form.pilot.app.screen_stack[0].query_one(BoardView).look()
            await form.pilot.pause()
        whole = f"form-{size[0]}x{size[1]}"
        compare(f"{whole}.txt", "".join(f"{line.rstrip()}\n" for line in steady(form.text).splitlines()))
        compare(f"{whole}.svg", steady(form.pilot.app.export_screenshot()))

    play(tmp_path, story, where="region:eu online", command="climate.start", texts={"temperature": "22.5"}, size=size)


@pytest.mark.parametrize("theme", ["terminal", "dark", "light", "contrast", "colour-blind"])
def test_every_theme_shows_every_part(tmp_path: Path, theme: str) -> None:
    async def story(form: Form) -> None:
        await form.shows("temperature", "command climate.start", "vehicles 60", "policy allows it", "type 60")

    play(tmp_path, story, where="region:eu online", command="climate.start", theme=theme)


def test_in_sixteen_colours_nothing_needs_more(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("policy allows it")
        colours = {
            part.triplet is not None
            for strip in form.pilot.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style
            for part in (segment.style.color, segment.style.bgcolor)
            if part is not None and not part.is_default
        }
        assert True not in colours, "a colour that sixteen do not have"

    play(tmp_path, story, command="climate.start")


def test_every_kind_of_field_is_judged_as_it_is_written(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("must be given: error, warning, info, debug or trace", "it cannot be sent")
        assert isinstance(row(form, "level").control, Select)
        await form.pilot.press("enter", "down", "down", "enter")
        await form.shows("policy allows it")
        assert row(form, "level").text in {"warning", "info"}
        await form.pilot.press("tab", "tab")
        assert row(form, "duration").control.has_focus
        await form.pilot.press("end", *["backspace"] * 4)
        await form.write("soon")
        await form.shows("'soon' is no duration such as 30s or 5m: 1m to 1d", "it cannot be sent")
        assert not typed(form).display
        await form.pilot.press(*["backspace"] * 4)
        await form.write("90m")
        await form.shows("duration=1h30m", "policy allows it")
        await form.pilot.press("enter")
        assert row(form, "--reason").control.has_focus, "Enter goes to the next field"

    play(tmp_path, story, command="log-level", size=(100, 40))


def test_where_nothing_is_to_be_filled_in_what_is_typed_agrees(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("send to 60 vehicles: type 60")
        await form.until(lambda: typed(form).has_focus)
        await form.write("59")
        assert row(form, "--reason").text == ""
        assert typed(form).value == "59"

    play(tmp_path, story, where="region:eu online", command="ping", size=(100, 40))


def test_what_is_rarely_filled_in_comes_when_it_is_asked_for(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("policy allows it", "ctrl-o: more")
        assert not any(row(form, name).display for name in ("--timeout", "--retries", "--rate"))
        await form.pilot.press("ctrl+o")
        await form.shows("that a vehicle may take", "how often what may pass is tried again", "such as 50/s")
        assert row(form, "--timeout").control.has_focus
        await form.pilot.press("tab", "tab")
        await form.write("fast")
        await form.shows("'fast' is no rate: write 50/s, or 100/m", "it cannot be sent")

    play(tmp_path, story, where="region:eu online", command="ping", size=(100, 40))


@pytest.mark.parametrize(
    ("command", "texts", "why"),
    [
        ("climate.start", {"temperature": "99"}, "99 is out of bounds: 16 to 28 °C"),
        ("climate.start", {"temperature": "warm"}, "'warm' is no number"),
        ("charge.start", {"limit": "70.5"}, "'70.5' is no whole number"),
        ("charge.start", {"limit": "101"}, "101 is out of bounds: 50 to 100 %"),
        ("parameter.set", {"name": "a b"}, "does not look like"),
        ("locate", {}, "it tells where somebody is: say why you look"),
    ],
)
def test_what_is_wrong_stands_under_its_field_and_nothing_can_be_sent(
    tmp_path: Path, command: str, texts: dict[str, str], why: str
) -> None:
    async def story(form: Form) -> None:
        await form.shows(why, "it cannot be sent: something is to be filled in, or is wrong")
        assert not typed(form).display
        assert not form.pilot.app.screen.query_one("#send", Button).display

    play(tmp_path, story, command=command, texts=texts, size=(100, 32))


def test_several_faults_stand_each_under_its_own(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("99 is out of bounds", "1h is out of bounds", "1w2d is out of bounds")

    texts = {"temperature": "99", "duration": "1h", "--expires": "9d"}
    play(tmp_path, story, command="climate.start", texts=texts, size=(100, 32))


@pytest.mark.parametrize(
    ("command", "where", "question"),
    [
        ("ping", "", "send to 1 vehicle: Enter"),
        ("ping", "region:eu sw:23-07.0", "send to 2 vehicles: type y"),
        ("lock", "", "send to 1 vehicle: type y"),
        ("ping", "region:eu online", "send to 60 vehicles: type 60"),
        ("lock", "region:eu,us,cn", "send to 200 vehicles: type 200"),
    ],
)
def test_how_much_is_asked_hangs_on_risk_and_number(tmp_path: Path, command: str, where: str, question: str) -> None:
    async def story(form: Form) -> None:
        await form.shows(question)

    play(tmp_path, story, command=command, where=where, size=(110, 32))


def test_another_number_sends_nothing_and_the_right_one_does(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("type 60")
        for wrong in ("", "y", "6", "61"):
            typed(form).value = ""
            typed(form).focus()
            await form.pilot.press(*wrong, "enter")
            await form.shows(f"'{wrong}' is not what was asked for: nothing was sent")
            assert form.open
            assert not form.hands.flights.under_way
        typed(form).focus()
        await form.pilot.press(*"60", "enter")
        await form.until(lambda: not form.open)
        assert "sending lock to 60 vehicles" in form.said
        await form.until(lambda: not form.hands.flights.under_way)
        assert form.said.splitlines()[-1].startswith("lock to 60 vehicles: mqtt://127.0.0.1:1: nobody listens there")

    play(tmp_path, story, command="lock", where="region:eu online", size=(110, 32))
    journal = read_journal(tmp_path / "journal.db")
    assert list(journal.orders()) == [], "no broker can be reached: nothing was written down as sent"
    journal.close()


def test_more_than_policy_sends_at_once_is_for_a_rollout(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("it cannot be sent: more than 1000 vehicles need a rollout")
        assert not typed(form).display

    play(tmp_path, story, command="lock", where="region:eu,us,cn", count=1_200, known=1_200, size=(110, 32))


def test_vehicles_whose_keys_nobody_trusts_are_counted(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("of 1 of 2 vehicles no key is trusted: what they answer is not believed")

    play(tmp_path, story, command="ping", vins=(vin(0), vin(9)), known=5, size=(110, 40))


def test_one_that_is_away_is_said_to_get_it_later(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("presence 1 online, 1 offline; who is away gets it on coming back, until it expires")

    play(tmp_path, story, command="ping", vins=(vin(0), vin(9)), size=(120, 40))


def test_escape_leads_from_the_form_to_the_list_and_out(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        assert form.face == "choose"
        await form.write("lock")
        await form.pilot.press("enter")
        await form.shows("lock to 1 vehicle of test")
        typed(form).focus()
        await form.pilot.press("y", "escape")
        assert form.face == "choose"
        assert form.pilot.app.screen.query_one("#search", Input).value == ""
        await form.pilot.press("escape")
        await form.until(lambda: not form.open)
        assert not form.hands.flights.under_way

    play(tmp_path, story)
    assert not (tmp_path / "journal.db").exists()


def test_where_the_command_was_given_escape_leads_out(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("policy allows it")
        await form.pilot.press("escape")
        await form.until(lambda: not form.open)

    play(tmp_path, story, command="lock")


def test_the_mouse_chooses_and_sends(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        options = form.pilot.app.screen.query_one(OptionList)
        await form.pilot.hover("#commands", offset=(4, 0))
        await form.pilot.click("#commands", offset=(4, 0))
        await form.shows("ping to 1 vehicle of test", "send to 1 vehicle: Enter")
        assert options.option_count > 10
        await form.pilot.click("#send")
        await form.until(lambda: not form.open)
        assert "sending ping to 1 vehicle" in form.said

    play(tmp_path, story)


def test_a_plan_that_is_written_is_not_written_twice(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("1 more approval would do")
        await form.pilot.pause()
        await form.pilot.click("#write")
        await form.shows("nothing is sent yet; others sign it: cdctl cmd approve unlock-")
        assert not form.pilot.app.screen.query_one("#write", Button).display

    play(tmp_path, story, command="unlock", size=(110, 32))
    assert len(list(tmp_path.glob("unlock-*.plan"))) == 1
    assert not (tmp_path / "journal.db").exists(), "that it may not be sent alone is no refusal"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("1 more approval would do")
        os.chdir(gone)
        gone.rmdir()
        await form.pilot.pause()
        await form.pilot.click("#write")
        await form.shows("the plan was not written")

    gone = tmp_path / "gone"
    gone.mkdir()
    play(tmp_path, story, command="unlock", size=(110, 32))


def test_vehicles_that_nobody_knows_are_told_where_they_were(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("ping to 1 vehicle of test", "cd/us/WBANEVERHEARD0001/cmd")

    before = (Target("WBANEVERHEARD0001", "us"),)
    play(tmp_path, story, vins=("WBANEVERHEARD0001",), targets=before, command="ping", size=(110, 32))


@pytest.mark.parametrize(
    ("vins", "where", "why"),
    [
        (("WBANEVERHEARD0001",), "", "nobody can tell in which region it is"),
        ((), "region:mars", "no vehicle matches: there is nobody to send it to"),
        ((), "regio:eu", "regio"),
    ],
)
def test_where_nobody_can_be_told_it_says_why_and_can_look_again(
    tmp_path: Path, vins: tuple[str, ...], where: str, why: str
) -> None:
    async def story(form: Form) -> None:
        await form.shows(why, "nothing was sent; Esc goes back, ctrl-r tries again")
        await form.pilot.press("ctrl+r")
        await form.shows(why)
        await form.pilot.press("escape")
        await form.until(lambda: not form.open)

    play(tmp_path, story, vins=vins, where=where)


def test_a_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("policy allows it")
        (tmp_path / "engineer.pem").unlink()
        await form.pilot.press("ctrl+r")
        await form.shows("cannot read the key: No such file or directory", "nothing was sent")

    play(tmp_path, story, command="ping")


def test_a_command_that_nobody_brings_is_told(tmp_path: Path) -> None:
    async def story(form: Form) -> None:
        await form.shows("no command is called 'lok'")

    play(tmp_path, story, command="lok")


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 5)])
def test_it_stands_on_small_screens(tmp_path: Path, size: tuple[int, int]) -> None:
    async def story(form: Form) -> None:
        await form.pilot.press("tab", "tab", "escape")
        await form.until(lambda: not form.open)

    play(tmp_path, story, command="climate.start", size=size)
