"""Buckets with values that can be told apart, for tests of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cdctl.domain.slo.series import Buckets, Span
from cdctl.stores.ledger import SqliteLedger

HOUR = 3600
GROUPS = (("eu",), ("us",))


def page(span: Span, groups: tuple[tuple[str, ...], ...] = GROUPS, factor: float = 1.0) -> Buckets:
    """Every value is its own: group, field and instant can be read from it."""
    ends = span.ends
    base = ends[None, :] / span.step + np.arange(len(groups))[:, None] * 1e6
    widths = np.full(len(ends), span.step, np.int64)
    return Buckets(groups, ends, widths, base * factor, base * factor + 0.25, base * factor + 0.5)


def kept(ledger: SqliteLedger, key: str, span: Span) -> Buckets:
    """What the ledger has of a span."""
    return ledger.read(key, [span])[span.step]


def known(ledger: SqliteLedger, key: str, span: Span) -> list[int]:
    """Ends of the buckets that the ledger has."""
    return [int(end) for end in kept(ledger, key, span).ends]


def assert_page(found: Buckets, span: Span, **more: object) -> None:
    """Found is the whole page of the span."""
    assert_part(found, page(span, **more))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.ends, span.ends)


def assert_part(found: Buckets, whole: Buckets) -> None:
    """Whatever was found is as it was written: missing is fine, wrong is not."""
    place = np.searchsorted(whole.ends, found.ends)
    assert set(found.ends.tolist()) <= set(whole.ends.tolist())
    if not len(found.ends):
        return
    assert set(found.groups) == set(whole.groups)
    rows = [whole.groups.index(group) for group in found.groups]
    np.testing.assert_array_equal(found.widths, whole.widths[place])
    for name in ("good", "total", "seen"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name)[rows][:, place], err_msg=name)


def written(path: Path, pages: Sequence[tuple[str, Span]]) -> None:
    """Keep pages in a ledger of that path."""
    ledger = SqliteLedger(path)
    for key, span in pages:
        ledger.keep(key, span.step, page(span))
    ledger.close()
    assert ledger.warnings() == ()
