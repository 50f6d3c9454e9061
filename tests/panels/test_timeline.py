"""The timeline under the hand: what is shown, what keys do, what is said where nothing is."""

from __future__ import annotations

import pytest
from happened import HOSTILE, STORM, STORY, answering, of_vehicle
from happened import one as event
from pictures import same
from screens import NOW, Look, vin
from zones import at_greenwich

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import width_of
from cdctl.domain.boards.requests import About, Copy, Open
from cdctl.domain.boards.timeline import KINDS, Reach, Recall, Recalled
from cdctl.errors import UnavailableError, UsageError
from cdctl.panels.timeline import make


@pytest.fixture(autouse=True)
def greenwich(monkeypatch):
    with at_greenwich(monkeypatch):
        yield


def look(about: About | None = None, recall: object = None) -> Look:
    found = {**answering(), **({Recall: recall} if recall is not None else {})}
    return Look(30, "events", answering=found, about=about, slo=Missing("nobody asked"))  # type: ignore[arg-type]


def panel(one: Look):
    return one.stage.panels["t"]


def texts(one: Look, width: int = 100, height: int = 40) -> str:
    return "\n".join(one.lines(width, height))


def cursor(one: Look, width: int = 100) -> str:
    one.lines(width, 40)
    drawn = [line for line in one.stage.panels["t"].draw(width, 25) if any("cursor" in role for _, role in line)]
    assert len(drawn) == 1
    return "".join(text for text, _ in drawn[0])


def test_as_it_was():
    shown = look()
    shown.lookout.note("board fleet was read anew")
    shown.lookout.note("cannot reach http://prometheus: connection refused, and no other one is known " * 2, bad=True)
    shown.press("down", "down")
    same(shown, "events")


def test_newest_first_with_time_age_and_subject():
    lines = [line for line in look().lines(100, 40) if ":" in line[:6] or "Jan" in line[:9]]
    assert lines[0].rstrip() == f" 07:59:58     2s ● {vin(4)} came online"
    assert "12s ○▸eu                1,240 vehicles went offline within 4s" in lines[1]
    assert "14 Jan   1d1h ■" in lines[-1]


def test_every_text_is_harmless():
    for size in ((160, 50), (80, 24), (20, 5)):
        for line in look().lines(*size):
            assert line.isprintable()
            assert "\x1b" not in line
    shown = look()
    shown.press("end", "y")
    (copied,) = [one for one in shown.asked if isinstance(one, Copy)]
    assert copied.text.replace("\t", "").isprintable()
    assert HOSTILE not in copied.text


def test_kinds_are_hidden_and_shown_by_their_numbers():
    shown = look()
    assert "1 ● presence" in texts(shown)
    shown.press("1", "3")
    assert shown.stage.data()["t"]["kinds"] == ["events", "promises", "changes", "links"]
    told = {row["kind"] for row in shown.stage.data()["t"]["rows"]}
    assert told == {"events", "promises", "changes", "links"}
    assert "1 - presence" in texts(shown)
    assert "0 all" in texts(shown)
    shown.press("3")
    assert "orders" in shown.stage.data()["t"]["kinds"]
    shown.press("0")
    assert shown.stage.data()["t"]["kinds"] == list(KINDS)
    assert "0 all" not in texts(shown)


@pytest.mark.parametrize("number", range(1, 7))
def test_each_number_is_one_kind(number):
    shown = look()
    shown.press(str(number))
    assert set(KINDS) - set(shown.stage.data()["t"]["kinds"]) == {KINDS[number - 1]}


def test_words_filter_while_they_are_written():
    shown = look()
    shown.press("slash", *"went off")
    assert panel(shown).writing
    assert [row["subject"] for row in shown.stage.data()["t"]["rows"]] == ["eu"]
    shown.press("enter")
    assert "timeline · 1 · /went off" in texts(shown)
    shown.press("slash", *"zzz", "enter")
    assert "nothing holds went offzzz" in texts(shown)
    shown.press("slash", *"yyy", "escape")
    assert shown.stage.data()["t"]["text"] == "went offzzz"
    shown.press("escape")
    assert len(shown.stage.data()["t"]["rows"]) == len(STORY)


def test_digits_are_letters_while_words_are_written():
    shown = look()
    shown.press("slash", *"1.4.2", "enter")
    assert [row["subject"] for row in shown.stage.data()["t"]["rows"]] == ["remote-command"]
    assert shown.stage.data()["t"]["kinds"] == list(KINDS)


