"""The wording and number formats that reports for people share.

Percentages are cut, never rounded up: an objective that was missed must not read as if it were reached. Everything that
came from elsewhere (names, labels, reasons) leaves here through `safe`. A number that is not known reads as `UNKNOWN`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_FLOOR, Decimal

from cdctl.domain.slo.verdict import Composite, Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.text import safe

UNKNOWN = "-"
WORST_FIRST = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.ERROR, Verdict.NO_DATA, Verdict.MET)
SHORT_BURNS = ("1h", "6h", "3d")
"""The burn windows shown where there is room for three: now, this shift, this week."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))
_COMPACT = ((1e15, "P"), (1e12, "T"), (1e9, "G"))


def known(value: float | None) -> bool:
    """Whether there is a finite number to show."""
    return value is not None and math.isfinite(value)


def percent(value: float | Decimal | None, digits: int = 1) -> str:
    """A ratio as a percentage with `digits` decimals, cut towards minus infinity; whole ones are short (`100%`).

    15 significant digits are read: 999/1000 is 99.9 %, and nothing that is short of it becomes it.
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    exact = Decimal(f"{value:.15g}") * 100
    if exact == exact.to_integral_value():
        return f"{exact.to_integral_value():,f}%".replace("-0%", "0%")
    digits = 0 if abs(exact) >= 1000 else digits
    return f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR):,f}%"


def target(value: Decimal) -> str:
    """A target exactly as promised: `99.95%`."""
    return f"{(value * 100).normalize():f}%"


def sli(value: float | None, against: Decimal) -> str:
    """An SLI with two decimals more than its target has, so that the distance shows."""
    exponent = (against * 100).normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return percent(value, max(2, decimals + 2))


def interval(row: Row) -> str:
    """The 95 % interval of the SLI: `99.91% to 99.97%`."""
    if row.interval is None:
        return UNKNOWN
    low, high = (sli(end, row.target) for end in row.interval)
    return f"{low} to {high}"


def budget_left(row: Row) -> float | None:
    """Remaining budget of a row as a ratio, negative when overspent; None when not known."""
    left = row.error_budget.remaining_ratio if row.error_budget else None
    return left if known(left) else None


def left_over(left: float | None) -> str:
    """The remaining budget in words: `17.4% of the budget left`, `budget overspent by 378.5%`; empty when not known."""
    if left is None or not math.isfinite(left):
        return ""
    return f"budget overspent by {percent(left)[1:]}" if left < 0 else f"{percent(left)} of the budget left"


def burn(value: float | None) -> str:
    """A burn rate, a multiple of the allowed bad ratio, in three figures: `0.43`, `13.4`, `144`."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value == 0:
        return "0"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def count(value: float | None) -> str:
    """A number of events: exact with separators below a billion, then short (`24.57G`, `2.401T`)."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if abs(value) < 1e9:
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    scale, unit = next(s for s in _COMPACT if abs(value) >= s[0])
    return f"{value / scale:.4g}{unit}" if abs(value) < 1e18 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """The two largest units: `28d`, `30d 23h`, `2h 48m`."""
    left, parts = int(seconds), []
    for size, unit in _UNITS:
        if left >= size:
            parts.append(f"{left // size}{unit}")
            left %= size
    return " ".join(parts[:2]) or "0s"


def rfc3339(epoch: int) -> str:
    """`2026-11-22T16:10:00Z`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(epoch: float) -> str:
    """`2026-11-22 16:10 UTC`."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")


def moment(epoch: float) -> str:
    """`16 Nov 03:00`, for places that have said the year and UTC."""
    when = datetime.fromtimestamp(epoch, UTC)
    return f"{when.day} {MONTHS[when.month - 1]} {when:%H:%M}"


def window(bounds: Bounds, at: int) -> str:
    """`last 28d`, or a calendar period with how much of it has passed."""
    if bounds.kind == "rolling":
        return f"last {duration(bounds.seconds)}"
    text = f"{instant(bounds.start)[:-4]} to {instant(bounds.end)}"
    share = (at - bounds.start) / max(bounds.seconds, 1)
    return f"{text}, {percent(share, 0)} elapsed" if share < 1 else text


def worst_first(rows: Sequence[Row]) -> list[Row]:
    """Breached, at risk, error, no data, met; in each the smallest remaining budget first, then by name."""

    def rank(row: Row) -> tuple[int, float, str, str, str]:
        left = budget_left(row)
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
            return f"{sli(row.sli, row.target)} of {unit} were good, {target(row.target)} was promised"
        case Verdict.AT_RISK if not row.firing:
            return f"{percent(budget_left(row))} of the error budget left"
        case Verdict.AT_RISK:
            return "the error budget burns too fast"
        case Verdict.NO_DATA:
            return f"{percent(row.coverage or 0.0)} of the window was observed"
        case Verdict.ERROR:
            return "the question could not be answered"
        case Verdict.MET:
            return ""


def notes(report: SloReport) -> list[str]:
    """Lines below a table: why each row is not met, composites, warnings, and a summary as the last line."""
    called = names(report.rows)
    lines: list[str] = []
    composites: dict[str, None] = {}
    for row in worst_first(report.rows):
        subject = " ".join(filter(None, (called[row.service, row.name, row.objective], safe(row.group_text, 120))))
        if row.verdict is not Verdict.MET:
            lines.append(f"{row.verdict.value:<8}  {subject}: {reason(row)}")
        lines += [f"{'warning':<8}  {subject}: {safe(warning)}" for warning in row.warnings]
        if row.composite:
            group = f" {safe(row.group_text, 120)}" if row.group else ""
            composites[f"{'composite':<8}  {safe(row.name)}{group}: {composite(row.composite)}"] = None
    lines += [*composites, *(f"{'warning':<8}  {safe(warning)}" for warning in report.warnings)]
    lines.append(f"{_objectives(len(report.rows))} at {instant(report.at)}{': ' if report.rows else ''}{tally(report)}")
    return lines


def composite(whole: Composite) -> str:
    """The verdict on an SLO made of several objectives: `breached, 98.20% of 99%, budget overspent by 80%`."""
    parts = (whole.verdict.value, composite_figures(whole))
    return ", ".join(filter(None, parts))


def composite_figures(whole: Composite) -> str:
    """`98.20% of 99%, budget overspent by 80%`."""
    known_sli = f"{sli(whole.sli, whole.target)} of {target(whole.target)}" if known(whole.sli) else ""
    return ", ".join(filter(None, (known_sli, left_over(whole.remaining_ratio))))


def bar(ratio: float | None, width: int) -> str:
    """A bar of `width` characters, filled by a ratio 0..1; a budget that is not known has no bar."""
    if ratio is None:
        return " " * width
    halves = math.ceil(min(max(ratio, 0.0), 1.0) * width * 2)
    return f"{'█' * (halves // 2)}{'▌' * (halves % 2)}".ljust(width, "░")


def headline(report: SloReport) -> str:
    """The answer in one sentence. Never good news while something is not known."""
    counts, total = report.summary, len(report.rows)
    unknown = counts["no_data"] + counts["error"]
    if total == 0:
        return "Nothing was judged: the report holds no objective."
    if counts["breached"]:
        return f"{counts['breached']} of {_objectives(total)} {_is(counts['breached'])} breached."
    if unknown:
        return f"{unknown} of {_objectives(total)} could not be judged."
    if counts["at_risk"]:
        return f"No objective is breached, {counts['at_risk']} of {total} {_is(counts['at_risk'])} at risk."
    return "The objective is met." if total == 1 else f"All {_objectives(total)} are met."


def tally(report: SloReport) -> str:
    """Every verdict that occurred, with its number: `2 breached, 1 at_risk, 9 met`."""
    counts = report.summary
    return ", ".join(f"{counts[v.value]} {v.value}" for v in WORST_FIRST if counts[v.value])


def _objectives(number: int) -> str:
    return "1 objective" if number == 1 else f"{number} objectives"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
