"""Ids of spans and traces: hex of the right length in any case, and never all zero."""

from __future__ import annotations

import numpy as np
import pytest

from cdctl.domain.traces import ids

_GOOD = "0123456789abcdef"


@pytest.mark.parametrize("text", [_GOOD, _GOOD.upper(), "0123456789aBcDeF"])
def test_any_case(text):
    found, wrong = ids.from_hex([text, _GOOD], 8)
    assert found.tobytes() == bytes.fromhex(_GOOD) * 2
    assert not wrong.any()


@pytest.mark.parametrize(
    "text",
    ["", "0", _GOOD[:-1], _GOOD + "0", "0123 456789abcdef", " 123456789abcdef", "0123456789abcdeg", "0x23456789abcdef",
     "０123456789abcde", "0123456789abcde\n", "AAECAwQFBgc="],
)  # fmt: skip
def test_what_is_no_id(text):
    found, wrong = ids.from_hex([_GOOD, text, _GOOD], 8)
    assert wrong.tolist() == [False, True, False]
    assert found[0].tobytes() == found[2].tobytes() == bytes.fromhex(_GOOD)
    assert not found[1].any()
    assert not ids.is_id(text, 8)


def test_two_wrong_lengths_do_not_make_two_right_ones():
    assert ids.from_hex([_GOOD[:-2], _GOOD + "00"], 8)[1].all()


def test_bytes():
    found, wrong = ids.from_bytes([b"12345678", b"1234567", b"", b"123456789"], 8)
    assert wrong.tolist() == [False, True, True, True]
    assert found[0].tobytes() == b"12345678"
    assert not ids.from_bytes([b"12345678"], 8)[1].any()


def test_zeros_name_nothing():
    assert ids.zero(np.array([[0, 0], [0, 1], [255, 0]], np.uint8)).tolist() == [True, False, False]
    assert not ids.is_id("0" * 16, 8)
    assert ids.is_id("0" * 15 + "1", 8)


def test_no_ids_at_all():
    assert ids.from_hex([], 16)[0].shape == (0, 16)
    assert ids.from_bytes([], 8)[0].shape == (0, 8)
