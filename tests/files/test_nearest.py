"""The nearest spelling."""

from __future__ import annotations

import pytest

from cdctl.files.nearest import nearest, shown, suggestion

KEYS = ("objectives", "indicator", "indicatorRef", "service")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("objektives", "objectives"),
        ("OBJECTIVES", "objectives"),
        ("indicatorref", "indicatorRef"),
        ("indicater", "indicator"),
        ("objectives", "objectives"),
        ("zebra", ""),
        ("", ""),
        ("o" * 1000, ""),
    ],
)
def test_nearest(word, meant):
    assert nearest(word, KEYS) == meant


def test_a_suggestion_is_the_nearest_or_what_is_known():
    assert suggestion("servcie", KEYS) == 'did you mean "service"?'
    assert suggestion("zebra", KEYS) == "known: indicator, indicatorRef, objectives, service"
    assert suggestion("zebra", KEYS, otherwise="define it") == "define it"
    assert suggestion("zebra", []) == ""
    assert suggestion("zebra", [f"k{i}" for i in range(12)]).endswith(" and 4 more")


def test_a_crowd_of_names_is_not_searched():
    crowd = [f"name-{number}" for number in range(5001)]
    assert nearest("name-17x", crowd) == ""
    assert nearest("name-17x", crowd[:5000]) != ""


def test_shown_is_safe_and_short():
    assert shown("a\x1b[2J\u202eb") == '"a\\x1b[2J\\u202eb"'
    assert len(shown("x" * 1000)) == 82


def test_suggestions_are_safe():
    assert suggestion("evil\x1b[0m", ["evil\x1b[1m"]) == 'did you mean "evil\\x1b[1m"?'
    assert "\x1b" not in suggestion("zebra", ["evil\x1b[1m"])
