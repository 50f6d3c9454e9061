"""Checks as JUnit XML, for the test view of a CI server: what `slo test -o junit` writes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cdctl.domain.text import safe

# XML 1.0, production [2] Char: the noncharacters that `safe` leaves.
_NOT_XML = re.compile("[\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Case:
    """One check: what it is about, its name, and what is wrong, a line each; nothing when it passed."""

    subject: str
    name: str
    wrong: Sequence[str] = ()


def junit(title: str, cases: Sequence[Case]) -> str:
    """One suite of them all, after the schema that Jenkins publishes."""
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    failed = sum(bool(case.wrong) for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "time": "0"}
    root = Element("testsuites", {"name": title, **counts})
    suite = SubElement(root, "testsuite", {"name": title, "id": "0", "skipped": "0", **counts})
    for case in cases:
        element = SubElement(
            suite, "testcase", {"classname": _text(case.subject), "name": _text(case.name), "time": "0"}
        )
        if case.wrong:
            failure = SubElement(element, "failure", {"message": _text(case.wrong[0], 2500), "type": "failed"})
            failure.text = "\n".join(_text(line, 2500) for line in case.wrong)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _text(text: str, limit: int = 500) -> str:
    return _NOT_XML.sub("\ufffd", safe(text, limit))
