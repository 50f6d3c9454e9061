"""The status byte: every bit by name, and nothing said that the control unit does not support."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.diagnostics.status import Bit, Status

NAMES = [
    "testFailed",
    "testFailedThisOperationCycle",
    "pendingDTC",
    "confirmedDTC",
    "testNotCompletedSinceLastClear",
    "testFailedSinceLastClear",
    "testNotCompletedThisOperationCycle",
    "warningIndicatorRequested",
]


def test_bits_are_in_the_order_of_the_standard():
    assert list(Status(0xFF).fields()) == NAMES
    for place, name in enumerate(NAMES):
        told = Status(1 << place).fields()
        assert [key for key, value in told.items() if value] == [name]


def test_words_say_what_matters_first():
    assert Status(0x2F).words == ("failing now", "confirmed", "pending", "failed this cycle", "failed since clear")
    assert Status(0x88).words == ("confirmed", "warning lamp")
    assert Status(0x50).words == ("not tested this cycle", "not tested since clear")
    assert Status(0).words == ()


def test_in_brief_the_past_is_told_only_when_nothing_is_now():
    assert Status(0x2F).brief == ("failing now", "confirmed", "pending")
    assert Status(0x60).brief == ("failed since clear", "not tested this cycle")
    assert Status(0x2F, available=0x20).brief == ("failed since clear",)
    assert Status(0).brief == ()


def test_what_is_not_supported_says_nothing():
    status = Status(0xFF, available=0x09)
    assert status.words == ("failing now", "confirmed")
    assert status.bits == Bit.TEST_FAILED | Bit.CONFIRMED_DTC
    assert status.told(Bit.CONFIRMED_DTC) is True
    assert Status(0, available=0x09).told(Bit.CONFIRMED_DTC) is False
    assert status.told(Bit.WARNING_INDICATOR_REQUESTED) is None


@pytest.mark.parametrize(("byte", "mask"), [(-1, 0xFF), (256, 0xFF), (1, -1), (1, 256)])
def test_what_is_no_byte_is_refused(byte, mask):
    with pytest.raises(ValueError, match="byte"):
        Status(byte, mask)


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_bit_is_said_exactly_when_it_is_set_and_supported(byte, mask):
    status = Status(byte, mask)
    assert len(status.words) == (byte & mask).bit_count()
    assert [value for value in status.fields().values() if value is None] == [None] * (8 - mask.bit_count())
    assert sum(1 << place for place, value in enumerate(status.fields().values()) if value) == byte & mask
