"""Whether a vehicle is there: what to believe of births and deaths that come late, twice, from the past or elsewhere.

One rule for one vehicle at a time, without columns, so that it can be read and tested alone.

- Sequence numbers decide first: what is newer is believed, what is older is late. A counter that began anew is believed
  only from a live birth, and only while no connection of the older numbers stands.
- What a broker had kept (retained) never overrules what was told live since the link is up.
- After a cut, a kept birth proves nothing if the broker may have been restarted meanwhile: the vehicle stays unknown
  until it speaks or connects again. A kept death is believed.
- A death from a region that the vehicle has left is late, unless it is newer.
- Telemetry makes a vehicle online that nobody could tell about. It never revives a dead one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from cdctl.domain.fleet.batch import Presence

_MOST_FLAPS = 65_535


class Flag(IntFlag):
    """Marks of a row."""

    INVENTORY = 1  # the inventory says it should exist
    SNAPSHOT = 2  # what is known was read from disk; the stream has not spoken of it yet
    SEEN = 4  # it was heard itself, now or before the snapshot (a message kept by the broker is no such thing)
    TOLD = 8  # its presence was told live by a birth or death since it was last unknown
    DUPLICATE = 16  # speaks from two regions at once
    WAS_ONLINE = 32  # its state before nobody could tell
    WAS_OFFLINE = 64


# Plain numbers: an operation of an enum costs ten times as much, and a reconnect storm is many births.
_UNKNOWN, _ONLINE, _OFFLINE = int(Presence.UNKNOWN), int(Presence.ONLINE), int(Presence.OFFLINE)
_TOLD, _SNAPSHOT, _WAS_ONLINE, _WAS_OFFLINE = (
    int(flag) for flag in (Flag.TOLD, Flag.SNAPSHOT, Flag.WAS_ONLINE, Flag.WAS_OFFLINE)
)
_WAS = _WAS_ONLINE | _WAS_OFFLINE
_KEEP = ~(_WAS | _TOLD | _SNAPSHOT)


@dataclass(slots=True)
class Life:
    """What is known of one vehicle's connection. seq: its number plus one, 0 for none. Times in epoch ms, 0 for not
    known; before: since when it was as it was before nobody could tell. heard: a link has spoken of it. region: a
    code."""

    presence: int = 0
    seq: int = 0
    since_ms: int = 0
    before_ms: int = 0
    flags: int = 0
    flaps: int = 0
    heard: bool = False
    region: int = 0


def believed(life: Life, presence: int, seq: int, retained: bool, *, elsewhere: bool, continuous: bool) -> bool:
    """Whether a birth (ONLINE) or death (OFFLINE) counts.

    seq: its number plus one, 0 for none. elsewhere: it comes from another region than the vehicle's. continuous: the
    broker is known not to have been restarted since before the last cut of its link.
    """
    birth = presence == _ONLINE
    if seq and life.seq and seq != life.seq:
        return seq > life.seq or (birth and not retained and life.presence != _ONLINE)
    if not birth and elsewhere and life.heard:
        return False
    if not retained:
        return True
    if life.flags & _TOLD:
        return False
    blind = life.flags & _WAS and not life.flags & _SNAPSHOT
    return not (birth and blind and not continuous)


def become(life: Life, presence: int, seq: int, retained: bool, now_ms: int) -> str:
    """Take a birth or death that is believed; returns what to tell those who watch: "online", "offline" or "".

    What is learnt from the past began at an unknown time, unless it is as it was before nobody could tell.
    """
    again = bool(seq and life.seq and seq != life.seq)
    was = _before(life)
    start = 0 if retained else now_ms
    if life.presence == _UNKNOWN:
        if was == presence and not again:
            told, start = "", life.before_ms
        elif was != _UNKNOWN:
            told, start = _word(presence), (life.since_ms if retained else now_ms)
        else:
            told = "" if retained else _word(presence)
        ended = was == _ONLINE and bool(told)
    elif life.presence == presence:
        reconnected = again and presence == _ONLINE
        told, ended = (_word(presence) if reconnected and not retained else ""), reconnected
        start = start if reconnected else life.since_ms
    else:
        told, ended = _word(presence), life.presence == _ONLINE
    life.flaps = min(life.flaps + ended, _MOST_FLAPS)
    life.presence, life.since_ms, life.before_ms = presence, start, 0
    life.seq = seq or life.seq
    life.flags = life.flags & _KEEP | (0 if retained else _TOLD)
    return told


def _before(life: Life) -> int:
    if life.flags & _WAS_ONLINE:
        return _ONLINE
    return _OFFLINE if life.flags & _WAS_OFFLINE else _UNKNOWN


def _word(presence: int) -> str:
    return "online" if presence == _ONLINE else "offline"
