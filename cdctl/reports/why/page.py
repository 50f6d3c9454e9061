"""An explanation as one self-contained page: no network, no script, no fonts; every text in it is escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from cdctl.domain import figures
from cdctl.domain.changes import Change
from cdctl.domain.text import safe
from cdctl.domain.why import wording
from cdctl.domain.why.explanation import Cause, Explanation
from cdctl.reports import svg, words
from cdctl.reports.html.style import PALETTES, RULES
from cdctl.reports.why import drawing, telling

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_STYLE = """
.answer{font-size:clamp(1.3rem,3.2vw,1.9rem);line-height:1.25}
.said{margin:.9rem 0 0;padding:0;list-style:none;max-width:52rem;color:var(--muted)}.said li{margin-top:.2rem}
.facts{margin-top:1.75rem}
h2{margin-top:2.5rem}
.whole figure{padding-right:3.4em;margin-top:.75rem}
footer h2{margin-top:0}
.key{display:inline-block;width:1.4em;height:0;border-top:3px solid;vertical-align:.25em;margin-right:.4em}
.key.over{border-color:var(--breached)}.key.fine{border-color:var(--fine);margin-left:1.2em}
.key.began{width:0;height:1em;border-top:0;border-left:1.5px dashed var(--muted);margin:0 .5em 0 1.2em;
 vertical-align:-.15em}
.chart .mark{stroke:var(--fg)}.chart .label{fill:var(--fg);font-weight:600;text-anchor:middle}
.chart .began{fill:var(--muted);opacity:.18}
.changes{list-style:none;margin:.6rem 0 0;padding:0;color:var(--muted);font-size:.9rem}
.changes li{padding-left:1.6em;text-indent:-1.6em}
.changes b{display:inline-block;width:1.6em;text-indent:0;color:var(--fg)}
.cause{margin-top:1rem;padding:1rem;border:1px solid var(--rule);border-left:4px solid var(--breached);
 border-radius:6px}
