"""What a decision is made of and what it is: observations in, actions out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cdctl.domain.orders.rollout.guards import Reading
from cdctl.domain.orders.rollout.tally import Tally


class Wish(StrEnum):
    """What an operator can want of a rollout."""

    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Control:
    """An operator's wish. It is signed, and who signs may want it: that was judged before. wave: the wave that is
    approved, counted from 0. anyway: resumes although guards burn or limits are crossed, for this wave."""

    wish: Wish
    by: str
    at: int
    why: str = ""
    wave: int = -1
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known now. wave: targets of the wave that runs; rollout: of all waves together. ready: targets of the
    wave whose time to be tried again has come. readings: the latest of each guard, by its text. controls: wishes since
    the last decision, in order. trouble: why nothing can be sent, empty when it can. began: since when whoever decides
    reads guards (epoch milliseconds): before that none can have been read."""

    wave: Tally
    rollout: Tally
    ready: int = 0
    readings: Mapping[str, Reading] = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    trouble: str = ""
    began: int = 0


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell so many more targets of this wave: `first` for the first time, in their order, and `again` of those that
    are ready. Whoever does it counts them before the next decision."""

    wave: int
    first: int
    again: int


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Withdraw every order that has not left, and ask vehicles to cancel what is open."""

    why: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Something that happened to the rollout, to be written down and shown. word: "started", "waiting", "approved",
    "refused", "paused", "resumed", "promoted", "soaking", "slower", "faster", "aborting", "aborted", "completed",
    "failed". by: an operator's name, or "rollout" itself."""

    word: str
    words: str
    by: str = "rollout"


Action = Publish | TakeBack | Tell
