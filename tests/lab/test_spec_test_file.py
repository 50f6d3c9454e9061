"""Spec tests are read whole or refused with every problem in its place."""

import datetime as dt

import pytest

from cdctl.errors import FileError
from cdctl.lab.spec_test_file import find, read

GOOD = """\
tests:
  - name: fine
    slo: commands-work
    at: 1h
    input_series:
      - series: x_total{region="eu"}
        values: 0+10x60
    expect:
      - group: {region: eu}
        verdict: met
        sli: 0.5
        burn_rates: {1h: 2}
"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="a.test.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


def problems(path):
    with pytest.raises(FileError) as caught:
        read([path])
    return [(p.place.line, p.place.column, p.message, p.fix) for p in caught.value.problems]


def test_a_case_is_read(write):
    (case,) = read([write(GOOD)])
    assert (case.name, case.slo) == ("fine", "commands-work")
    start = dt.datetime(2026, 1, 5, tzinfo=dt.UTC).timestamp()
    assert case.at == start + 3600
    (series,) = case.series
    assert (series.name, series.labels) == ("x_total", {"region": "eu"})
    assert series.times[:2].tolist() == [start, start + 60]
    assert series.values[-1] == 600
    (expected,) = case.expected
    assert (expected.group, expected.verdict, expected.sli) == ({"region": "eu"}, "met", 0.5)
    assert expected.burn_rates == {"1h": 2.0}
    assert expected.places["sli"].line == 11


def test_start_interval_and_an_absolute_instant(write):
    text = GOOD.replace(
        "at: 1h", 'start: "2026-03-29T00:00:00+01:00"\n    interval: 30s\n    at: 2026-03-29T03:00:00+02:00'
    )
    (case,) = read([write(text)])
    assert case.series[0].times[:2].tolist() == [1774738800, 1774738830]
    assert case.at == 1774738800 + 7200


def test_no_series_at_all_is_a_case_too(write):
    text = GOOD[: GOOD.index("    input_series:")] + "    input_series: []\n" + GOOD[GOOD.index("    expect:") :]
    (case,) = read([write(text)])
    assert case.series == ()


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("0+10x60", "0+10x60 oops", (7, 25), "'oops' is not a value"),
        ('x_total{region="eu"}', 'x_total{region=~"eu"}', (6, 17), "is not one series"),
        ('x_total{region="eu"}', "sum(x_total)", (6, 17), "is not one series"),
        ('x_total{region="eu"}', "x_total{", (6, 17), "cannot be read"),
        ('x_total{region="eu"}', "'{a=\"b\"}'", (6, 17), "is not one series"),
        ("verdict: met", "verdict: mett", (10, 18), 'verdict is "mett"'),
        ("sli: 0.5", "sli: 50", (11, 14), "sli 50 is not"),
        ("{1h: 2}", "{10m: 2}", (12, 22), 'unknown key "10m"'),
        ("at: 1h", "at: soon", (4, 9), "at"),
        ("at: 1h", "at: 2026-02-30T00:00:00Z", (4, 9), "is no instant"),
        ("at: 1h", "at: 1h\n    interval: 0s", (5, 15), "interval is 0"),
        ("    slo: commands-work\n", "", (2, 5), "has no slo"),
        ("at: 1h", "at: 1h\n    nmae: x", (5, 5), 'unknown key "nmae"'),
        ("tests:", "test:", (1, 1), 'unknown key "test"'),
        ("- group", "- *alias\n      - group", (9, 9), "alias"),
        ("0+10x60", "1x99999999999", (7, 17), "more than"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(write, old, new, place, words):
    found = problems(write(GOOD.replace(old, new)))
    assert any((line, column) == place and words in message for line, column, message, _ in found), found


def test_all_problems_of_all_files_are_said_together(write):
    one = write(GOOD.replace("met", "mett").replace("1h\n", "soon\n", 1), "one.test.yaml")
    two = write("tests: []", "two.test.yaml")
    with pytest.raises(FileError) as caught:
        read([one, two])
    assert len(caught.value.problems) == 3
    assert {p.place.file for p in caught.value.problems} == {str(one), str(two)}


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_file_is_a_problem(write, text):
    assert problems(write(text))[0][2] == "holds no tests"


def test_tests_are_found_in_folders_beside_specs_and_by_name(write, tmp_path):
    one = write(GOOD, "a/one.test.yaml")
    two = write(GOOD, "a/b/two.test.yml")
    write(GOOD, "a/.hidden/three.test.yaml")
    spec = write("", "a/one.yaml")
    assert find([tmp_path / "a"]) == [one, two]
    assert find([spec]) == [one]
    assert find([two, spec, one]) == [two, one]


def test_a_path_without_tests_is_a_problem(write, tmp_path):
    spec = write("", "lonely.yaml")
    with pytest.raises(FileError, match=r"lonely\.test\.yaml") as caught:
        find([spec, tmp_path / "nowhere"])
    assert len(caught.value.problems) == 2
