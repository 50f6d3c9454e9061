"""Durations of a command line; instants and shares are tested with the commands that take them."""

from __future__ import annotations

import pytest

from cdctl.cli.values import span
from cdctl.errors import UsageError


def test_a_time_to_wait():
    assert span("1m30s", "--for") == 90
    assert span("200ms", "--interval") == 0.2


@pytest.mark.parametrize("text", ["", "0s", "5", "-1s", "500w", "99999999999999w"])
def test_what_is_none(text):
    with pytest.raises(UsageError) as error:
        span(text, "--for")
    assert error.value.subject == "--for"
