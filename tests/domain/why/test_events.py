"""Spans and counts as events."""

from __future__ import annotations

import numpy as np

from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.batch import Coded
from cdctl.domain.traces.ports import Observations
from cdctl.domain.why.events import merged, observed, recoded


def coded(*texts: str) -> Coded:
    return recoded(list(texts))


def texts(column: Coded) -> list[str]:
    return ["" if code < 0 else column.values[code] for code in column.codes]


def observations(**columns: Coded) -> Observations:
    names = {key: Attribute(*key.split("__", 1)) for key in columns}
    attributes = {Attribute(one.scope, one.key.replace("_", ".")): columns[key] for key, one in names.items()}
    return Observations(
        np.array([True, False]), np.array([4.0, 1.0]), np.array([1_999_999_999, 2_000_000_001]),
        np.zeros((2, 16), np.uint8), attributes,
    )  # fmt: skip


def test_names_are_short_and_a_scope_tells_two_apart() -> None:
    told = observed(
        observations(
            span__vehicle_software=coded("1", "2"),
            resource__service_name=coded("a", "b"),
            span__x=coded("1", "2"),
            resource__x=coded("3", "4"),
            span__region=coded("eu", "us"),
            resource__cloud_region=coded("c", "d"),
        )
    )
    assert {column.name for column in told.columns} == {
        "sw", "service.name", "span.x", "resource.x", "region", "cloud.region",
    }  # fmt: skip
    assert {column.name: column.origin for column in told.columns}["service.name"] == "resource"
    assert told.bad.tolist() == [1, 0]
    assert told.total.tolist() == [1, 1]
    assert told.weight.tolist() == [4, 1]
    assert told.at.tolist() == [1, 2]
    assert told.vehicle is None


def test_the_likeliest_attribute_names_the_vehicle() -> None:
    told = observed(observations(span__vin=coded("A", "B"), span__vehicle_id=coded("C", "")))
    assert told.vehicle is not None
    assert texts(told.vehicle) == ["C", ""]


def test_two_columns_as_one() -> None:
    both = merged(coded("a", "", "b", ""), coded("x", "b", "y", ""))
    assert texts(both) == ["a", "b", "b", ""]
