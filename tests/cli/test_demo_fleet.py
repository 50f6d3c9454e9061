"""The fleet of the demo in a few lines."""

from cdctl.cli.demo_fleet import Group, Watched, lines


def test_groups_become_a_table_with_a_title():
    shown = lines([Group("eu", "23-07.60", 1200, 1000, 300), Group("us", "23-07.50", 10, 9, 0)])
    assert shown[0] == "the fleet: 1,210 vehicles, 1,009 online"
    assert shown[3].split() == ["eu", "23-07.60", "1,200", "1,000", "300", "25%"]
    assert shown[4].split() == ["us", "23-07.50", "10", "9", "-"]


def test_what_vehicles_say_is_made_safe():
    assert "\x1b" not in "".join(lines([Group("eu\x1b[2J", "\x1b]52;c;\x07", 1, 1, 0)]))


def test_no_vehicles_and_no_fleet_are_no_lines():
    assert lines([]) == []
    assert Watched().lines() == []