def test_many_unfold_and_fold():
    shown = look()
    shown.press("down", "enter")
    rows = shown.stage.data()["t"]["rows"]
    assert [row["subject"] for row in rows[1:5]] == ["eu", vin(0), vin(1), vin(2)]
    assert "○▾eu" in texts(shown)
    assert f"○└{vin(0)}" in texts(shown)
    assert "timeline · 11" in texts(shown)
    assert "○▾eu" in cursor(shown)
    shown.press("down", "enter")
    assert shown.view.place == ("vehicle", About(vin=vin(0)))
    shown.press("[", "up", "enter")
    assert len(shown.stage.data()["t"]["rows"]) == len(STORY)
    shown.press("enter", "escape")
    assert len(shown.stage.data()["t"]["rows"]) == len(STORY)


def test_enter_goes_where_it_leads():
    shown = look()
    shown.press("enter")
    assert shown.view.place == ("vehicle", About(vin=vin(4)))
    shown.press("[", "down", "down", "down")
    assert panel(shown).press("open", None)[0] == Open("orders", About(vin=vin(4)))  # type: ignore[arg-type]
    shown.press("up")
    assert panel(shown).press("open", None)[0].about.promise == "remote-command-availability"  # type: ignore[arg-type]
    shown.press(*["down"] * 6, "enter")
    assert "deployment: remote-command 1.4.2" in shown.last(160)


def test_copy_gives_the_line():
    shown = look()
    shown.press("y")
    (copied,) = shown.asked
    assert copied == Copy(f"2027-01-15T07:59:58.000Z\tpresence\t{vin(4)}\tcame online", "line")


def test_it_is_about_what_the_board_is_about_or_about_everything():
    shown = look(About(vin=vin(4)))
    rows = shown.stage.data()["t"]["rows"]
    assert {row["vin"] for row in rows} == {vin(4)}
    assert f"timeline · {vin(4)} · 3" in texts(shown)
    assert "promises" not in texts(shown)
    shown.press("a")
    assert len(shown.stage.data()["t"]["rows"]) == len(STORY)
    assert "timeline · 11" in texts(shown)
    shown.press("a")
    assert len(shown.stage.data()["t"]["rows"]) == 3


def test_a_board_about_another_one_shows_nothing_of_the_one_before():
    waiting: list[Recall] = []

    async def slow(ask: Recall, seen: object) -> object:
        if ask.vin == vin(5):
            waiting.append(ask)
            return Missing("asking", waiting=True)
        return await answering()[Recall](ask, seen)  # type: ignore[arg-type]

    shown = Look(30, "events", answering={**answering(), Recall: slow}, about=About(vin=vin(4)))
    assert "came online" in texts(shown)
    shown.view.go("events", About(vin=vin(5)))
    assert "came online" not in texts(shown)
    assert "asking" in texts(shown)
    assert waiting


def test_what_is_asked_is_what_the_board_is_about():
    asked: list[Recall] = []

    async def note(ask: Recall, seen: object) -> Recalled:
        asked.append(ask)
        return Recalled(())

    about = About(promise="p", group={"region": "eu", "model": "i4"}, since=NOW - 60)
    Look(30, "events", answering={**answering(), Recall: note}, about=about)
    assert asked[-1] == Recall("", (("model", "i4"), ("region", "eu")), "p", NOW - 60)


def test_the_moment_that_it_is_about_is_a_line_of_its_own():
    shown = look(About(promise="p", since=NOW - 100))
    lines = texts(shown).splitlines()
    at = next(n for n, line in enumerate(lines) if "is the moment that this is about" in line)
    assert "07:58:20" in lines[at]
    assert "alert fires" in lines[at - 1]
    assert "P0A9B" in lines[at + 1]
    assert len(shown.stage.data()["t"]["rows"]) == len(STORY)


def since_then(about: float, after: int = 40) -> Look:
    """A moment before which one thing happened, and after which single vehicles came."""
    came = [of_vehicle(n, n, "online", "came online", "good") for n in range(after)]
    began = event(about + 30, "promises", "began", "p", "began to burn", "bad")

    async def told(ask: Recall, seen: object) -> Recalled:
        return Recalled([*came, event(about - 30, "changes", "deployment", "api", "deployment: api 2"), began])

    return look(About(promise="p", group={"region": "eu"}, since=NOW - about), recall=told)


