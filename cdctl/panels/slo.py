"""The strip of promises: each with its verdict, what is left of its budget, how fast it burns, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, Piece, with_role
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.requests import DONE, About, Copy, Offenders, Open, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.grid import cells
from cdctl.domain.ports import API, Plugin
from cdctl.domain.slo.verdict import Row, Verdict
from cdctl.domain.text import safe
from cdctl.errors import UsageError
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.slo_lines import BARS, head, layout, line, widest_rate
from cdctl.panels.slo_names import copied, names, shortened

_GRAVEST = (Verdict.BREACHED, Verdict.AT_RISK, Verdict.ERROR, Verdict.NO_DATA, Verdict.MET)


class Promises:
    """See the port."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("offenders", ("f",), "who is behind it: put the filter into the vehicles' prompt", "offenders"),
        Binding("open", ("enter",), "the incident board about it", "incident"),
        Binding("trace", ("t",), "one of its bad traces", "trace"),
        Binding("events", ("e",), "what happened meanwhile", "events"),
        Binding("copy", ("y",), "copy its name and group"),
        *MOVES,
    )

    def __init__(self, only: bool) -> None:
        self._only = only
        self._snapshot: Snapshot | None = None
        self._cursor = ListCursor()
        self._sorted: list[Row] = []
        self._sorted_of: object = None
        self._drawn: Sequence[Row] = ()
        self._names: list[str] = []
        self._rate = 0
        self._headed = True
        self._called: Mapping[str, str] = {}
        self._called_of: object = None

    @property
    def title(self) -> str:
        """How many promises are how."""
        rows = self._rows()
        counts = {verdict: sum(row.verdict is verdict for row in rows) for verdict in _GRAVEST}
        said = ", ".join(f"{count} {verdict.value.replace('_', ' ')}" for verdict, count in counts.items() if count)
        return f"promises{' · ' if said else ''}{said}"

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        return None

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        if action == "click":
            self._cursor.point(key.at[1] - self._headed)
            return DONE
        if self._cursor.press(action):
            return DONE
        return self._requested(action) if action else None

    def _requested(self, action: str) -> Reply:
        if not self._drawn:
            slo = self._snapshot.slo if self._snapshot is not None else None
            waiting = isinstance(slo, Missing) and slo.waiting
            return (Say("promises are being judged" if waiting else "there is no promise here", bad=True),)
        self._cursor.press("stay")
        row = self._drawn[self._cursor.place]
        if action == "offenders":
            return (Offenders(row.name, row.group),)
        if action == "copy":
            return (Copy(copied(row, self._drawn), "promise"),)
        board = "incident" if action == "open" else action
        return (Open(board, About(promise=row.name, group=row.group)),)

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """The names of the columns, then a line for each promise and group."""
        self._drawn = ()
        if self._snapshot is None:
            return []
        slo = self._snapshot.slo
        if isinstance(slo, Missing):
            told = f" {slo.reason}{f': {slo.hint}' if slo.hint else ''}"
            return [((safe(told), "dim" if slo.waiting else "bad"),)]
        rows = self._drawn = self._rows()  # keys act on what was seen, whatever was judged since
        self._cursor.follow([(row.name, row.objective, row.group_text) for row in rows])
        headed = self._headed = height > 2  # of a low panel every line is a promise's
        window = self._cursor.fit(height - headed)
        blank: Piece = (" " * width, "")
        wanted = self._names
        form = layout(width, max(map(cells, wanted), default=0), self._rate)
        if self._called_of != (self._sorted_of, form.name):
            self._called, self._called_of = shortened(wanted, form.name), (self._sorted_of, form.name)
        under = rows[self._cursor.place] if rows else None
        lines = [
            _under((*line(row, self._called[name], form, width), blank))
            if row is under
            else line(row, self._called[name], form, width)
            for row, name in zip(rows[window], wanted[window], strict=True)
        ]
        return [((head(form), "head"), (" " * width, "head")), *lines] if headed else lines

    def data(self) -> Mapping[str, object]:
        """Every promise, with the numbers of `cdctl slo report -o json`."""
        slo = None if self._snapshot is None else self._snapshot.slo
        if slo is None or isinstance(slo, Missing):
            return {"missing": slo.reason if slo else "nothing was seen", "slos": []}
        return {"at": slo.report.at, "slos": [_record(row) for row in self._rows()]}

    def _rows(self) -> list[Row]:
        snapshot = self._snapshot
        if snapshot is None or isinstance(snapshot.slo, Missing):
            return []
        report, about = snapshot.slo.report, snapshot.about
        key = (id(report), about if self._only else None)
        if key != self._sorted_of:
            rows = [row for row in report.rows if not self._only or _meant(row, about)]
            self._sorted_of = key
            self._sorted = sorted(rows, key=lambda row: (_GRAVEST.index(row.verdict), not row.firing))
            self._names, self._rate = names(self._sorted), widest_rate(self._sorted)
        return self._sorted


def _under(drawn: Line) -> Line:
    """The line of the cursor; bars keep their colours, which would be turned round."""
    return tuple(
        piece for one in drawn for piece in ((one,) if set(one[0]) & set(BARS) else with_role((one,), "cursor"))
    )


def _meant(row: Row, about: About) -> bool:
    """Whether a row is what the board is about; a board about nothing is about all."""
    named = not about.promise or row.name == about.promise
    return named and all(row.group.get(label) == value for label, value in about.group.items())


def _record(row: Row) -> dict[str, object]:
    budget = row.error_budget
    return {
        "name": row.name,
        "group": dict(row.group),
        "objective": row.objective,
        "verdict": row.verdict.value,
        "sli": row.sli,
        "target": float(row.target),
        "remaining_ratio": budget.remaining_ratio if budget else None,
        "burn_rates": dict(row.burn_rates),
        "firing": list(row.firing),
        "reason": row.reason,
    }


def make(settings: Mapping[str, object]) -> Promises:
    """A panel of these settings. Raises UsageError."""
    only = settings.get("only", False)
    if not isinstance(only, bool):
        raise UsageError("must be true or false", subject="only", hint="only: true")
    return Promises(only)


PLUGIN = Plugin(
    API,
    "panels",
    "slo",
    "1",
    "promises: verdict, budget, burn rates, how it went",
    make,
    {"only": "true: the promise and the group alone that the board is about"},
)