.cause.standing{border-left-color:var(--muted)}
.cause h3{font-size:1.08rem}
.scales{display:grid;grid-template-columns:1fr 1fr;gap:1rem 2.5rem;margin-top:.8rem;align-items:start}
.scale>p{margin:0;font-size:.82rem}
.bars{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1rem;margin-top:.35rem;align-items:center}
.bars dt{color:var(--muted);font-size:.86rem}
.bars dd{display:grid;grid-template-columns:minmax(4rem,1fr) 4rem;gap:.75rem;align-items:center}
.bar{display:block;height:.85rem;background:var(--raised);border-radius:3px;overflow:hidden}
.bar>span{display:block;height:100%;min-width:2px}
.bar .over{background:var(--breached)}.bar .fine{background:var(--fine)}.bar .calm{background:var(--calm)}
.figure{font-weight:600;font-size:.92rem}
.cause p{margin-top:.7rem;font-size:.9rem;color:var(--muted)}
.none{margin-top:1rem;color:var(--muted)}
@media (max-width:44rem){.scales{grid-template-columns:1fr}.bars{grid-template-columns:7.5rem 1fr}
.list .text,.list thead th:first-child,.list th[scope=row]{display:table-cell;border:0;padding:.5rem 0}
.list td:last-child{white-space:normal}}
@media print{.cause{break-inside:avoid}}
"""


def page(told: Explanation, *, show_vins: bool = False) -> str:
    """The whole document."""
    headline = escape(telling.headline(told))
    said = "".join(f"<li>{escape(line)}</li>" for line in telling.lines(told))
    group = "".join(f" · {_text(name)} {_text(value)}" for name, value in told.group.items())
    by = f" · counted by {_text(told.by)}" if told.by else ""
    title = f"Why {_text(told.slo)}, {words.instant(told.window.end)}"
    lasted = words.duration(told.window.end - told.window.start)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">',
            f'<link rel="icon" href="data:,">\n<title>{title}</title>',
            f"<style>{PALETTES}{RULES}{_STYLE}</style>\n</head>\n<body>{svg.GAP_PATTERN}\n<main>",
            f'<header><p class="kicker">Why {_text(told.slo)}{by}{group} · {lasted} until '
            f"{words.instant(told.window.end)}</p>",
            f'<h1 class="answer">{headline}</h1>{f"<ul class=said>{said}</ul>" if said else ""}</header>',
            _facts(told),
            _burn(told),
            _causes(told),
            _near(told),
            _heavy(told, show_vins=show_vins),
            _next(told),
            _foot(told, show_vins=show_vins),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _text(value: str, limit: int = 500) -> str:
    return escape(safe(value, limit))


def _facts(told: Explanation) -> str:
    without = drawing.burned(telling.without(told)) if told.fresh else ""
    facts = [
        ("Burn rate", figures.burn(told.burn), "1 spends the budget exactly"),
        ("Without its causes", without, "had they not been"),
        ("Bad events", words.count(told.events.bad), f"of {words.count(told.events.total)}"),
        ("Bad", wording.rate(told.events.rate), f"{wording.rate(1 - told.target)} are allowed"),
    ]
    if told.before is not None:
        facts.append(("Bad before", wording.rate(told.before.rate), f"of {words.count(told.before.total)}"))
    items = "".join(
        f"<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>" for name, value, more in facts if value
    )
    return f'<dl class="facts">{items}</dl>'


def _burn(told: Explanation) -> str:
    if told.events.total <= 0:
        return ""
    rest = figures.burn(telling.without(told))
    label = f"Burn rate over the window: {figures.burn(told.burn)}; without its causes {rest}"
    key = '<span class="key over"></span>all events'
    if told.fresh:
        key += '<span class="key fine"></span>without the causes'
    if any(cause.since is not None for cause in told.fresh):
        band = ", at some time within the grey" if any(cause.vague for cause in told.fresh) else ""
        key += f'<span class="key began"></span>a cause began{band}'
    marked = drawing.changes(told)
    notes = []
    if marked:
        notes.append("Numbered: what was changed.")
    if not told.timeline.total.all():
        notes.append("Hatched: no events.")
    key += f"<br>{' '.join(notes)}" if notes else ""
    return (
        f'<h2>Burn rate with and without</h2><div class="whole"><figure><figcaption>{key}</figcaption>'
        f"{drawing.burn(told, label)}</figure>{_changes(told, marked)}</div>"
    )


def _changes(told: Explanation, marked: Sequence[Change]) -> str:
    """What the numbers in the picture stand for."""
    if not marked:
        return ""
    items = ""
    for number, one in enumerate(marked, 1):
        outside = "" if told.window.start <= one.at <= told.window.end else " (outside the picture)"
        items += (
            f"<li><b>{number}</b>{words.moment(one.at)} {_text(one.kind, 40)}: {_text(one.title, 200)}{outside}</li>"
        )
    return f'<ul class="changes" aria-label="What was changed">{items}</ul>'


def _causes(told: Explanation) -> str:
    if not told.causes:
        return '<h2>Causes</h2><p class="none">No group of up to three attributes stands out.</p>'
    return "<h2>Causes</h2>" + "\n".join(_cause(cause, told) for cause in (*told.fresh, *told.standing))


def _cause(cause: Cause, told: Explanation) -> str:
    most = _whole_bar(told)
    rates = [("inside", cause.inside, "over"), ("outside", cause.outside, "fine")]
    if cause.before is not None:
        rates.append(("inside before", cause.before, "calm"))
    bars = _scale("Bad events; the whole bar is all of them", [("in this group", "over", cause.share, 1.0)]) + _scale(
        f"Events that fail; the whole bar is {wording.rate(most)}",
        [(name, kind, one.rate, most) for name, one, kind in rates],
    )
    kind = "cause standing" if cause in told.standing else "cause"
    notes = " · ".join(escape(part) for part in _notes(cause))
    head = f"<h3>{escape(wording.spoken(cause.where))}</h3>"
    return f'<section class="{kind}">{head}<div class="scales">{bars}</div><p>{notes}</p></section>'


def _whole_bar(told: Explanation) -> float:
    """The rate at which a bar is full, the same for all causes: a round one."""
    known = [one.rate or 0.0 for cause in told.causes for one in (cause.inside, cause.outside, cause.before) if one]
    most = max([*known, 1e-6])
    power = 10.0 ** math.floor(math.log10(most))
    return min(next(power * step for step in (1, 2, 5, 10) if power * step >= most * (1 - 1e-9)), 1.0)


def _scale(said: str, rows: Iterable[tuple[str, str, float | None, float]]) -> str:
    """Bars of one scale, and what a whole one is; rows are (name, class, rate, rate of a whole bar)."""
    bars = "".join(
        f"<dt>{name}</dt><dd>{drawing.bar((rate or 0.0) / most, kind, wording.rate(rate))}</dd>"
        for name, kind, rate, most in rows
    )
    return f'<div class="scale"><p>{said}</p><dl class="bars">{bars}</dl></div>'


def _notes(cause: Cause) -> Iterable[str]:
    if cause.new is False:
        yield "as before"
    yield wording.p_value(cause.log10_p)
    yield f"{words.count(cause.inside.bad)} of {words.count(cause.inside.total)} events failed"
    yield f"burn rate {figures.burn(cause.burn)}"
    if cause.budget is not None:
        yield f"{wording.rate(cause.budget)} of the whole budget"
    if cause.vehicles:
        yield f"{cause.vehicles:,} vehicles"
    if cause.since is not None:
        yield telling.since(cause)
    if cause.picked.where:
        yield f"selection: {safe(cause.picked.where)}"


def _table(caption: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first, *others = heads
    head = f'<th scope="col" class="text">{first}</th>' + "".join(f'<th scope="col">{one}</th>' for one in others)
    body = ""
    for row in rows:
        name, *cells = row
        body += f'<tr><th scope="row" class="text">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table class="list"><caption>{caption}'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _near(told: Explanation) -> str:
    if not told.near:
        return ""
    rows = (
        [escape(wording.spoken(m.where)), wording.rate(m.share), wording.rate(m.inside), wording.rate(m.outside),
         wording.p_value(m.log10_p), escape(m.reason)]
        for m in told.near
    )  # fmt: skip
    return _table("Nearly", ("Group", "Bad events", "Inside", "Outside", "Chance", "But"), rows)


def _heavy(told: Explanation, *, show_vins: bool) -> str:
    if not told.heavy:
        return ""
    rows = (
        [f"{_text(hit.attribute)} {escape(telling.named(hit, show_vins=show_vins))}", words.count(hit.bad),
         words.count(hit.total), wording.rate(hit.share)]
        for hit in told.heavy
    )  # fmt: skip
    return _table("Heavy hitters", ("One of very many", "Bad", "Of", "Share"), rows)


def _next(told: Explanation) -> str:
    found = telling.commands(told)
    examples = [f"{told.shell.head} trace show {trace}" for cause in told.fresh for trace in cause.traces]
    lines = list(dict.fromkeys([*found, *examples]))
    return f"<h2>Next</h2><pre>{escape(chr(10).join(lines))}</pre>" if lines else ""


def _foot(told: Explanation, *, show_vins: bool) -> str:
    notes = "".join(f"<li>{escape(line)}</li>" for line in telling.remarks(told, show_vins=show_vins))
    return (
        f"<footer><h2>How this was found</h2><ul>{notes}</ul><p>Rates are by weight, significance by what was seen; "
        "a p-value is corrected for the number of groups, for vehicles that fail more than once and for the time of "
        "day. "
        "Written by cdctl. Times are UTC.</p></footer>"
    )
