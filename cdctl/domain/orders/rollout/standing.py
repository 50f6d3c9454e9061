"""Where a rollout stands: everything that the next decision needs beside what can be counted, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from math import inf, isinf

from cdctl.domain.orders.rollout.pacing import Bucket


class Phase(StrEnum):
    """Which part of its life a rollout is in. It can be paused in the second to the fourth."""

    PLANNED = "planned"
    WAITING = "waiting"  # for approval of the wave
    RUNNING = "running"
    SOAKING = "soaking"
    ABORTING = "aborting"  # nothing is sent any more; what is open is taken back
    ABORTED = "aborted"
    COMPLETED = "completed"
    FAILED = "failed"  # a wave had too few successes

    @property
    def terminal(self) -> bool:
        """Never changes any more."""
        return self in TERMINAL


TERMINAL = frozenset({Phase.ABORTED, Phase.COMPLETED, Phase.FAILED})


class Cause(StrEnum):
    """Why a rollout is paused."""

    OPERATOR = "operator"
    GUARD = "guard"
    NO_DATA = "no data"
    LIMIT = "limit"
    DEADLINE = "deadline"
    HOURS = "hours"
    TROUBLE = "trouble"  # a link is cut, a journal is full

    @property
    def lifts(self) -> bool:
        """Whether it goes away by itself when what caused it does. The others wait for an operator."""
        return self in {Cause.NO_DATA, Cause.HOURS, Cause.TROUBLE}


@dataclass(frozen=True, slots=True)
class Pause:
    """One reason to be paused. key: of which guard, limit or operator; there is one for each cause and key."""

    cause: Cause
    key: str
    words: str
    since: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A rollout at one time. Instants are epoch milliseconds.

    wave: counted from 0. since: when the phase began; began: when the wave did. pauses: all of them must be gone before
    it goes on. approvers: of this wave. waived: guards and limits that an operator told not to pause this wave. rate:
    orders a minute now; bucket: what may be published at once; bound: the rate is what held it back last. adapted: the
    instant of the readings that the rate follows. reason: why it ended, or what it waits for.
    """

    phase: Phase = Phase.PLANNED
    wave: int = 0
    since: int = 0
    began: int = 0
    pauses: tuple[Pause, ...] = ()
    approvers: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    rate: float = inf
    bucket: Bucket = field(default_factory=Bucket)
    bound: bool = False
    adapted: int = 0
    reason: str = ""

    @property
    def shown(self) -> str:
        """The word for people: "paused" while any pause holds."""
        return "paused" if self.pauses and not self.phase.terminal else self.phase.value

    def paused(self, cause: Cause, key: str) -> bool:
        """Whether this pause holds."""
        return any(pause.cause is cause and pause.key == key for pause in self.pauses)


def to_plain(standing: Standing) -> dict[str, object]:
    """As JSON has it, for a note in the journal. A rate without bounds is null."""
    body = asdict(standing)
    body["bucket"] = {"tokens": _finite(standing.bucket.tokens), "at": standing.bucket.at}
    body["rate"] = _finite(standing.rate)
    return body


def from_plain(body: Mapping[str, object]) -> Standing:
    """What `to_plain` wrote. Raises ValueError for anything else, by the name of the key."""
    names = {one.name for one in fields(Standing)}
    if set(body) != names:
        raise ValueError(f"not the state of a rollout: {', '.join(sorted(names ^ set(body)))}")
    bucket = _mapping(body["bucket"], "bucket")
    pauses = body["pauses"]
    if not isinstance(pauses, list | tuple):
        raise ValueError("pauses is not a list")
    return Standing(
        Phase(_text(body["phase"], "phase")),
        _whole(body["wave"], "wave"),
        _whole(body["since"], "since"),
        _whole(body["began"], "began"),
        tuple(_pause(_mapping(one, "pauses")) for one in pauses),
        _texts(body["approvers"], "approvers"),
        _texts(body["waived"], "waived"),
        _number(body["rate"], "rate"),
        Bucket(_number(bucket.get("tokens"), "tokens"), _whole(bucket.get("at"), "at")),
        body["bound"] is True,
        _whole(body["adapted"], "adapted"),
        _text(body["reason"], "reason"),
    )


def _pause(body: Mapping[str, object]) -> Pause:
    since = _whole(body.get("since"), "since")
    return Pause(
        Cause(_text(body.get("cause"), "cause")),
        _text(body.get("key"), "key"),
        _text(body.get("words"), "words"),
        since,
    )


def _finite(value: float) -> float | None:
    return None if isinf(value) else value


def _number(value: object, name: str) -> float:
    if value is None:
        return inf
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is not a number")
    return float(value)


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is not a whole number")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")
    return str(value)


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} is not a list")
    return tuple(_text(one, name) for one in value)


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not a mapping")
    return value
