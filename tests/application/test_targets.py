"""Which of the vehicles that are meant can do a thing, as far as they say."""

from __future__ import annotations

import pytest

from cdctl.application.targets import Found, Selected, able, of_page
from cdctl.domain.fleet.reading import FleetStatus, LinkState, Page
from cdctl.domain.orders.plan import Target
from cdctl.errors import RefusedError

ROWS = [
    ("V3", "eu", "i4", "23", "online", "lock climate"),
    ("V1", "eu", "i4", "23", "offline", "lock"),
    ("V2", "us", None, None, "online", None),
    ("V4", None, "i4", "23", "online", "lock"),
]


def page(**status: object) -> Page:
    link = LinkState("eu", "mqtt://eu", True, 1.0)
    told = FleetStatus(1.0, vehicles=4, settled=True, links=(link,), **status)  # type: ignore[arg-type]
    return Page(("vin", "region", "model", "sw", "state", "caps"), ROWS, 4, {"soc": 2}, told)


def test_vehicles_of_a_page_are_targets_where_their_region_is_known() -> None:
    found = of_page(page(), "soc<20")
    selected = found.selected
    assert [one.vin for one in selected.targets] == ["V1", "V2", "V3"]
    assert selected.targets[1] == Target("V2", "us")
    assert (selected.left_out, dict(selected.states)) == ({"soc": 2, "region": 1}, {"online": 2, "offline": 1})
    assert found.caps == {"V3": ("lock", "climate"), "V1": ("lock",), "V4": ("lock",)}
    assert selected.whole
    assert not of_page(page(unknown=3), "soc<20").selected.whole


def test_who_cannot_is_left_out_and_who_does_not_say_is_not() -> None:
    selected = able(of_page(page(), "online"), "climate")
    assert [one.vin for one in selected.targets] == ["V2", "V3"]
    assert (selected.unable, selected.untold, dict(selected.states)) == (1, 1, {"online": 2})


def test_one_that_is_named_and_cannot_is_refused() -> None:
    named = Found(Selected((Target("V1", "eu"),)), {"V1": ("lock",)})
    with pytest.raises(RefusedError, match="1 of 1 vehicles do not say that they can: climate") as error:
        able(named, "climate")
    assert error.value.subject == "V1"
    with pytest.raises(RefusedError, match="2 of 2"):
        able(Found(Selected((Target("V1", "eu"), Target("V2", "eu")), "x"), {"V1": (), "V2": ()}), "climate")
