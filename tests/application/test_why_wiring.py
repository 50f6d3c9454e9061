"""Where explanations get events and vehicles from."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from cdctl.application import why_wiring
from cdctl.application.fleet import LocalFleet
from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns
from cdctl.domain.fleet.layout import Layout
from cdctl.domain.settings import Context, FileInventory
from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, Slo
from cdctl.domain.slo.window import Rolling
from cdctl.domain.why.explanation import Explanation
from cdctl.errors import Place
from cdctl.extend.catalogue import Catalogue
from cdctl.testing.clock import ManualClock

NOW = 1_800_000_000


def slo(name: str, source: str, service: str = "commands") -> Slo:
    ratio = Ratio(Query("{ }" if source == "traces" else "x", source), bad=Query("{ }", source))
    objective = Objective("ok", ratio, Decimal("0.99"))
    return Slo(name, service, (objective,), Budgeting.OCCURRENCES, Rolling(86_400), Place("x.yaml"))


def test_the_sibling_counts_spans_of_the_same_promise() -> None:
    own = slo("availability", "prometheus")
    by_spans = slo("availability-traces", "traces")
    others = [
        own, slo("availability-eu", "prometheus"), slo("latency-traces", "traces"),
        slo("availability-traces", "traces", "other"), by_spans,
    ]  # fmt: skip
    assert why_wiring.sibling(own, others) is by_spans
    assert why_wiring.sibling(own, others[:-1]) is None
    assert why_wiring.sources_of(by_spans) == {"traces"}


def test_without_a_broker_the_inventory_tells_of_vehicles(tmp_path: Path) -> None:
    file = tmp_path / "fleet.csv"
    file.write_text("vin,region,model,sw\nA,eu,i4,2\nB,us,ix,1\nC,us,ix,1\n")
    context = Context("x", inventory=FileInventory(str(file)))
    fleet = asyncio.run(why_wiring._listed(context, Catalogue(enabled=False), frozenset({"A", "B"})))
    assert fleet is not None
    assert len(fleet) == 2
    then = fleet.then(["A", "C"], np.array([0, 1], np.int32), np.array([NOW, NOW], np.int64))
    assert then.named.tolist() == [True, False]
    assert then.assumed.tolist() == [True, False]
    missing = replace(context, inventory=FileInventory(str(tmp_path / "none.csv")))
    assert asyncio.run(why_wiring._listed(missing, Catalogue(enabled=False), frozenset({"A"}))) is None
    assert asyncio.run(why_wiring._listed(Context("x"), Catalogue(enabled=False), frozenset({"A"}))) is None


@pytest.mark.parametrize("many", [3, 200, 5_000])
def test_a_fleet_tells_what_vehicles_are_and_what_changed(many: int) -> None:
    layout = Layout(("soc",), 10_000)
    columns = Columns(layout, memoryview(bytearray(layout.size)))
    columns.link_up("eu", "mqtts://eu", NOW * 1000 - 500_000)
    vins = [f"V{number:05}" for number in range(many)]
    born = [Standing(vin, Presence.ONLINE, "eu", 1, model="i4", software="1") for vin in vins]
    columns.apply(Batch(standings=born), (NOW - 100) * 1000, "eu")
    columns.apply(Batch(events=[Event("V00001", "sw.changed", "eu", None, (), "2")]), (NOW - 50) * 1000, "eu")
    columns.header["settled"] = 1
    fleet = asyncio.run(why_wiring._lived(LocalFleet(columns, ManualClock(NOW)), vins, NOW - 1000))
    assert len(fleet) == many
    then = fleet.then(vins, np.array([1, 1, 2], np.int32), np.array([NOW - 51, NOW - 50, NOW], np.int64))
    software = then.columns["sw"]
    assert [software.values[code] if code >= 0 else "" for code in software.codes] == ["", "2", "1"]


def test_every_form_is_rendered() -> None:
    from why_told import told

    found: Explanation = told()
    assert why_wiring.render(found, "json").startswith('{\n  "schema": "cdctl.why/v1"')
    assert why_wiring.render(found, "html").startswith("<!doctype html>")
    assert why_wiring.render(found, "table") == why_wiring.render(found, "wide")
    assert why_wiring.render(found, "table").startswith("region eu with software 23-07.60")
