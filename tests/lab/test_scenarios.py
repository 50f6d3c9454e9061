"""Scenarios are files: those that come with cdctl are right, and a wrong one says where and why."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from cdctl.errors import FileError, UsageError
from cdctl.lab import scenario_shape
from cdctl.lab.model import Outcomes
from cdctl.lab.scenarios import names, scenario

SHIPPED = Path(scenario_shape.__file__).parent / "schemas" / "scenario.schema.json"
FOLDER = Path(scenario_shape.__file__).parent / "scenarios"


def test_what_comes_with_cdctl():
    assert names() == ["bad-software", "calm", "reconnect-storm", "regional-outage", "turning-bad"]
    assert {one: scenario(one).planned for one in names()} == {
        "calm": None,
        "turning-bad": None,
        "bad-software": ("remote-command-availability", "eu"),
        "regional-outage": ("message-platform-connect", "us"),
        "reconnect-storm": ("message-platform-connect", "cn"),
    }


@pytest.mark.parametrize("name", names())
def test_every_incident_names_what_there_is(name):
    one = scenario(name)
    outcomes = {metric.metric: metric for metric in one.metrics if isinstance(metric, Outcomes)}
    for incident in one.incidents:
        assert incident.shares.keys() <= outcomes[incident.metric].shares.keys()
        assert incident.region in {region.name for region in one.regions}


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(UsageError) as error:
        scenario("storm")
    assert "bad-software, calm, reconnect-storm, regional-outage, turning-bad" in error.value.hint
    with pytest.raises(UsageError) as error:
        scenario("bad-sofware")
    assert 'did you mean "bad-software"?' in error.value.hint


def test_the_published_schema_is_that_of_the_reader_and_takes_the_shipped_files():
    assert SHIPPED.read_text() == scenario_shape.text(), "run: python -m cdctl.lab.scenario_shape > " + str(SHIPPED)
    schema = json.loads(SHIPPED.read_text())
    for path in FOLDER.glob("*.yaml"):
        jsonschema.validate(YAML(typ="safe").load(path), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"title": "x", "incident": []}, schema)


def test_a_file_of_ones_own_changes_what_it_says_and_keeps_the_rest(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "title: slow\nlike: calm\ntelemetry: {driving: 1s}\n"
        "outages: [{region: eu, begin: 5s, end: 1m, share: 0.5, every: 20s, lasts: 4s, together: true}]\n"
    )
    mine, calm = scenario(str(path)), scenario("calm")
    assert (mine.regions, mine.software, mine.metrics) == (calm.regions, calm.software, calm.metrics)
    assert (mine.pace.driving, mine.pace.parked) == (1, 10)
    (outage,) = mine.outages
    held = [age for age in range(80) if outage.holds(age)]
    assert held == [*range(5, 9), *range(25, 29), *range(45, 49)]


WRONG = {
    "title: x\n": (1, 1, "has no regions"),
    "title: x\nlike: clam\n": (2, 7, 'did you mean "calm"?'),
    "title: x\nlike: calm\nfault: []\n": (3, 1, 'did you mean "faults"?'),
    "title: x\nlike: calm\ntelemetry: {driving: 2m}\n": (3, 22, "not from 1s to 1m"),
    "title: x\nlike: calm\nfaults: [{region: us, software: '1'}]\n": (3, 33, "no software"),
    "title: x\nlike: calm\noutages: [{region: uk, begin: 1s}]\n": (3, 20, "no region"),
    "title: x\nlike: calm\noutages: [{region: us, begin: 1s, every: 5s}]\n": (3, 42, "lasts is missing"),
    "title: x\nlike: calm\noutages: [{region: us, begin: 1s, every: 5s, lasts: 5s}]\n": (3, 53, "less than that"),
    "title: x\nlike: calm\noutages: [{region: us, begin: 1h, end: 5s}]\n": (3, 40, "before it begins"),
    "title: x\nlike: calm\noutages: [{region: us, begin: soon}]\n": (3, 31, "a time such as"),
    "title: x\nlike: calm\nplanned: {slo: a, region: eV}\n": (3, 27, "lower case"),
    "title: x\nlike: calm\nsoftware: [{version: a, share: 1, regions: [eu]}]\n": (3, 11, "no software fits"),
    "title: x\nlike: calm\nregions: [{name: ops, share: 1, hours: 0}]\n": (3, 18, "operators"),
    "title: x\nlike: calm\noutcomes: [{metric: a, label: b, per_day: 1, shares: {c: 0.4, d: 0.4}}]\n": (3, 54, "0.8"),
    "title: x\nlike: calm\nincidents: [{metric: mqtt_connect_total, region: eu, begin: 1s, shares: {accepted: 1}}]\n": (
        3, 74, "gives way",
    ),
    "title: x\nlike: calm\nincidents: [{metric: mqtt_connect_total, region: eu, begin: 1s, shares: {timeoud: 1}}]\n": (
        3, 74, 'did you mean "timeout"?',
    ),
    "title: x\nlike: calm\nincidents: [{metric: mqtt_connect_total, region: eu, begin: 1s, shares: {timeout: 1}}]\n": (
        3, 73, "more than 100 %",
    ),
    "title: x\nlike: calm\nincidents: [{metric: mqtt_conect_total, region: eu, begin: 1s, shares: {timeout: 1}}]\n": (
        3, 22, 'did you mean "mqtt_connect_total"?',
    ),
    "title: [\n": (2, 1, ""),
    "": (0, 0, "0 documents"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_says_where_and_why(tmp_path, text):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    line, column, words = WRONG[text]
    with pytest.raises(FileError) as error:
        scenario(str(path))
    found = [one for one in error.value.problems if words in f"{one.message} {one.fix}"]
    assert found, error.value.problems
    assert (found[0].place.file, found[0].place.line, found[0].place.column) == (str(path), line, column)


def test_a_file_that_is_not_there_says_so():
    with pytest.raises(FileError) as error:
        scenario("./nothing.yaml")
    assert "no such file" in error.value.problems[0].message
