"""What happened to promises: verdicts that changed while the view looked, and since when what burns has burned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cdctl.application.top.explaining import began
from cdctl.application.top.timeline import Said, apart, holds
from cdctl.domain.boards.requests import About, Open
from cdctl.domain.boards.snapshot import SloSight, Snapshot
from cdctl.domain.boards.timeline import Occasion, Reach, Recall
from cdctl.domain.slo.turning import Turn
from cdctl.domain.slo.verdict import Row, SloReport, Verdict

PROMISES = "promises"
_ROLES = {Verdict.MET: "good", Verdict.AT_RISK: "warn", Verdict.BREACHED: "bad", Verdict.ERROR: "bad"}


class PromisesPast:
    """See the port Teller. seen_turns: what changed since the view looks, and since when it does (None: not yet)."""

    name = PROMISES

    def __init__(self, seen_turns: Callable[[], tuple[Sequence[Turn], float | None]]) -> None:
        self._seen_turns = seen_turns
        self._burning: tuple[SloReport | None, list[Occasion]] = (None, [])

    async def tell(self, ask: Recall, seen: Snapshot) -> Said:
        """See the port."""
        if ask.vin:
            return Said()
        turns, since = self._seen_turns()
        if not isinstance(seen.slo, SloSight):
            return Said((), (Reach(self.name, None, seen.slo.reason, bad=not seen.slo.waiting),))
        if PROMISES not in ask.kinds:
            return Said((), (Reach(self.name, since, "verdicts of this view"),))
        if self._burning[0] is not seen.slo.report:
            report = seen.slo.report
            self._burning = report, await asyncio.to_thread(burning, report)
        told = [*map(_turned, turns), *self._burning[1]]
        found = [one for one in told if _meant(one, ask)]
        return Said(found, (Reach(self.name, since, "verdicts of this view"),))


def _meant(one: Occasion, ask: Recall) -> bool:
    about = one.opens.about if one.opens is not None else About()
    named = not ask.promise or about.promise == ask.promise
    return named and not apart(about.group, ask) and holds(one, ask)


def burning(report: SloReport) -> list[Occasion]:
    """The beginnings of what burns now, as far as the buckets of the window tell."""
    rows = [row for row in report.rows if row.firing or row.verdict is Verdict.BREACHED]
    return [one for row in rows if (one := _began(row, report.at)) is not None]


def _began(row: Row, at: int) -> Occasion | None:
    since = began([row], at)
    if since is None:
        return None
    rates = ", ".join(f"{window} {rate:.1f}x" for window, rate in row.burn_rates.items() if rate is not None)
    text = f"began to burn{f'; now {rates}' if rates else ''}"
    about = About(promise=row.name, group=row.group)
    return _occasion(f"b{int(since)}.{row.objective}", since, "began", text, "bad", about)


def _turned(turn: Turn) -> Occasion:
    parts = [f"{_spelt(turn.was)} → {_spelt(turn.verdict)}"] if turn.was is not turn.verdict else []
    parts += [f"burns: {', '.join(turn.fires)}"] if turn.fires else []
    parts += [f"ceased: {', '.join(turn.ceased)}"] if turn.ceased else []
    parts += [turn.reason] if turn.reason else []
    role = _ROLES.get(turn.verdict, "") if turn.was is not turn.verdict else "bad" if turn.fires else "good"
    word = turn.verdict.value if turn.was is not turn.verdict else "burns" if turn.fires else "ceased"
    about = About(promise=turn.name, group=turn.group)
    return _occasion(f"s{turn.at}.{turn.objective}", turn.at, word, "; ".join(parts), role, about)


def _occasion(key: str, at: float, word: str, text: str, role: str, about: About) -> Occasion:
    group = ",".join(f"{label}={value}" for label, value in about.group.items())
    return Occasion(
        key=f"{key}.{about.promise}.{group}",
        at=at,
        kind=PROMISES,
        word=word,
        subject=about.promise,
        text=f"{group}: {text}" if group else text,
        role=role,
        region=about.group.get("region", ""),
        opens=Open("incident", about),
    )


def _spelt(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")
