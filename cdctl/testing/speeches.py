"""The contract of the protocols door, as a test for plugin authors.

def test_contract():
    plugin = catalogue_of(FOLDER).load("protocols", "acme")
    check_speech(plugin, [Sent("acme/1/data", b"...")], signals=["Vehicle.Speed"])
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from cdctl.domain.fleet.batch import Batch
from cdctl.domain.fleet.speech import Speech, SpeechFactory
from cdctl.domain.ports import Plugin
from cdctl.domain.wire import Filter
from cdctl.testing.contract import ContractError
from cdctl.testing.hostile import PAYLOADS, TEXTS, topics

_MOST_REASONS = 24
"""Reasons are counted for ever, so there may be few: they are about kinds of mistakes, not about messages."""
_REGION = "eu"


@dataclass(frozen=True)
class Sent:
    """A message as a link hands it on."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 0
    response_topic: str | None = None
    correlation_data: bytes | None = None
    user_properties: Sequence[tuple[str, str]] = field(default_factory=tuple)


def check_speech(
    plugin: Plugin,
    samples: Sequence[Sent],
    *,
    settings: Mapping[str, object] | None = None,
    signals: Sequence[str] = (),
) -> None:
    """Raise ContractError when a protocol does not keep the contract.

    samples: sound messages of every kind. settings: what it is made with. signals: the VSS paths that are kept.
    """
    make = cast("SpeechFactory", plugin.make)
    breaches = speech_breaches(lambda: make(settings or {}, signals), samples, signals=len(signals))
    if breaches:
        raise ContractError(f"the protocol {plugin.name!r}", breaches)


def speech_breaches(make: Callable[[], Speech], samples: Sequence[Sent], *, signals: int) -> tuple[str, ...]:
    """Every breach of the contract, in words. `make` makes the same protocol anew each time, without the catalogue's
    protection, which would hide its bugs; `signals` is how many are kept."""
    stdout = io.StringIO()
    with contextlib.redirect_stdout(stdout):
        breaches = [*_filters(make()), *_samples(make, samples, signals), *_hostile(make, samples, signals)]
        if not breaches:  # a batch that is wrong already says nothing of its neighbours
            breaches += _neighbours(make, samples)
    if stdout.getvalue():
        breaches.append("printed to stdout")
    return tuple(dict.fromkeys(breaches))


def _filters(speech: Speech) -> Iterator[str]:
    births, stream = speech.births(_REGION), speech.stream(_REGION)
    for name, filters in (
        ("births", births),
        ("stream", stream),
        ("stream of one vehicle", speech.stream("eu", ["V"])),
    ):
        yield from (f"{name} asks for {each!r}, which is no topic filter" for each in filters if not _is_filter(each))
    if speech.promises.retained_births and not births:
        yield "promises retained births, but has no filter for them"
    if not stream:
        yield "stream asks for nothing"
    if speech.stream(_REGION, []):
        yield "stream of no vehicle asks for something"


def _is_filter(each: object) -> bool:
    if not isinstance(each, Filter) or not each.topic or each.qos not in {0, 1, 2} or "\0" in each.topic:
        return False
    levels = each.topic.split("/")
    return "#" not in levels[:-1] and all(level in {"+", "#"} or not set(level) & set("+#") for level in levels)


def _samples(make: Callable[[], Speech], samples: Sequence[Sent], signals: int) -> Iterator[str]:
    if not samples:
        yield "there is no sample to look at"
    for sample in samples:
        batch, wrong = _decoded(make(), [sample], signals)
        where = f"the sample to {sample.topic!r}"
        if wrong:
            yield f"{where}: {wrong}"
            continue
        if batch.malformed:
            yield f"{where} is not understood: {batch.example}"
        if _told(batch) != _told(_decoded(make(), [sample], signals)[0]):
            yield f"{where} says something else the second time"


