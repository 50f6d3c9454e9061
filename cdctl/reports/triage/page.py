"""A page of triage for a terminal and for an incident channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdctl.domain import figures
from cdctl.domain.changes import Near
from cdctl.domain.duration import brief
from cdctl.domain.slo.verdict import Row
from cdctl.domain.text import safe
from cdctl.domain.triage.page import Page, State
from cdctl.domain.why import wording
from cdctl.reports import words
from cdctl.reports.why import telling

_LABEL = 11
_LONGEST = 4_000
_BURNS = ("5m", "1h", "6h", "3d")
_MOST_EXAMPLES = 3
Block = tuple[str, Sequence[str]]
"""A heading and what stands under it."""


def text(page: Page) -> str:
    """The page for a terminal."""
    row = page.burning
    if row is None:
        return f"{safe(page.asked)}: no promise was judged\n"
    lines = [safe(f"{row.name}  {row.group_text}  {row.verdict.value}".replace("    ", "  "))]
    for heading, body in _blocks(page):
        lines.append("")
        lines += [f"{heading if first else '':{_LABEL}}{line}" for first, line in _first(body)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def markdown(page: Page) -> str:
    """The same for a channel that shows Markdown. Text from elsewhere stands in code spans and fences only."""
    row = page.burning
    if row is None:
        return f"**{_code(page.asked)}**: no promise was judged\n"
    group = f" {_code(row.group_text)}" if row.group else ""
    lines = [f"### {_code(row.name)}{group}: {row.verdict.value.replace('_', ' ')}"]
    for heading, body in _blocks(page):
        if heading == "next":
            lines += ["", "**next**", "", "```sh", *(line.replace("`", "'") for line in body), "```"]
        else:
            lines += ["", f"**{heading}**", "", *(f"- {_code(line)}" for line in body)]
    return "\n".join(lines) + "\n"


def _blocks(page: Page) -> Iterator[Block]:
    row = page.burning
    assert row is not None
    yield "promise", [*_promise(page, row), *_since(page)]
    yield "who", [safe(line) for line in _who(page)]
    yield "changed", [_change(one) for one in page.changes] or [_nothing_changed(page)]
    if page.states:
        yield "states", [_state(one) for one in page.states]
    others = [one for one in page.rows if one is not row]
    if others:
        yield "others", [safe(_other(one)) for one in others]
    if page.cause is not None and page.cause.traces:
        yield "examples", [safe(trace) for trace in page.cause.traces[:_MOST_EXAMPLES]]
    widest = max(len(one.command) for one in page.next) if page.next else 0
    yield "next", [safe(f"{one.command:{widest}}  # {one.what}", _LONGEST) for one in page.next]
    if page.notes:
        yield "notes", [safe(note) for note in page.notes]


def _promise(page: Page, row: Row) -> Iterator[str]:
    window = words.duration(row.window.seconds)
    yield f"{figures.target(row.target)} over {window}; {figures.sli(row.sli, row.target)} so far{_budget(page, row)}"
    rates = [f"{figures.burn(rate)} ({name})" for name in _BURNS if (rate := row.burn_rates.get(name)) is not None]
    if rates:
        yield f"burns {', '.join(rates)} times as fast as it may"
    if row.reason:
        yield safe(row.reason)
    if page.because:
        yield safe(page.because)


def _budget(page: Page, row: Row) -> str:
    left = figures.budget_left(row)
    if left is None:
        return ""
    if left <= 0:
        return f"; budget overspent by {figures.percent(-left)}"
    until = f", spent in {brief(page.runs_out)} at this pace" if page.runs_out is not None else ""
    return f"; {figures.percent(left)} of the budget left{until}"


def _since(page: Page) -> Iterator[str]:
    if page.onset is not None:
        one = page.onset
        yield (
            f"since {words.instant(one.at)}, {brief(max(page.at - one.at, 0))} ago: {wording.rate(one.since)} bad, "
            f"{wording.rate(one.before)} in the week before"
        )
    elif page.starts is not None:
        yield f"since {words.instant(page.starts)} as the alert says, {brief(max(page.at - page.starts, 0))} ago"


def _who(page: Page) -> Iterator[str]:
    if page.why is None:
        yield f"not known: {page.silent}" if page.silent else "not known"
        return
    cause = page.cause
    if cause is None:
        yield telling.headline(page.why)
        return
    yield wording.spoken(cause.where)
    inside, outside = wording.rate(cause.inside.rate), wording.rate(cause.outside.rate)
    vehicles = f"; {cause.vehicles:,} vehicles" if cause.vehicles else ""
    yield f"{wording.rate(cause.share)} of the bad events; {inside} fail there, {outside} elsewhere{vehicles}"
    if cause.picked.where:
        yield f"filter: {cause.picked.where}"
    if cause.new is False:
        yield "it was so before, too: what is new is not explained by it"


def _change(one: Near) -> str:
    change, ahead = one.change, one.ahead
    when = f"{brief(abs(ahead))} {'before' if ahead >= 0 else 'after'}" if ahead else words.instant(change.at)
    whom = "".join(f" {name} {value}" for name, value in (("by", change.by), ("in", change.region)) if value)
    if change.kind == "software":
        return safe(f"{when:14} {change.title}")
    more = "".join(f" {text}" for text in (change.service, change.version) if text and text not in change.title)
    return safe(f"{when:14} {change.kind} {change.title}{more}{whom}")


def _nothing_changed(page: Page) -> str:
    return "nothing that cdctl was told of" + (" in the two hours before" if page.since is not None else "")


def _state(one: State) -> str:
    return safe(f"{'ok' if one.ok else 'BAD':4} {one.name}: {one.text}" + (f" ({one.hint})" if one.hint else ""))


def _other(row: Row) -> str:
    group = f" {row.group_text}" if row.group else ""
    rate = row.burn_rates.get("1h")
    return f"{row.verdict.value:9} {row.name}{group}" + (f", burns {figures.burn(rate)} (1h)" if rate else "")


def _first(body: Sequence[str]) -> Iterator[tuple[bool, str]]:
    return ((number == 0, line) for number, line in enumerate(body))


def _code(line: str) -> str:
    return f"`{safe(line).replace('`', chr(39))}`"
