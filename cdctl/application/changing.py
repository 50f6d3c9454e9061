"""What was changed, from everywhere it is told: files, the fleet itself, our own orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from cdctl.domain.changes import Change, Share, spread
from cdctl.domain.fleet.archive import GROUPED
from cdctl.domain.fleet.reading import Minute
from cdctl.domain.orders.keeping import Record

JOURNAL = "journal"
_MANY = 10
"""Orders to fewer vehicles change no promise."""


def of_fleet(minutes: Iterable[Minute], by: Sequence[str] = GROUPED) -> list[Change]:
    """Versions that spread, from a fleet's minutes by region and software."""
    region, version = by.index("region"), by.index("sw")
    whole: dict[tuple[int, str], int] = defaultdict(int)
    running: dict[tuple[int, str, str], int] = defaultdict(int)
    for one in minutes:
        place, runs = one.group[region], one.group[version]
        whole[one.start, place] += one.vehicles
        running[one.start, place, runs] += one.vehicles
    return spread(
        Share(start, place, runs, count, whole[start, place])
        for (start, place, runs), count in sorted(running.items())
        if runs
    )


def of_orders(records: Iterable[Record]) -> list[Change]:
    """What was told to many vehicles at once: a plan or a rollout changes more than a deployment does."""
    found: dict[str, Change] = {}
    for record in records:
        targets = record.body.get("targets")
        count = len(targets) if isinstance(targets, Sequence) else 0
        told = record.body.get("rollout")
        rollout = str(told.get("name", "")) if isinstance(told, Mapping) else ""
        if count < _MANY or record.subject in found:
            continue
        what = f"{record.body.get('command', '')} to {count:,} vehicles" + (f" (rollout {rollout})" if rollout else "")
        labels: Mapping[str, str] = {"reason": str(record.body.get("reason") or "")}
        found[record.subject] = Change(record.at / 1000, "orders", what, by=record.actor, labels=labels, source=JOURNAL)
    return list(found.values())