@pytest.mark.parametrize(("width", "height"), [(80, 4), (80, 5), (100, 10), (120, 14)])
def test_it_opens_on_the_moment_that_it_is_about(width, height):
    shown = since_then(3_600.0)
    drawn = ["".join(text for text, _ in line) for line in panel(shown).draw(width, height)]
    at = next(n for n, line in enumerate(drawn) if "is the moment that this is about" in line)
    assert "07:00:00" in drawn[at]
    assert "deployment: api 2" in drawn[at - 1]
    assert "began to burn" in drawn[at + 1]
    assert panel(shown).title.startswith("timeline · about 07:00:00 · p region=eu")


def test_the_moment_stays_in_view_until_a_hand_moves():
    shown = since_then(3_600.0)
    panel(shown).draw(80, 4)
    shown.press("up")
    assert "deployment: api 2" in cursor(shown)
    shown.press("home")
    drawn = ["".join(text for text, _ in line) for line in panel(shown).draw(80, 4)]
    assert "came online" in drawn[0]
    assert not any("is the moment" in line for line in drawn)
    shown.view.go("events", About(promise="q", since=NOW - 3_600))
    assert "is the moment that this is about" in texts(shown, 80, 14)
    shown.press("enter")
    assert "2027-01-15T07:00:00.000Z is the moment" in shown.last(160)


def test_since_when_everybody_knows():
    told = texts(look(), 160)
    assert "vehicles since 06:53:20 (this view) · orders since ever" in told
    assert "changes: no file /home/ada/changes.jsonl" in told
    known = look().stage.data()["t"]["known"]
    assert known[0] == {"source": "vehicles", "since": "2027-01-15T06:53:20.000Z", "note": "this view"}


def test_what_should_be_known_and_is_not_comes_first():
    async def part(ask: Recall, seen: object) -> Recalled:
        return Recalled((), (Reach("vehicles", NOW), Reach("alerts", None, f"cannot reach {HOSTILE}", bad=True)), 7)

    shown = Look(30, "events", answering={**answering(), Recall: part})
    told = texts(shown)
    assert "alerts: cannot reach" in told
    assert told.index("alerts: cannot") < told.index("vehicles since")
    assert "nothing happened that is known" in told
    assert "7 older ones are left out" in told
    shown.press("1")
    assert "nothing happened of the kinds that are shown" in texts(shown)


def test_without_an_answer_it_says_why():
    async def broken(ask: Recall, seen: object) -> object:
        raise UnavailableError("nobody can tell", hint="ask again")

    shown = Look(30, "events", answering={**answering(), Recall: broken})
    assert "nobody can tell; ask again" in texts(shown)
    assert shown.stage.data()["t"]["missing"] == "nobody can tell"
    shown.press("enter", "y")
    assert "nothing happened here" in shown.last()


def test_the_mouse_chooses_a_line():
    shown = look()
    at = next(n for n, line in enumerate(shown.lines(100, 40)) if "winter-update" in line)
    shown.click(10, at)
    assert "winter-update" in cursor(shown)
    shown.press("slash")
    at = next(n for n, line in enumerate(shown.lines(100, 40)) if "deployment" in line)
    shown.click(10, at)
    shown.press("enter")
    assert "deployment" in cursor(shown)


def test_the_cursor_stays_on_its_occasion_while_others_come():
    more: list[object] = []

    async def growing(ask: Recall, seen: object) -> Recalled:
        return Recalled([*more, *STORY])  # type: ignore[list-item]

    shown = Look(30, "events", answering={**answering(), Recall: growing})
    shown.press("down", "down")
    assert "breached" in cursor(shown)
    more.append(STORM.__class__("new", NOW, "links", "link.down", "eu", "link is cut", "bad"))
    shown.clock.at += 10
    assert "breached" in cursor(shown)
    assert "link is cut" in texts(shown)


@pytest.mark.parametrize(("width", "height"), [(20, 5), (20, 24), (40, 6), (80, 24), (160, 50), (79, 9)])
def test_every_size_is_filled(width, height):
    shown = look()
    shown.press("slash", *"e")
    shown.lines(width, height)
    lines = shown.stage.draw(width, height)
    assert len(lines) == height
    assert {width_of(line) for line in lines} == {width}
    assert len(panel(shown).draw(width, height)) <= height


def test_wrong_settings_are_told():
    with pytest.raises(UsageError, match="must be a list of kinds"):
        make({"kinds": ["presents"]})
    with pytest.raises(UsageError, match="must be text"):
        make({"text": 1})
    assert make({"kinds": ["links", "events"]}).data()["kinds"] == ["events", "links"]
