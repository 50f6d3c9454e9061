"""How many spans one that was kept stands for. What is not known stays unknown: NaN, never 1.

W3C tracestate `ot=th:h`: spans whose randomness is below a threshold were thrown away. `h` has 1 to 14 hex digits,
padded with zeros on the right to 14; of 2^56 parts 2^56 - T were kept.
https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from cdctl.domain.traces.batch import Coded, Codes, Pairs, Weights

COUNTS = ("SampleRate", "sampling.count", "sample_rate", "sampling.rate")
"""Attributes that say what a span stands for, the first that is there counts. Honeycomb's is `SampleRate`."""
PRIORITY = "sampling.priority"
"""Above zero a span was kept whatever the odds were: nobody knows what it stands for."""

_ALL = 1 << 56
_MOST_RATE = 1e12
_THRESHOLD = re.compile(r"[0-9a-f]{1,14}")
_POWER = re.compile(r"[0-9]{1,2}")


def state_weight(state: str) -> float:
    """What a W3C tracestate says: th:0 is 1, th:8 is 2, th:c is 4. NaN when it says nothing, or nothing readable."""
    for member in state.split(","):
        vendor, _, value = member.strip(" \t").partition("=")
        if vendor == "ot":
            return _ot_weight(dict(part.partition(":")[::2] for part in value.split(";")))
    return math.nan


def _ot_weight(said: dict[str, str]) -> float:
    threshold = said.get("th")
    if threshold is not None:
        if not _THRESHOLD.fullmatch(threshold):
            return math.nan
        return _ALL / (_ALL - int(threshold.ljust(14, "0"), 16))
    power = said.get("p", "")  # what `th` replaced: kept one of 2^p; 63 says that none was
    return float(2 ** int(power)) if _POWER.fullmatch(power) and int(power) <= 62 else math.nan


def rate_weight(text: str) -> float:
    """What the value of an attribute of `COUNTS` says: a number of at least 1. NaN when it is none."""
    try:
        rate = float(text)
    except ValueError:
        return math.nan
    return rate if 1 <= rate <= _MOST_RATE else math.nan


def _forced(text: str) -> float:
    try:
        return 1.0 if float(text) > 0 else math.nan
    except ValueError:
        return math.nan


def weights(state: Coded, attributes: Pairs, spans: int) -> Weights:
    """The weight of each of so many spans, from its tracestate, else from its attributes: [n]."""
    weight = _looked_up(state.codes, [state_weight(one) for one in state.values])
    known = {key: code for code, key in enumerate(attributes.keys.values)}
    wanted = [known[key] for key in (*COUNTS, PRIORITY) if key in known]
    if not wanted or not spans:
        return weight
    forced = ~np.isnan(_of_attribute(attributes, known.get(PRIORITY), _forced, spans))
    for key in COUNTS:
        rate = _of_attribute(attributes, known.get(key), rate_weight, spans)
        weight = np.where(np.isnan(weight) & ~forced, rate, weight)
    return weight


def _of_attribute(attributes: Pairs, key: int | None, meaning: Callable[[str], float], spans: int) -> Weights:
    """A number per span from one of its attributes, NaN where it has it not."""
    found = np.full(spans, math.nan)
    if key is None:
        return found
    at = np.flatnonzero(attributes.keys.codes == key)[::-1]  # of several the first counts, as it is written last
    owner = np.searchsorted(attributes.offsets, at, side="right") - 1
    codes = attributes.values.codes[at]
    distinct, inverse = np.unique(codes, return_inverse=True)
    meant = np.array([meaning(attributes.values.values[code]) for code in distinct], np.float64)
    found[owner] = meant[inverse]
    return found


def _looked_up(codes: Codes, meant: Sequence[float]) -> Weights:
    return np.array([*meant, math.nan], np.float64)[codes]  # a code of -1 is the last
