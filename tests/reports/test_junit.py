from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from cdctl.domain.slo.verdict import SloReport, Verdict
from cdctl.reports import answer
from cdctl.reports.junit import JunitReport

COUNTS = {"tests", "failures", "errors", "time"}
ATTRIBUTES = {
    "testsuites": COUNTS | {"name"},
    "testsuite": COUNTS | {"name", "id", "skipped", "timestamp"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "system-out": set(),
    "system-err": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase", "system-err"},
    "testcase": {"failure", "error", "system-out"},
}


def problems(text: str) -> list[str]:
    """Breaches of the rules that CI servers share (after the schema of Jenkins' xunit plugin)."""
    root = Xml.fromstring(text)
    found = [] if root.tag == "testsuites" else [f"root is {root.tag}"]
    for element in root.iter():
        found += [f"{element.tag}: attributes {sorted(element.keys())}"] * (
            set(element.keys()) != ATTRIBUTES.get(element.tag)
        )
        found += [f"{element.tag} in it" for child in element if child.tag not in CHILDREN.get(element.tag, ())]
    for suite in [root, *root.iter("testsuite")]:
        for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            if suite.get(attribute) != str(len(list(suite.iter(tag)))):
                found.append(f"{suite.get('name')}: {attribute} is {suite.get(attribute)}")
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    found += ["a case twice"] * (len(set(cases)) != len(cases))
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
    return found + [
        f"timestamp {s.get('timestamp')}" for s in root.iter("testsuite") if not stamp.fullmatch(s.get("timestamp", ""))
    ]


def test_it_is_valid(report: SloReport, empty: SloReport) -> None:
    assert problems(JunitReport().render(report)) == []
    assert problems(JunitReport().render(empty)) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('failures="4"', 'failures="3"'),
        ('tests="14"', 'tests="13"'),
        ('timestamp="2026-11-22T16:10:00"', 'timestamp="2026-11-22"'),
        ("[region=us]", "[region=eu]"),
        ('<error message="no_data', '<skipped message="no_data'),
        ('classname="ota.', 'class="ota.'),
        ("<system-out>", "<stdout>"),
        ("testsuites", "suites"),
    ],
)
def test_what_is_wrong_is_found(report: SloReport, good: str, bad: str) -> None:
    text = JunitReport().render(report)
    assert good in text
    spoilt = text.replace(good, bad)
    for tag in ("system-out", "skipped"):
        spoilt = spoilt.replace(f"</{tag}>", f"</{'stdout' if bad == '<stdout>' else tag}>")
    if "skipped" in bad:
        spoilt = re.sub(r"(<skipped.*?)</error>", r"\1</skipped>", spoilt, flags=re.DOTALL)
    assert problems(spoilt)


def test_each_verdict_has_its_element(report: SloReport) -> None:
    root = Xml.fromstring(JunitReport().render(report))
    expected = {"failure": Verdict.BREACHED, "error": (Verdict.NO_DATA, Verdict.ERROR), "system-out": ()}
    kinds = [next(iter(case)) for case in root.iter("testcase")]
    for kind in kinds:
        assert kind.get("type", Verdict.MET) in expected[kind.tag] or kind.tag == "system-out"
    assert sorted(k.get("type", "passed") for k in kinds) == sorted(
        r.verdict.value if r.verdict in {Verdict.BREACHED, Verdict.NO_DATA, Verdict.ERROR} else "passed"
        for r in [*report.rows, answer.wholes(report.rows)[0][1]]
    )


def test_no_data_is_never_a_pass_nor_skipped(report: SloReport) -> None:
    root = Xml.fromstring(JunitReport().render(report))
    case = next(case for case in root.iter("testcase") if case.get("classname", "").endswith("status-update-delivery"))
    error = case.find("error")
    assert error is not None
    assert error.get("message") == "no_data: only 41.1% of the window was observed, 90% is the minimum"
    assert not list(root.iter("skipped"))


def test_a_failure_says_what_and_why(report: SloReport) -> None:
    failure = Xml.fromstring(JunitReport().render(report)).find(".//testcase[@name='ok [region=eu]']/failure")
    assert failure is not None
    assert failure.get("message", "").startswith("breached: 23,151 bad events, 4,838.57 allowed; burning now: 1h/5m")
    for fact in (
        "SLI 99.521%, target 99.9%, last 28d",
        "error budget left -378.5%",
        "coverage 100%",
        "asked prometheus at",
    ):
        assert fact in (failure.text or "")


def test_a_broken_composite_fails_on_its_own(report: SloReport) -> None:
    root = Xml.fromstring(JunitReport().render(report))
    failure = root.find(".//testcase[@classname='customer-api.customer-journey'][@name='as a whole']/failure")
    assert failure is not None
    assert failure.get("message") == "breached, 98.10% of 99%, budget overspent by 90%"


def test_at_risk_passes_and_says_so(report: SloReport) -> None:
    out = Xml.fromstring(JunitReport().render(report)).find(".//testcase[@name='ok [region=cn]']/system-out")
    assert out is not None
    assert (out.text or "").startswith("at_risk: burn rate 3d/6h > 0.933")


def test_what_is_said_of_the_whole_report_is_told_once(report: SloReport) -> None:
    warned = replace(report, warnings=("first \x1b[2J", "second"))
    root = Xml.fromstring(JunitReport().render(warned))
    assert [found.text for found in root.iter("system-err")] == ["warning: first \\x1b[2J\nwarning: second"]
    assert root[0][-1].tag == "system-err"
    assert not list(Xml.fromstring(JunitReport().render(replace(report, warnings=()))).iter("system-err"))
