"""What vehicles tell of their health: read whole, bounded, safe, and never where they are unless that is allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdctl.domain.diagnostics.health import MOST, Event, Frame, Signal, health, moment, value_of
from cdctl.domain.diagnostics.status import Bit
from cdctl.domain.text import safe

FRAME = {"at": 1_790_000_000_000, "Vehicle.Speed": 42, "Vehicle.LowVoltageBattery.CurrentVoltage": 11.9}
RESULT = {
    "dtc": [
        {"code": "C10087", "status": 0x2E, "frame": FRAME},
        {"code": "000000", "status": 0},
        {"code": "0A9B17", "status": 0xAF, "unit": "bms"},
        {"code": "4123", "status": 0xFF, "mask": 0x09},
    ],
    "signals": {"Vehicle.Speed": 0.0, "Vehicle.CurrentLocation.Latitude": 48.1, "Vehicle.Cabin.Note": "x"},
    "versions": {"tcu": "23-07.55", "bms": 4},
    "network": {"operator": "Simulated 1", "signal": -80, "cell": 1234},
    "events": [{"at": 1_790_000_000_000, "kind": "connect", "text": "number 4"}, {"kind": "x"}],
}


def test_everything_is_read():
    found = health(RESULT)
    assert found.troubles is not None
    assert [str(one.code) for one in found.troubles] == ["P0A9B-17", "C0123", "U0100-87"]
    assert found.troubles[0].has(Bit.WARNING_INDICATOR_REQUESTED)
    assert found.troubles[0].unit == "bms"
    assert found.troubles[2].frame == Frame(
        1_790_000_000_000,
        (Signal("Vehicle.Speed", 42, "km/h"), Signal("Vehicle.LowVoltageBattery.CurrentVoltage", 11.9, "V")),
    )
    assert found.versions == {"tcu": "23-07.55", "bms": "4"}
    assert found.events == (Event(1_790_000_000_000, "connect", "number 4"), Event(None, "x", ""))
    assert found.odd == ()


def test_the_mask_is_applied_first():
    (code,) = [one for one in health(RESULT).troubles or () if str(one.code) == "C0123"]
    assert code.status is not None
    assert code.status.words == ("failing now", "confirmed")


def test_where_it_is_stays_out_unless_it_may_be_read():
    found = health(RESULT)
    assert [one.path for one in found.signals or ()] == ["Vehicle.Speed", "Vehicle.Cabin.Note"]
    assert found.network == {"operator": "Simulated 1", "signal": -80}
    assert found.kept_back == ("Vehicle.CurrentLocation.Latitude", "cell")
    allowed = health(RESULT, places=True)
    assert allowed.kept_back == ()
    assert [one.value for one in allowed.signals or ()] == [0.0, 48.1, "x"]


def test_places_stay_out_of_freeze_frames():
    told = {"dtc": [{"code": "0A9B17", "status": 1, "frame": {"Vehicle.CurrentLocation.Longitude": 11.5}}]}
    found = health(told)
    assert found.troubles is not None
    assert found.troubles[0].frame == Frame(None, ())
    assert found.kept_back == ("Vehicle.CurrentLocation.Longitude",)


def test_a_part_that_was_not_told_is_none_and_an_empty_one_is_empty():
    found = health({"dtc": []})
    assert found.troubles == ()
    assert found.signals is found.versions is found.network is found.events is None


@pytest.mark.parametrize(
    ("told", "odd"),
    [
        ({"dtc": "P0A9B"}, "dtc: no list"),
        ({"dtc": {"code": "0A9B17"}}, "dtc: no list"),
        ({"dtc": ["0A9B17"]}, "dtc: str is no entry"),
        ({"dtc": [{"code": "zzz"}]}, "dtc: 'zzz' is no trouble code"),
        ({"dtc": [{"code": 10}]}, "dtc: 'int' is no trouble code"),
        ({"dtc": [{"status": 10}]}, "dtc: 'NoneType' is no trouble code"),
        ({"dtc": [{"code": "\x1b]52;c;x\x07"}]}, "\\x1b]52;c;x\\x07"),
        ({"dtc": [{"code": "0A9B17", "status": 256}]}, "the status of P0A9B-17 is no byte"),
        ({"dtc": [{"code": "0A9B17", "status": True}]}, "the status of P0A9B-17 is no byte"),
        ({"dtc": [{"code": "0A9B17", "status": 1, "mask": "ff"}]}, "the status of P0A9B-17 is no byte"),
        ({"dtc": [{"code": "0A9B17", "frame": 3}]}, "frame of P0A9B-17: no table"),
        ({"signals": {"a": [1]}}, "signals: a has no plain value"),
        ({"signals": {"a": 10**400}}, "signals: a has no plain value"),
        ({"signals": {"a": float("nan")}}, "signals: a has no plain value"),
        ({"events": 1}, "events: no list"),
        ({"dtc": [{"code": "0A9B17"}] * (MOST + 1)}, "dtc: 501 of them; the first 500 are read"),
        ({"signals": {str(i): i for i in range(MOST + 1)}}, "signals: 501 of them; the first 500 are read"),
    ],
)
def test_what_cannot_be_read_is_said(told, odd):
    assert odd in "\n".join(health(told).odd)


def test_hostile_texts_are_safe_and_short():
    bad = "\x1b]0;owned\x07" + "x" * 5000
    told = {
        "signals": {bad: bad},
        "versions": {bad: bad},
        "network": {bad: bad},
        "events": [{"at": 1, "kind": bad, "text": bad}],
        "dtc": [{"code": "0A9B17", "unit": bad}],
    }
    found = health(told)
    texts = [one.path for one in found.signals or ()] + [str(one.value) for one in found.signals or ()]
    texts += [text for one in found.events or () for text in (one.kind, one.text)]
    texts += [*(found.versions or {}), *map(str, (found.network or {}).values()), (found.troubles or ())[0].unit]
    assert len(texts) == 7
    assert all(text.isprintable() and 0 < len(text) < 300 for text in texts)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner), max_leaves=9
)
entry = st.dictionaries(st.sampled_from(["code", "status", "mask", "frame", "at", "kind", "text", "unit"]), anything)


@given(
    st.dictionaries(
        st.sampled_from(["dtc", "signals", "versions", "network", "events"]), anything | st.lists(entry, max_size=5)
    )
)
def test_anything_at_all_can_be_told(told):
    found = health(told)
    assert all(safe(line, 10_000) == line for line in found.odd)


@pytest.mark.parametrize(
    ("given", "kept"), [("a\nb", "a\\x0ab"), (True, True), (-3, -3), (1.5, 1.5), (None, None), ([], None), (1e15, None)]
)
def test_plain_values(given, kept):
    assert value_of(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [(5, 5), (5.9, 5), (0, None), (-1, None), (True, None), ("5", None), (1e300, None), (10**400, None)],
)
def test_moments(given, kept):
    assert moment(given) == kept
