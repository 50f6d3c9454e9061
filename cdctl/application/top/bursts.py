"""Occasions that are the same and happened within seconds, told as one that can be unfolded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace

import numpy as np

from cdctl.domain.boards.folding import FEW, runs
from cdctl.domain.boards.timeline import MOST_PARTS, Occasion

Same = tuple[Hashable, Occasion]
"""What makes it the same as others (None: nothing does), and what happened."""


def folded(
    events: Sequence[Same], many: Callable[[Sequence[Occasion]], str], unfolded: Collection[str]
) -> list[Occasion]:
    """Events in about their order of time; more than a few of the same become one. many: the text of such a one.
    unfolded: keys of those whose parts are told, too."""
    if not events:
        return []
    codes: dict[Hashable, int] = {}
    at_ms = np.array([round(one.at * 1000) for _, one in events], np.int64)
    what = [-1 - n if same is None else codes.setdefault(same, len(codes)) for n, (same, _) in enumerate(events)]
    order, begins = runs(at_ms, np.array(what, np.int64))
    told: list[Occasion] = []
    for begin, end in zip(begins.tolist(), [*begins[1:].tolist(), len(order)], strict=True):
        run = [events[at][1] for at in order[begin:end].tolist()]
        told += run if len(run) <= FEW else burst(run, many(run), unfolded)
    return told


def burst(run: Sequence[Occasion], text: str, unfolded: Collection[str]) -> list[Occasion]:
    """A run as one occasion, and its parts where they are wanted."""
    first, last = run[0], run[-1]
    key = f"{first.key}+"
    alone = len({one.subject for one in run}) == 1
    subject = first.subject if alone else first.region or "several"
    whole = replace(last, key=key, subject=subject, text=text, vin="", count=len(run), began=first.at, opens=None)
    parts = run[-MOST_PARTS:] if key in unfolded else ()
    return [whole, *(replace(one, part_of=key) for one in reversed(parts))]
