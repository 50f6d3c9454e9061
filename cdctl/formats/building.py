"""Batches of many messages: gathers columns, rejects what cannot be taken, and makes columns of attributes.

Nothing here is done per attribute in Python: a pair of key and value as it was written (its bytes) is a thing, things
have numbers, and only different things are read.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cdctl.domain.traces import sampling
from cdctl.domain.traces.attributes import Attribute
from cdctl.domain.traces.batch import TEXTS, Coded, Codes, Pairs, Rejections, SpanBatch
from cdctl.formats import limits
from cdctl.formats.coding import Coder, compact
from cdctl.formats.columns import REASONS, Columns, Faults, Truths, Wrong
from cdctl.formats.pairing import Pairing, ReadPairs
from cdctl.formats.promoting import Flat, once, promote

_NEGATIVE = "spans that end before they start"
_CUT = "values of attributes that were cut"
_LEFT_OUT = "attributes beyond 10,000 of one span or resource"


_Texts = tuple[Codes, list[str]]


class _Message(NamedTuple):
    rejected: Rejections
    place: str


class Builder:
    """Takes columns of spans in, message by message, and makes one batch. `read` reads the format's pairs."""

    def __init__(self, read: ReadPairs) -> None:
        self._read = read
        self._clear()

    def _clear(self) -> None:
        self._messages: list[_Message] = []
        self._columns: list[Columns] = []
        self.pairing = Pairing(self._read)
        self._resources = Coder[tuple[Hashable, ...]]()
        self._texts = {name: Coder[str]() for name in TEXTS}
        self._text_codes: dict[str, list[Codes]] = {name: [] for name in TEXTS}

    def message(self, rejected: Rejections, place: str) -> int:
        """A message begins: its number."""
        self._messages.append(_Message(rejected, place))
        return len(self._messages) - 1

    def reject(self, message: int, reason: str, example: str = "") -> None:
        """A span of this message is not taken."""
        rejected, place = self._messages[message]
        rejected.add(reason, f"{place}: {example}" if place and example else place or example)

    def cut(self, message: int, count: int) -> None:
        """So many attributes of this message are left out."""
        self._messages[message].rejected.notice(_LEFT_OUT, count)

    def resource(self, pairs: Sequence[Hashable], message: int) -> int:
        """The number of a resource with these attributes; a resource that comes again has the same."""
        if len(pairs) > limits.ATTRIBUTES:
            self.cut(message, len(pairs) - limits.ATTRIBUTES)
        return self._resources.one(tuple(pairs[: limits.ATTRIBUTES]))

    def add(self, columns: Columns) -> None:
        """Spans of messages that have begun."""
        for name in TEXTS:
            texts: Sequence[str] = getattr(columns, name)
            self._text_codes[name].append(_text_codes(self._texts[name], texts))
        self._columns.append(columns)

    def batch(self) -> SpanBatch:
        """What was added since the last call, without the spans that are rejected: their messages are told."""
        try:
            return self._batch() if self._columns else _empty()
        finally:
            self._clear()

    def _batch(self) -> SpanBatch:
        groups = list(self._resources.things)
        of_groups, _ = self.pairing.code([pair for group in groups for pair in group])
        keys, values, bad = self.pairing.keys, self.pairing.values, self.pairing.bad
        codes = self._cat("pairs")
        spans = _flat(self._cat("counts"), codes, keys, values)
        resources = _flat(np.array([len(group) for group in groups], np.int32), of_groups, keys, values)
        faults = Faults(self._cat("wrong"))
        faults.mark(_owners_of(spans, bad[codes]), Wrong.ATTRIBUTE)
        resource = self._cat("resource")
        faults.mark(_owners_of(resources, bad[of_groups])[resource], Wrong.RESOURCE)
        kept = faults.wrong == 0
        self._tell(faults, spans, self.pairing.cut[codes])
        most = len(keys[1])
        return self._built(kept, once(spans.only(kept), most), once(resources, most), keys[1], values[1])

    def _cat(self, name: str) -> Any:
        return np.concatenate([getattr(columns, name) for columns in self._columns])

    def _tell(self, faults: Faults, spans: Flat, cut: Truths) -> None:
        origin = self._cat("origin")
        for at in np.flatnonzero(faults.wrong):
            self.reject(int(origin[at, 0]), REASONS[Wrong(faults.wrong[at])], f"span {origin[at, 1] + 1}")
        kept = faults.wrong == 0
        self._notice(origin[kept & (self._cat("end") < self._cat("start")), 0], _NEGATIVE)
        if cut.any():
            self._notice(origin[spans.owners[cut], 0], _CUT)

    def _notice(self, messages: Codes, what: str) -> None:
        for message, count in zip(*np.unique(messages, return_counts=True), strict=True):
            self._messages[message].rejected.notice(what, int(count))

    def _built(self, kept: Truths, spans: Flat, resources: Flat, keys: list[str], values: list[str]) -> SpanBatch:
        everything = bool(kept.all())

        def column(name: str) -> Any:
            whole = self._cat(name)
            return whole if everything else whole[kept]

        resource = column("resource")
        of_spans, rest = promote(spans, "span", keys)
        of_resources, rest_of_resources = promote(resources, "resource", keys)
        codes = {**of_spans, **{attribute: one[resource] for attribute, one in of_resources.items()}}
        columns = {attribute: compact(one, values) for attribute, one in codes.items() if (one >= 0).any()}
        texts = {name: self._text(name, kept) for name in TEXTS}
        attributes = rest.pairs(keys, values)
        return SpanBatch(
            trace=column("trace"), span=column("span"), parent=column("parent"),
            start=column("start"), end=column("end"), kind=column("kind"), status=column("status"),
            weight=sampling.weights(texts["state"], attributes, int(kept.sum())),
            texts=texts, columns=columns, attributes=attributes,
            resource=rest_of_resources.spread(resource).pairs(keys, values),
        )  # fmt: skip

    def _text(self, name: str, kept: Truths) -> Coded:
        texts, codes = self._texts[name].things, np.concatenate(self._text_codes[name])[kept]
        if max(map(len, texts), default=0) <= limits.VALUE:
            return compact(codes, texts)
        if name in {"events", "links"}:  # a part of a list would be no JSON
            long = np.array([*(len(text) > limits.LIST for text in texts), False], np.bool_)
            return compact(np.where(long[codes], np.int32(-1), codes), texts)
        return compact(codes, [text[: limits.VALUE] for text in texts])


