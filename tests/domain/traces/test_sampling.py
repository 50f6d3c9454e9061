"""What a span stands for: by W3C tracestate, by attributes; and unknown when nothing says so, never 1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from span_batches import coded, pairs

from cdctl.domain.traces.sampling import rate_weight, state_weight, weights


@pytest.mark.parametrize(
    ("state", "weight"),
    [("ot=th:0", 1), ("ot=th:8", 2), ("ot=th:c", 4), ("ot=th:e", 8), ("ot=th:fd70a4;rv:6e6d1a75832a2f", 100.00009),
     ("vendor=x,ot=rv:6e6d1a75832a2f;th:c", 4), ("ot=th:ffffffffffffff", 2.0**56), (" ot=th:8 , b=1", 2),
     ("ot=p:3", 8), ("ot=p:0;r:5", 1), ("ot=th:c;p:1", 4)],
)  # fmt: skip
def test_states(state, weight):
    assert state_weight(state) == pytest.approx(weight, rel=1e-7)


@pytest.mark.parametrize(
    "state",
    ["", "ot=", "ot=rv:6e6d1a75832a2f", "vendor=th:8", "ot=th:", "ot=th:g", "ot=th:123456789012345", "ot=th:C",
     "ot=th:-8", "ot=p:63", "ot=p:x", "ot=p:100", "OT=th:8", "th:8"],
)  # fmt: skip
def test_states_that_say_nothing(state):
    assert math.isnan(state_weight(state))


@pytest.mark.parametrize(("text", "weight"), [("1", 1), ("100", 100), ("2.5", 2.5), ("1e3", 1000)])
def test_rates(text, weight):
    assert rate_weight(text) == weight


@pytest.mark.parametrize("text", ["", "0", "0.5", "-3", "many", "nan", "inf", "1e300"])
def test_rates_that_are_none(text):
    assert math.isnan(rate_weight(text))


def test_the_state_comes_first_then_attributes_and_a_forced_span_is_unknown():
    own = [
        {},
        {"SampleRate": "5"},
        {"SampleRate": "5"},
        {"sampling.count": "7"},
        {"sample_rate": "3", "SampleRate": "4"},
        {"SampleRate": "5", "sampling.priority": "1"},
        {"SampleRate": "5", "sampling.priority": "0"},
        {"SampleRate": "what?", "sampling.count": "7"},
        {"sampling.priority": "1"},
    ]
    states = [None, None, "ot=th:c", None, None, None, None, None, "ot=th:8"]
    found = weights(coded(states), pairs(own), len(own))
    wanted = [math.nan, 5, 4, 7, 4, math.nan, 5, 7, 2]
    np.testing.assert_array_equal(found, wanted)


def test_no_spans():
    assert len(weights(coded([]), pairs([]), 0)) == 0
