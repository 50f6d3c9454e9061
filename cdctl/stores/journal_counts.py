"""How the orders of a plan are, counted by SQLite: whoever looks every second cannot read each of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cdctl.domain.orders.order import State
from cdctl.stores.journal_file import damaged
from cdctl.stores.journal_reading import Reader
from cdctl.stores.sqlite_files import DAMAGE

# Of a vehicle that was told several times, the last try counts: SQLite gives bare columns of the row that has the
# greatest number (https://www.sqlite.org/lang_select.html#bareagg).
_LAST = "SELECT id, state, max(number) AS number FROM orders WHERE plan = ? GROUP BY vin"
_COUNTS = f"SELECT state, count(*) FROM ({_LAST}) GROUP BY state"  # noqa: S608 - our own words
_GRAVEST = (
    State.FAILED, State.REJECTED, State.TIMED_OUT, State.EXPIRED, State.UNKNOWN, State.RUNNING, State.ACKED, State.SENT,
    State.QUEUED, State.CANCELLED, State.SUCCEEDED,
)  # fmt: skip
_RANK = " ".join(f"WHEN '{state.value}' THEN {rank}" for rank, state in enumerate(_GRAVEST))
_WORST = f"SELECT id FROM ({_LAST}) ORDER BY CASE state {_RANK} ELSE 99 END, number DESC LIMIT ?"  # noqa: S608


class Counts:
    """Of one journal, for looking only. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = Reader(path)

    def states(self, plan: str) -> dict[str, int]:
        """Vehicles of a plan (its digest) by how the last order to each is. Raises UnavailableError."""
        return dict(self._rows(_COUNTS, (plan,)))

    def worst(self, plan: str, limit: int) -> list[str]:
        """Ids of orders, the last one to each vehicle: those that went wrong first, then those under way, then the
        others. Raises UnavailableError."""
        return [name for (name,) in self._rows(_WORST, (plan, limit))]

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def _rows(self, sql: str, values: Sequence[object]) -> list[Any]:
        try:
            return self._reader.rows(sql, values)
        except DAMAGE as error:
            raise damaged(self._path, f"its table of orders cannot be read ({error})") from error
