"""The simulated platform counts what its scenario says, and goes on where its past ended."""

import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest

from cdctl.lab.child import find_program
from cdctl.lab.history import Series
from cdctl.lab.model import DAY, Latencies, Level, Region, curve, outcome_shares
from cdctl.lab.past import STEP, past
from cdctl.lab.platform import Live, Platform
from cdctl.lab.scenarios import scenario
from cdctl.lab.servers import get

END = 1_790_000_000 // STEP * STEP


@pytest.fixture(scope="module")
def made():
    return past("bad-software", seed=3, vehicles=1_000_000, end=END, days=20)


def pick(series: list[Series], name: str, **labels: str) -> np.ndarray:
    found = [one for one in series if one.name == name and labels.items() <= one.labels.items()]
    assert len(found) == 1
    return found[0].values


def bad_ratio(made, region: str, since: float) -> float:
    counts = {
        outcome: pick(made.series, "remote_command_total", outcome=outcome, region=region)
        for outcome in ("succeeded", "rejected", "failed", "timeout")
    }
    first = -int(since * DAY / STEP)
    grown = {outcome: values[-1] - values[first] for outcome, values in counts.items()}
    return (grown["failed"] + grown["timeout"]) / sum(grown.values())


def test_the_incident_is_where_and_when_the_scenario_says(made):
    assert bad_ratio(made, "eu", 1) == pytest.approx(0.0861, rel=0.02)
    assert bad_ratio(made, "us", 1) == pytest.approx(0.0025, rel=0.1)


def test_calm_has_no_incident():
    calm = past("calm", seed=3, vehicles=1_000_000, end=END, days=2)
    assert bad_ratio(calm, "eu", 1) == pytest.approx(0.0025, rel=0.1)


def test_counters_never_fall_and_instants_are_even(made):
    for one in made.series:
        assert np.all(np.diff(one.times) == STEP)
        if not one.name.endswith("_seconds"):
            assert np.all(np.diff(one.values) >= 0)
    assert made.series[0].times[-1] == END


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(made):
    again = past("bad-software", seed=3, vehicles=1_000_000, end=END, days=20)
    other = past("bad-software", seed=4, vehicles=1_000_000, end=END, days=20)
    assert np.array_equal(made.series[0].values, again.series[0].values)
    assert not np.array_equal(made.series[0].values, other.series[0].values)


def test_buckets_of_a_histogram_nest(made):
    name = "remote_command_duration_seconds"
    counts = [pick(made.series, f"{name}_bucket", region="eu", le=le)[-1] for le in ("1", "5", "15", "+Inf")]
    assert counts == sorted(counts)
    assert counts[-1] == pick(made.series, f"{name}_count", region="eu")[-1]
    mean = pick(made.series, f"{name}_sum", region="eu")[-1] / counts[-1]
    assert 1 < mean < 5


def test_shares_of_a_histogram_are_those_of_its_distribution():
    shares = Latencies("x", 1.0, median=2.0, spread=1.0, bounds=(2.0, 4.0)).shares()
    assert shares.tolist() == pytest.approx([0.5, 0.2559, 0.2441], abs=1e-4)


@pytest.mark.parametrize("region", scenario("calm").regions)
def test_the_daily_curve_means_one(region):
    assert curve(np.arange(0, 7 * DAY, 60.0), region).mean() == pytest.approx(1.03, abs=0.04)


def test_nights_are_quieter_than_evenings():
    here = Region("x", 1.0, 0.0)
    monday = 4 * DAY
    night, evening = curve(np.array([monday + 3 * 3600, monday + 17.5 * 3600]), here)
    assert evening > 4 * night
    assert curve(np.array([monday - DAY + 17.5 * 3600]), here)[0] == pytest.approx(0.8 * evening)


def test_a_small_fleet_is_made_busier():
    few = past("calm", seed=1, vehicles=10, end=END, days=1)
    assert few.standing.vehicles >= 200_000
    assert pick(few.series, "remote_command_total", outcome="succeeded", region="us")[-1] > 10_000


