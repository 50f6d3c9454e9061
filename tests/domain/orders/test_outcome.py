"""What a result says."""

from __future__ import annotations

import pytest

from cdctl.domain.orders.outcome import back, reached


def test_a_result_that_got_there_is_a_success() -> None:
    assert reached({"locked": True}, "locked", True) == ""
    assert reached({"level": "debug"}, "level", "debug") == ""


@pytest.mark.parametrize(
    ("result", "wanted", "reason"),
    [
        ({}, True, "the vehicle did not say locked"),
        ({"locked": False}, True, "locked is False, not True"),
        ({"locked": 1}, True, "locked is 1, not True"),
        ({"locked": "\x1b[2J"}, True, "locked is \\x1b[2J, not True"),
        ({"locked": None}, True, "locked is None, not True"),
    ],
)
def test_any_other_is_none_and_says_why(result: dict[str, object], wanted: object, reason: str) -> None:
    assert reached(result, "locked", wanted) == reason


def test_what_is_taken_back_is_known_or_nothing() -> None:
    assert back({"before": False}, now=True)
    assert not back({"before": True}, now=True)
    for result in ({}, {"before": 1}, {"before": None}, {"before": "no"}):
        with pytest.raises(ValueError, match="before"):
            back(result, now=True)
