"""The promise of remote commands in both forms, over the same days of the lab's platform: counters and spans agree."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from cdctl.application import wiring
from cdctl.application.evaluate import Options
from cdctl.domain.settings import Context, Settings, Traces
from cdctl.domain.slo.alert_windows import BURN_WINDOWS
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.slo.window import Rolling
from cdctl.files.shipped import shipped
from cdctl.lab.past import RECENT, STEP, TRACED, past
from cdctl.lab.past_spans import KEPT, write_spans
from cdctl.lab.remote_write import RECEIVE_FLAGS, remote_write
from cdctl.lab.scenarios import scenario
from cdctl.lab.servers import Prometheus
from cdctl.lab.spec_tests import Silent
from cdctl.lab.vehicles.population import population

END = 1_796_000_400 // 300 * 300
DAY = 86_400
COUNTED, TRACED_SLO = "remote-command-availability", "remote-command-availability-traces"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Mapping[str, Row]]]:
    """By promise and region, over one day."""
    folder = tmp_path_factory.mktemp("agree")
    made = past("bad-software", seed=4, vehicles=500, end=END, days=3)
    story = scenario("bad-software")
    write_spans(folder / "spans", story, population(story, 500, 4), made)
    with Prometheus(folder / "prometheus", retention="100y", flags=RECEIVE_FLAGS) as server:
        remote_write((one for one in made.series if one.name == TRACED), server.url)
        traces = Traces("store", str(folder / "spans"))
        sources = {"prometheus": {"url": server.url}, "traces": traces.table}
        settings = Settings(contexts={"x": Context("x", sources, traces=traces)}, default_context="x")
        specs = wiring.read_specs(settings, [str(shipped("slo_specs"))])
        slos = [replace(slo, window=Rolling(DAY)) for slo in specs.slos if slo.name in (COUNTED, TRACED_SLO)]
        doors = wiring.catalogue(settings, plugins=False)
        at = END - RECENT * STEP
        report = wiring.evaluate_slos(
            slos, settings, doors, progress=Silent(), cache=False, options=Options(at=at, history=False)
        )
    found: dict[str, dict[str, Row]] = {COUNTED: {}, TRACED_SLO: {}}
    for row in report.rows:
        found[row.name][row.group["region"]] = row
    yield found


@pytest.mark.parametrize("region", ["eu", "us", "cn"])
def test_they_agree_within_what_sampling_leaves_open(rows: Mapping[str, Mapping[str, Row]], region: str) -> None:
    """Every bad command has its span, and one in 64 of the good ones has."""
    counted, traced = rows[COUNTED][region], rows[TRACED_SLO][region]
    assert counted.good and counted.bad and traced.total and traced.interval and counted.total and counted.sli
    assert counted.coverage == pytest.approx(1, abs=0.01)
    assert traced.coverage == 1
    assert traced.bad == pytest.approx(counted.bad, rel=0.002)
    noise = math.sqrt((KEPT - 1) * counted.good)
    assert abs(traced.total - counted.total) < 4 * noise
    assert traced.sli == pytest.approx(counted.sli, abs=4 * noise * counted.bad / counted.total**2 + 1e-6)
    assert traced.interval[0] <= counted.sli <= traced.interval[1]


@pytest.mark.parametrize("region", ["eu", "us", "cn"])
def test_they_come_to_one_verdict(rows: Mapping[str, Mapping[str, Row]], region: str) -> None:
    counted, traced = rows[COUNTED][region], rows[TRACED_SLO][region]
    assert counted.verdict is traced.verdict
    assert counted.firing == traced.firing
    assert (traced.verdict is Verdict.BREACHED) == (region == "eu")
    assert traced.warnings == ()


def test_they_burn_alike(rows: Mapping[str, Mapping[str, Row]]) -> None:
    counted, traced = rows[COUNTED]["eu"], rows[TRACED_SLO]["eu"]
    assert counted.total
    told = {window: counted.total * seconds / DAY / KEPT for window, seconds in BURN_WINDOWS.items()}
    told = {window: kept for window, kept in told.items() if kept > 20 and BURN_WINDOWS[window] <= DAY}
    assert "6h" in told, "fewer kept spans than that say nothing of a window"
    for window, kept in told.items():
        one, other = counted.burn_rates[window], traced.burn_rates[window]
        assert one and other
        assert other == pytest.approx(one, rel=4 / math.sqrt(kept) + 0.01), window


def test_the_bad_twin_spans_counted_as_they_are_tell_of_another_platform(
    rows: Mapping[str, Mapping[str, Row]],
) -> None:
    traced = rows[TRACED_SLO]["us"]
    assert traced.bad and traced.good
    naive = traced.bad / (traced.bad + traced.good / KEPT)
    assert naive > 20 * traced.bad / (traced.bad + traced.good)
