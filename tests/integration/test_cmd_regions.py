"""`cdctl cmd send` while the broker of one region is away, end to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commanding import OTHERS, House
from ordered import Lab, ordered

from cdctl.lab.servers import free_port


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=60, others=OTHERS, pace=0.1) as made:
        yield made


def cut_off(house: House, *regions: str) -> None:
    """From here on nobody listens where the brokers of these regions should be."""
    file = house.settings()
    text = file.read_text()
    url = f"mqtt://127.0.0.1:{house.lab.broker.port}"
    for region in regions:
        text = text.replace(
            f'{region} = {{ url = "{url}" }}', f'{region} = {{ url = "mqtt://127.0.0.1:{free_port()}" }}'
        )
    vehicles = house.folder / "fleet.csv"
    vehicles.write_text("vin,region\n" + "".join(f"{vin},{region}\n" for region, vin in house.lab.online))
    file.write_text(text.replace("signing_key", f'inventory = {{ file = "{vehicles}" }}\nsigning_key', 1))


def test_the_others_are_told_and_it_is_said_who_waits(lab: Lab, tmp_path: Path) -> None:
    house = House(tmp_path, lab)
    cut_off(house, "us")
    near = [vin for region, vin in lab.online if region == "eu"][:3]
    far = [vin for region, vin in lab.online if region == "us"][:2]
    send = ("cmd", "send", "log-level", "--to", ",".join([*near, *far]), "-a", "level=debug", "--yes")
    found = house.run(*send, "--expires", "3s", "--for", "1s")
    assert found.returncode == 4, found.stderr
    assert "us cannot be reached now: 2 of 5 vehicles are told when it can, until it expires" in found.stderr
    assert "log-level: 3 of 5 succeeded" in found.stderr
    assert "expired: never sent: no link to the broker" in found.stderr
    later = house.run(*send, "--no-wait", "--for", "1s")
    assert later.returncode == 4, later.stderr
    plan = house.noted("plan")[-1].subject[:16]
    assert "2 not sent (us: no link" in later.stderr
    assert f"cdctl cmd resume {plan} sends them as long as they may begin" in later.stderr


def test_where_no_region_can_be_reached_nothing_is_sent(lab: Lab, tmp_path: Path) -> None:
    house = House(tmp_path, lab)
    cut_off(house, *lab.plan.brokers)
    vin = lab.online[0][1]
    found = house.run("cmd", "send", "ping", "--to", vin, "--region", lab.regions[vin])
    assert found.returncode == 3
    assert "nobody listens there" in found.stderr
    assert house.kept() == []


def test_a_region_that_nobody_has_is_told_of_with_those_there_are(lab: Lab, tmp_path: Path) -> None:
    house = House(tmp_path, lab)
    regions = ", ".join(sorted(lab.plan.brokers))
    for args in (
        ("cmd", "send", "lock", "--where", "region:eux online", "--yes"),
        ("cmd", "send", "lock", "--where", "region:eux,us", "--dry-run"),
        ("fleet", "ls", "--where", "-region:EU region:eux"),
        ("fleet", "stats", "--where", "region:eux"),
    ):
        found = house.run(*args)
        assert found.returncode == 0, found.stderr
        assert f"no broker and no vehicle is of region 'eux': did you mean eu? there are {regions}" in found.stderr
    assert "of region 'EU': did you mean eu?" in house.run("fleet", "ls", "--where", "-region:EU").stderr
    assert f"of region 'xx': there are {regions}" in house.run("fleet", "ls", "--where", "region:xx").stderr
    for fine in ("region:eu", "region:e*", "region=us,eu", "vin:region"):
        assert "of region" not in house.run("fleet", "ls", "--where", fine, "-o", "jsonl=x.jsonl").stderr


def test_a_region_that_only_the_inventory_has_is_one(lab: Lab, tmp_path: Path) -> None:
    house = House(tmp_path, lab)
    cut_off(house)
    (house.folder / "fleet.csv").write_text("vin,region\nWCDX0000000000009,jp\n")
    assert "of region" not in house.run("fleet", "ls", "--where", "region:jp", "--for", "1s").stderr
