"""An explanation in plain words: the line that an on-call engineer reads first, and those after it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from cdctl.domain import figures
from cdctl.domain.fleet.privacy import masked
from cdctl.domain.text import safe
from cdctl.domain.traces.attributes import VEHICLE_IDS
from cdctl.domain.traces.ports import Window
from cdctl.domain.why.explanation import Cause, Counts, Explanation, HeavyHitter
from cdctl.domain.why.wording import LONG, p_value, rate, spoken
from cdctl.reports import words


def sentence(cause: Cause) -> str:
    """One cause: who, how much of it, how it fails inside and outside, how sure that is."""
    inside, outside = rate(cause.inside.rate), rate(cause.outside.rate)
    return (
        f"{spoken(cause.where)}: {rate(cause.share)} of the bad events, {inside} fail inside, {outside} outside, "
        f"{p_value(cause.log10_p)}"
    )


def headline(told: Explanation) -> str:
    """The answer in one line."""
    if told.events.bad <= 0:
        return f"nothing is bad: {words.count(told.events.total)} events, none of them failed"
    if told.fresh:
        return sentence(told.fresh[0])
    overall = f"{rate(told.events.rate)} of {words.count(told.events.total)} events are bad"
    if not told.attributes:
        return f"not known: {overall}, and they have nothing to tell them apart by"
    if told.standing:
        return f"no new cause: {overall}, and what stands out did so before ({spoken(told.standing[0].where)})"
    return f"no single cause: {overall}, and no group of up to three attributes stands out"


def lines(told: Explanation) -> Iterator[str]:
    """What follows the headline: further causes, whether it was so before, what the burn would be without."""
    for cause in told.fresh[1:]:
        yield f"and {sentence(cause)}"
    for cause in told.standing:
        yield f"as before, so no cause of a new burn: {sentence(cause)}"
    if told.fresh and told.burn is not None:
        rest = without(told)
        yield f"burn rate {figures.burn(told.burn)}; without {_these(told.fresh)} {figures.burn(rest)}"
    for cause in told.fresh:
        yield from _more(cause, told)
    if told.reference is None:
        yield "there is nothing to compare with: whether it was so before is not known"


def _these(causes: Sequence[Cause]) -> str:
    return "it" if len(causes) == 1 else "them"


def without(told: Explanation) -> float | None:
    """The burn rate of all events but those of its causes."""
    bad = told.events.bad - sum(cause.inside.bad for cause in told.fresh)
    total = told.events.total - sum(cause.inside.total for cause in told.fresh)
    return bad / total / (1 - told.target) if total > 0 else None


def _more(cause: Cause, told: Explanation) -> Iterator[str]:
    parts = [f"{since(cause)}{_after(cause)}"] if cause.since is not None else []
    if told.reference is not None:
        parts.append(before(cause, told.reference, told.window))
    if parts:
        yield f"{spoken(cause.where)}: {'; '.join(parts)}"


def since(cause: Cause) -> str:
    """`since about 16 Nov 03:00 UTC`, or between what, where that is vague; empty where it was so all along."""
    if cause.vague:
        first, last = map(words.moment, cause.vague)
        return f"began between {first} and {last} UTC"
    return f"since about {words.moment(cause.since)} UTC" if cause.since is not None else ""


def _after(cause: Cause) -> str:
    """`, 3m after software 23-07.60 reached 5% of eu`; empty where nothing is known to have come shortly before."""
    if not cause.after:
        return ""
    one = cause.after[0]
    if cause.vague:
        return f"; at {words.moment(one.change.at)}: {safe(one.change.title, LONG)}"
    apart = words.duration(abs(one.ahead))
    return f", {apart} {'after' if one.ahead >= 0 else 'before'} {safe(one.change.title, LONG)}"


def before(cause: Cause, reference: Window, window: Window) -> str:
    """How the group was in the reference window."""
    back = window.end - reference.end
    then = f"{words.duration(back)} before"
    if cause.before is None or cause.before.raw_total == 0:
        return f"{then} there was no such event"
    inside, outside = rate(cause.before.rate), rate(_rate(cause.before_outside))
    new = {True: "new", False: "as it was", None: "too few events then to tell"}[cause.new]
    return f"{then} {inside} failed inside, {outside} outside: {new}"


def _rate(counts: Counts | None) -> float | None:
    return counts.rate if counts else None


def named(hit: HeavyHitter, *, show_vins: bool) -> str:
    """The value of a heavy hitter; ids of vehicles are masked unless they may be shown."""
    return safe(masked(hit.value) if _personal(hit) and not show_vins else hit.value, LONG)


def _personal(hit: HeavyHitter) -> bool:
    return hit.attribute in {"vehicle", *VEHICLE_IDS}


def commands(told: Explanation) -> list[str]:
    """Next steps, ready to paste."""
    found: list[str] = []
    head = told.shell.head
    for cause in told.fresh:
        picked = cause.picked
        if picked.where and told.shell.fleet:
            where = shlex.quote(picked.where)
            by = next(name for name in ("model", "region", "sw", "state") if f"{name}:" not in picked.where)
            found += [
                f"{head} fleet ls --where {where}",
                f"{head} fleet stats --where {where} --by {by}",
                f"{head} diag ping --where {where} --count 3",
                f"{head} cmd send ping --where {where} --dry-run",
            ]
        found += [f"{head} trace show {trace}" for trace in cause.traces[:1]]
    return list(dict.fromkeys(found))


def remarks(told: Explanation, *, show_vins: bool = False) -> Iterator[str]:
    """What has to be known to read it: where events come from, what was left out, what cannot be picked."""
    seconds = told.window.end - told.window.start
    yield (
        f"{words.count(told.events.raw_total)} events of {words.duration(seconds)} until "
        f"{words.instant(told.window.end)}, from {'spans' if told.source == 'spans' else 'the series of a metric'}; "
        f"{told.searched:,} groups of {len(told.attributes)} attributes were looked at"
    )
    if told.by:
        yield f"events are counted as {safe(told.by, LONG)} does"
    if not show_vins and any(_personal(hit) for hit in told.heavy):
        yield "ids of vehicles are masked, several may look alike: --show-vins writes them whole"
    if told.nameless:
        yield f"{rate(told.nameless)} of events name no vehicle that is known"
    for cause in told.fresh:
        if cause.picked.beyond:
            rest = ", ".join(f"{safe(one.attribute, LONG)} {safe(one.value, LONG)}" for one in cause.picked.beyond)
            yield f"no selection of vehicles can say: {rest}"
        for where in cause.equals[:3]:
            yield f"explains as much as {spoken(cause.where)}: {spoken(where)}"
    for name, others in told.same.items():
        yield f"{safe(name, LONG)} says the same as {', '.join(safe(other, LONG) for other in others)}"
    if told.left_out:
        yield "not searched: " + ", ".join(f"{safe(one.attribute, LONG)} ({one.reason})" for one in told.left_out)
    yield from (safe(note) for note in told.notes)
