"""`junit`: one test case per objective and group, one suite per service, for a CI server's test view. A composite SLO
has one more for each group, `as a whole`: it can be broken while each of its objectives is met.

breached is a `<failure>`; no_data and error are an `<error>`: what could not be judged must not look like a pass, and
servers show `<skipped>` as one. at_risk passes, as it does in the exit code, and says so in `<system-out>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cdctl.domain import figures
from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.text import safe
from cdctl.reports import answer, words

_ELEMENTS = {Verdict.BREACHED: "failure", Verdict.NO_DATA: "error", Verdict.ERROR: "error"}
# XML 1.0, production [2] Char: the noncharacters that `safe` leaves.
_NOT_XML = re.compile("[\ufffe\uffff]")


class JunitReport:
    """Follows the schema that Jenkins publishes; GitLab, GitHub actions and Azure read it too."""

    suffix = ".xml"

    def render(self, report: SloReport) -> str:
        """The whole file."""
        root = Element("testsuites", {"name": "cdctl slo report", **_counts(_verdicts(report.rows))})
        services: dict[str, list[Row]] = {}
        for row in report.rows:
            services.setdefault(row.service, []).append(row)
        for number, (service, rows) in enumerate(services.items()):
            suite = SubElement(root, "testsuite", _suite(service, number, rows, report.at))
            for row in rows:
                _objective(suite, row, report.at)
            for row, whole in answer.wholes(rows):
                _case(suite, row, "as a whole", whole.verdict, answer.composite(whole), answer.composite(whole))
            if report.warnings and number == 0:  # the schema has no place above the suites
                said = "\n".join(f"warning: {_text(warning, 2500)}" for warning in report.warnings)
                SubElement(suite, "system-err").text = said
        indent(root)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _verdicts(rows: Sequence[Row]) -> list[Verdict]:
    return [*(row.verdict for row in rows), *(whole.verdict for _, whole in answer.wholes(rows))]


def _counts(verdicts: Iterable[Verdict]) -> dict[str, str]:
    kinds = [_ELEMENTS.get(verdict) for verdict in verdicts]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "time": "0",
    }


def _suite(service: str, number: int, rows: list[Row], at: int) -> dict[str, str]:
    # The schema wants no zone; the instant is UTC.
    stamp = words.rfc3339(at).removesuffix("Z")
    return {"name": _text(service), "id": str(number), **_counts(_verdicts(rows)), "skipped": "0", "timestamp": stamp}


def _objective(suite: Element, row: Row, at: int) -> None:
    _case(
        suite, row, row.objective, row.verdict, f"{row.verdict.value}: {answer.reason(row)}", "\n".join(_facts(row, at))
    )


def _case(suite: Element, row: Row, name: str, verdict: Verdict, message: str, facts: str) -> None:
    group = f" [{row.group_text}]" if row.group else ""
    identity = {"classname": _text(f"{row.service}.{row.name}"), "name": _text(f"{name}{group}"), "time": "0"}
    case = SubElement(suite, "testcase", identity)
    kind = _ELEMENTS.get(verdict)
    if kind:
        SubElement(case, kind, {"message": _text(message, 2500), "type": verdict.value}).text = facts
    else:
        SubElement(case, "system-out").text = facts


def _facts(row: Row, at: int) -> list[str]:
    why = answer.reason(row)
    budget = row.error_budget
    burns = ", ".join(f"{_text(key)} {figures.burn(value)}" for key, value in row.burn_rates.items())
    lines = [
        f"{row.verdict.value}: {_text(why, 2500)}" if why else row.verdict.value,
        f"SLI {figures.sli(row.sli, row.target)}, target {figures.target(row.target)}, {words.window(row.window, at)}",
        f"good {words.count(row.good)}, bad {words.count(row.bad)}, total {words.count(row.total)} ({row.budgeting})",
        f"error budget left {figures.percent(figures.budget_left(row))}"
        + (f", {words.count(budget.consumed)} of {words.count(budget.allowed)} spent" if budget else ""),
        f"burn rates {burns or figures.UNKNOWN}",
        f"coverage {figures.percent(row.coverage)}",
    ]
    lines += [f"warning: {_text(warning)}" for warning in row.warnings]
    lines += [f"asked {_text(e.source)} at {words.rfc3339(e.at)}: {_text(e.query, 4000)}" for e in row.evidence]
    return lines


def _text(text: str, limit: int = 500) -> str:
    return _NOT_XML.sub("\ufffd", safe(text, limit))


PLUGIN = Plugin(
    api=API,
    room="reports",
    name="junit",
    version="1",
    summary="a test case per objective and group, for a CI server",
    make=JunitReport,
)
