"""How fresh and whole the picture of the fleet is: the status that every answer carries."""

from __future__ import annotations

import numpy as np

from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.inventory import ID_RULE
from cdctl.domain.fleet.layout import LINKS
from cdctl.domain.fleet.presence import Flag
from cdctl.domain.fleet.reading import FleetStatus
from cdctl.domain.fleet.tables import numbers_of_states
from cdctl.domain.fleet.view import FleetView, steady

SILENT_MS = 5_000
"""A writer beats once a second; after this long it is taken for gone."""


def status(columns: Columns, now_ms: int) -> FleetStatus:
    """How fresh and whole the picture is. online, offline, unknown and never_seen add up to `vehicles`."""
    view = FleetView(columns, now_ms, ("state", "snapshot"))
    states = numbers_of_states(view)
    old = int(((view.flags & Flag.SNAPSHOT) != 0).sum())
    taken_ms = int(columns.header["snapshot_ms"][0])
    counters, stalled = steady(columns, columns.counters), silent(columns, now_ms)
    return FleetStatus(
        at=now_ms / 1000,
        vehicles=view.n,
        never_seen=states["never"],
        online=states["online"],
        offline=states["offline"],
        unknown=states["unknown"],
        snapshot_age=(now_ms - taken_ms) / 1000 if old else None,
        received=counters["received"],
        decoded=counters["decoded"],
        dropped=counters["dropped"],
        malformed=counters["malformed"],
        rate=0.0 if stalled else float(columns.header["rate"][0]),
        malformed_by=steady(columns, columns.malformed),
        malformed_example=bytes(columns.header["example"][0]).decode("utf-8", "ignore"),
        settled=bool(columns.header["settled"][0]),
        links=columns.links.states(),
        notes=tuple(_notes(columns, now_ms, counters, old)),
        stalled=stalled,
    )


def silent(columns: Columns, now_ms: int) -> bool:
    """Whether whoever takes in has not said for too long that it lives."""
    beat_ms = int(columns.header["heartbeat_ms"][0])
    return bool(beat_ms) and now_ms - beat_ms > SILENT_MS


def _blind(columns: Columns) -> list[int]:
    """By number of the link: vehicles whose state was known before a cut of it, and is not yet again."""
    rows = columns.rows
    flags = columns.flags[:rows]
    lost = (flags & np.uint8(Flag.WAS_ONLINE | Flag.WAS_OFFLINE)) != 0
    lost &= (flags & np.uint8(Flag.SNAPSHOT)) == 0
    links = columns.link[:rows][lost]
    counts: list[int] = np.bincount(links, minlength=LINKS + 1).tolist()
    return counts


def _notes(columns: Columns, now_ms: int, counters: dict[str, int], old: int) -> list[str]:
    notes = []
    if silent(columns, now_ms):
        quiet = (now_ms - int(columns.header["heartbeat_ms"][0])) // 1000
        notes.append(f"nothing is taken in since {quiet} s: what is shown is as old as that")
    blind = _blind(columns)
    for number, link in enumerate(columns.links.states(), 1):
        if not link.up:
            why = f" ({link.note})" if link.note else ""
            notes.append(f"region {link.region}: no link{why}; its vehicles are unknown until it is back")
        elif link.note:
            notes.append(f"region {link.region}: {link.note}")
        if link.up and blind[number]:
            notes.append(f"region {link.region}: vehicles not heard of again since the link was cut: {blind[number]:,}")
    if old:
        notes.append(f"vehicles as the last run knew them, of which the stream has not spoken yet: {old:,}")
    if counters["dropped"]:
        dropped = counters["dropped"]
        notes.append(f"messages dropped before they were read: {dropped:,}; values may be older than said")
    if counters["table_full"]:
        notes.append("too many different models, versions, regions or trouble codes: some are kept as (other)")
    if counters["no_codes"]:
        notes.append(f"left out as no trouble codes (1 to 16 printable ASCII characters): {counters['no_codes']:,}")
    if counters["unlisted"]:
        notes.append(f"entries of the inventory left out as no ids ({ID_RULE}): {counters['unlisted']:,}")
    if counters["full"]:
        notes.append(f"{columns.layout.capacity:,} vehicles are the most that fit: messages of others were left out")
    if counters["duplicates"]:
        notes.append(
            f"times that a vehicle spoke from two regions at once: {counters['duplicates']:,}; see duplicate:yes"
        )
    return notes
