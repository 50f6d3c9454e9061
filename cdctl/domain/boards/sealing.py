"""What a stranger's panel is given: the same values, and nothing in them that it could change for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from types import MappingProxyType
from typing import Generic, TypeVar, cast

import numpy as np

from cdctl.domain.boards.asking import Answer, Missing
from cdctl.domain.boards.snapshot import FleetSight, SloSight, Snapshot
from cdctl.domain.boards.vehicles import Handle, Order, Vehicles
from cdctl.domain.fleet.reading import Cell
from cdctl.domain.fleet.selection.fields import Field

T = TypeVar("T")


class Sealing:
    """Seals snapshots for one panel, in the panel's own thread. What is the same object as before is sealed once."""

    def __init__(self) -> None:
        self._slo: _Kept[SloSight | Missing] = _Kept()
        self._answer: _Kept[Answer | None] = _Kept()

    def snapshot(self, seen: Snapshot, letter: str) -> Snapshot:
        """The same instant. Of the answers there is the panel's own."""
        answer = self._answer.sealed(seen.answers.get(letter))
        answers: Mapping[str, Answer] = MappingProxyType({} if answer is None else {letter: answer})
        fleet = seen.fleet if isinstance(seen.fleet, Missing) else _sealed_fleet(seen.fleet)
        slo, about, notes = self._slo.sealed(seen.slo), sealed(seen.about), tuple(seen.notes)
        return replace(seen, fleet=fleet, slo=slo, answers=answers, about=about, notes=notes)


class _Kept(Generic[T]):
    """The last value and what became of it."""

    def __init__(self) -> None:
        self._pair: tuple[T, T] | None = None

    def sealed(self, value: T) -> T:
        if self._pair is None or self._pair[0] is not value:
            self._pair = (value, sealed(value))
        return self._pair[1]


def _sealed_fleet(sight: FleetSight) -> FleetSight:
    return replace(sight, vehicles=SealedVehicles(sight.vehicles), status=sealed(sight.status))


class SealedVehicles:
    """Vehicles (see the port), and no way to what they are kept in."""

    __slots__ = ("_vehicles",)

    def __init__(self, vehicles: Vehicles) -> None:
        self._vehicles = vehicles

    @property
    def fields(self) -> Mapping[str, Field]:
        """See the port."""
        return MappingProxyType(dict(self._vehicles.fields))

    def vin(self, handle: Handle) -> str:
        """See the port."""
        return self._vehicles.vin(handle)

    def told(self, order: Order, handles: Sequence[Handle], names: Sequence[str]) -> Sequence[Sequence[Cell]]:
        """See the port."""
        return [tuple(cells) for cells in self._vehicles.told(order, handles, names)]


def sealed(value: T) -> T:
    """The value with mappings and arrays that cannot be written to, however deep. What is neither a mapping, a list, a
    tuple, an array nor a dataclass is taken to be a value already."""
    return cast("T", _sealed(value))


def _sealed(value: object) -> object:
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if isinstance(value, Mapping):
        return MappingProxyType({key: _sealed(one) for key, one in value.items()})
    if type(value) in {list, tuple}:
        return _sequence(cast("Sequence[object]", value))
    if is_dataclass(value) and not isinstance(value, type):
        return _dataclass(value)
    return value


def _sequence(value: Sequence[object]) -> object:
    made = tuple(map(_sealed, value))
    same = type(value) is tuple and all(one is before for one, before in zip(made, value, strict=True))
    return value if same else made


def _dataclass(value: object) -> object:
    """Itself where nothing of it can be written to; else one like it, made without its own code."""
    kept = {each.name: getattr(value, each.name) for each in fields(value)}  # type: ignore[arg-type]
    made = {name: _sealed(one) for name, one in kept.items()}
    if all(made[name] is one for name, one in kept.items()):
        return value
    twin = object.__new__(type(value))
    for name, one in made.items():
        object.__setattr__(twin, name, one)
    return twin
