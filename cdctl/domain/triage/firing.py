"""Times in which alerts fired, out of the samples that a server keeps of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PROMISE_LABELS = ("slo", "sloth_slo", "slo_name", "sloName", "pyrra_slo", "cdctl_slo")


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fired. begin, end: epoch seconds; end is None while it fires. seen_begin: it did not fire at the
    beginning of what was looked at."""

    labels: Mapping[str, str]
    begin: float
    end: float | None = None
    seen_begin: bool = True


def promise_of(labels: Mapping[str, str]) -> str:
    """The promise that an alert's labels name; empty when none does."""
    return next((labels[name] for name in _PROMISE_LABELS if labels.get(name)), "")


def firings(labels: Mapping[str, str], times: Sequence[float], start: float, end: float, step: float) -> list[Firing]:
    """times: of the samples of one series, in order, asked for from start to end (epoch seconds) every `step` seconds.
    A gap of more than a step ends one firing."""
    found: list[Firing] = []
    begin = 0
    for place in range(1, len(times) + 1):
        if place < len(times) and times[place] - times[place - 1] < 1.5 * step:
            continue
        first, last = times[begin], times[place - 1]
        over = last + 1.5 * step < end
        found.append(Firing(labels, first, last + step if over else None, first - start >= step))
        begin = place
    return found
