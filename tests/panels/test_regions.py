"""Lights of regions: what can be heard of them, how many are online, and how they find room."""

from __future__ import annotations

from graphs import waves
from screens import HOSTILE, NOW, Look, columns, vin

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.drawing import text_of, width_of
from cdctl.domain.fleet.columns import Columns
from cdctl.panels.regions import make

NOW_MS = round(NOW * 1000)


def drawn(fleet: Columns, width: int, height: int) -> list[str]:
    """The panel alone, at any height."""
    look = Look(vehicles=fleet)
    return [text_of(line) for line in look.stage.panels["r"].draw(width, height)]


def fleet(count: int = 200) -> Columns:
    """eu is up, us is heard in part, cn is down."""
    made = columns(count)
    made.link_up("us", "mqtt://us", NOW_MS - 3_600_000, heard="part")
    made.link_down("cn", "mqtt://cn", NOW_MS - 65_000)
    return made


def test_three_lines_say_all():
    name, bar, state = drawn(fleet(), 120, 3)
    assert name.split() == ["●", "eu", "67", "◐", "us", "67", "○", "cn", "66"]
    assert bar.split()[1::2] == ["89.6%", "91.0%", "89.4%"] or bar.count("%") == 3
    assert state.index("up 1s, since ") < state.index("part heard 1h00m, since") < state.index("down 1m05s, since")


def test_two_lines_and_one_say_what_fits():
    first, second = drawn(fleet(), 80, 2)
    assert [word for word in first.split() if not word.endswith(",")][:5] == ["●", "eu", "up", "1s", "67"]
    assert second.count("%") == 3
    (line,) = drawn(fleet(), 120, 1)
    assert line.startswith(" ● eu 67 89.6% up 1s ")
    assert "○ cn 66" in line
    (short,) = drawn(fleet(), 60, 1)
    assert short.startswith(" ● eu 67 89.6%")
    assert len(drawn(fleet(), 80, 30)) == 3


def test_colours_follow_what_can_be_heard():
    look = Look(vehicles=fleet())
    roles = {text.strip(): role for text, role in look.stage.panels["r"].draw(120, 3)[2] if text.strip()}
    found = {text.split()[0]: role for text, role in roles.items()}
    assert found == {"up": "good", "part": "warn", "down": "bad"}


def test_what_hears_nothing_and_what_never_was_connected():
    made = columns(30)
    made.link_up("us", "mqtt://us", NOW_MS, heard="nothing")
    made.links.number("cn")
    (line,) = drawn(made, 160, 1)
    assert "us 10" in line
    assert "nothing heard 0s" in line
    assert "not connected yet" in line


def test_a_region_without_a_broker_stands_behind_the_others():
    first, _ = drawn(columns(30), 160, 2)
    assert first.index("eu up") < first.index("cn no broker") < first.index("us no broker")


def test_many_regions_shrink_and_then_are_counted():
    made = columns(0)
    for number in range(30):
        made.link_up(f"region-{number:02}", "mqtt://x", NOW_MS - 1000)
        made.expect([vin(number)], [f"region-{number:02}"], ["i4"], [""])
    for width, shown in ((160, 9), (80, 4), (500, 31), (20, 1)):
        look = Look(vehicles=made)
        lines = look.stage.panels["r"].draw(width, 2)
        text = text_of(lines[0])
        assert all(width_of(line) <= width for line in lines)
        assert text.count("●") == shown
        assert (f"+{31 - shown} more" in text) == (shown < 31)


def test_on_a_screen_of_a_few_cells_nothing_breaks():
    for width in range(1, 20):
        for height in (1, 2, 3):
            assert len(drawn(fleet(), width, height)) == height


def test_names_that_vehicles_make_up_are_few_and_harmless():
    made = columns(0)
    made.expect([vin(n) for n in range(900)], [f"{HOSTILE} {n}" for n in range(900)], ["i4"] * 900, [""] * 900)
    look = Look(vehicles=made)
    for width, height in ((80, 1), (80, 2), (160, 3)):
        for line in look.stage.panels["r"].draw(width, height):
            assert text_of(line).isprintable()
    assert len(look.stage.data()["r"]["rows"]) == 201  # eu has a broker and no vehicle
    assert "+895 more" in text_of(look.stage.panels["r"].draw(80, 1)[0]) or "more" in look.lines(80, 20)[2]


def test_its_data_have_counts_and_links():
    told = Look(vehicles=fleet()).stage.data()["r"]["rows"]
    assert [row["region"] for row in told] == ["eu", "us", "cn"]
    assert [(row["vehicles"], row["up"], row["heard"]) for row in told] == [
        (67, True, "all"),
        (67, True, "part"),
        (66, False, "all"),
    ]
    assert told[0]["online_share"] == told[0]["online"] / told[0]["vehicles"]
    assert told[2]["since"] == NOW - 65


def test_it_says_what_is_missing():
    assert "no broker answers" in "\n".join(Look(fleet=Missing("no broker answers", "start one")).lines())
    layout = columns(0)
    layout.header["links"] = 0
    assert "no region yet" in "\n".join(Look(vehicles=layout).lines())
    assert make({}).draw(80, 2) == []


def test_nothing_moves_while_the_picture_is_frozen():
    look = Look(vehicles=fleet())
    look.press("p")
    before = look.lines(100, 10)[1:]
    look.clock.at += 500
    assert look.lines(100, 10)[1:] == before


def test_it_has_no_keys():
    look = Look(vehicles=fleet(), answering=waves().answering)
    assert look.stage.panels["r"].bindings == ()
    assert look.stage.focus == "f"
