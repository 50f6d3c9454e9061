"""What a stranger's panel is given says the same, and cannot be written to."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest

from cdctl.domain.boards.asking import Answer, Arrange, Arranged
from cdctl.domain.boards.sealing import Sealing, sealed
from cdctl.testing import snapshots


def writable(value: object, place: str = "") -> list[str]:
    """Places of everything that could be written to."""
    if isinstance(value, dict | list | set):
        return [place]
    if isinstance(value, np.ndarray):
        return [place] if value.flags.writeable else []
    if isinstance(value, MappingProxyType):
        return [found for key, one in value.items() for found in writable(one, f"{place}[{key}]")]
    if isinstance(value, tuple):
        return [found for number, one in enumerate(value) for found in writable(one, f"{place}[{number}]")]
    if is_dataclass(value) and not isinstance(value, type):
        every = ((each.name, getattr(value, each.name)) for each in fields(value))
        return [found for name, one in every for found in writable(one, f"{place}.{name}")]
    return []


@pytest.mark.parametrize("name", snapshots.EVERY)
def test_nothing_of_a_snapshot_can_be_written_to(name):
    seen = snapshots.EVERY[name]()
    if name == "typical":
        assert writable(seen)  # else this proved nothing
    given = Sealing().snapshot(replace(seen, answers={"p": snapshots.answer(Arrange(), seen)}), "p")
    assert writable(given) == []
    with pytest.raises(FrozenInstanceError):
        given.at = 0  # type: ignore[misc]


def test_it_says_the_same():
    seen = snapshots.typical()
    given = Sealing().snapshot(seen, "p")
    assert (given.at, given.context, given.about.promise) == (seen.at, seen.context, seen.about.promise)
    assert given.about.group == seen.about.group
    row, mine = seen.slo.report.rows[0], given.slo.report.rows[0]
    assert (mine.name, mine.group, mine.burn_rates) == (row.name, row.group, row.burn_rates)
    assert np.array_equal(mine.history.good, row.history.good)
    order = snapshots.answer(Arrange("region:eu"), seen).value.order
    handles = order.handles(0, 5)
    told = [list(cells) for cells in given.fleet.vehicles.told(order, handles, ["vin", "state"])]
    assert told == [list(cells) for cells in seen.fleet.vehicles.told(order, handles, ["vin", "state"])]
    assert given.fleet.vehicles.vin(3) == snapshots.vin(3)
    assert not hasattr(given.fleet.vehicles, "view")


def test_of_the_answers_there_is_its_own():
    seen = snapshots.typical()
    answers = {letter: Answer(Arrange(letter), Arranged(), seen.at) for letter in "pf"}
    given = Sealing().snapshot(replace(seen, answers=answers), "p")
    assert list(given.answers) == ["p"]
    assert Sealing().snapshot(replace(seen, answers=answers), "x").answers == {}


def test_what_is_the_same_is_sealed_once():
    seen, sealing = snapshots.typical(), Sealing()
    answers = {"p": snapshots.answer(Arrange(), seen)}
    first = sealing.snapshot(replace(seen, answers=answers), "p")
    second = sealing.snapshot(replace(seen, at=seen.at + 1, answers=dict(answers)), "p")
    assert first.slo is second.slo
    assert first.answers["p"] is second.answers["p"]
    assert sealing.snapshot(snapshots.missing(), "p").slo == snapshots.missing().slo


@dataclass(frozen=True, slots=True)
class Loud:
    values: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if type(self.values) is not list:
            raise AssertionError("its own code ran")


def test_values_are_copied_without_their_code_and_only_where_they_must():
    assert sealed(Loud([1])).values == (1,)
    plain = snapshots.missing().fleet
    assert sealed(plain) is plain
    pair = (1, "a")
    assert sealed(pair) is pair
    array = np.arange(3)
    view = sealed({"a": [array]})["a"][0]
    array[0] = 9
    assert view[0] == 9  # not copied
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
