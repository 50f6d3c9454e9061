"""What a guard makes of a promise's row: does it burn, did it begin to since the rollout did, and what says so."""

from __future__ import annotations

from datetime import UTC, datetime

from cdctl.domain.orders.rollout.guards import Promise
from cdctl.domain.slo.onset import LEAST
from cdctl.domain.slo.rising import BEFORE, Rise, bearable, excess, rise
from cdctl.domain.slo.verdict import History, Row, Verdict

_SHORTEST = "5m"
_HOURS = f"{BEFORE // 3600} h"


def promise_of(row: Row, since: int) -> Promise:
    """since: epoch seconds at which the rollout began. Without its buckets (`history`) only the pairs can tell."""
    where = f"{row.group_text}: " if row.group_text else ""
    if row.verdict in {Verdict.NO_DATA, Verdict.ERROR}:
        return Promise(missing=f"{where}{row.reason or row.verdict.value}")
    left = row.error_budget.remaining_ratio if row.error_budget else None
    firing = tuple(f"{where}{one}" for one in row.firing)
    burn, bears = row.burn_rates.get(_SHORTEST), bearable(row.window.seconds)
    risen, compared = "", ""
    if row.history is not None and len(row.history.ends):
        risen, compared = _seen(row.history, since, float(1 - row.target), bears)
    return Promise(burn, left, firing, bears=bears, risen=risen and f"{where}{risen}", compared=compared)


def _seen(history: History, since: int, allowed: float, bears: float) -> tuple[str, str]:
    """Why it burns although no pair fires, empty when it does not; and what was compared."""
    bad, total = (history.total - history.good).clip(min=0.0), history.total
    last = float(bad[-1]), float(total[-1])
    found = rise(history.ends, history.widths, bad, total, since)
    compared = f"compared since {_clock(since)} with the {_HOURS} before"
    if last[0] <= bears * allowed * last[1]:  # what rose has fallen again, or never mattered
        return "", compared
    if found is not None and found.bad > bears * allowed * found.total:
        return _rose(found), compared
    if (score := excess(*last, allowed)) >= LEAST:
        width = f"{int(history.widths[-1]) // 60} min"
        words = f"{_share(*last)} were bad in the last {width}, {100 * allowed:.3g} % of all may be"
        return f"{words} (log-likelihood ratio {score:.3g}, {LEAST:g} is enough)", compared
    return "", compared


def _rose(found: Rise) -> str:
    now, before = _share(found.bad, found.total), _share(found.bad_before, found.total_before)
    return (
        f"bad events rose: {now} since {_clock(found.at)}, {before} in the {_HOURS} before"
        f" (log-likelihood ratio {found.score:.3g}, {LEAST:g} is enough)"
    )


def _share(bad: float, total: float) -> str:
    return f"{bad:,.0f} of {total:,.0f} ({100 * bad / total:.3g} %)"


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M} UTC"
