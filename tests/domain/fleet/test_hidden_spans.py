"""No id of a vehicle is left in spans that go into files, wherever it stands."""

from __future__ import annotations

import pytest

from cdctl.domain.fleet.hidden_spans import hidden
from cdctl.domain.traces.ports import SpanRow

VIN = "WDCB3NJ43RA000311"


def span(**more: object) -> SpanRow:
    told = {"trace": "a" * 32, "span": "b" * 16, "parent": "", "service": "api", "name": "GET", "kind": "server",
            "status": "ok", "message": "", "start": 10**18, "end": 10**18 + 5} | more  # fmt: skip
    return SpanRow(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "more",
    [
        {"name": f"GET /vehicles/{VIN}"},
        {"message": f"vehicle_{VIN} is away"},
        {"service": VIN, "scope": VIN},
        {"attributes": {"url.path": f"/v/{VIN}", "list": [VIN, {VIN: VIN}]}},
        {"attributes": {"vin": VIN}},
        {"resource": {"host": f"car-{VIN}"}},
        {"events": [{"name": VIN, "attributes": [{"key": "a", "value": {"stringValue": f"at {VIN}"}}]}]},
        {"links": [{"attributes": [{"key": "vehicle.id", "value": {"stringValue": VIN}}]}]},
    ],
)
def test_what_is_a_vin_by_its_shape_is_masked_everywhere(more):
    (found,) = hidden([span(**more)])
    assert VIN not in repr(found)
    assert "WDC…311" in repr(found)


@pytest.mark.parametrize(("one", "shown"), [("car-of-anna-7", "car…a-7"), ("anna7", "…7"), ("v7", "…")])
def test_what_an_attribute_names_is_masked_in_the_other_spans_of_its_trace_too(one, shown):
    attributes = {"vehicle.id": one, "url.path": f"/v/{one}/doors"}
    named, below, other = hidden([
        span(attributes=attributes), span(span="c" * 16, name=f"PUT /v/{one}"), span(trace="d" * 32, name=f"x {one}"),
    ])  # fmt: skip
    assert named.attributes == {"vehicle.id": shown, "url.path": f"/v/{shown}/doors"}
    assert below.name == f"PUT /v/{shown}"
    assert other.name == f"x {one}", "of another trace"


def test_an_id_that_is_a_number_and_one_within_a_word():
    (found,) = hidden([span(attributes={"vin": 123456, "n": 123456, "m": 7}, name="car123456x")])
    assert found.attributes == {"vin": "…6", "n": "…6", "m": 7}
    assert found.name == "car…6x"


def test_an_event_that_names_a_vehicle():
    event = {"name": "sent", "attributes": [{"key": "vin", "value": {"stringValue": "anna7"}}]}
    (found,) = hidden([span(events=[event], name="to anna7")])
    assert found.events == [{"name": "sent", "attributes": [{"key": "vin", "value": {"stringValue": "…7"}}]}]
    assert found.name == "to …7"


def test_all_else_stays():
    told = span(name="GET /a/b", message="v70 and v", attributes={"n": 5, "vehicle.id": "v7"}, events=[{"n": 1.5}])
    (found,) = hidden([told])
    assert (found.trace, found.span, found.start, found.end) == (told.trace, told.span, told.start, told.end)
    assert (found.name, found.message) == ("GET /a/b", "v70 and v")
    assert found.attributes["n"] == 5
    assert found.events == [{"n": 1.5}]
