"""One objective in one group: verdict, figures, charts, evidence."""

from __future__ import annotations

import math
from html import escape

import numpy as np

from cdctl.domain import figures
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.text import safe
from cdctl.reports import answer, svg, words
from cdctl.reports.slots import Slots, slots

LABELS = {
    Verdict.MET: "Met",
    Verdict.AT_RISK: "At risk",
    Verdict.BREACHED: "Breached",
    Verdict.NO_DATA: "No data",
    Verdict.ERROR: "Error",
}


def text(value: str, limit: int = 500) -> str:
    """Text from elsewhere, harmless in HTML."""
    return escape(safe(value, limit))


def badge(verdict: Verdict) -> str:
    """A verdict as a shape and a word."""
    mark = f'<svg aria-hidden="true"><use href="#mark-{verdict.value}"/></svg>'
    return f'<span class="verdict v-{verdict.value}">{mark}{LABELS[verdict]}</span>'


def group(row: Row) -> str:
    """`region eu, model i4`; empty when not grouped."""
    return ", ".join(f'<span class="muted">{text(key)}</span> {text(value)}' for key, value in row.group.items())


def card(row: Row, anchor: str, title: str, at: int) -> str:
    """Open when there is something to say, closed when met. `title` is HTML, empty when the section says it all."""
    state = "" if row.verdict is Verdict.MET else " open"
    why = answer.reason(row)
    if row.verdict is not Verdict.ERROR:
        why = why[:1].upper() + why[1:]
    shown = f'<p class="why">{escape(why)}</p>' if why else ""
    shown += f"{_facts(row, at)}{_charts(row, at)}{_burns(row)}"
    return (
        f'<details class="card v-{row.verdict.value}"{state}><summary>{badge(row.verdict)}'
        f"{title and f'<h3>{title}</h3>'}{_glance(row)}</summary>"
        f'<div class="inside" id="{anchor}"><div class="whole">{shown}</div>'
        f"{_warnings(row)}{_evidence(row, at)}</div></details>"
    )


def _glance(row: Row) -> str:
    """What a closed card says."""
    parts = [f"{figures.sli(row.sli, row.target)} good"] if figures.known(row.sli) else []
    parts += filter(None, [words.left_over(figures.budget_left(row))])
    return f'<span class="muted">{", ".join(parts)}</span>' if parts else ""


def _facts(row: Row, at: int) -> str:
    budget, unit = row.error_budget, "events" if row.budgeting == "Occurrences" else "slices"
    spent = f"{words.count(budget.consumed)} bad, {words.count(budget.allowed)} allowed" if budget else ""
    events = f"of {words.count(row.total)} {unit}" if figures.known(row.total) else ""
    interval = f", 95% interval {words.interval(row)}" if row.interval else ""
    facts = (
        ("Good", figures.sli(row.sli, row.target), events + interval),
        ("Promised", figures.target(row.target), f"{escape(words.window(row.window, at))}, {text(row.budgeting)}"),
        ("Budget left", figures.percent(figures.budget_left(row)), spent),
        ("Observed", figures.percent(row.coverage), "of the window so far"),
    )
    items = (
        f"<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>"
        for name, value, more in facts
        if value != figures.UNKNOWN
    )
    return f'<dl class="facts">{"".join(items)}</dl>'


def _charts(row: Row, at: int) -> str:
    points = slots(row, at)
    if points is None:
        return ""
    drawn = []
    if points.left is not None and figures.budget_left(row) is not None:
        note = _spent(points)
        end = f"{figures.percent(float(points.left[-1]))} on {words.instant(min(at, row.window.end))}"
        label = f"Error budget left: 100% on {words.instant(row.window.start)}, {end}. {note}"
        key = "Dashed: the pace that spends it exactly." if points.used_up is None else ""
        drawn.append(_figure("Error budget left", f"{note} {key}", svg.burn_down(points, points.left, label)))
    if points.total.any():
        note = _fastest(points)
        label = f"Burn rate in steps of {words.duration(points.width)}. {note}"
        drawn.append(_figure("Burn rate", f"1 spends the budget exactly. {note}", svg.burn_rate(points, label)))
    return f'<div class="charts">{"".join(drawn)}</div>' if drawn else ""


def _figure(title: str, note: str, drawing: str) -> str:
    return f"<figure><figcaption><b>{title}</b><br>{escape(note.strip())}</figcaption>{drawing}</figure>"


def _spent(points: Slots) -> str:
    blind = sum(end - start for start, end in points.gaps)
    notes = [f"Used up {words.moment(points.used_up)}."] if points.used_up else []
    if blind:
        notes.append(f"Hatched: {words.duration(blind)} not observed.")
    return " ".join(notes)


def _fastest(points: Slots) -> str:
    """When most was spent, if any slot stands out: a tenth of all bad events or more."""
    worst = int(np.argmax(points.bad))
    share = points.bad[worst] / max(points.bad.sum(), 1.0)
    rate = float(points.rates[worst])
    if share < 0.1 or not math.isfinite(rate) or rate <= 1:
        return ""
    start, end = int(points.starts[worst]), int(points.ends[worst])
    return (
        f"Worst {words.duration(end - start)}: from {words.moment(start)}, burn rate {figures.burn(rate)}, "
        f"{figures.percent(float(share), 0)} of all that was bad."
    )


def _burns(row: Row) -> str:
    if not any(figures.known(rate) for rate in row.burn_rates.values()):
        return ""
    firing = {window for pair in row.firing for window in pair.split(" ")[0].split("/")}
    heads = "".join(f'<th scope="col">{text(window)}</th>' for window in row.burn_rates)
    cells = "".join(
        f'<td class="hot">{figures.burn(rate)}</td>' if window in firing else f"<td>{figures.burn(rate)}</td>"
        for window, rate in row.burn_rates.items()
    )
    return (
        f'<table class="burns" aria-label="Burn rates now"><tr><th scope="row">Over the last</th>{heads}</tr>'
        f'<tr><th scope="row">burn rate</th>{cells}</tr></table>'
    )


def _warnings(row: Row) -> str:
    items = "".join(f"<li>{text(warning)}</li>" for warning in row.warnings)
    return f'<div class="more"><span class="muted">Warnings</span><ul>{items}</ul></div>' if items else ""


def _evidence(row: Row, at: int) -> str:
    if not row.evidence:
        return ""
    asked = "".join(
        f"<dt>{text(item.source)} at {words.rfc3339(item.at)}</dt>"
        f"<dd><pre><code>{text(item.query, 20_000)}</code></pre></dd>"
        for item in dict.fromkeys(row.evidence)
    )
    window = (
        f"{words.rfc3339(row.window.start)} to {words.rfc3339(row.window.end)}, {words.duration(row.window.seconds)}"
    )
    if figures.known(row.coverage):
        window += f", {figures.percent(row.coverage)} observed up to {words.rfc3339(at)}"
    return (
        f'<details class="more"><summary>Evidence</summary><dl><dt>Window, {text(row.window.kind)}</dt>'
        f"<dd>{window}</dd>{asked}</dl></details>"
    )
