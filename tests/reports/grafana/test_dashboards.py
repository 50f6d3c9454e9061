"""Dashboards are such as Grafana can import and show, whatever specs say; and a wrong one is seen."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from grafana import faults, load, referenced, targets, texts
from hostile_specs import all_nasty

from cdctl.application.dashboards_wiring import make
from cdctl.domain.slo.alert_windows import pairs
from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, Slo
from cdctl.domain.slo.window import Calendar, Rolling, Unit
from cdctl.errors import FileError, Place, UsageError
from cdctl.files import specs
from cdctl.files.shipped import shipped
from cdctl.reports.grafana.document import Dashboard

RATIO = Ratio(Query("x_total"), bad=Query('x_total{code="500"}'))


def promise(name: str, service: str = "shop", **more: Any) -> Slo:
    fields = {"budgeting": Budgeting.OCCURRENCES, "window": Rolling(28 * 86_400), "place": Place("t.yaml"), **more}
    objectives = fields.pop("objectives", (Objective("ok", RATIO, Decimal("0.999")),))
    return Slo(name, service, objectives, **fields)


def made(*slos: Slo, services: dict[str, str] | None = None) -> dict[str, Dashboard]:
    return {one.file: one for one in make(slos, services or {}).dashboards}


def panels(dashboard: Dashboard, kind: str = "") -> list[Any]:
    found = load(dashboard.text)["panels"]
    return [panel for panel in found if panel["type"] == kind] if kind else found


@pytest.fixture(scope="module")
def ours() -> dict[str, Dashboard]:
    found = specs.read([shipped("slo_specs")])
    return made(*found.slos, services=dict(found.services))


def test_those_of_the_specs_that_ship_are_sound(ours: dict[str, Dashboard]) -> None:
    assert len(ours) > 5
    for one in ours.values():
        assert faults(load(one.text)) == [], one.file
    assert len({one.uid for one in ours.values()}) == len({one.title for one in ours.values()}) == len(ours)


def test_every_promise_has_its_panels(ours: dict[str, Dashboard]) -> None:
    board = load(ours["remote-command.json"].text)
    titles = [panel["title"] for panel in board["panels"]]
    one = titles[: titles.index("Remote commands are carried out in 5 s · 95% over 28d")]
    assert one == [
        "Remote commands are carried out · 99.5% over 28d",
        "Error budget left",
        "SLI, 99.5% is promised",
        "Bad events per 5m",
        "All events per 5m",
        "Burn rate 5m and 1h, alert above 13.44",
        "Burn rate 30m and 6h, alert above 5.6",
        "Burn rate 2h and 1d, alert above 2.8",
        "Burn rate 6h and 3d, alert above 0.933",
    ]
    budget, sli, bad = board["panels"][1:4]
    steps = [(step["color"], step["value"]) for step in budget["fieldConfig"]["defaults"]["thresholds"]["steps"]]
    assert steps == [("red", None), ("orange", 0.0), ("green", 0.1)]
    assert sli["fieldConfig"]["defaults"]["thresholds"]["steps"][1] == {"color": "green", "value": 0.995}
    assert "refused for a good reason" in bad["description"]
    assert [variable["name"] for variable in board["templating"]["list"]] == ["datasource", "region"]
    assert {target["legendFormat"] for _, target in targets(board)} >= {"{{region}}", "5m {{region}}", "3d {{region}}"}


def test_the_overview_asks_what_the_services_ask(ours: dict[str, Dashboard]) -> None:
    overview = load(ours["slo_overview.json"].text)
    asked = {
        target["expr"]
        for file, one in ours.items()
        if file != "slo_overview.json"
        for _, target in targets(load(one.text))
    }
    glanced = {panel["title"]: target["expr"] for panel, target in targets(overview)}
    assert set(glanced.values()) <= asked
    assert "Remote commands are carried out: budget left" in glanced
    names = {name for one in ours.values() for name in one.promises}
    assert set(ours["slo_overview.json"].promises) == names
    for panel in overview["panels"]:
        for link in panel.get("links", ()):
            assert link["url"].removeprefix("/d/").partition("?")[0] in {one.uid for one in ours.values()}


def test_lines_stand_where_the_catalogue_alerts() -> None:
    for days in (7, 14, 28, 90):
        window = Rolling(days * 86_400)
        found = panels(made(promise("one", window=window))["shop.json"], "timeseries")
        burns = [panel for panel in found if panel["title"].startswith("Burn")]
        lines = [panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] for panel in burns]
        assert lines == [float(pair.factor) for pair in pairs(window)]
        for panel in burns:
            custom = panel["fieldConfig"]["defaults"]["custom"]
            assert custom["thresholdsStyle"] == {"mode": "dashed"}
            assert custom["axisSoftMax"] > panel["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"]


def test_hostile_text_does_nothing() -> None:
    found = made(*all_nasty(), services={"service-1": "$region [[region]] <b>"})
    assert len(found) == 4
    for one in found.values():
        text = one.text
        document = load(text)
        assert faults(document) == []
        own = {variable["name"] for variable in document["templating"]["list"]}
        for panel in document["panels"]:
            said = [panel["title"], panel.get("description", ""), *texts(panel.get("fieldConfig", {}))]
            assert {name for text in said for name in referenced(text)} == set()
            for link in panel.get("links", ()):
                assert referenced(link["title"]) == set()
                assert referenced(link["url"]) <= {"__url_time_range", "__all_variables"}
                assert link["url"].startswith(("https://", "/d/cdctl-slo-"))
            assert "<script" not in panel.get("description", "")
        for _, target in targets(document):
            assert referenced(target["expr"]) <= own - {"datasource"}
            assert referenced(target["legendFormat"]) == set()
        assert not {"\x1b", "\u202e", "\x00", "\x7f"} & set(text)
        text.encode()


def test_groups_are_variables_whatever_they_are_called() -> None:
    document = load(made(promise("one", group_by=("region", "datasource", "datasource_")))["shop.json"].text)
    named = {one["name"]: one["query"] for one in document["templating"]["list"]}
    assert list(named) == ["datasource", "region", "datasource_", "datasource__"]
    assert named["datasource_"]["query"] == 'label_values({__name__=~"x_total"}, datasource)'
    (expr, *_) = (target["expr"] for _, target in targets(document))
    assert 'datasource=~"${datasource_}",datasource_=~"${datasource__}",region=~"${region}"' in expr


def test_what_was_there_keeps_its_ids_when_more_is_promised() -> None:
    before = panels(made(promise("one"), promise("two"))["shop.json"])
    after = panels(made(promise("zero"), promise("two"), promise("one"), promise("three", "bar"))["shop.json"])
    ids = {(panel["id"], panel["title"]) for panel in after}
    assert {(panel["id"], panel["title"]) for panel in before} <= ids
    assert len(after) > len(before)


def test_the_same_promises_make_the_same_bytes() -> None:
    slos = [promise("one", group_by=("region",)), promise("two", "bar")]
    assert [one.text for one in make(slos, {}).dashboards] == [one.text for one in make(slos, {}).dashboards]


def test_addresses_in_annotations_are_links() -> None:
    slo = promise("one", annotations={"example.com/run-book": "https://r.example/$x?[[y]]", "team": "shop"})
    found = [panel["links"] for panel in panels(made(slo)["shop.json"]) if "links" in panel]
    link = {"title": "run book", "url": "https://r.example/%24x?%5B%5By%5D%5D", "targetBlank": True}
    assert found == [[link]] * 5


def test_a_service_says_what_it_is() -> None:
    assert load(made(promise("one"), services={"shop": "Sells."})["shop.json"].text)["description"] == "Sells."


MONTH = {"count": 1, "unit": Unit.MONTH, "zone": "Europe/Berlin"}


def calendar(start: str = "2026-01-01 00:00:00", **more: Any) -> Calendar:
    from datetime import datetime

    return Calendar(start=datetime.fromisoformat(start), **{**MONTH, **more})


def test_a_calendar_is_asked_for_as_a_span_of_its_own() -> None:
    found = made(promise("one", window=calendar()))["shop.json"]
    document = load(found.text)
    assert found.lacks == ()
    assert document["timezone"] == "Europe/Berlin"
    spans = {panel["title"]: panel.get("timeFrom") for panel in document["panels"]}
    assert spans["Error budget left"] == spans["SLI, 99.9% is promised"] == "now/M"
    assert spans["Bad events per 5m"] is None
    assert faults(document) == []


@pytest.mark.parametrize(
    ("windows", "why"),
    [
        ([calendar("2026-01-15 00:00:00")], "no such period"),
        ([calendar(count=2)], "no such period"),
        ([calendar(), calendar(zone="America/New_York")], "one time zone"),
    ],
)
def test_what_grafana_cannot_ask_is_left_out_and_said(windows: list[Calendar], why: str) -> None:
    found = make([promise(f"slo-{i}", window=window) for i, window in enumerate(windows)], {})
    assert [why in text for text in found.left_out] == [True] * len(windows)
    for one in found.dashboards:
        document = load(one.text)
        assert faults(document) == []
        assert not [panel for panel in document["panels"] if panel["type"] == "bargauge"]


def test_promises_of_other_sources_are_left_out_and_said() -> None:
    spans = Query("{ }", "traces")
    mixed = Ratio(Query("x"), bad=spans)
    slos = [
        promise("spans", objectives=(Objective("ok", Ratio(spans, bad=spans), Decimal("0.9")),)),
        promise("mixed", objectives=(Objective("ok", mixed, Decimal("0.9")),)),
    ]
    found = make([*slos, promise("one")], {})
    assert found.left_out == (
        "spans is left out: it asks traces, not Prometheus",
        "mixed is left out: it asks traces, not Prometheus",
    )
    assert [one.promises for one in found.dashboards] == [("one",), ("one",)]
    with pytest.raises(UsageError, match="none of these promises asks a Prometheus"):
        make(slos, {})


def test_a_query_that_cannot_be_used_is_an_error_with_its_place() -> None:
    wrong = Ratio(Query("sum by (pod) (x_total)", place=Place("s.yaml", 7, 3)), bad=Query("y_total"))
    with pytest.raises(FileError, match=r"s.yaml:7:3: error: wrong: .*sums by \(pod\)"):
        make([promise("one"), promise("wrong", objectives=(Objective("ok", wrong, Decimal("0.9")),))], {})


def spoilt(change: Callable[[Any], object]) -> list[str]:
    document = copy.deepcopy(load(made(promise("one", group_by=("region",)))["shop.json"].text))
    change(document)
    return faults(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["panels"][1].update(id=d["panels"][2]["id"]), "one id"),
        (lambda d: d["panels"][1]["gridPos"].update(w=7), "overlap"),
        (lambda d: d["panels"][5]["gridPos"].update(y=3), "overlap"),
        (lambda d: d["panels"][4]["gridPos"].update(w=9), "beyond the grid"),
        (lambda d: d["panels"][2]["targets"][0].pop("datasource"), "datasource None"),
        (lambda d: d["panels"][2].update(datasource={"type": "prometheus", "uid": "mine"}), "datasource"),
        (lambda d: d["panels"][5]["targets"][1].update(refId="A"), "refIds"),
        (lambda d: d["panels"][5]["targets"][1].pop("refId"), "refIds"),
        (lambda d: d["panels"][1].pop("targets"), "asks nothing"),
        (lambda d: d["panels"][1]["targets"][0].update(expr="x{a='$b'}"), "b is no variable"),
        (lambda d: d["panels"][1].update(title="costs [[much]]"), "much is no variable"),
        (lambda d: d["templating"]["list"].pop(), "region is no variable"),
        (lambda d: d["templating"]["list"].pop(0), "no variable for the datasource"),
        (lambda d: d["panels"][1]["fieldConfig"]["defaults"]["thresholds"]["steps"].reverse(), "thresholds"),
        (lambda d: d.update(uid="x" * 41), "uid"),
        (lambda d: d.update(id=7), "has no id"),
    ],
)
def test_a_wrong_dashboard_is_seen(change: Callable[[Any], object], said: str) -> None:
    assert [said in fault for fault in spoilt(change)].count(True) >= 1
    assert spoilt(lambda document: None) == []
