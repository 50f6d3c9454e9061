"""What happened to vehicles as occasions: a storm of tens of thousands is counted as arrays, and few become values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cdctl.application.listening import SUBSCRIBING
from cdctl.domain.boards.folding import FEW, Ints, runs
from cdctl.domain.boards.requests import About, Open
from cdctl.domain.boards.timeline import MOST, MOST_PARTS, Occasion, Recall
from cdctl.domain.fleet.archive import Told
from cdctl.domain.fleet.reading import Happening

Mask = NDArray[np.bool_]
Meaning = Callable[[str], str]
"""What a trouble code means; empty where nothing is known."""

_QUIET_MS = 600_000
"""Of an incident, vehicles that come and go are a line for so long: what matters stands between few of them."""
_CROWD = 20
"""So many at once, and fewer, come and go all day; more are a line of their own."""
_PRESENCE = frozenset({"online", "offline", "unknown", "duplicate", "region.moved"})
_LINKS = frozenset({"link.up", "link.down", "collector.up", "collector.down", "lost"})
_SAID: Mapping[str, tuple[str, str]] = {
    "online": ("came online", "good"),
    "offline": ("went offline", "warn"),
    "unknown": ("cannot be told any more", "warn"),
    "duplicate": ("speaks from two regions at once", "bad"),
    "region.moved": ("moved", ""),
    "dtc.set": ("trouble code set", "bad"),
    "dtc.cleared": ("trouble code cleared", "good"),
    "sw.changed": ("other software", ""),
    "link.up": ("link is up", "good"),
    "link.down": ("link is cut", "bad"),
    "collector.up": ("collector is back", "good"),
    "collector.down": ("collector is away", "bad"),
    "lost": ("", "warn"),
}


def kind_of(word: str) -> str:
    """To which of `timeline.KINDS` it belongs."""
    return "presence" if word in _PRESENCE else "links" if word in _LINKS else "events"


def told_of(happenings: Sequence[Happening]) -> Told:
    """Happenings as arrays; what belongs to one vehicle has one row."""
    rows: dict[str, int] = {"": -1}
    kinds: dict[str, int] = {}
    regions: dict[str, int] = {}
    return Told(
        "",
        np.array([round(one.at * 1000) for one in happenings], np.int64),
        np.array([rows.setdefault(one.vin, len(rows)) for one in happenings], np.int32),
        np.array([one.vin.encode("ascii", "replace") for one in happenings] or [b""], "S40")[: len(happenings)],
        np.array([kinds.setdefault(one.kind, len(kinds)) for one in happenings], np.uint16),
        np.array([regions.setdefault(one.region, len(regions)) for one in happenings], np.uint16),
        np.array([one.detail.encode("utf-8", "replace") for one in happenings] or [b""])[: len(happenings)],
        list(kinds),
        list(regions),
    )


def occasions(told: Told, ask: Recall, meaning: Meaning) -> list[Occasion]:
    """What is asked for of these, the newest MOST; parts of those of many where they are unfolded."""
    told = told[_of_kinds(told, ask.kinds)]
    told = told[_spoken(told, ask.text)]
    if not len(told):
        return []
    if not ask.promise:
        return _folded(told, runs(told.at_ms, _what(told)), FEW, ask, meaning)
    lone = _lone(told)
    usual, single = told[~lone], told[lone]
    found = _folded(usual, runs(usual.at_ms, _what(usual)), FEW, ask, meaning)
    return found + _folded(single, runs(single.at_ms, _what(single), _QUIET_MS, _QUIET_MS), 1, ask, meaning)


def _lone(told: Told) -> Mask:
    """Which are of vehicles that come or go with few others."""
    order, begins = runs(told.at_ms, _what(told))
    lengths = np.diff(np.append(begins, len(order)))
    lone = np.zeros(len(told), bool)
    lone[order] = np.repeat(lengths <= _CROWD, lengths)
    return np.asarray(lone & np.array([kind_of(word) == "presence" for word in told.kind_texts])[told.kinds])


def _folded(told: Told, found_runs: tuple[Ints, Ints], few: int, ask: Recall, meaning: Meaning) -> list[Occasion]:
    """Runs of more than `few` as one."""
    if not len(told):
        return []
    order, begins = found_runs
    ends = np.append(begins[1:], len(order))
    vehicles = _distinct(told.rows[order], begins)
    newest = np.argsort(told.at_ms[order[ends - 1]], kind="stable")[-MOST:]
    spans = [part[newest].tolist() for part in (begins, ends, vehicles)]
    # Of a run of many the first and the last are made, and all others of those that are unfolded.
    made = [order[b:e] if e - b <= few else order[[b, e - 1]] for b, e, _ in zip(*spans, strict=True)]
    each = iter(list(_each(told, np.concatenate(made), meaning)))
    found: list[Occasion] = []
    for begin, end, count in zip(*spans, strict=True):
        if end - begin <= few:
            found += [next(each) for _ in range(end - begin)]
            continue
        whole = _many(next(each), next(each), end - begin, count)
        found.append(whole)
        if whole.key in ask.unfolded:
            parts = list(_each(told, order[begin:end][-MOST_PARTS:], meaning))
            found += [replace(one, part_of=whole.key) for one in reversed(parts)]
    return found


def _distinct(rows: NDArray[Any], begins: Ints) -> Ints:
    """How many different rows there are in each run."""
    run = np.zeros(len(rows), np.int64)
    run[begins[1:]] = 1
    pairs = np.unique((np.cumsum(run) << 32) | (rows.astype(np.int64) + 1))
    return np.bincount(pairs >> 32, minlength=len(begins))


def _of_kinds(told: Told, kinds: Sequence[str]) -> Mask:
    wanted = np.array([kind_of(word) in kinds for word in told.kind_texts] or [False])
    return np.asarray(wanted[np.minimum(told.kinds, len(wanted) - 1)])


def _spoken(told: Told, text: str) -> Mask:
    """Which hold every word somewhere: in their kind, region, id or detail."""
    mask = np.ones(len(told), bool)
    for word in text.casefold().split():
        kinds = _holding(told.kind_texts, word, lambda kind: f"{kind} {_SAID.get(kind, ('', ''))[0]}")
        mask &= (
            kinds[told.kinds]
            | _holding(told.region_texts, word)[told.regions]
            | _within(told.vins, word)
            | _within(told.details, word)
        )
    return mask


def _holding(texts: Sequence[str], word: str, more: Callable[[str], str] = str) -> Mask:
    return np.array([word in more(text).casefold() for text in texts] or [False])


def _within(bodies: NDArray[np.bytes_], word: str) -> Mask:
    return np.asarray(np.char.find(np.char.lower(bodies), word.encode("utf-8", "replace")) >= 0)


def _what(told: Told) -> Ints:
    """A number for what is the same: kind and region; of events what they are about, too."""
    about = np.zeros(len(told), np.int64)
    events = np.array([kind_of(word) == "events" for word in told.kind_texts])[told.kinds]
    if events.any():
        about[events] = np.unique(told.details[events], return_inverse=True)[1] + 1
    return (about << 32) | (told.kinds.astype(np.int64) << 16) | told.regions


def _each(told: Told, which: NDArray[Any], meaning: Meaning) -> Iterable[Occasion]:
    part = told[which]
    for at_ms, one in zip(part.at_ms.tolist(), part.happenings(), strict=True):
        phrase, role = _SAID.get(one.kind, (one.kind, ""))
        kind = kind_of(one.kind)
        yield Occasion(
            key=f"{at_ms}.{one.kind}.{one.region}.{one.vin}",
            at=one.at,
            kind=kind,
            word=one.kind,
            subject=one.vin or one.region,
            text=_text(one, phrase, meaning),
            role=role,
            vin=one.vin,
            region=one.region,
            opens=Open("vehicle", About(vin=one.vin)) if one.vin else None,
        )


def _text(one: Happening, phrase: str, meaning: Meaning) -> str:
    passing = one.kind == "link.up" and one.detail == SUBSCRIBING  # over when it is read
    detail = "" if passing or (one.detail.startswith("seq ") and kind_of(one.kind) == "presence") else one.detail
    if one.kind.startswith("dtc.") and detail:
        known = meaning(detail.split()[0]) if " " not in detail else ""
        verb = "set" if one.kind == "dtc.set" else "cleared" if one.kind == "dtc.cleared" else one.kind[4:]
        return f"{detail} {verb}{f': {known}' if known else ''}"
    return f"{phrase}: {detail}" if phrase and detail else phrase or detail


def _many(first: Occasion, last: Occasion, count: int, vehicles: int) -> Occasion:
    """A run as one."""
    event = last.kind == "events"
    text = last.text if event else _SAID.get(last.word, (last.word, ""))[0]
    alone = vehicles == 1
    return Occasion(
        key=f"{first.key}+",
        at=last.at,
        kind=last.kind,
        word=last.word,
        subject=last.subject if alone else last.region,
        text=f"{count:,} times: {text}" if alone else f"{vehicles:,} vehicles{':' if event else ''} {text}",
        role=last.role,
        vin=last.vin if alone else "",
        region=last.region,
        count=count,
        began=first.at,
    )
