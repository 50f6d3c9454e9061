"""The door `protocols`: how one fleet speaks. Topics and payloads in, facts about vehicles out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cdctl.domain.fleet.batch import Batch
from cdctl.domain.wire import Filter, Message


@dataclass(frozen=True, slots=True)
class Promises:
    """What a fleet's way of speaking guarantees. A feature that needs a missing one says so and does not guess.

    retained_births: a new subscriber is told of every vehicle. presence: connects and disconnects are told. sequence:
    births are numbered, so that a late death is known as late. dedupe: a vehicle runs an order once however often it
    arrives. cancel: a waiting order can be taken back. signed_replies: a result proves who gave it.
    """

    retained_births: bool = False
    presence: bool = False
    sequence: bool = False
    dedupe: bool = False
    cancel: bool = False
    signed_replies: bool = False


class Speech(Protocol):
    """One way of speaking, made from its settings (topic root, profile file) and the signals that are kept."""

    @property
    def promises(self) -> Promises:
        """What may be relied on."""
        ...

    def births(self, region: str) -> Sequence[Filter]:
        """The filters that tell of every vehicle of a region, and only of births and deaths: the retained snapshot, at
        QoS 0. Empty where there are none."""
        ...

    def stream(self, region: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        """The filters of everything that vehicles say from now on; for some vehicles alone when `vins` is given."""
        ...

    def decode(self, messages: Sequence[Message], region: str, batch: Batch) -> None:
        """Understand messages of a link of `region`, in order, into the batch. Never raises for what a vehicle sent:
        what cannot be understood is counted with `batch.reject`."""
        ...


class SpeechFactory(Protocol):
    """Makes a way of speaking. Raises UsageError or FileError when a setting or its profile is wrong."""

    def __call__(self, settings: Mapping[str, object], signals: Sequence[str]) -> Speech:
        """`settings` holds `topic_root` and, where given, `profile` (a parsed domain.fleet.profile.Profile).
        `signals` are VSS paths, in the order of their numbers in a batch."""
        ...
