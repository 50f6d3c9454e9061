"""What a span store needs now and then: what is too old goes, small files become large ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from cdctl.stores.spans.files import proven
from cdctl.stores.spans.folder import SpanFolder
from cdctl.stores.spans.manifest import HOUR, SpanFile
from cdctl.stores.spans.merging import merged

GRACE = 120.0
"""Seconds for which a file that is no longer alive stays on disk: whoever read the manifest before has it so long."""
SETTLED = 120.0
"""Seconds after which an hour, or a file, is taken to be over: late spans have come."""
_LONG_QUIET = 3_600.0
_TIER = 16
"""Files of about one size that become one, so that every span is written again a few times, not a few hundred."""
_SMALLEST_TIER = 4_096
_AT_ONCE = 16
"""Files that become one at most: each that is being read takes some megabytes."""
_WORTH_IT = 20
"""A large file is written again when what comes to it is not less than its twentieth."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long (seconds since the end of a span) and how much (bytes) is kept; None: everything."""

    seconds: float | None = None
    most: int | None = None


class Tending:
    """Looks after the store of one writer. One thread calls it, beside those that write."""

    def __init__(self, folder: SpanFolder, keeping: Keeping, clock: Callable[[], float]) -> None:
        self._folder, self._keeping, self._clock = folder, keeping, clock
        self._bad: set[int] = set()
        self.notes: list[str] = []
        self.dropped = 0
        """Spans that were too old, or too many."""

    def once(self, going: Callable[[], bool] = lambda: True) -> None:
        """Do all there is to do, until `going` says no. Raises UnavailableError; what was there is there then."""
        self._folder.clear(self._clock() - GRACE)
        self._folder.say_past()
        self._drop()
        while going() and (group := plan(self._sound(), self._clock())):
            self._merge(group, going)

    def _sound(self) -> list[SpanFile]:
        return [file for file in self._folder.files() if file.number not in self._bad]

    def _merge(self, group: Sequence[SpanFile], going: Callable[[], bool]) -> None:
        folder = self._folder
        wrong = {file.number: why for file in group if (why := proven(folder.data, file))}
        if not wrong:
            try:
                made = merged(folder.data, group, folder.number(), self._clock(), going)
            except InterruptedError:
                return
            except ValueError as error:  # a page whose checksum is wrong although the file's is right
                wrong = {file.number: str(error) for file in group}
            except OSError as error:
                raise folder.unavailable(error) from None
            else:
                folder.replace(group, [made])
        for file in group:
            if file.number in wrong:
                self._bad.add(file.number)
                self.notes.append(f"{folder.data / file.name}: {wrong[file.number]}; {file.rows} spans are lost")

    def _drop(self) -> None:
        keeping = self._keeping
        files = sorted(self._folder.files(), key=lambda file: file.last)
        old = set()
        if keeping.seconds is not None:
            edge = (self._clock() - keeping.seconds) * 1e9
            old = {file.number for file in files if file.last < edge}
        if keeping.most is not None:
            size = sum(file.size for file in files if file.number not in old)
            for file in files:
                if size <= keeping.most:
                    break
                if file.number not in old:
                    old.add(file.number)
                    size -= file.size
        found = [file for file in files if file.number in old]
        if found:
            self._folder.replace(found, [], until=max(file.last for file in found) // 10**9 + 1)
            self.dropped += sum(file.rows for file in found)


def plan(files: Sequence[SpanFile], now: float) -> list[SpanFile]:
    """Files of one hour that had better be one; none when all is well."""
    for hour, found in groupby(sorted(files, key=lambda file: file.hour), key=lambda file: file.hour):
        of_hour = list(found)
        quiet = now - max(file.made for file in of_hour)
        over = now > (hour + 1) * HOUR + SETTLED and quiet > SETTLED
        group = _whole_hour(of_hour, quiet) if over else _tier(of_hour)
        if len(group) > 1:
            return sorted(group, key=lambda file: file.rows)[:_AT_ONCE]
    return []


def _whole_hour(files: list[SpanFile], quiet: float) -> list[SpanFile]:
    *small, largest = sorted(files, key=lambda file: file.rows)
    if quiet > _LONG_QUIET or sum(file.rows for file in small) * _WORTH_IT >= largest.rows:
        return files
    return small


def _tier(files: list[SpanFile]) -> list[SpanFile]:
    tiers: defaultdict[int, list[SpanFile]] = defaultdict(list)
    for file in files:
        tier, size = 0, _SMALLEST_TIER
        while file.rows >= size:
            tier, size = tier + 1, size * _TIER
        tiers[tier].append(file)
    return next((group for _, group in sorted(tiers.items()) if len(group) >= _TIER), [])
