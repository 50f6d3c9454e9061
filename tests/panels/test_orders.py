"""The panel of orders under the hand: what is shown, what keys ask for, and what they do not do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ordering import NOW_MS, ORDERS, answering, order, plan, rollout, sight, wave
from pictures import same
from screens import HOSTILE, Look, vin

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import text_of, width_of
from cdctl.domain.boards.ordering import PlanSeen, Sent, SentSight, Targeted
from cdctl.domain.boards.requests import About, Copy, Open, Prepare, Steer
from cdctl.panels import orders_lines
from cdctl.panels.orders import make

PAUSED, NOBODY, OVER = rollout(1).id, rollout(3).id, rollout(2).id


def look(found: SentSight | None = None, about: About | None = None, targeted: Targeted | None = None) -> Look:
    return Look(30, "orders", answering=answering(found or sight(), targeted), about=about)


def shown(one: Look, width: int = 100, height: int = 40) -> str:
    return "\n".join(one.lines(width, height))


def under(one: Look) -> str:
    """The line under the hand."""
    one.lines(100, 40)
    lines = [line for line in one.stage.panels["o"].draw(100, 25) if any("cursor" in role for _, role in line)]
    assert len(lines) == 1
    return text_of(lines[0])


def asked(one: Look, *keys: str) -> list[object]:
    one.asked.clear()
    one.press(*keys)
    return list(one.asked)


def test_the_board_looks_as_it_did():
    same(look(), "orders")
    opened = look()
    opened.press("enter")
    same(opened, "orders-targets")


def test_what_is_under_way_stands_first_with_its_waves_and_guards():
    text = shown(look())
    assert "orders · 3 under way, 5 over" in text
    lines = [line.strip() for line in text.splitlines()]
    assert lines.index(next(line for line in lines if "burns 14.2x of 2x, 31 bad of 220" in line)) < lines.index(
        next(line for line in lines if "▸ 2 eu" in line)
    )
    assert "paused for 1m35s · wave 2 of 3 · run by ada · 120 orders a minute" in text
    assert "burning  slo:remote-command-availability: burns 14.2x of 2x, 5s ago" in text
    assert "nobody runs it" in text
    assert "over  " not in shown(look(), 100), "on a narrow screen the state has no column"
    assert "aborted" in shown(look(), 160)


def test_the_hand_stays_on_its_plan_when_others_come():
    found = [sight()]
    one = look()
    one.press("down", "down", "down")
    assert "climate.start" in under(one)
    newer = replace(found[0], plans=(plan(9, 1, 3, states={"sent": 3}), *found[0].plans))
    one.lookout._answering |= answering(newer)  # type: ignore[operator]
    one.clock.at += 3
    one.look()
    assert "4 under way" in shown(one)
    assert "climate.start" in under(one)


def told_anew(one: Look, found: SentSight, after: float = 3.0) -> None:
    """What is under way now, so many seconds later."""
    one.lookout._answering |= answering(found)  # type: ignore[operator]
    one.clock.at += after
    one.look()


A, B, N = (plan(number, 100 - number, states={"sent": 3}) for number in (11, 12, 13))
ON_A, ON_B, ON_N = (Steer("cancel", one.digest) for one in (A, B, N))


@pytest.mark.parametrize("keys", [("down", "up"), ("end", "home"), ("y",), ("enter", "escape")])
def test_a_hand_that_did_something_stays_on_the_first_one(keys):
    one = look(SentSight((B, A)))
    one.press(*keys)
    told_anew(one, SentSight((N, B, A)))
    assert asked(one, "A") == [ON_B]
    told_anew(one, SentSight((N, replace(B, states={"succeeded": 12}), A)))
    assert asked(one, "A") == [], "it is over, and the hand went down with it"
    assert "it is over" in one.last(160)


def test_a_board_that_is_only_looked_at_stays_at_the_top():
    one = look(SentSight((B, A)))
    told_anew(one, SentSight((N, B, A)))
    assert under(one).startswith(" 1m30s"), "the newest one"


@pytest.mark.parametrize("held", [False, True])
def test_what_slipped_under_the_hand_just_now_is_not_hit(held):
    one = look(SentSight((B, A)))
    if held:
        one.press("down", "up")
    told_anew(one, SentSight((N, A)))
    assert asked(one, "A") == []
    assert "another one slipped under the cursor just now" in one.last(160)
    assert asked(one, "A") == [ON_A if held else ON_N], "once more is meant"


def test_what_slipped_under_the_hand_and_was_seen_for_a_while_is_meant():
    one = look(SentSight((B, A)))
    told_anew(one, SentSight((N, A)))
    one.clock.at += 2
    one.look()
    assert asked(one, "A") == [ON_N]


def test_an_order_that_slipped_under_the_hand_is_not_hit():
    found = SentSight((B,))
    one = look(found, targeted=Targeted(B, ORDERS))
    one.press("enter")
    one.lookout._answering |= answering(found, Targeted(B, ORDERS[1:]))  # type: ignore[operator]
    one.clock.at += 3
    one.look()
    assert asked(one, "x") == []
    assert asked(one, "x") == [Prepare((vin(2),))]


def test_for_two_seconds_after_a_key_nothing_is_asked_anew():
    one = look(SentSight((B, A)))
    one.press("y")
    told_anew(one, SentSight((N, B, A)), 1.5)
    assert "2 under way" in shown(one)
    told_anew(one, SentSight((N, B, A)), 1.5)
    assert "3 under way" in shown(one)


@pytest.mark.parametrize(
    ("keys", "request_"),
    [
        (("down", "P"), Steer("pause", PAUSED)),
        (("down", "R"), Steer("resume", PAUSED)),
        (("down", "A"), Steer("abort", PAUSED)),
        (("down", "F"), Steer("retry", f"{1:064x}")),
        (("A",), Steer("cancel", f"{2:064x}")),
        (("F",), Steer("retry", f"{2:064x}")),
        (("y",), Copy(f"{2:064x}", "name")),
        (("down", "y"), Copy(PAUSED, "name")),
        (("enter", "down", "enter"), Open("vehicle", About(vin=vin(2)))),
        (("enter", "y"), Copy(vin(1), "VIN")),
        (("enter", "x"), Prepare((vin(1),))),
        (("enter", "F"), Steer("retry", f"{2:064x}")),
    ],
)
def test_keys_ask_and_do_nothing_themselves(keys, request_):
    one = look()
    found = asked(one, *keys)
    if isinstance(request_, Open):
        assert one.view.place == ("vehicle", request_.about)
    else:
        assert found == [request_]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (("P",), "a plan cannot be told to pause"),
        (("R",), "a plan cannot be told to resume"),
        (("down", "down", "down", "A"), "it is over"),
        (("down", "down", "down", "F"), "nothing of it failed"),
        (("V",), "a plan cannot be told to approve"),
        (("down", "V"), "nothing waits for approval: wave 2 is paused"),
        (("end", "up", "V"), "it is over"),
        (("down", "enter", "V"), "Esc first: the list of rollouts says whether this one waits"),
        (("x",), "choose vehicles: Enter shows those of a plan"),
    ],
)
def test_what_makes_no_sense_is_said_and_not_asked_for(keys, why):
    one = look()
    assert asked(one, *keys) == []
    assert why in one.last(160)


def test_approval_is_asked_for_where_it_is_missing_and_nowhere_else():
    waiting = rollout(1, "waiting", asked=1)
    assert asked(look(SentSight(rollouts=(waiting,))), "V") == [Steer("approve", PAUSED)]
    held = replace(waiting, state="paused", approvers=("bea",))
    one = look(SentSight(rollouts=(held,)))
    assert asked(one, "V") == []
    assert "nothing waits for approval: wave 2 has its 1" in one.last(160)


def test_in_a_view_that_may_send_nothing_nothing_is_steered():
    one = Look(30, "orders", answering=answering(sight()), readonly=True)
    assert asked(one, "A", "F", "down", "P", "A") == []
    assert "nothing can be sent: this view is --readonly" in one.last(160)


def test_vehicles_of_a_plan_and_back():
    one = look()
    one.press("enter")
    text = shown(one)
    assert "orders · lock 00000000 · its vehicles" in text
    assert f"{vin(2)}  eu      rejected   8s      precondition: parked" in text
    assert "no answer while it could still begin" in text
    assert "nothing was written down for it" in text
    one.press("escape")
    assert "3 under way" in shown(one)
    one.press("escape")
    assert "there is nothing before" in one.last()


def test_more_vehicles_than_are_listed_are_counted():
    seen = Targeted(plan(2, 60, 9_000), ORDERS, 8_991)
    one = look(targeted=seen)
    one.press("enter")
    assert "and 8,991 more: cdctl cmd status PLAN -o wide" in shown(one)


def test_vehicles_of_a_rollout_that_others_run_are_not_here():
    one = look(SentSight(rollouts=(rollout(1, ours=False),)))
    one.press("enter")
    assert "in the journal of who runs it" in one.last(160)
    assert "· its vehicles" not in shown(one)


def test_of_one_vehicle_its_orders_alone_are_shown():
    one = look(about=About(vin=vin(1)))
    text = shown(one)
    assert f"orders to {vin(1)}" in text
    assert " 1m00s   lock                 failed     4s      stuck" in text
    assert asked(one, "y") == [Copy(ORDERS[0].order, "name of the order")]
    assert asked(one, "x") == [Prepare((ORDERS[0].vin,))]
    one.press("enter")
    assert "its vehicles" in shown(one)


def test_back_from_many_vehicles_the_orders_of_one_are_all_there():
    many = Targeted(plan(2, vehicles=100), tuple(order(number, "sent") for number in range(100)))
    one = look(about=About(vin=vin(1)), targeted=many)
    before = one.lines(100, 30)[3:14]
    one.press("enter", "end", "escape")
    assert one.lines(100, 30)[3:14] == before
    assert asked(one, "y") == [Copy(ORDERS[0].order, "name of the order")]


def test_it_tells_programs_what_the_commands_tell():
    one = look()
    data = one.stage.data()["o"]
    assert [row["plan"] for row in data["plans"]] == [each.digest for each in sight().plans]
    assert data["rows"] == data["plans"]
    assert data["rollouts"][0]["wave"] == "2/3"
    assert data["rollouts"][0]["done"] == "229/10,000"
    assert {"size", "planned", "succeeded", "timed_out"} <= data["rollouts"][0]["waves"][0].keys()
    one.press("enter")
    assert [row["vin"] for row in one.stage.data()["o"]["rows"]] == [each.vin for each in ORDERS]


def test_blank_states_explain_themselves():
    text = shown(look(SentSight(notes=("rollouts of others are not seen: no link",))))
    assert "nothing was sent yet" in text
    assert "rollouts of others are not seen: no link" in text
    why = "the journal cannot be read: it is no journal"

    async def gone(ask: Sent, snapshot: object) -> object:
        return Missing(why, "set paths.journal")

    one = Look(30, "orders", answering={Sent: gone})
    assert why in shown(one)
    assert "set paths.journal" in shown(one)
    assert one.stage.data()["o"] == {"kind": "orders", "missing": why, "rows": []}
    assert asked(one, "A", "enter", "P") == []


def test_nothing_hostile_reaches_the_screen():
    evil = rollout(
        7, name=HOSTILE, command=HOSTILE, by=HOSTILE, runner=HOSTILE, why=(HOSTILE,), id=HOSTILE,
        guards=(replace(rollout(1).guards[0], guard=HOSTILE, words=HOSTILE, health=HOSTILE),),
        waves=(wave(HOSTILE, 10, sent=2),), state=HOSTILE, wave=0,
    )  # fmt: skip
    one = look(SentSight(rollouts=(evil,), notes=(HOSTILE,), orders=ORDERS))
    for width in (20, 80, 140, 160):
        text = shown(one, width)
        assert not {"\x1b", "\x07", "\u202e", "\u200b", "\r"} & set(text)
        assert {width_of(line) for line in one.stage.draw(width, 40)} == {width}


@pytest.mark.parametrize("size", [(20, 5), (20, 3), (80, 24), (200, 60)])
def test_no_line_is_wider_than_the_screen(size):
    one = look()
    for keys in ((), ("end",), ("enter",)):
        one.press(*keys)
        assert [len(line) for line in one.lines(*size)] == [size[0]] * size[1]


def test_a_long_list_is_moved_through():
    many = SentSight(tuple(plan(number, number * 10 + 1) for number in range(1, 120)))
    one = look(many)
    for keys, number in ((("end",), 119), (("home",), 1), (("pagedown", "home"), 1), (("down",) * 40, 41)):
        one.press(*keys)
        assert asked(one, "y") == [Copy(f"{number:064x}", "name")]
        assert under(one)


def clicked(one: Look, size: tuple[int, int], row: int) -> int:
    """The line of the screen that is under the hand after a click on one."""
    one.lines(*size)
    one.click(5, row)
    drawn = one.stage.draw(*size)
    return next(number for number, line in enumerate(drawn) if any("cursor" in role for _, role in line))


SIZES = [(160, 50), (100, 24), (80, 15), (80, 10), (60, 7)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("about", [None, About(vin=vin(1))])
def test_a_click_on_an_order_goes_to_that_order(size, about):
    one = look(about=about)
    if about is None:
        one.press("enter")
    lines = one.lines(*size)
    head = next(number for number, line in enumerate(lines) if "REASON" in line)
    assert "rejected" in lines[head + 2]
    assert clicked(one, size, head + 2) == head + 2
    assert clicked(one, size, head) == head + 2, "the names of columns are no order"
    assert clicked(one, size, head + 1) == head + 1
    if about is None:
        assert asked(one, "x") == [Prepare((vin(1),))]


@pytest.mark.parametrize("size", SIZES)
def test_a_click_goes_to_the_thing_that_has_the_line(size):
    one = look()
    lines = one.lines(*size)
    head = next(number for number, line in enumerate(lines) if "PROGRESS" in line or "DONE" in line)
    foot = next(number for number, line in enumerate(lines) if "plan 0000" in line or "── log" in line)
    begins = [number for number in range(head + 1, foot) if lines[number][1:2].strip()]
    assert len(begins) > 1
    for row in range(begins[0], foot):
        if lines[row].strip():
            one.press("home")
            place = clicked(one, size, row)
            begun = max(number for number in begins if number <= row)
            assert one.lines(*size)[place] == lines[begun]


def test_a_click_on_the_foot_goes_nowhere():
    one = look(SentSight(tuple(plan(number, number * 10 + 1) for number in range(1, 120))))
    foot = next(number for number, line in enumerate(one.lines(100, 24)) if "plan 0000000000000000" in line)
    one.click(5, foot)
    assert asked(one, "y") == [Copy(f"{1:064x}", "name")]


def test_a_bar_shows_every_part_and_never_more_than_there_is():
    def drawn(total: int, **places: int) -> str:
        pieces = orders_lines.bar(total, places, 8)
        assert sum(len(text) for text, _ in pieces) == 8
        letters = {"good": "g", "bad": "b", "warn": "w"}
        return "".join(letters.get(role, text[0]) * len(text) for text, role in pieces)

    assert drawn(10, succeeded=10) == "gggggggg"
    assert drawn(0) == "░░░░░░░░"
    assert drawn(1_000_000, failed=1) == "b░░░░░░░"
    assert drawn(1_000_000, failed=1, succeeded=999_999) == "gggggggb"
    assert drawn(1_000_000, failed=1, succeeded=999_998) == "ggggggb░"
    assert drawn(100, succeeded=40, rejected=20, expired=20, cancelled=20) == "gggggbw▒"


def test_what_is_under_way_is_known_by_what_can_still_happen():
    now = NOW_MS
    assert plan(1, states={"sent": 1}, until=now - 1).under_way(now), "it is waited for"
    assert plan(1, states={"succeeded": 11}).under_way(now), "one may still be told"
    assert not plan(1, states={"succeeded": 11}, until=now - 1).under_way(now)
    assert not plan(1, states={"succeeded": 11}, cancelled="bea").under_way(now)
    assert isinstance(plan(1), PlanSeen)
    assert order(1, "failed").vin == vin(1)


def test_it_has_no_settings():
    assert make({}).title == "orders"
