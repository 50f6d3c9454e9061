"""Promises, bucket series and verdicts in one line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import numpy as np
import pytest

from cdctl.domain.slo.judge import judge
from cdctl.domain.slo.measure import Asked, Measured, measure
from cdctl.domain.slo.objective import Budgeting, Objective, Query, Ratio, Slo
from cdctl.domain.slo.series import Buckets
from cdctl.domain.slo.tiling import COARSE, FINE, assemble, join, tile
from cdctl.domain.slo.verdict import Row
from cdctl.domain.slo.window import Rolling
from cdctl.errors import Place

DAY = 86_400
AT = 1_750_000_200
"""2025-06-15T15:10:00Z, a multiple of 300 and not of 3600."""

END = 480_000 * COARSE
"""A whole hour."""

Groups = tuple[tuple[str, ...], ...]
Values = float | Sequence[float] | np.ndarray


@pytest.fixture(scope="session")
def at() -> int:
    return AT


@pytest.fixture(scope="session")
def epoch() -> Callable[[str], int]:
    """Epoch seconds of an ISO time with its offset."""
    return lambda text: int(datetime.fromisoformat(text).timestamp())


def _even(
    start: int,
    end: int,
    step: int,
    good: Values = 0.0,
    total: Values = 0.0,
    seen: Values | None = None,
    groups: Groups = ((),),
) -> Buckets:
    count = (end - start) // step
    shape = (len(groups), count)

    def full(values: Values) -> np.ndarray:
        return np.broadcast_to(np.asarray(values, dtype=np.float64), shape).copy()

    ends = np.arange(start + step, end + 1, step, dtype=np.int64)
    widths = np.full(count, step, np.int64)
    return Buckets(groups, ends, widths, full(good), full(total), full(step / 60 if seen is None else seen))


@pytest.fixture(scope="session")
def even() -> Callable[..., Buckets]:
    """Equal buckets over (start, end], seen once a minute; values: one number, [n_buckets] or [n_groups, n_buckets]."""
    return _even


def _promise(target: str = "0.99", **more: object) -> Slo:
    own = {name: more.pop(name) for name in ("slice_seconds", "slice_target", "weight") if name in more}
    objective = Objective("ok", more.pop("indicator", Ratio(Query("t"), Query("g"))), Decimal(target), **own)
    fields: dict[str, object] = {
        "budgeting": Budgeting.OCCURRENCES,
        "window": Rolling(28 * DAY),
        "place": Place("slo.yaml"),
        **more,
    }
    return Slo("commands", "remote-command", (objective,), **fields)


@pytest.fixture(scope="session")
def promise() -> Callable[..., Slo]:
    """An SLO of one objective called ok; further words are fields of Slo or of Objective."""
    return _promise


def _asked(slo: Slo, at: int = AT, min_coverage: str = "0.9", **more: object) -> Asked:
    return Asked(slo, slo.objectives[0], at, Decimal(min_coverage), **more)


@pytest.fixture(scope="session")
def asked() -> Callable[..., Asked]:
    """The question about an SLO's first objective."""
    return _asked


@pytest.fixture(scope="session")
def measured() -> Callable[..., Measured]:
    """An SLO's buckets, made ready."""
    return lambda slo, buckets, **more: measure(_asked(slo, **more), buckets)


@pytest.fixture(scope="session")
def judged() -> Callable[..., tuple[Row, ...]]:
    """The rows of an SLO over buckets."""
    return lambda slo, buckets, **more: judge(measure(_asked(slo, **more), buckets))


@pytest.fixture(scope="session")
def one(judged: Callable[..., tuple[Row, ...]]) -> Callable[..., Row]:
    """The only row of an SLO over buckets."""

    def only(slo: Slo, buckets: Buckets, **more: object) -> Row:
        (row,) = judged(slo, buckets, **more)
        return row

    return only


@pytest.fixture(scope="session")
def day() -> Callable[..., Slo]:
    """The same, rolling over one day."""
    return lambda target="0.99", **more: _promise(target, window=Rolling(DAY), **more)


@pytest.fixture(scope="session")
def hours() -> Callable[..., Buckets]:
    """Hourly buckets up to END, after two more of margin: one value for every hour of the total, or for all."""

    def build(good: Values, total: Values, seen: Values = 60.0, groups: Groups = ((),), end: int = END) -> Buckets:
        count = np.shape(total)[-1]

        def padded(values: Values) -> np.ndarray:
            wide = np.broadcast_to(np.asarray(values, dtype=np.float64), (len(groups), count))
            return np.hstack([wide[:, :1], wide[:, :1], wide])

        return _even(end - (count + 2) * COARSE, end, COARSE, padded(good), padded(total), padded(seen), groups)

    return build


@pytest.fixture(scope="session")
def month() -> Callable[..., Buckets]:
    """28 days to AT and the margin before them, of hourly and five-minute buckets.

    good and total per hour, spread evenly; `last` replaces (good, total) of some last seconds: {3600: (5, 10)} means
    that the last hour has 10 events, 5 of them good.
    """

    def build(good: float, total: float, last: dict[int, tuple[float, float]] | None = None, at: int = AT) -> Buckets:
        start = at - 28 * DAY
        tiling = tile([start, *(at - seconds for seconds in (last or {})), *(at - s for s in (300, 1800, 7200))], at)
        levels = {}
        for step in (FINE, COARSE):
            spans = [_even(s.start, s.end, step, good * step / 3600, total * step / 3600) for s in tiling.of(step)]
            levels[step] = join(spans)
        out = assemble(levels, tiling)
        for seconds, (some_good, some_total) in sorted((last or {}).items(), reverse=True):
            inside = out.ends > at - seconds
            out.good[:, inside] = some_good * out.widths[inside] / seconds
            out.total[:, inside] = some_total * out.widths[inside] / seconds
        return out

    return build
