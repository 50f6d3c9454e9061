"""A recording: the series of a file, and everything that is wrong with the file, by line."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdctl.api import safe

from . import files

REQUIRED = ("time", "metric", "value")
_SHOWN = 3
_MILLISECONDS = 1e11
"""Epoch seconds beyond this (the year 5138) are surely meant as milliseconds."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Samples of one series in time order: epoch seconds and values, [n] each."""

    labels: Mapping[str, str]
    times: Floats
    values: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Series by metric. `start` and `end` are the first and last instant (infinite when there is none), `cadence` the
    usual seconds between two samples of a series."""

    metrics: Mapping[str, tuple[Series, ...]]
    start: float
    end: float
    cadence: float


_Samples = dict[tuple[str, ...], tuple["array[float]", "array[float]"]]


def read(path: Path) -> Recording:
    """The whole file. Raises files.RecordError that names the first bad lines and how many there are."""
    header, rows = files.rows(path)
    places = _places(path, header)
    names = [name for name in header if name not in REQUIRED]
    samples: _Samples = {}
    problems: list[str] = []
    for number, cells in rows:
        try:
            _add(samples, places, cells)
        except ValueError as error:
            problems.append(f"{files.place(path, number)}: {error}")
    problems += [f"{safe(str(path))}: {problem}" for problem in _repeated(samples)]
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise files.RecordError("; ".join(problems[:_SHOWN]) + more)
    return _recording(samples, names)


def _places(path: Path, header: Sequence[str]) -> tuple[int, ...]:
    """Positions of time, metric and value, then of every label."""
    missing = [name for name in REQUIRED if name not in header]
    twice = sorted({name for name in header if header.count(name) > 1})
    if missing or twice or "" in header:
        wrong = [f"there is no column {name!r}" for name in missing]
        wrong += [f"there are two columns {safe(name)!r}" for name in twice if name]
        wrong += ["a column has no name"] if "" in header else []
        raise files.RecordError(f"{files.place(path, 1)}: " + "; ".join(wrong), files.COLUMNS)
    labels = [i for i, name in enumerate(header) if name not in REQUIRED]
    return (*map(list(header).index, REQUIRED), *labels)


def _add(samples: _Samples, places: tuple[int, ...], cells: Sequence[object]) -> None:
    time, metric, value, *labels = [cells[place] for place in places]
    if not metric:
        raise ValueError("metric is empty")
    key = (str(metric), *("" if label is None else str(label) for label in labels))
    at = _time(time)
    number = _value(value)
    times, values = samples.setdefault(key, (array("d"), array("d")))
    if not math.isnan(number):
        times.append(at)
        values.append(number)


def _time(raw: object) -> float:
    if isinstance(raw, datetime):
        return (raw if raw.tzinfo else raw.replace(tzinfo=UTC)).timestamp()
    return _seconds(raw if isinstance(raw, int | float) else str(raw))


@lru_cache(maxsize=4096)
def _seconds(raw: float | str) -> float:
    try:
        seconds = float(raw)
    except ValueError:
        return _rfc3339(str(raw))
    if not abs(seconds) < _MILLISECONDS:
        raise ValueError(f"time {safe(str(raw), 40)!r} is not in seconds; divide milliseconds by 1000")
    return seconds


def _rfc3339(text: str) -> float:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"time {safe(text, 40)!r} is neither epoch seconds nor RFC 3339") from None
    if instant.tzinfo is None:
        raise ValueError(f"time {safe(text, 40)!r} has no time zone; write 2025-06-15T15:10:00Z")
    return instant.timestamp()


def _value(raw: object) -> float:
    """A number; an empty cell and NaN are both no observation."""
    if raw is None or raw == "":
        return math.nan
    try:
        number = float(raw)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"value {safe(str(raw), 40)!r} is no number") from None
    if math.isinf(number):
        raise ValueError("value is infinite")
    return number


def _repeated(samples: _Samples) -> Iterator[str]:
    """Two values at one instant of one series: which one is meant cannot be known."""
    for key, (times, _) in samples.items():
        ordered = np.sort(np.frombuffer(times)) if times else np.zeros(0)
        doubles = ordered[1:][np.diff(ordered) == 0]
        if len(doubles):
            series = " ".join(filter(None, key))
            yield f"the series {safe(series, 80)!r} has two values at {doubles[0]:.15g}"


def _recording(samples: _Samples, names: Sequence[str]) -> Recording:
    metrics: dict[str, list[Series]] = {}
    for (metric, *labels), (times, values) in samples.items():
        if times:
            order = np.argsort(np.frombuffer(times), kind="stable")
            named = {name: label for name, label in zip(names, labels, strict=True) if label}
            series = Series(named, np.frombuffer(times)[order], np.frombuffer(values)[order])
            metrics.setdefault(metric, []).append(series)
    every = [series for many in metrics.values() for series in many]
    gaps = [float(np.median(np.diff(series.times))) for series in every if len(series.times) > 1]
    start = min((float(series.times[0]) for series in every), default=math.inf)
    end = max((float(series.times[-1]) for series in every), default=-math.inf)
    cadence = float(np.median(gaps)) if gaps else 0.0
    return Recording({name: tuple(many) for name, many in metrics.items()}, start, end, cadence)
