"""The events that an explanation is about, from wherever they come: one by one, or counted by their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cdctl.domain.slo.series import Floats
from cdctl.domain.traces.attributes import VEHICLE_IDS, Attribute
from cdctl.domain.traces.batch import Coded
from cdctl.domain.traces.ports import Observations
from cdctl.domain.why.rows import NONE, Codes

Origin = Literal["fleet", "resource", "span", "label"]
"""Where an attribute is from: what is known of the vehicle, a span's resource, the span, or a label of a series."""
SHORT = {"vehicle.model": "model", "vehicle.software": "sw", "region": "region"}
"""Attributes of spans that say what the fleet's columns of these names do."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One attribute of all events, by the name that people are shown."""

    name: str
    coded: Coded
    origin: Origin


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Events, arrays of [n]. A row is one event, or `total` of them that are alike, of which `bad`; both raw.

    weight: what one event of the row stands for. at: epoch seconds of its end. vehicle: which vehicle, without a value
    where none is named. trace: ids for exemplars [n, 16], None where there are no traces.
    """

    bad: Floats
    total: Floats
    weight: Floats
    at: NDArray[np.int64]
    columns: tuple[Column, ...]
    vehicle: Coded | None = None
    trace: NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.bad)


def observed(found: Observations) -> Events:
    """Spans as events. The vehicle's id is the likeliest of the attributes that may hold it."""
    names = _names(list(found.columns))
    vehicle = next((found.columns[a] for key in VEHICLE_IDS for a in found.columns if a.key == key), None)
    columns = tuple(
        Column(names[attribute], coded, "resource" if attribute.scope == "resource" else "span")
        for attribute, coded in found.columns.items()
    )
    bad = found.bad.astype(np.float64)
    at = found.end // 1_000_000_000
    return Events(bad, np.ones(len(bad)), found.weight, at, columns, vehicle, found.trace)


def _names(attributes: Sequence[Attribute]) -> dict[Attribute, str]:
    """The plain key; with its scope where both scopes have it. What the fleet calls otherwise is called so."""
    keys = [SHORT.get(attribute.key, attribute.key) for attribute in attributes]
    return {a: key if keys.count(key) == 1 else str(a) for a, key in zip(attributes, keys, strict=True)}


def recoded(texts: Sequence[str]) -> Coded:
    """Texts as a column; an empty one is no value."""
    values = sorted({text for text in texts if text})
    numbers = {text: number for number, text in enumerate(values)} | {"": NONE}
    return Coded(np.array([numbers[text] for text in texts], np.int32), values)


def merged(first: Coded, second: Coded) -> Coded:
    """The first, and the second where the first has no value."""
    numbers = {value: number for number, value in enumerate(first.values)}
    values = list(first.values)
    for value in second.values:
        if value not in numbers:
            numbers[value] = len(values)
            values.append(value)
    table = np.array([*(numbers[value] for value in second.values), NONE], np.int32)
    codes: Codes = np.where(first.codes == NONE, table[second.codes], first.codes).astype(np.int32)
    return Coded(codes, values)
