"""An explanation as one self-contained page: no network, no script, no fonts; every text in it is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from cdctl.domain import figures
from cdctl.domain.text import safe
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
.cause{margin-top:1rem;padding:1rem;border:1px solid var(--rule);border-left:4px solid var(--breached);
 border-radius:6px}
.cause.standing{border-left-color:var(--muted)}
.cause h3{font-size:1.08rem}
.bars{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1rem;margin-top:.8rem;align-items:center}
.bars dt{color:var(--muted);font-size:.86rem}
.bars dd{display:grid;grid-template-columns:minmax(6rem,1fr) 7.5rem;gap:.75rem;align-items:center}
.bar{display:block;height:.85rem;background:var(--raised);border-radius:3px;overflow:hidden}
.bar>span{display:block;height:100%;min-width:2px}
.bar .over{background:var(--breached)}.bar .fine{background:var(--fine)}.bar .calm{background:var(--calm)}
.figure{font-weight:600;font-size:.92rem}
.cause p{margin-top:.7rem;font-size:.9rem;color:var(--muted)}
.none{margin-top:1rem;color:var(--muted)}
@media (max-width:44rem){.bars{grid-template-columns:1fr}.bars dd{margin-bottom:.4rem}}
@media print{.cause{break-inside:avoid}}
"""


def page(told: Explanation, *, show_vins: bool = False) -> str:
    """The whole document."""
    headline = escape(telling.headline(told))
    said = "".join(f"<li>{escape(line)}</li>" for line in telling.lines(told))
    group = "".join(f" · {_text(name)} {_text(value)}" for name, value in told.group.items())
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
            f'<header><p class="kicker">Why {_text(told.slo)}{group} · {lasted} until '
            f"{words.instant(told.window.end)}</p>",
            f'<h1 class="answer">{headline}</h1>{f"<ul class=said>{said}</ul>" if said else ""}</header>',
            _facts(told),
            _burn(told),
            _causes(told),
            _near(told),
            _heavy(told, show_vins=show_vins),
            _next(told),
            _foot(told),
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
        ("Bad", telling.rate(told.events.rate), f"{telling.rate(1 - told.target)} are allowed"),
    ]
    if told.before is not None:
        facts.append(("Bad before", telling.rate(told.before.rate), f"of {words.count(told.before.total)}"))
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
    notes = []
    if any(cause.since is not None for cause in told.fresh):
        notes.append("Dashed: where a cause began.")
    if not told.timeline.total.all():
        notes.append("Hatched: no events.")
    key += f"<br>{' '.join(notes)}" if notes else ""
    return (
        f'<h2>Burn rate with and without</h2><div class="whole"><figure><figcaption>{key}</figcaption>'
        f"{drawing.burn(told, label)}</figure></div>"
    )


def _causes(told: Explanation) -> str:
    if not told.causes:
        return '<h2>Causes</h2><p class="none">No group of up to three attributes stands out.</p>'
    return "<h2>Causes</h2>" + "\n".join(_cause(cause, told) for cause in (*told.fresh, *told.standing))


def _cause(cause: Cause, told: Explanation) -> str:
    most = max([one.inside.rate or 0.0 for one in told.causes] + [1e-12])
    rows = [
        ("share of the bad events", cause.share, "over", telling.rate(cause.share)),
        ("fail inside", (cause.inside.rate or 0.0) / most, "over", telling.rate(cause.inside.rate)),
        ("fail outside", (cause.outside.rate or 0.0) / most, "fine", telling.rate(cause.outside.rate)),
    ]
    if cause.before is not None:
        rows.append(
            ("failed inside before", (cause.before.rate or 0.0) / most, "calm", telling.rate(cause.before.rate))
        )
    bars = "".join(
        f"<dt>{escape(name)}</dt><dd>{drawing.bar(share, kind, figure)}</dd>" for name, share, kind, figure in rows
    )
    kind = "cause standing" if cause in told.standing else "cause"
    notes = " · ".join(escape(part) for part in _notes(cause))
    head = f"<h3>{escape(telling.spoken(cause.where))}</h3>"
    return f'<section class="{kind}">{head}<dl class="bars">{bars}</dl><p>{notes}</p></section>'


def _notes(cause: Cause) -> Iterable[str]:
    if cause.new is False:
        yield "as before"
    yield telling.p_value(cause.log10_p)
    yield f"{words.count(cause.inside.bad)} of {words.count(cause.inside.total)} events failed"
    yield f"burn rate {figures.burn(cause.burn)}"
    if cause.budget is not None:
        yield f"{telling.rate(cause.budget)} of the whole budget"
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
        [escape(telling.spoken(m.where)), telling.rate(m.share), telling.rate(m.inside), telling.rate(m.outside),
         telling.p_value(m.log10_p), escape(m.reason)]
        for m in told.near
    )  # fmt: skip
    return _table("Nearly", ("Group", "Bad events", "Inside", "Outside", "Chance", "But"), rows)


def _heavy(told: Explanation, *, show_vins: bool) -> str:
    if not told.heavy:
        return ""
    rows = (
        [f"{_text(hit.attribute)} {escape(telling.named(hit, show_vins=show_vins))}", words.count(hit.bad),
         words.count(hit.total), telling.rate(hit.share)]
        for hit in told.heavy
    )  # fmt: skip
    return _table("Heavy hitters", ("One of very many", "Bad", "Of", "Share"), rows)


def _next(told: Explanation) -> str:
    found = telling.commands(told)
    examples = [f"cdctl trace show {trace}" for cause in told.fresh for trace in cause.traces]
    lines = list(dict.fromkeys([*found, *examples]))
    return f"<h2>Next</h2><pre>{escape(chr(10).join(lines))}</pre>" if lines else ""


def _foot(told: Explanation) -> str:
    notes = "".join(f"<li>{escape(line)}</li>" for line in telling.remarks(told))
    return (
        f"<footer><h2>How this was found</h2><ul>{notes}</ul><p>Rates are by weight, significance by what was seen; "
        "a p-value is corrected for the number of groups, for vehicles that fail more than once and for the time of "
        "day. "
        "Written by cdctl. Times are UTC.</p></footer>"
    )