def _text_codes(coder: Coder[str], texts: Sequence[str]) -> Codes:
    if not any(texts):
        return np.full(len(texts), -1, np.int32)
    codes = coder.code(texts)
    if not all(texts):
        codes[[not text for text in texts]] = -1
    return codes


def _flat(counts: Codes, pairs: Codes, keys: _Texts, values: _Texts) -> Flat:
    return Flat(counts, keys[0][pairs], values[0][pairs])


def _owners_of(flat: Flat, pairs: Truths) -> Truths:
    """Which owners have one of these pairs: [n]."""
    found = np.zeros(len(flat.counts), np.bool_)
    if pairs.any():
        found[flat.owners[pairs]] = True
    return found


def _empty() -> SpanBatch:
    none, no_codes = np.zeros(0, np.int64), np.zeros(0, np.int32)
    nothing = Coded(no_codes, ())
    pairs = Pairs(np.zeros(1, np.int32), nothing, nothing)
    columns: Mapping[Attribute, Coded] = {}
    return SpanBatch(
        np.zeros((0, 16), np.uint8), np.zeros((0, 8), np.uint8), np.zeros((0, 8), np.uint8), none, none,
        np.zeros(0, np.int8), np.zeros(0, np.int8), np.zeros(0), dict.fromkeys(TEXTS, nothing), columns, pairs, pairs,
    )  # fmt: skip
