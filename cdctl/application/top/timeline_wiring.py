"""Composes the timeline: this view's memory or a collector's past, the journal, changes, promises, alerts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdctl.domain.boards.asking import Missing
from cdctl.domain.boards.timeline import Recall

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Answering
    from cdctl.application.top.lookout_wiring import Means
    from cdctl.application.top.timeline import Teller
    from cdctl.domain.boards.asking import Ask
    from cdctl.domain.changes import Change
    from cdctl.domain.fleet.reading import Fleet, Happening
    from cdctl.domain.orders.keeping import Journal
    from cdctl.domain.settings import Settings
    from cdctl.domain.triage.firing import Firing


def answering(means: Means) -> Mapping[type[Ask], Answering]:
    """Who answers `Recall`. Nothing is opened before it is asked; what was opened is closed with the view."""
    from cdctl.application.top.changes_past import ChangesPast
    from cdctl.application.top.orders_past import OrdersPast
    from cdctl.application.top.timeline import Timeline

    orders = OrdersPast(lambda: journal_of(means.settings), means.settings.journal)
    changes = ChangesPast(_changes(means.settings), _spreads(means))
    tellers: list[Teller] = [_vehicles(means), orders, changes, *_promises(means), *_alerts(means)]
    for teller in tellers:
        if hasattr(teller, "aclose"):
            means.closing.push_async_callback(teller.aclose)
    return {Recall: Timeline(tellers).answer}


def journal_of(settings: Settings) -> Journal | None:
    """The journal for looking, None while nothing was ever written."""
    from cdctl.stores.journal import read_journal

    path = Path(settings.journal).expanduser()
    return read_journal(path) if settings.journal and path.exists() else None


def meaning() -> Callable[[str], str]:
    """What trouble codes mean; the catalogue is read when the first one is asked for."""
    from functools import cache

    from cdctl.domain.diagnostics.dtc import parse

    @cache
    def known() -> Any:
        from cdctl.application.diagnose_codes import known_codes

        return known_codes()

    def text(code: str) -> str:
        try:
            found = parse(code)
        except ValueError:
            return ""
        return str(known().text(found))

    return text


def _vehicles(means: Means) -> Teller:
    from cdctl.application.fleet import LocalFleet
    from cdctl.application.top.tellers import Collected, Remembered

    fleet = means.fleet
    if isinstance(fleet, Missing | LocalFleet):
        return Remembered(means.clock.now(), meaning())
    return Collected(_past(fleet), meaning())


def _past(fleet: Fleet) -> Callable[[tuple[str, float]], Awaitable[tuple[float | None, Sequence[Happening]]]]:
    async def past(asked: tuple[str, float]) -> tuple[float | None, Sequence[Happening]]:
        from cdctl.collector.client import RemoteFleet

        where, since = asked
        if isinstance(fleet, RemoteFleet):  # minutes come with it: by region they are few
            found, happenings, _ = await fleet.history(where, since, ("region",))
        else:
            found, happenings, _ = await fleet.history(where, since)
        return found, happenings

    return past


def _spreads(means: Means) -> Callable[[float], Awaitable[Sequence[Change]]] | None:
    from cdctl.application.changing import of_fleet
    from cdctl.application.fleet import LocalFleet

    fleet = means.fleet
    if isinstance(fleet, Missing | LocalFleet):
        return None

    async def spreads(since: float) -> Sequence[Change]:
        from cdctl.collector.client import RemoteFleet

        by = ("region", "sw")
        if not isinstance(fleet, RemoteFleet):
            return ()
        _, _, minutes = await fleet.history("", since, by)
        return of_fleet(minutes, by)

    return spreads


def _changes(settings: Settings) -> Callable[[], tuple[Sequence[Change], str]]:
    """Reads the file of changes again when it was written."""
    from cdctl.application.changes_wiring import changes_file
    from cdctl.files import change_lines

    last: list[tuple[tuple[int, int], tuple[Sequence[Change], str]]] = []

    def read() -> tuple[Sequence[Change], str]:
        path = changes_file(settings)
        try:
            found = path.stat()
        except OSError:
            return (), f"no file {path}"
        stamp = (found.st_mtime_ns, found.st_size)
        if not last or last[0][0] != stamp:
            changes, problems = change_lines.read(path)
            note = f"{problems[0]} and {len(problems) - 1} more" if len(problems) > 1 else "".join(map(str, problems))
            last[:] = [(stamp, (changes, note))]
        return last[0][1]

    return read


def _promises(means: Means) -> list[Teller]:
    from cdctl.application.top.promises_past import PromisesPast

    slo = means.slo
    return [PromisesPast(lambda: ((), None) if isinstance(slo, Missing) else (slo.turns, slo.since))]


def _alerts(means: Means) -> list[Teller]:
    from cdctl.application.top.changes_past import AlertsPast

    settings = means.settings
    table = settings.context().sources.get("prometheus") if settings.contexts else None
    if table is None:
        return []

    async def fired(since: float) -> Sequence[Firing]:
        from cdctl.sources.prometheus.firing import fired

        return await fired(table, since, means.clock.now())

    return [AlertsPast(fired)]
