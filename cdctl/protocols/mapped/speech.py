"""A fleet that nobody designed for cdctl, understood by its profile (port Speech)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from cdctl.domain.fleet.batch import Batch, Presence
from cdctl.domain.fleet.profile import MessageRule, PresenceRule, Profile
from cdctl.domain.fleet.speech import Promises
from cdctl.domain.wire import Filter, Message
from cdctl.protocols.mapped.payloads import LARGEST, WRONG, UnreadableError, json_reader, value_reader
from cdctl.protocols.mapped.rules import Rule, Told, pointers, region_of
from cdctl.protocols.mapped.topics import Joined, Naming, Topics, wildcard


class _Entry:
    """All rules of one topic: the payload is decoded once, the first rule that applies is taken."""

    __slots__ = ("decode", "region", "rules", "vehicle")

    def __init__(self, rules: list[Rule], decode: Callable[[bytes], Any], vehicle: Naming, region: Naming) -> None:
        self.rules = rules
        self.decode = decode
        self.vehicle = vehicle
        self.region = region


class MappedSpeech:
    """Topics and payloads as a profile has them, for the signals that are kept."""

    def __init__(self, profile: Profile, signals: tuple[str, ...]) -> None:
        self._vehicle, self._region = Joined(profile.vehicle), region_of(profile.region)
        by_topic: dict[tuple[str, ...], list[MessageRule]] = {}
        for message in profile.messages:
            by_topic.setdefault(_shape(message), []).append(message)
        self._asked: list[tuple[MessageRule, bool]] = []
        entries = [(messages[0], self._entry(messages, signals)) for messages in by_topic.values()]
        self._topics = Topics(entries)
        self.promises = Promises(
            retained_births=any(_is_birth(message) for message in profile.messages),
            presence=any(_tells_of_death(message.presence) for message in profile.messages if message.presence),
        )

    def _entry(self, messages: list[MessageRule], signals: tuple[str, ...]) -> _Entry:
        first = messages[0]
        wanted = [at for message in messages for at in pointers(message)]
        decode, getters = (json_reader if first.payload == "json" else value_reader)(wanted)
        rules = [Rule(message, signals, getters) for message in messages]
        self._asked += [(message, rule.needed) for message, rule in zip(messages, rules, strict=True)]
        region: Naming = self._region.of(first.names) if self._region else _none
        return _Entry(rules, decode, self._vehicle.of(first.names), region)

    def births(self, region: str) -> Sequence[Filter]:
        """The topics whose kept messages say who is there; empty where the profile has none."""
        known = self._known(region)
        return [Filter(topic) for topic in dict.fromkeys(wildcard(m, known) for m, _ in self._asked if _is_birth(m))]

    def stream(self, region: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        """Every topic that tells something of use: values of signals that are not kept are not asked for."""
        known = self._known(region)
        levels = [{}] if vins is None else list(filter(None, map(self._vehicle.levels, vins)))
        filters: dict[str, Filter] = {}
        for names in levels:
            for message, needed in self._asked:
                if needed:
                    topic = wildcard(message, {**known, **names})
                    before = filters.get(topic, Filter(topic, 0, retained=False))
                    retained = before.retained or message.kept == "past"
                    filters[topic] = Filter(topic, max(message.qos, before.qos), retained)
        return list(filters.values())

    def _known(self, region: str) -> Mapping[str, str]:
        return (self._region.levels(region) if self._region else None) or {}

    def decode(self, messages: Sequence[Message], region: str, batch: Batch) -> None:
        """Understand messages in order; see the port."""
        find, told = self._topics.find, Told()
        for message in messages:
            topic = message.topic
            try:
                levels = topic.split("/")
                entry = find(levels)
                if entry is None:
                    batch.reject("foreign topic" if self._topics.foreign(levels) else "wrong topic", topic)
                    continue
                payload = message.payload
                if len(payload) > LARGEST:
                    raise UnreadableError("payload too large")
                # Nothing at all means that the broker was told to forget what it kept.
                document = entry.decode(payload) if payload else None
                rule = _first(entry.rules, document)
                if rule is None:
                    batch.ignored += 1
                else:
                    rule.take(document, entry.vehicle(levels), entry.region(levels), message, batch, told)
            except (ValueError, ArithmeticError, msgspec.MsgspecError, RecursionError) as error:
                batch.reject(_reason(error), topic)


def _first(rules: list[Rule], document: Any) -> Rule | None:
    if document is None:
        return None
    for rule in rules:
        if rule.needed and rule.applies(document):
            return rule
    return None


def _none(levels: Sequence[str]) -> str:
    return ""


def _shape(message: MessageRule) -> tuple[str, ...]:
    named = set(message.names.values())
    return tuple("+" if i in named else level for i, level in enumerate(message.levels))


def _is_birth(message: MessageRule) -> bool:
    return message.kept == "present" and message.presence is not None


def _tells_of_death(rule: PresenceRule) -> bool:
    return Presence.OFFLINE in {rule.constant, rule.other, *rule.words.values()}


_REASONS: dict[type[Exception], str] = {
    msgspec.ValidationError: WRONG,
    msgspec.DecodeError: "not JSON",
    RecursionError: "nested too deep",
}
"""Few and fixed words, so that counting them stays small whatever is sent."""


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UnreadableError) else _REASONS.get(type(error), WRONG)
