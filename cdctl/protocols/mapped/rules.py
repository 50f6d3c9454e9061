"""One rule of a profile, ready to be applied: what a document says, all of it found before any of it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.profile import EventRule, MessageRule, Pointer, PresenceRule, Said
from cdctl.domain.wire import Message
from cdctl.protocols.mapped.payloads import (
    LONGEST_DETAIL,
    LONGEST_KIND,
    UNKNOWN_WORD,
    WRONG,
    Getter,
    UnreadableError,
    codes,
    millis,
    number,
    text,
)
from cdctl.protocols.mapped.topics import Joined

Told = dict[str, tuple[Presence, str, str]]
"""The last birth that each vehicle was given in this run: presence, model, software."""
_NOTHING = (Presence.UNKNOWN, "", "")


def pointers(rule: MessageRule) -> Iterator[Pointer]:
    """Every place of the payload that a rule looks at."""
    yield from rule.when
    yield from (measure.at for measure in rule.signals.values())
    if rule.time:
        yield rule.time.at
    if rule.presence and rule.presence.constant is None:
        yield rule.presence.at
    event = rule.event
    said = (rule.model, rule.software, event.kind if event else None, event.detail if event else None)
    yield from (text.at for text in said if text and not text.constant)
    if event and event.dtcs is not None:
        yield event.dtcs


class Rule:
    """A rule for the signals that are kept: `signals` are their VSS paths by number."""

    def __init__(self, rule: MessageRule, signals: Sequence[str], getters: Mapping[Pointer, Getter]) -> None:
        self._when = [(getters[at], wanted) for at, wanted in rule.when.items()]
        kept = [(i, rule.signals[path]) for i, path in enumerate(signals) if path in rule.signals]
        self._measures = [(i, getters[measure.at], measure) for i, measure in kept]
        self._time = (getters[rule.time.at], rule.time) if rule.time else None
        self._presence = _presence(rule.presence, getters) if rule.presence else None
        self._model, self._software = _said(rule.model, getters), _said(rule.software, getters)
        self._event = _event(rule.event, getters) if rule.event else None
        self._stands = bool(self._presence or self._model or self._software)
        self._telemetry = bool(rule.signals) or not (self._stands or self._event)
        self._live_only = rule.kept != "present"
        self.needed = rule.payload == "json" or self._stands or bool(self._event or self._measures)
        """Whether it has anything to tell when these signals are kept."""

    def applies(self, document: Any) -> bool:
        """Whether the document is of this rule's kind."""
        for get, wanted in self._when:
            value = get(document)
            if value != wanted and (value is None or isinstance(value, list | dict) or text(value) != wanted):
                return False
        return True

    def take(self, document: Any, vin: str, region: str, message: Message, batch: Batch, told: Told) -> None:
        """Tell the batch what the document says. Raises UnreadableError before anything is told."""
        values = []
        for i, get, measure in self._measures:
            value = get(document)
            if type(value) is float or type(value) is int:
                values.append(
                    (i, value * measure.scale + measure.offset if not measure.words else number(value, measure))
                )
            elif value is not None:
                values.append((i, number(value, measure)))
        ts = millis(self._time[0](document), self._time[1]) if self._time else 0
        retained = bool(message.retain)
        standing = self._standing(document, vin, region, ts, retained, told) if self._stands else None
        event = self._event(document, vin, region, ts) if self._event and not retained else None
        if self._telemetry:
            at, signals = len(batch.vins), batch.signals
            if retained:
                batch.retained.append(at)
            batch.vins.append(vin)
            batch.regions.append(region)
            batch.ts.append(ts)
            for i, value in values:
                kept = signals[i] if i in signals else signals.setdefault(i, ([], []))
                kept[0].append(at)
                kept[1].append(value)
        if standing:
            batch.standings.append(standing)
        if event:
            batch.events.append(event)
        if not (self._telemetry or standing or event):
            batch.ignored += 1

    def _standing(self, document: Any, vin: str, region: str, ts: int, retained: bool, told: Told) -> Standing | None:
        presence = self._presence(document) if self._presence else Presence.UNKNOWN
        if retained and self._live_only:  # it was there once; that says nothing of now
            presence = Presence.UNKNOWN
        model = self._model(document) if self._model else ""
        software = self._software(document) if self._software else ""
        word = (presence, model, software)
        # Births have no number here, so every message that proves presence is one: once a run is enough.
        if word == _NOTHING or (self._telemetry and told.get(vin) == word):
            return None
        if presence:
            told[vin] = word
        return Standing(vin, presence, region, None, ts or None, model, software, retained)


def _said(said: Said | None, getters: Mapping[Pointer, Getter]) -> Callable[[Any], str] | None:
    if said is None:
        return None
    if constant := said.constant:
        return lambda document: constant
    get = getters[said.at]

    def find(document: Any) -> str:
        value = get(document)
        return "" if value is None else text(value)

    return find


def _presence(rule: PresenceRule, getters: Mapping[Pointer, Getter]) -> Callable[[Any], Presence]:
    if rule.constant is not None:
        constant = rule.constant
        return lambda document: constant
    get, words, other = getters[rule.at], rule.words, rule.other

    def find(document: Any) -> Presence:
        value = get(document)
        if value is None:
            return Presence.UNKNOWN
        found = words.get(text(value), other)
        if found is None:
            raise UnreadableError(UNKNOWN_WORD)
        return found

    return find


def _event(rule: EventRule, getters: Mapping[Pointer, Getter]) -> Callable[[Any, str, str, int], Event]:
    kind, detail = _said(rule.kind, getters), _said(rule.detail, getters)
    dtcs = getters[rule.dtcs] if rule.dtcs is not None else None

    def make(document: Any, vin: str, region: str, ts: int) -> Event:
        name = kind(document) if kind else ""
        if not 0 < len(name) <= LONGEST_KIND:
            raise UnreadableError(WRONG)
        said = detail(document)[:LONGEST_DETAIL] if detail else ""
        return Event(vin, name, region, ts or None, codes(dtcs(document)) if dtcs else (), "", said)

    return make


def region_of(text: str) -> Joined | None:
    """Levels that name the region; None where the link's region holds."""
    return Joined(text) if text else None
