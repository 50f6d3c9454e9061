"""What the platform of a lab tells of real orders: its metrics count them, its spans show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ordered import Lab, ordered
from spans_taken import taking
from waiting import eventually

from cdctl.domain.orders.order import Heard
from cdctl.lab.order_counts import FILE, OrderCounts
from cdctl.lab.past import STEP, past
from cdctl.lab.platform import Live
from cdctl.lab.scenarios import scenario
from cdctl.lab.vehicles.posting import OTLP
from cdctl.lab.vehicles.spans import child_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


TAKEN: list[dict] = []
"""What the receiver of the module's lab took in."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("told")
    with taking(TAKEN) as (url, _), ordered(folder, platform=folder) as found:
        (folder / OTLP).write_text(url)  # after the fleet is there, as in the lab
        yield found


def spans(_lab: Lab) -> list[dict]:
    return list(TAKEN)


def traced(lab: Lab, command: str, flags: str = "01", **args: object) -> Heard:
    """An order that is traced; its reply names a span of the same trace."""
    order = replace(lab.order(lab.fresh(), command, **args), traceparent=f"00-{TRACE}-{SPAN}-{flags}")
    told = lab.end(order)
    assert bool(told.traceparent) is (flags == "01")
    assert told.traceparent.startswith(f"00-{TRACE}-" if flags == "01" else "")
    return told.heard


def test_a_vehicle_tells_its_part_of_a_trace(lab: Lab) -> None:
    assert traced(lab, "flash") is Heard.SUCCEEDED
    assert traced(lab, "horn", times=99) is Heard.REJECTED
    assert eventually(lambda: bool(spans(lab)))
    (span,) = spans(lab)
    assert (span["traceId"], span["parentSpanId"], span["name"], span["kind"]) == (TRACE, SPAN, "process cmd", 5)
    told = {one["key"]: one["value"]["stringValue"] for one in span["attributes"]}
    assert (told["command.name"], told["region"] in lab.plan.brokers) == ("flash", True)
    assert told["vehicle.id"] in lab.regions
    assert int(span["endTimeUnixNano"]) > int(span["startTimeUnixNano"])
    assert span["status"] == {}


def test_a_trace_that_is_not_sampled_is_left_alone(lab: Lab) -> None:
    before = len(spans(lab))
    traced(lab, "ping", "00")
    traced(lab, "ping")
    assert eventually(lambda: len(spans(lab)) > before)
    assert len(spans(lab)) == before + 1


@pytest.mark.parametrize("parent", ["", "00-x", f"00-{TRACE}-{SPAN}", f"01-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"])
def test_what_is_no_parent_has_no_child(parent: str) -> None:
    assert child_of(parent) == ""


def test_a_child_is_a_span_of_its_own() -> None:
    children = {child_of(f"00-{TRACE}-{SPAN}-01") for _ in range(3)}
    assert len(children) == 3
    assert {one[:36] for one in children} == {f"00-{TRACE}-"}
    assert not any(SPAN in one for one in children)


def test_metrics_count_orders_by_region_and_outcome(lab: Lab) -> None:
    story = scenario("calm")
    names = [one.name for one in story.regions]
    counts = OrderCounts(Path(lab.plan.platform) / FILE, story)
    before = np.array([counts.of(place) for place in range(3)])
    good, bad = lab.order(lab.fresh(), "ping"), lab.order(lab.fresh(), "horn", times=99)
    lab.end(good)
    lab.end(bad)
    grown = np.array([counts.of(place) for place in range(3)]) - before
    assert grown.sum() == 2
    assert grown[names.index(good.region), 0] >= 1, "succeeded"
    assert grown[names.index(bad.region), 1] == 1, "rejected"


def test_the_platform_adds_them_to_what_it_has_drawn(tmp_path) -> None:
    end = 1_790_000_000 // STEP * STEP
    standing = past("calm", seed=3, vehicles=900, end=end, days=1).standing
    story = scenario("calm")
    counts = OrderCounts(tmp_path / FILE, story)
    for outcome in ("failed", "failed", "succeeded", "unheard of"):
        counts.count(1, outcome)
    plain = Live(standing).text(end).splitlines()
    more = Live(standing, None, OrderCounts(tmp_path / FILE, story).of).text(end).splitlines()
    pairs = zip(plain, more, strict=True)
    changed = {a: (float(a.split()[-1]), float(b.split()[-1])) for a, b in pairs if a != b}
    region = story.regions[1].name
    grown = {line.split("{")[1].split("}")[0]: after - before for line, (before, after) in changed.items()}
    assert {key: value for key, value in grown.items() if "failed" in key} == {f'outcome="failed",region="{region}"': 2}
    assert sum(grown.values()) == 3
    assert all(line.startswith("remote_command_total{") for line in changed)


def test_counts_go_on_over_a_restart(tmp_path) -> None:
    story = scenario("calm")
    for _ in range(2):
        OrderCounts(tmp_path / FILE, story).count(0, "succeeded")
    assert OrderCounts(tmp_path / FILE, story).of(0).tolist() == [2, 0, 0, 0]
