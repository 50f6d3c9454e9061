"""The one page about an alert: which promise burns and since when, who it is, what changed, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdctl.domain.changes import Near
from cdctl.domain.pasting import Shell
from cdctl.domain.slo.onset import Onset
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.text import safe
from cdctl.domain.why.explanation import Cause, Explanation

_SEVERITY = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.ERROR, Verdict.NO_DATA, Verdict.MET)
_NOW = ("1h", "5m", "30m", "2h", "6h")
"""Burn rates that tell what happens now, the steadiest first."""


@dataclass(frozen=True, slots=True)
class State:
    """Something that the promise stands on, and how it is now: a broker, a Prometheus, the fleet."""

    name: str
    ok: bool
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """A command to paste, and what it is for."""

    command: str
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """rows: of every promise that the alert is about, worst first. onset: since when the first of them burns. why: who
    it is; `silent` says why there is no answer. `took` is in seconds."""

    asked: str
    because: str
    context: str
    at: int
    rows: tuple[Row, ...]
    starts: float | None = None
    onset: Onset | None = None
    why: Explanation | None = None
    silent: str = ""
    changes: tuple[Near, ...] = ()
    states: tuple[State, ...] = ()
    next: tuple[Next, ...] = ()
    notes: tuple[str, ...] = ()
    took: float = 0.0

    @property
    def burning(self) -> Row | None:
        """The row that the page is about."""
        return self.rows[0] if self.rows else None

    @property
    def since(self) -> float | None:
        """When it began: as found in all of its events, else in those of its cause, else as the alert says; epoch
        seconds."""
        if self.onset is not None:
            return self.onset.at
        cause = self.cause
        return cause.since if cause is not None and cause.since is not None else self.starts

    @property
    def cause(self) -> Cause | None:
        """The group that explains most of what is new."""
        if self.why is None:
            return None
        return next(iter(self.why.fresh or self.why.causes), None)

    @property
    def runs_out(self) -> float | None:
        """Seconds until the budget is spent if it burns on as now; 0 when it is spent, None when nobody can tell."""
        return runs_out(self.burning) if self.burning is not None else None


def worst_first(rows: Sequence[Row], labels: Mapping[str, str]) -> tuple[Row, ...]:
    """Rows that the labels of an alert leave over, the worst verdict first, then the quickest burn."""
    kept = [row for row in rows if all(row.group.get(name, value) == value for name, value in labels.items())]
    return tuple(sorted(kept or rows, key=lambda row: (_SEVERITY.index(row.verdict), -(burn(row) or 0.0))))


def burn(row: Row) -> float | None:
    """How many times too fast the budget is spent now."""
    return next((rate for name in _NOW if (rate := row.burn_rates.get(name)) is not None), None)


def runs_out(row: Row) -> float | None:
    """Seconds until the budget of a row is spent: what is left of it, at the pace of the last hour. A burn rate of 1
    spends the budget in one window."""
    rate = burn(row)
    left = row.error_budget.remaining_ratio if row.error_budget is not None else None
    if left is None:
        return None
    if left <= 0:
        return 0.0
    window = row.window.end - row.window.start
    return left * window / rate if rate else None


def commands(
    row: Row | None, why: Explanation | None, traces: Sequence[str], changes: Sequence[Near], shell: Shell
) -> tuple[Next, ...]:
    """What to do next, ready to paste, from looking closer to acting. What holds a character that would act on a
    terminal is no command: it cannot be pasted as it is shown."""
    if row is None:
        return ()
    head = shell.head
    name, group = shlex.quote(row.name), f" --group {shlex.quote(row.group_text)}" if row.group else ""
    found = [Next(f"{head} slo why {name}{group}", "who it is, with all figures")]
    picked = next((cause.picked.where for cause in why.causes if cause.picked.where), "") if why is not None else ""
    if picked and shell.fleet:
        where = shlex.quote(picked)
        found += [
            Next(f"{head} fleet stats --where {where} --by model,sw", "the vehicles behind it"),
            Next(f"{head} diag dtc --where {where}", "their trouble codes"),
        ]
    found += [Next(f"{head} trace show {trace}", "one that failed, step by step") for trace in traces[:1]]
    if any(one.change.source == "journal" for one in changes):
        found.append(Next(f"{head} rollout ls", "is something going out? pause or abort it"))
    found.append(Next(f"{head} slo status --slo {name}", "does it recover?"))
    return tuple(one for one in found if safe(one.command, len(one.command)) == one.command)
