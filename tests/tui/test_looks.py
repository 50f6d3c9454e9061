"""Roles and what they look like."""

from __future__ import annotations

import pytest

from cdctl.domain.boards.drawing import SERIES
from cdctl.tui.looks import THEMES, words


@pytest.mark.parametrize("theme", THEMES)
def test_curves_are_told_apart(theme):
    looks = [words(role, theme) for role in SERIES]
    assert len(set(looks)) == len(SERIES)
    assert words("bad", theme) not in looks
