"""Checks as a CI server reads them."""

from __future__ import annotations

from xml.etree import ElementTree

from cdctl.cli.cases import Case, junit
from cdctl.cli.plain import carried


def test_what_passed_and_what_failed_and_why():
    text = junit("cdctl slo test", [Case("a", "good"), Case("b", "bad <one>", ["sli: 1, not 2", "\x1b\uffff"])])
    root = ElementTree.fromstring(text)
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    good, bad = root.iter("testcase")
    assert (good.get("classname"), good.get("name"), list(good)) == ("a", "good", [])
    (failure,) = bad
    assert failure.get("message") == "sli: 1, not 2"
    assert failure.text == "sli: 1, not 2\n\\x1b\ufffd"
    assert ElementTree.fromstring(carried(text, "junit", "ascii", {}))[0][1].get("name") == "bad <one>"


def test_a_spec_test_writes_one(cdctl, root, tmp_path):
    ran = cdctl("slo", "test", root / "slo_specs" / "navigation-data.test.yaml", "-o", f"junit={tmp_path}/s.xml")
    cases = list(ElementTree.parse(tmp_path / "s.xml").iter("testcase"))
    assert ran.code == 0, ran.err
    assert len(cases) == len(ran.out.splitlines()) - 1 > 0
    assert "did you mean junit?" in cdctl("slo", "test", "-o", "junt=x").err
    assert cdctl("slo", "ls", "-o", "junit").code == 2, "a list is no test"
