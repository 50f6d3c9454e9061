"""What a report for people says: the headline, the order of rows, what each is called, and why it is not met.

Text from elsewhere (names, labels, reasons) leaves here through `safe`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from cdctl.domain import figures
from cdctl.domain.slo.verdict import Composite, Row, SloReport, Verdict
from cdctl.domain.text import safe
from cdctl.reports import words

FOLDED = 3
"""So many rows are named where one reason is the reason of more."""

WORST_FIRST = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.ERROR, Verdict.NO_DATA, Verdict.MET)


def worst_first(rows: Sequence[Row]) -> list[Row]:
    """Breached, at risk, error, no data, met; in each the smallest remaining budget first, then by name."""

    def rank(row: Row) -> tuple[int, float, str, str, str]:
        left = figures.budget_left(row)
        order = math.inf if left is None else left
        return WORST_FIRST.index(row.verdict), order, row.name, row.objective, row.group_text

    return sorted(rows, key=rank)


def names(rows: Sequence[Row]) -> dict[tuple[str, str, str], str]:
    """What to call each row, by its `(service, name, objective)`: the objective is named where an SLO has several."""
    objectives: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        objectives.setdefault((row.service, row.name), set()).add(row.objective)
    return {
        (row.service, row.name, row.objective): safe(
            f"{row.name}/{row.objective}" if len(objectives[row.service, row.name]) > 1 else row.name
        )
        for row in rows
    }


def reason(row: Row) -> str:
    """Why a row is not met, in one line; an empty string for a met row that needs no comment."""
    text = safe(row.reason or _fallback(row), 2000)
    missing = [pair for pair in row.firing if pair not in text]
    if missing:
        text = f"{text}; burning now: {', '.join(safe(pair) for pair in missing)}"
    return text


def _fallback(row: Row) -> str:
    unit = "events" if row.budgeting == "Occurrences" else "slices"
    match row.verdict:
        case Verdict.BREACHED:
            return f"{figures.sli(row.sli, row.target)} of {unit} were good, {figures.target(row.target)} was promised"
        case Verdict.AT_RISK if not row.firing:
            return f"{figures.percent(figures.budget_left(row))} of the error budget left"
        case Verdict.AT_RISK:
            return "the error budget burns too fast"
        case Verdict.NO_DATA:
            return f"{figures.percent(row.coverage or 0.0)} of the window was observed"
        case Verdict.ERROR:
            return "the question could not be answered"
        case Verdict.MET:
            return ""


def notes(report: SloReport) -> list[str]:
    """Lines below a table: why each row is not met, composites, warnings, and a summary as the last line."""
    called = names(report.rows)
    rows = worst_first(report.rows)
    told = [(row.verdict.value, row, reason(row)) for row in rows if row.verdict is not Verdict.MET]
    told += [("warning", row, safe(warning)) for row in rows for warning in row.warnings]
    lines = [f"{kind:<8}  {subjects(own, called)}: {text}" for kind, own, text in folded(told)]
    for row, whole in wholes(report.rows):
        group = f" {safe(row.group_text, 120)}" if row.group else ""
        lines.append(f"{'composite':<8}  {safe(row.name)}{group}: {composite(whole)}")
    lines += [f"{'warning':<8}  {safe(warning)}" for warning in report.warnings]
    lines.append(
        f"{_objectives(len(report.rows))} at {words.instant(report.at)}{': ' if report.rows else ''}{tally(report)}"
    )
    return lines


def folded(told: Iterable[tuple[str, Row, str]]) -> list[tuple[str, list[Row], str]]:
    """What is said of rows, `(kind, row, text)`, with the rows of which the same is said together, in order."""
    found: dict[tuple[str, str], list[Row]] = {}
    for kind, row, text in told:
        found.setdefault((kind, text), []).append(row)
    return [(kind, rows, text) for (kind, text), rows in found.items()]


def subjects(rows: Sequence[Row], called: Mapping[tuple[str, str, str], str]) -> str:
    """`a region=eu`; for several `100 rows (a region=eu, a region=us, b region=eu, ...)`."""
    said = [subject(row, called) for row in rows[:FOLDED]]
    if len(rows) == 1:
        return said[0]
    return f"{len(rows)} rows ({', '.join(said)}{', ...' if len(rows) > FOLDED else ''})"


def subject(row: Row, called: Mapping[tuple[str, str, str], str]) -> str:
    """A row's name and group."""
    return " ".join(filter(None, (called[row.service, row.name, row.objective], safe(row.group_text, 120))))


def wholes(rows: Sequence[Row]) -> list[tuple[Row, Composite]]:
    """Every composite once, with the first row that carries it."""
    found: dict[tuple[str, str, str], tuple[Row, Composite]] = {}
    for row in rows:
        if row.composite:
            found.setdefault((row.service, row.name, row.group_text), (row, row.composite))
    return list(found.values())


def composite(whole: Composite) -> str:
    """The verdict on an SLO made of several objectives: `breached, 98.20% of 99%, budget overspent by 80%`."""
    parts = (whole.verdict.value, composite_figures(whole))
    return ", ".join(filter(None, parts))


def composite_figures(whole: Composite) -> str:
    """`98.20% of 99%, budget overspent by 80%`."""
    known_sli = (
        f"{figures.sli(whole.sli, whole.target)} of {figures.target(whole.target)}" if figures.known(whole.sli) else ""
    )
    return ", ".join(filter(None, (known_sli, words.left_over(whole.remaining_ratio))))


def headline(report: SloReport) -> str:
    """The answer in one sentence. Never good news while a composite is broken or something is not known."""
    counts, total = report.summary, len(report.rows)
    composites = [whole.verdict for _, whole in wholes(report.rows)]
    breached, at_risk, unknown = counts["breached"], counts["at_risk"], counts["no_data"] + counts["error"]
    broken, risky = composites.count(Verdict.BREACHED), composites.count(Verdict.AT_RISK)
    unsure = composites.count(Verdict.NO_DATA) + composites.count(Verdict.ERROR)
    sentences = (
        (total == 0, "Nothing was judged: the report holds no objective."),
        (breached, f"{breached} of {_objectives(total)} {_is(breached)} breached."),
        (broken, f"{_slos(broken)} {_is(broken)} breached as a whole."),
        (unknown, f"{unknown} of {_objectives(total)} could not be judged."),
        (unsure, f"{_slos(unsure)} could not be judged as a whole."),
        (at_risk, f"No objective is breached, {at_risk} of {total} {_is(at_risk)} at risk."),
        (risky, f"No objective is breached, {_slos(risky)} {_is(risky)} at risk as a whole."),
        (total == 1, "The objective is met."),
        (True, f"All {_objectives(total)} are met."),
    )
    return next(sentence for holds, sentence in sentences if holds)


def tally(report: SloReport) -> str:
    """Every verdict that occurred, with its number: `2 breached, 1 at_risk, 9 met`."""
    counts = report.summary
    return ", ".join(f"{counts[v.value]} {v.value}" for v in WORST_FIRST if counts[v.value])


def _objectives(number: int) -> str:
    return "1 objective" if number == 1 else f"{number} objectives"


def _slos(number: int) -> str:
    return "1 SLO" if number == 1 else f"{number} SLOs"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
