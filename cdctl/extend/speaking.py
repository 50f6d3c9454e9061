"""Makes a protocol and stands between its code and the intake: a bug in it is a counted message, and ingest goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.text import safe
from cdctl.domain.wire import Filter
from cdctl.errors import CdctlError, PluginError
from cdctl.extend.making import bug, made

if TYPE_CHECKING:
    from cdctl.domain.fleet.speech import Promises, Speech, SpeechFactory
    from cdctl.domain.ports import Plugin
    from cdctl.domain.wire import Message

T = TypeVar("T")
_MOST_REASONS = 64


def speech(
    plugin: Plugin, settings: Mapping[str, object], signals: Sequence[str], subject: str, *, trusted: bool = False
) -> Speech:
    """The protocol of a vetted plugin. What a stranger's code tells is looked through before anybody relies on it."""
    make = cast("SpeechFactory", plugin.make)
    return _Speech(made(lambda: make(settings, signals), plugin.room, subject), len(signals), subject, trusted)


class _Speech:
    def __init__(self, speech: Speech, signals: int, subject: str, trusted: bool) -> None:
        self._speech = speech
        self._signals = signals
        self._subject = subject
        self._trusted = trusted
        self._reasons: set[str] = set()

    @property
    def promises(self) -> Promises:
        return self._speech.promises

    def births(self, region: str) -> Sequence[Filter]:
        return self._filters("births", lambda: self._speech.births(region))

    def stream(self, region: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        return self._filters("stream", lambda: self._speech.stream(region, vins))

    def decode(self, messages: Sequence[Message], region: str, batch: Batch) -> None:
        mark = _Mark(batch)
        try:
            self._speech.decode(messages, region, batch)
            if self._trusted or not mark.lies(self._signals):
                self._few(mark)
                return
        except Exception:
            mark.undo()
        else:
            mark.undo()
        for message in messages:
            self._one(message, region, batch)

    def _one(self, message: Message, region: str, batch: Batch) -> None:
        """One message by itself, so that the one that the protocol stumbles over is the only one that is lost."""
        mark = _Mark(batch)
        try:
            self._speech.decode([message], region, batch)
            reason = mark.lies(self._signals)
        except Exception as error:
            reason = f"raised {type(error).__name__}"
        if reason:
            mark.undo()
            batch.reject(self._known(f"{self._subject} {reason}"), message.topic)
        else:
            self._few(mark)

    def _few(self, mark: _Mark) -> None:
        """A protocol that makes a reason of every message must not fill the memory."""
        if self._trusted:
            return
        counts = mark.batch.malformed
        for reason in [reason for reason in counts if self._known(reason) != reason]:
            counts[_OTHER] += counts.pop(reason)

    def _known(self, reason: str) -> str:
        if reason in self._reasons:
            return reason
        if len(self._reasons) >= _MOST_REASONS or len(reason) > 200:
            return _OTHER
        self._reasons.add(reason)
        return reason

    def _filters(self, name: str, ask: Callable[[], Sequence[Filter]]) -> Sequence[Filter]:
        try:
            found = list(ask())
        except CdctlError:
            raise
        except Exception as error:
            raise bug(error, name, self._subject) from error
        wrong = [each for each in found if not _is_filter(each)]
        if wrong:
            raise PluginError(
                f"its {name} gave {safe(repr(wrong[0]), 80)}, which asks for no topic", subject=self._subject
            )
        return found


_OTHER = "another reason"


def _is_filter(value: object) -> bool:
    if not isinstance(value, Filter) or not isinstance(value.topic, str) or not value.topic or "\0" in value.topic:
        return False
    levels = value.topic.split("/")
    return all(level in {"+", "#"} or not set(level) & set("+#") for level in levels) and "#" not in levels[:-1]


class _Mark:
    """How far a batch was filled, to look at what came since, or to take it back."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._vins, self._retained = len(batch.vins), len(batch.retained)
        self._regions, self._ts = len(batch.regions), len(batch.ts)
        self._standings, self._events = len(batch.standings), len(batch.events)
        self._signals = {number: (len(at), len(values)) for number, (at, values) in batch.signals.items()}
        self._malformed, self._ignored, self._example = batch.malformed.copy(), batch.ignored, batch.example

    def undo(self) -> None:
        batch = self.batch
        del batch.vins[self._vins :], batch.regions[self._regions :], batch.ts[self._ts :]
        del batch.retained[self._retained :], batch.standings[self._standings :], batch.events[self._events :]
        for number in [number for number in batch.signals if number not in self._signals]:
            del batch.signals[number]
        for number, (positions, values) in self._signals.items():
            del batch.signals[number][0][positions:], batch.signals[number][1][values:]
        batch.malformed, batch.ignored, batch.example = self._malformed, self._ignored, self._example

    def lies(self, signals: int) -> str:
        """What is wrong with what was told since; empty when nothing is."""
        batch, count = self.batch, len(self.batch.vins)
        told = (batch.vins[self._vins :], batch.regions[self._regions :], batch.ts[self._ts :])
        if not count == len(batch.regions) == len(batch.ts):
            return "told vehicles, regions and times of different number"
        if not (_all(told[0], str) and _all(told[1], str) and _all(told[2], int)):
            return "told a vehicle, region or time of the wrong type"
        if not all(isinstance(each, Standing) and _is_standing(each) for each in batch.standings[self._standings :]):
            return "told a birth of the wrong type"
        if not all(isinstance(each, Event) and _is_event(each) for each in batch.events[self._events :]):
            return "told an event of the wrong type"
        if not _within(batch.retained[self._retained :], self._vins, count):
            return "marked a message as kept that is not there"
        return self._wrong_signals(signals, count)

    def _wrong_signals(self, signals: int, count: int) -> str:
        for number, (positions, values) in self.batch.signals.items():
            known, _ = self._signals.get(number, (0, 0))
            if type(number) is not int or not 0 <= number < signals:
                return "told a signal that is not kept"
            if len(positions) != len(values) or not _within(positions[known:], self._vins, count):
                return "told a signal of a message that is not there"
            if not all(isinstance(value, int | float) for value in values[known:]):
                return "told a signal that is no number"
        return ""


def _all(values: Sequence[object], kind: type) -> bool:
    return all(type(value) is kind for value in values)


def _within(positions: Sequence[object], first: int, end: int) -> bool:
    return all(type(at) is int and first <= at < end for at in positions)


def _is_standing(told: Standing) -> bool:
    texts = _all((told.vin, told.region, told.model, told.software), str)
    numbers = all(number is None or type(number) is int for number in (told.seq, told.ts))
    sets = _is_codes(told.dtcs or ()) and _is_codes(told.caps or ())
    return texts and numbers and isinstance(told.presence, Presence) and sets


def _is_event(told: Event) -> bool:
    texts = _all((told.vin, told.kind, told.region, told.software, told.detail), str)
    return texts and (told.ts is None or type(told.ts) is int) and _is_codes(told.dtcs)


def _is_codes(codes: object) -> bool:
    return isinstance(codes, tuple) and _all(codes, str)
