"""`--wait-for`: how long the operator waits, which is not how long vehicles may take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commanding import OTHERS, House
from ordered import Lab, ordered


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60, others=OTHERS, pace=0.1) as made:
        yield made


@pytest.fixture
def house(lab: Lab, tmp_path: Path) -> House:
    return House(tmp_path, lab)


def both(lab: Lab) -> tuple[str, str, str]:
    """A region, one of its vehicles that is there, and one that is away."""
    for away in lab.away:
        region = lab.regions[away]
        there = next((vin for place, vin in lab.online if place == region), "")
        if there:
            return region, there, away
    raise AssertionError("nobody is away")


def test_when_it_is_over_it_says_what_is_under_way_and_how_to_go_on(house: House) -> None:
    region, there, away = both(house.lab)
    args = ("cmd", "send", "log-level", "--to", f"{there},{away}", "--region", region, "-a", "level=debug", "--yes")
    found = house.json(*args, "--wait-for", "2s", "--expires", "1h", code=4)
    assert {one["vin"]: one["state"] for one in found["orders"]} == {there: "succeeded", away: "sent"}
    plan = found["plan"]
    said = house.run("cmd", "resume", plan[:16], "--wait-for", "1s")
    assert said.returncode == 4
    assert "the time to wait is over; under way: 1 " in said.stderr
    assert f"take it back: cdctl cmd cancel {plan[:16]}" in said.stderr
    assert f"cdctl cmd resume {plan[:16]} goes on" in said.stderr
    assert house.json("cmd", "status", plan[:16], code=4)["summary"]


def test_what_was_not_sent_by_then_is_told_and_can_be_sent(house: House) -> None:
    vins = [vin for region, vin in house.lab.online if region == "eu"][:6]
    args = ("cmd", "send", "ping", "--to", ",".join(vins), "--region", "eu")
    found = house.run(*args, "--rate", "1/s", "--wait-for", "2s", "-o", "json=r.json")
    assert found.returncode == 4, found.stderr
    assert "not sent; take it back" in found.stderr
    plan = house.noted("plan")[-1].subject
    assert f"cdctl cmd resume {plan[:16]} sends the rest, as long as it may begin" in found.stderr
    left = len(vins) - len(house.kept())
    assert left > 0
    resumed = house.json("cmd", "resume", plan[:16])
    assert [one["state"] for one in resumed["orders"]] == ["succeeded"] * len(vins)


def test_who_is_quicker_is_not_held_up_and_nonsense_is_refused(house: House) -> None:
    vin = house.lab.online[0][1]
    args = ("cmd", "send", "ping", "--to", vin, "--region", house.lab.regions[vin])
    assert house.run(*args, "--wait-for", "10m").returncode == 0
    for wrong, said in ((("--wait-for", "0s"), "no time to wait"), (("--wait-for", "soon"), "--wait-for")):
        found = house.run(*args, *wrong)
        assert (found.returncode, said in found.stderr) == (2, True), found.stderr
    found = house.run(*args, "--wait-for", "1s", "--no-wait")
    assert (found.returncode, "--no-wait waits for nothing" in found.stderr) == (2, True)