def test_an_incident_of_one_version_weighs_as_much_as_vehicles_run_it():
    bad = scenario("bad-software")
    part = bad.running("eu", "23-07.60")
    assert 0.15 < part < 0.25
    assert bad.running("cn", "23-07.60") == 0
    metric = next(one for one in bad.metrics if one.metric == "remote_command_total")
    shares = outcome_shares(metric, bad.regions[0], bad, np.array([-50 * 3600.0, -60.0]))
    names = list(metric.shares)
    assert shares[names.index("failed")].tolist() == pytest.approx(
        [0.0014 + part * (0.18 - 0.0014), 0.0014 + part * (0.446 - 0.0014)]
    )
    assert shares.sum(axis=0).tolist() == pytest.approx([1, 1])


def test_an_incident_can_bring_more_traffic():
    storm = past("reconnect-storm", seed=3, vehicles=1_000_000, end=END, days=2)

    def attempts(region: str, since: int, until: int) -> float:
        outcomes = ("accepted", "unavailable")
        series = [pick(storm.series, "mqtt_connect_total", result=one, region=region) for one in outcomes]
        return sum(values[-1 - until // STEP] - values[-1 - since // STEP] for values in series)

    day = 24 * 3600
    assert attempts("cn", 7200, 0) > 50 * attempts("cn", 7200 + day, day)
    assert attempts("us", 7200, 0) == pytest.approx(attempts("us", 7200 + day, day), rel=0.3)


def values(text: str) -> dict[str, float]:
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in text.splitlines() if line[0] != "#"}


def test_the_live_platform_begins_where_the_past_ended(made):
    live = values(Live(made.standing).text(END))
    for one in made.series:
        if not one.name.endswith("_seconds"):
            labels = {key: value for key, value in one.labels.items() if key not in {"job", "instance"}}
            assert live[Series(one.name, labels).selector] == one.values[-1]


def test_the_live_platform_goes_on_at_the_same_pace(made):
    live = Live(made.standing)
    key = 'mqtt_message_total{result="delivered",qos="1",region="eu"}'
    before = values(live.text(END))[key]
    after = values(live.text(END + 600))[key]
    history = pick(made.series, "mqtt_message_total", result="delivered", region="eu")
    assert after - before == pytest.approx(history[-1] - history[-1 - 600 // STEP], rel=0.1)


def test_time_that_runs_backwards_changes_nothing(made):
    live = Live(made.standing)
    later = values(live.text(END + 60))
    assert values(live.text(END + 30)) == later


def test_a_long_pause_is_drawn_in_few_steps(made):
    live = Live(made.standing)
    after = values(live.text(END + 30 * DAY))
    history = pick(made.series, "http_requests_total", code="200", region="us")
    grown = after['http_requests_total{code="200",service="customer-api",region="us"}'] - history[-1]
    assert grown == pytest.approx(history[-1] * 30 / 20, rel=0.1)


def test_promtool_accepts_what_the_platform_serves(made, tmp_path):
    folder = tmp_path / "platform"
    folder.mkdir()
    replace(made.standing, end=(int(time.time()) - int(DAY)) // STEP * STEP).write(folder / "standing.json")
    with Platform(folder, "http://127.0.0.1:9") as platform:
        status, text = get(platform.port, "/metrics", 60.0)  # a day has gone by, and it tells spans of some minutes
        assert status == 200
        assert get(platform.port, "/nothing")[0] == 404
    done = subprocess.run(
        [find_program("promtool", "prometheus"), "check", "metrics"], input=text, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    problems = [line for line in done.stderr.splitlines() if "no help text" not in line]
    assert problems == []
    assert "# TYPE remote_command_duration_seconds histogram" in text


def test_levels_are_around_their_usual_value(made):
    level = next(one for one in scenario("calm").metrics if isinstance(one, Level))
    found = pick(made.series, level.metric, region="eu")
    assert np.median(found) == pytest.approx(level.usual, rel=0.05)
