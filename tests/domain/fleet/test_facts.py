"""What a vehicle is may be told without a word on whether it is there."""

from __future__ import annotations

from cdctl.domain.fleet.batch import Batch, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Counter


def test_facts_change_what_a_vehicle_is_and_nothing_else(fleet: Columns, now: int) -> None:
    fleet.apply(Batch(standings=[Standing("A", Presence.ONLINE, "eu", model="i3")]), now, "eu")
    facts = [Standing(vin, Presence.UNKNOWN, "us", model="i4", software="23-07", dtcs=("P1",)) for vin in ("A", "B")]
    fleet.apply(Batch(standings=facts), now + 5_000, "eu")
    models, softwares = fleet.models.texts(), fleet.softwares.texts()
    assert [models[code] for code in fleet.model[:2]] == ["i4", "i4"]
    assert [softwares[code] for code in fleet.software[:2]] == ["23-07", "23-07"]
    assert fleet.presence[:2].tolist() == [Presence.ONLINE, Presence.UNKNOWN]
    assert (fleet.since_ms[0], fleet.seen_ms[1]) == (now, 0)
    assert fleet.regions.texts()[fleet.region[0]] == "eu"
    assert fleet.header["counters"][0, Counter.LATE] == 0
