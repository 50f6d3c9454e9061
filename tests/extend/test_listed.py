"""An inventory of a stranger: let in through the real loader; one that fails is one that cannot be asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cdctl.domain.fleet.inventory import Inventory, Listed, Remarks
from cdctl.domain.ports import Plugin
from cdctl.domain.settings import Access, BirthsInventory, FileInventory, HttpInventory, Secret, SqlInventory
from cdctl.errors import PluginError, UnavailableError, UsageError
from cdctl.extend import listed, vetting
from cdctl.extend.catalogue import Catalogue

MANIFEST = """
name = "acme"
version = "1.0.0"
api = 1
[[provides]]
room = "inventory"
name = "acme"
object = "roster:PLUGIN"
"""
CODE = """
from cdctl.api import API, Listed, Plugin


class Roster:
    def __init__(self, settings):
        self.count = settings["count"]

    async def vehicles(self):
        yield [Listed(f"V{i}") for i in range(self.count)]


PLUGIN = Plugin(api=API, room="inventory", name="acme", version="1.0.0", summary="a test", make=Roster)
"""


def read(inventory: Inventory) -> list[str]:
    async def run() -> list[str]:
        return [vehicle.vin async for part in inventory.vehicles() for vehicle in part]

    return asyncio.run(run())


def test_a_folder_can_list_the_vehicles(tmp_path: Path) -> None:
    (tmp_path / "plugin.toml").write_text(MANIFEST)
    (tmp_path / "roster.py").write_text(CODE)
    doors = Catalogue([tmp_path])
    assert read(doors.inventory("acme", {"count": 2})) == ["V0", "V1"]
    with pytest.raises(PluginError, match="its make raised KeyError: 'count'"):
        doors.inventory("acme", {})
    with pytest.raises(PluginError, match="no inventory is called 'acne'"):
        doors.inventory("acne", {})


def test_every_choice_of_the_settings_has_its_door(tmp_path: Path) -> None:
    (tmp_path / "fleet.csv").write_text("vin\nA1\nA1\n")
    doors = Catalogue()
    assert read(doors.inventory_of(BirthsInventory())) == []
    chosen = doors.inventory_of(FileInventory(str(tmp_path / "fleet.csv")))
    assert read(chosen) == ["A1", "A1"]
    assert chosen.remarks().duplicates == 1  # type: ignore[attr-defined]
    doors.inventory_of(SqlInventory("sqlite:///x.db", "SELECT vin FROM v"))
    with pytest.raises(UsageError, match="without TLS"):
        doors.inventory_of(HttpInventory("http://fleet.example/"))


def test_secrets_are_read_by_whoever_knows_how(tmp_path: Path) -> None:
    asked: list[str] = []

    def reveal(secret: Secret, subject: str) -> str:
        asked.append(f"{secret.where} for {subject}")
        raise UnavailableError("it is gone")

    choice = HttpInventory("https://127.0.0.1:1/v", Access(token=Secret("env", "TOKEN")))
    inventory = Catalogue().inventory_of(choice, reveal)
    assert asked == []
    with pytest.raises(UnavailableError, match="it is gone"):
        read(inventory)
    assert asked == ["TOKEN for https://127.0.0.1:1/v"]


class Twin:
    runs: Sequence[Any] = ([Listed("A1")],)

    def __init__(self, settings: object) -> None:
        pass

    async def vehicles(self) -> AsyncIterator[Sequence[Listed]]:
        for run in self.runs:
            if isinstance(run, Exception):
                raise run
            yield run


def guarded(**pieces: Any) -> Inventory:
    made = type("Broken", (Twin,), pieces)
    return listed.inventory(Plugin(1, "inventory", "twin", "1", "a test", made), {}, "inventory.twin")


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        ([KeyError("lost")], "its vehicles raised KeyError: 'lost'"),
        (["A1"], "str is no vehicle of four texts"),
        ([[Listed("A1", None)]], "Listed is no vehicle of four texts"),  # type: ignore[arg-type]
        ([7], "its vehicles raised TypeError"),
    ],
)
def test_a_bug_is_an_inventory_that_cannot_be_asked(runs: list[Any], reason: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        read(guarded(runs=runs))
    assert reason in caught.value.message
    assert caught.value.subject == "inventory.twin"


def test_runs_without_a_vehicle_are_left_out() -> None:
    async def run() -> list[int]:
        return [len(part) async for part in guarded(runs=[[], [Listed("A1")], []]).vehicles()]

    assert asyncio.run(run()) == [1]


def test_what_it_raises_on_purpose_comes_through() -> None:
    with pytest.raises(UsageError, match="a wrong list"):
        read(guarded(runs=[UsageError("a wrong list")]))


def test_remarks_are_optional_and_may_be_broken() -> None:
    assert guarded().remarks() == Remarks()  # type: ignore[attr-defined]
    assert guarded(remarks=lambda self: Remarks(3)).remarks() == Remarks(3)  # type: ignore[attr-defined]
    assert guarded(remarks=lambda self: "none").remarks() == Remarks()  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match="its remarks raised ZeroDivisionError"):
        guarded(remarks=lambda self: 1 // 0).remarks()  # type: ignore[attr-defined]


def test_reading_may_stop_at_any_time() -> None:
    closed: list[bool] = []

    async def vehicles(self: Twin) -> AsyncIterator[Sequence[Listed]]:
        try:
            yield [Listed("A1")]
            yield [Listed("A2")]
        finally:
            closed.append(True)

    async def run() -> None:
        reading = guarded(vehicles=vehicles).vehicles()
        await anext(reading)
        await reading.aclose()  # type: ignore[attr-defined]

    asyncio.run(run())
    assert closed == [True]


def test_another_shape_is_refused() -> None:
    async def coroutine(self: Twin) -> Sequence[Listed]:
        return []

    with pytest.raises(PluginError, match="its vehicles never yields") as caught:
        vetting.vet_made(type("Broken", (Twin,), {"vehicles": coroutine})({}), "inventory")
    assert "async generator" in caught.value.hint
    with pytest.raises(PluginError, match=r"cannot be called as vehicles\(\)"):
        vetting.vet_made(type("Broken", (Twin,), {"vehicles": lambda self, x: None})({}), "inventory")
    with pytest.raises(PluginError, match="without vehicles"):
        vetting.vet_made(object(), "inventory")
