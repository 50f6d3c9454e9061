"""Names of groups and the attributes they mean."""

from __future__ import annotations

import pytest

from cdctl.sources.traceql.naming import SHORT, attributes


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("region", ["span.region", "resource.cloud.region"]),
        ("span.region", ["span.region"]),
        ("resource.cloud.region", ["resource.cloud.region"]),
        ("vehicle.model", ["span.vehicle.model"]),
        ("model", ["span.vehicle.model", "span.model"]),
        ("cloud.region", ["resource.cloud.region"]),
        ("service.name", ["resource.service.name"]),
        ("http.status_code", ["span.http.response.status_code"]),
        ("span.http.status_code", ["span.http.response.status_code"]),
        ("shelf", ["span.shelf", "resource.shelf"]),
        ("my.own.thing", ["span.my.own.thing", "resource.my.own.thing"]),
        ("span.", ["span.span.", "resource.span."]),
    ],
)
def test_where_a_value_is_looked_for(name: str, expected: list[str]) -> None:
    assert [str(one) for one in attributes(name)] == expected


@pytest.mark.parametrize("name", SHORT)
def test_short_names_have_no_dots(name: str) -> None:
    assert name.isidentifier()
