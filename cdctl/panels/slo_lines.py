"""A promise on one line: verdict, name, what was measured, what is left, how fast it burns, how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cdctl.domain import grid
from cdctl.domain.boards.drawing import Line, Piece, width_of
from cdctl.domain.slo.verdict import History, Row, Verdict
from cdctl.domain.text import safe

PAIRS = (("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h"))
"""Windows of burn rates, the long one first, in the order of the catalogue."""
_ROLES = {Verdict.MET: "good", Verdict.AT_RISK: "warn", Verdict.BREACHED: "bad", Verdict.NO_DATA: "dim"}
BARS = "░▁▂▃▄▅▆▇█"
_BAR, _SPARK, _SHARE, _VERDICT, _LABEL = 10, 16, 6, 8, 6
_FORMS = (
    ("sli target bar left pairs spark", 40), ("sli target bar left worst spark", 40), ("sli target bar left worst", 34),
    ("sli bar left worst", 34), ("sli left worst", 24), ("left worst", 16), ("left", 16), ("", 0),
)  # fmt: skip
"""What stands behind a name, and how many cells of the name must be there for it. Names are read first, then how fast
it burns; how it went, and what was promised, give way on narrow screens, each of them whole."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in a line. name: cells of it. rate: cells of one burn rate. pairs: each in a column of its own;
    else, with `worst`, the one that fires."""

    name: int
    rate: int
    shows: frozenset[str]


def widest_rate(rows: Sequence[Row]) -> int:
    """Cells that any burn rate of these promises takes, now or later: none passes 1 / (1 - target)."""
    most = [_rate(float(1 / (1 - row.target)) if row.target < 1 else None) for row in rows]
    return max(map(len, [*most, *(_rate(rate) for row in rows for rate in row.burn_rates.values()), "9.9x"]))


def layout(width: int, longest: int = 60, rate: int = 6) -> Layout:
    """For a panel so wide. longest: cells of the longest name. rate: of a burn rate, see `widest_rate`."""
    for words, least in _FORMS:
        shows = frozenset(words.split())
        name = width - _VERDICT - 2 - sum(_cells(word, rate) for word in shows)
        if name >= min(longest, least):
            break
    return Layout(max(min(name, max(longest, 7)), 0), rate, shows)


def _cells(word: str, rate: int) -> int:
    pair = 2 * rate + 1
    return {
        "sli": 9, "target": 9, "bar": _BAR, "left": _SHARE + 1, "pairs": len(PAIRS) * (pair + 1),
        "worst": _LABEL + pair + 2, "spark": _SPARK + 2,
    }[word]  # fmt: skip


def head(form: Layout) -> str:
    """Names of the columns."""
    pair, name = 2 * form.rate + 1, "PROMISE"[: form.name]
    columns = {
        "sli": f" {'SLI':>8}", "target": f" {'TARGET':>8}",
        "left": f" {'BUDGET LEFT':{_BAR + _SHARE}}" if "bar" in form.shows else f" {'LEFT':>{_SHARE}}",
        "pairs": "".join(f" {f'{long}/{short}':>{pair}}" for long, short in PAIRS),
        "worst": f" {'BURN RATES':>{_LABEL + pair + 1}}", "spark": "  BAD OVER WINDOW",
    }  # fmt: skip
    shown = "".join(text for word, text in columns.items() if word in form.shows)
    return f" {'':{_VERDICT}} {name:{form.name}}{shown}"


def line(row: Row, name: str, form: Layout, width: int) -> Line:
    """One row under its name, which has the cells of the layout at most."""
    role = _ROLES.get(row.verdict, "bad")
    pieces: list[Piece] = [
        (f" {row.verdict.value.replace('_', ' '):{_VERDICT}} ", f"{role} strong"),
        (name + " " * (form.name - grid.cells(name)), ""),
    ]
    if "sli" in form.shows:
        pieces.append((f" {'-' if row.sli is None else f'{100 * row.sli:.3f}':>8}", ""))
    if "target" in form.shows:
        pieces.append((f" {float(100 * row.target):>8.7g}", ""))
    if "left" in form.shows:
        pieces += [(" ", ""), *_budget(row, "bar" in form.shows)]
    if row.reason and row.sli is None:
        room = width - width_of(tuple(pieces)) - 1
        return (*pieces, (" " + grid.shorten(safe(row.reason, 200), room), "dim")) if room > 1 else tuple(pieces)
    if "pairs" in form.shows:
        pieces += [(f" {_rates(row, pair, form.rate)}", _burning(row, pair)) for pair in PAIRS]
    if "worst" in form.shows:
        worst = next((pair for pair in PAIRS if _burning(row, pair)), PAIRS[0])
        pieces.append((f" {'/'.join(worst):>{_LABEL}} {_rates(row, worst, form.rate)}", _burning(row, worst)))
    if "spark" in form.shows:
        pieces += [("  ", ""), (_spark(row.history, float(1 - row.target)), role)]
    return tuple(pieces)


def _budget(row: Row, bar: bool) -> list[Piece]:
    left = row.error_budget.remaining_ratio if row.error_budget else None
    if left is None:
        return [(f"{'-':<{_BAR + _SHARE}}" if bar else f"{'-':>{_SHARE}}", "dim")]
    share = (_share(left), _left(left))
    return [(_bar(left), _left(left)), share] if bar else [share]


def _burning(row: Row, pair: tuple[str, str]) -> str:
    return "bad strong" if any(text.split(" ")[0] == "/".join(pair) for text in row.firing) else ""


def _rates(row: Row, pair: tuple[str, str], cells: int) -> str:
    return f"{'/'.join(_rate(row.burn_rates.get(window)) for window in pair):>{2 * cells + 1}}"


def _rate(rate: float | None) -> str:
    if rate is None:
        return "-"
    return f"{rate:.0f}x" if rate >= 9.95 else f"{rate:.1f}x"


def _bar(left: float) -> str:
    filled = round(_BAR * min(max(left, 0.0), 1.0))
    return "█" * filled + "░" * (_BAR - filled)


def _share(left: float) -> str:
    return f"{left:>6.0%}" if left > -9.995 else "<-999%"


def _left(left: float) -> str:
    return "bad" if left <= 0 else "warn" if left < 0.1 else "good"


def _spark(history: History | None, allowed: float) -> str:
    """Shares of bad events over the window, in equal parts. The highest part is a full bar, unless even that is below
    four times what is allowed: a calm past looks calm. A part without events is a dot."""
    if history is None or not len(history.ends):
        return ""
    begin, end = float(history.ends[0] - history.widths[0]), float(history.ends[-1])
    part = np.minimum(((history.ends - begin) / max(end - begin, 1) * _SPARK - 1e-9).astype(int), _SPARK - 1)
    total = np.bincount(part, np.nan_to_num(history.total), _SPARK)
    bad = total - np.bincount(part, np.nan_to_num(history.good), _SPARK)
    share = np.divide(np.maximum(bad, 0), total, out=np.zeros(_SPARK), where=total > 0)
    levels = np.ceil(share / max(share.max(), 4 * allowed, 1e-12) * 8).astype(int)
    return "".join("·" if not n else "▁" if not level else BARS[level] for n, level in zip(total, levels, strict=True))