def _hostile(make: Callable[[], Speech], samples: Sequence[Sent], signals: int) -> Iterator[str]:
    speech, reasons = make(), set[str]()
    for sample in samples:
        sent = [Sent(sample.topic, payload) for payload in PAYLOADS]
        sent += [Sent(sample.topic, payload) for payload in _wounded(sample.payload)]
        sent += [Sent(topic, sample.payload, retain) for topic in topics(sample.topic) for retain in (False, True)]
        for message in sent:
            batch, wrong = _decoded(speech, [message], signals)
            reasons |= set(batch.malformed)
            if wrong:
                shown = f"{message.payload[:40]!r}{'...' if len(message.payload) > 40 else ''}"
                yield f"a hostile message ({shown} to {message.topic[:60]!r}): {wrong}"
    if len(reasons) > _MOST_REASONS:
        yield f"has {len(reasons)} reasons for malformed messages; each is kept for ever, so they must be few and fixed"
    if held := [reason for reason in reasons if any(text in reason for text in TEXTS)]:
        yield f"repeats what was sent as a reason: {held[0][:60]!r}"


def _wounded(payload: bytes) -> Iterator[bytes]:
    """The payload cut short, and with bytes that do not belong there."""
    for cut in range(0, len(payload), max(1, len(payload) // 16)):
        yield payload[:cut]
        yield payload[:cut] + b"\xff" + payload[cut:]
        yield payload[:cut] + b'"' + payload[cut + 1 :]


def _decoded(speech: Speech, messages: Sequence[Sent], signals: int) -> tuple[Batch, str]:
    """What a run of messages says, and what is wrong with how it is said."""
    batch = Batch()
    try:
        speech.decode(messages, _REGION, batch)
    except Exception as error:
        return Batch(), f"decode raised {type(error).__name__}: {error}"
    return batch, _inconsistent(batch, len(messages), signals)


def _inconsistent(batch: Batch, messages: int, signals: int) -> str:
    count = len(batch.vins)
    if not count == len(batch.regions) == len(batch.ts):
        return f"tells {count} vehicles, {len(batch.regions)} regions and {len(batch.ts)} times"
    if any(at not in range(count) for at in batch.retained):
        return "marks a position as kept that is not there"
    rejected = sum(batch.malformed.values())
    if rejected > messages:
        return "is rejected more than once"
    if count + len(batch.standings) + len(batch.events) + batch.ignored + rejected < messages:
        return "is neither told, ignored nor rejected"
    return _wrong_signals(batch, signals) or _wrong_types(batch)


def _wrong_signals(batch: Batch, signals: int) -> str:
    for number, (positions, values) in batch.signals.items():
        if number not in range(signals):
            return f"tells signal {number} of {signals}"
        if len(positions) != len(values) or any(at not in range(len(batch.vins)) for at in positions):
            return "tells a signal at positions that are not there"
        if not all(isinstance(value, int | float) for value in values):
            return "tells a signal that is no number"
    return ""


def _wrong_types(batch: Batch) -> str:
    ids = [*(each.vin for each in batch.standings), *(each.vin for each in batch.events)]
    texts = all(isinstance(text, str) for text in (*batch.vins, *batch.regions, *ids))
    return "" if texts and all(type(ts) is int for ts in batch.ts) else "tells an id, region or time of the wrong type"


def _neighbours(make: Callable[[], Speech], samples: Sequence[Sent]) -> Iterator[str]:
    """A run says what its messages say one by one, whatever stands between them; a filled batch is only added to."""
    speech, alone = make(), Batch()
    for sample in samples:
        speech.decode([sample], _REGION, alone)
    rubbish = [Sent(samples[0].topic, payload) for payload in PAYLOADS[:4]]
    run = [message for sample in samples for message in (sample, *rubbish)]
    together, noise = Batch(), Batch()
    make().decode(run, _REGION, together)
    make().decode(rubbish, _REGION, noise)
    good = [told for told in _told(together) if told not in _told(noise)]
    if good != [told for told in _told(alone) if told not in _told(noise)]:
        yield "a message is understood otherwise when there are others around it"


def _told(batch: Batch) -> list[object]:
    """What a batch says, without the places at which it does."""
    signals: dict[int, list[tuple[int, float]]] = {}
    for number, (positions, values) in sorted(batch.signals.items()):
        for at, value in zip(positions, values, strict=True):
            signals.setdefault(at, []).append((number, value))
    telemetry = [
        (vin, region, ts, at in batch.retained, tuple(signals.get(at, ())))
        for at, (vin, region, ts) in enumerate(zip(batch.vins, batch.regions, batch.ts, strict=True))
    ]
    return [*telemetry, *batch.standings, *batch.events]
