"""The port `Journal`: what is written down before and after everything that is done. It is the audit trail, too: one
append-only chain of records, in which each record holds the hash of the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cdctl.domain.orders.order import Course, Order

CHECKPOINT = "checkpoint"
"""The kind of the notes that hold the head of the chain: body {"number", "hash", "at", "seal"}."""
SEAL = "application/vnd.cdctl.checkpoint.v1+json"
"""Payload type of a checkpoint's seal: an envelope over {"v": 1, "number", "hash", "at"}."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An order is about to be sent: written down, durably, before any publish. session: whose replies it awaits."""

    order: Order
    envelope: bytes
    session: str
    actor: str
    at: int


@dataclass(frozen=True, slots=True)
class Move:
    """An order moved, or something was heard of it. course: how it is now. late: it had ended."""

    order: str
    course: Course
    heard: str
    at: int
    reason: str = ""
    result: Mapping[str, object] = field(default_factory=dict)
    took: int = 0
    by: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Anything else that must not be lost. kind: "plan", "session" (which plan a
    session sends), "approval", "refusal", "cancel", "rollout", "guard", "key",
    "break-glass", "forged", "checkpoint". subject: a plan's hash, a rollout's id, a VIN."""

    kind: str
    subject: str
    actor: str
    at: int
    body: Mapping[str, object] = field(default_factory=dict)


Entry = Intent | Move | Note


@dataclass(frozen=True, slots=True)
class Kept:
    """An order as the journal has it."""

    order: Order
    envelope: bytes
    session: str
    course: Course
    reason: str
    result: Mapping[str, object]
    took: int
    by: str
    lates: int


@dataclass(frozen=True, slots=True)
class Record:
    """One link of the chain. hash: SHA-256 over the record before and this one's content."""

    number: int
    at: int
    kind: str
    subject: str
    actor: str
    body: Mapping[str, object]
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain at one time. Kept elsewhere, it shows that nothing before it was changed or cut off."""

    number: int
    hash: str
    at: int


class Journal(Protocol):
    """Durable memory, shared by several processes. Raises UnavailableError when it cannot be written or read, with
    which record is bad; a journal that cannot be written must stop whatever would be sent."""

    async def write(self, entries: Sequence[Entry], *, ending: bool = False) -> None:
        """Returns when all are on the disk (one group commit for everybody who writes at that time). All or nothing.
        ending: an abort or an end of something that is under way, which may use the reserved space of a full disk."""
        ...

    def orders(
        self, *, plan: str = "", vin: str = "", session: str = "", open_only: bool = False, limit: int | None = None
    ) -> Iterable[Kept]:
        """Orders, newest first; with `open_only` those that have not ended."""
        ...

    def order(self, id: str) -> Kept | None:  # noqa: A002 - the field's own word
        """One order, by its id or by a beginning of it that only one has."""
        ...

    def records(
        self, *, after: int = 0, kind: str = "", subject: str = "", limit: int | None = None
    ) -> Iterable[Record]:
        """The chain in order."""
        ...

    def head(self) -> Head:
        """The end of the chain; number 0 when it is empty."""
        ...

    def verify(self, head: Head | None = None) -> Sequence[str]:
        """Every fault of the chain and of the tables over it, a line each, with the record's number; none when whole.
        With a head from elsewhere also whether the chain reaches and holds it."""
        ...

    async def aclose(self) -> None:
        """Write what is queued, and let go."""
        ...
