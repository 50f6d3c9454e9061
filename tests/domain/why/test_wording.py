"""How causes and their figures are said."""

from __future__ import annotations

import pytest

from cdctl.domain.why import wording
from cdctl.domain.why.explanation import Predicate


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.213, "21%"), (0.0021, "0.21%"), (0.00034, "0.034%"), (0.93, "93%"), (1.0, "100%"), (0.9999, "99.99%"),
        (0.0, "0%"), (None, "-"), (0.05, "5%"), (0.0549, "5.5%"), (0.996, "99.6%"), (1e-9, "0%"),
    ],
)  # fmt: skip
def test_rates_are_short_and_never_round_to_all(value: float | None, text: str) -> None:
    assert wording.rate(value) == text


def test_p_values() -> None:
    assert wording.p_value(-200) == "p < 1e-9"
    assert wording.p_value(-3.4) == "p = 0.0004"


def test_hostile_values_are_shown_as_escapes() -> None:
    text = wording.spoken((Predicate("cell\x1b[2J", "\x1b]52;c;x\x07"), Predicate("sw", "a\u202eb")))
    assert text.isprintable()
    assert "\x1b" not in text
