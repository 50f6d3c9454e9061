"""Spans that name no vehicle: its id stands in an attribute, and often in names, paths and messages, too."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cdctl.domain.fleet.privacy import VIN, masked, masked_in
from cdctl.domain.traces.attributes import VEHICLE_IDS
from cdctl.domain.traces.ports import SpanRow

_ANYWHERE = 6
"""Characters of an id from which it is hidden within a word, too; a shorter one is in half of all words."""
_WORD = re.compile(r"[A-Za-z0-9]+(?:[._:-][A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Za-z0-9]+")


def hidden(spans: Sequence[SpanRow]) -> list[SpanRow]:
    """The same spans with every id of a vehicle masked, wherever it stands: what an attribute says to be one, in all
    spans of the trace, and what is a VIN by its shape."""
    known: dict[str, set[str]] = {}
    own = [set(ids_of(span)) for span in spans]
    for span, ids in zip(spans, own, strict=True):
        known.setdefault(span.trace, set()).update(ids)
    return [_Hiding(ids, known[span.trace]).span(span) for span, ids in zip(spans, own, strict=True)]


def ids_of(span: SpanRow) -> Iterator[str]:
    """Ids of vehicles that a span names, as its attributes say, those of its events and links included."""
    for pairs in (span.attributes, span.resource):
        yield from (str(value) for key, value in pairs.items() if key in VEHICLE_IDS and str(value))
    for part in (*span.events, *span.links):
        yield from _told(part.get("attributes"))


def _told(attributes: object) -> Iterator[str]:
    """Ids in attributes as OTLP writes them: a list of keys, each with a value that says its type."""
    for one in attributes if isinstance(attributes, list | tuple) else ():
        if isinstance(one, Mapping) and one.get("key") in VEHICLE_IDS:
            value = one.get("value")
            yield from map(str, value.values() if isinstance(value, Mapping) else [value])


class _Hiding:
    """own: ids that the span itself names; known: those of its trace, which may be many."""

    def __init__(self, own: Collection[str], known: Collection[str]) -> None:
        self._own = sorted((one for one in own if len(one) >= _ANYWHERE), key=len, reverse=True)
        self._known = known

    def span(self, one: SpanRow) -> SpanRow:
        return replace(
            one,
            service=self._text(one.service),
            name=self._text(one.name),
            message=self._text(one.message),
            scope=self._text(one.scope),
            attributes=self._pairs(one.attributes),
            resource=self._pairs(one.resource),
            events=[self._value(event) for event in one.events],
            links=[self._value(link) for link in one.links],
        )

    def _pairs(self, said: Mapping[str, object]) -> dict[str, object]:
        return {
            self._text(key): masked(str(value)) if key in VEHICLE_IDS else self._value(value)
            for key, value in said.items()
        }

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            ids = set(_told([value]))
            return {self._text(str(key)): _masked(one) if ids and key == "value" else self._value(one)
                    for key, one in value.items()}  # fmt: skip
        if isinstance(value, list | tuple):
            return [self._value(one) for one in value]
        return masked(str(value)) if str(value) in self._known else value

    def _text(self, text: str) -> str:
        for one in self._own:
            text = masked_in(text, one)
        if self._known:
            text = _WORD.sub(lambda found: self._word(found[0]), text)
        return VIN.sub(lambda found: masked(found[0]), text)

    def _word(self, word: str) -> str:
        if word in self._known:
            return masked(word)
        return _PART.sub(lambda found: masked(found[0]) if found[0] in self._known else found[0], word)


def _masked(value: object) -> object:
    """The value of an attribute that names a vehicle."""
    return {kind: masked(str(one)) for kind, one in value.items()} if isinstance(value, Mapping) else masked(str(value))
