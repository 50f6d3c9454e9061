"""What `cdctl diag ping` shows: round trips of vehicles one by one, or by region when there are many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cdctl.cli import records
from cdctl.cli.broker_rows import spark
from cdctl.domain.diagnostics.trips import METHOD, Trip, summary
from cdctl.domain.fleet.privacy import masked, masked_in
from cdctl.domain.text import safe

if TYPE_CHECKING:
    from cdctl.cli.diag_asking import Pinged
    from cdctl.cli.fleet_rows import Render
    from cdctl.domain.orders.plan import Target

ON_A_SCREEN = 20
"""Vehicles that a table shows one by one; of more it shows regions."""
_LONGEST = 2000
_TIMES = ("p50_ms", "p90_ms", "p99_ms", "max_ms", "broker_ms", "vehicle_ms")


def figures(trips: Sequence[Trip]) -> dict[str, object]:
    """Round trips together; milliseconds, by nearest rank; broker_ms and vehicle_ms are medians."""
    found = summary(trips)
    return {
        "sent": found.sent,
        "received": found.answered,
        "loss": found.loss,
        "p50_ms": _ms(found.p50),
        "p90_ms": _ms(found.p90),
        "p99_ms": _ms(found.p99),
        "max_ms": _ms(found.most),
        "broker_ms": _ms(found.way),
        "vehicle_ms": _ms(found.vehicle),
        "history": spark([one.whole for one in trips]),
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def vehicles(targets: Sequence[Target], found: Pinged, hide: bool) -> list[dict[str, object]]:
    """A record a vehicle."""
    rows: list[dict[str, object]] = []
    for target in targets:
        vin, last = target.vin, found.last.get(target.vin)
        reason = last.reason if last else ""
        rows.append(
            {
                "vin": masked(vin) if hide else vin,
                "region": target.region,
                **figures(found.trips.get(vin, ())),
                "round_trips_ms": [_ms(one.whole) for one in found.trips.get(vin, ())],
                "state": last.course.state.value if last else "",
                "reason": masked_in(reason, vin) if hide else reason,
            }
        )
    return rows


def regions(targets: Sequence[Target], found: Pinged) -> list[dict[str, object]]:
    """A record a region, and one of all when there are several."""
    by_region: Mapping[str, list[str]] = defaultdict(list)
    for target in targets:
        by_region[target.region].append(target.vin)
    groups = dict(sorted(by_region.items()))
    if len(groups) > 1:
        groups["all"] = [target.vin for target in targets]
    return [
        {
            "region": region,
            "vehicles": len(vins),
            **figures([trip for vin in vins for trip in found.trips.get(vin, ())]),
        }
        for region, vins in groups.items()
    ]


def _shown(name: str, row: records.Record) -> str:
    value = row.get(name)
    return f"{value:,.1f}" if isinstance(value, float) else ""


def _loss(row: records.Record) -> str:
    return f"{row['loss']:.0%}" if isinstance(row.get("loss"), float) else ""


def _columns(*first: str, once: bool) -> list[records.Column]:
    """once: there was one ping a vehicle: its figures are one figure."""
    times = [records.Column(name, text=partial(_shown, name), wide=once and name in _TIMES[1:4]) for name in _TIMES]
    return [
        *map(records.Column, first),
        records.Column("sent", wide=once),
        records.Column("received", wide=once),
        records.Column("loss", text=_loss, wide=once),
        *times,
        records.Column("history", wide=once),
        records.Column("state"),
        records.Column("reason", shrinks=True),
    ]


def pings(targets: Sequence[Target], found: Pinged) -> Render:
    """All of it: the table of many is by region, `wide` and what programs read is by vehicle."""

    def render(form: str, hide: bool, width: int | None) -> str:
        if form == "table" and len(targets) > ON_A_SCREEN:
            return records.render(regions(targets, found), _columns("region", "vehicles", once=False), form, width)
        rows = vehicles(targets, found, hide)
        if form == "json":
            return records.document({"method": METHOD, "regions": regions(targets, found), "vehicles": rows})
        if form == "csv":
            rows = [{**row, "reason": safe(str(row["reason"]), _LONGEST)} for row in rows]
        once = form == "table" and all(row["sent"] == 1 for row in rows)
        return records.render(rows, _columns("vin", "region", once=once), form, width)

    return render
