"""`cdctl diag snapshot`: what the live stream knows of a vehicle and what it answers, as one bundle."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdctl.application.targets import Selected
from cdctl.cli import cmd_targets, diag_asking, exits, fleet_asking, fleet_rows, fleet_status, records
from cdctl.cli.cmd_sending import Ended
from cdctl.cli.diag_codes import amount, failure, framed, held, unread, when
from cdctl.cli.settings import settings_of
from cdctl.domain.diagnostics import bundle
from cdctl.domain.diagnostics.health import health
from cdctl.domain.diagnostics.signals import short
from cdctl.domain.fleet.inventory import is_id
from cdctl.domain.orders.order import State
from cdctl.domain.orders.plan import Target
from cdctl.domain.text import safe
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.cli.diag_asking import Asked
    from cdctl.cli.fleet_rows import Render
    from cdctl.cli.options import Run
    from cdctl.domain.fleet.reading import Card, Fleet, FleetStatus, Happening

_HEAD = ("region", "model", "sw", "state", "age")
_LONGEST = 2000
_LAST = 20
"""Happenings and events that a table shows."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What the live stream knows. since: from when on happenings are kept, epoch seconds; None: none are."""

    card: Card | None
    happenings: Sequence[Happening]
    since: float | None
    status: FleetStatus
    hidden: tuple[str, ...] = ()
    truths: frozenset[str] = frozenset()

    def cells(self) -> dict[str, object]:
        """Fields that may be shown."""
        found = self.card.cells if self.card else {}
        kept = {name: cell for name, cell in found.items() if name not in self.hidden and name != "vin"}
        return {name: fleet_rows.truth(cell) if name in self.truths else cell for name, cell in kept.items()}


@dataclass(frozen=True, slots=True)
class Taken:
    """A bundle and how the order for it ended."""

    vin: str
    body: Mapping[str, Any]
    ended: Ended


def take(run: Run, asked: Asked, seconds: float) -> Taken:
    """Gather everything. seconds: how far back what happened is told. Raises UsageError, RefusedError and
    UnavailableError."""
    from cdctl.application.diagnose_codes import known_codes

    vin = asked.vins[0]
    if not is_id(vin):
        raise UsageError("that is no id of a vehicle", subject=vin, hint="1 to 40 printable characters, no space")
    stream = _stream(run, asked, vin, seconds)
    for text in fleet_status.warnings(stream.status):
        exits.warn(run, text)
    about = diag_asking.question(run, "diagnostics.collect", {"part": "all"}, asked, _where(run, asked, vin, stream))
    ended = diag_asking.ask(run, about)
    kept = ended.kept[0] if ended.kept else None
    done = kept is not None and kept.course.state is State.SUCCEEDED
    told = health(kept.result, places=bool(asked.reason.strip())) if kept and done else None
    answer = {
        "state": kept.course.state.value if kept else None,
        "reason": kept.reason if kept else "",
        "took_ms": kept.took if kept and kept.course.state.terminal else None,
        "order": kept.order.id if kept else "",
        "signed_by": kept.by if kept else "",
    }
    body = bundle.snapshot(
        taken_at=round(time.time() * 1000),
        context=about.settings.context().name,
        reason=asked.reason.strip(),
        answer=answer,
        fleet=_fleet(stream),
        told=told,
        codes=known_codes(),
        kept_back=stream.hidden,
    )
    return Taken(vin, {"schema": body.pop("schema"), "vin": vin, "region": about.targets[0].region, **body}, ended)


def _stream(run: Run, asked: Asked, vin: str, seconds: float) -> Stream:
    """Ask the fleet: columns, and what happened as far as it is remembered."""
    about = fleet_asking.question(run, seconds=asked.seconds, reason=asked.reason)
    focus = f'vin:"{vin}"'

    async def ask(fleet: Fleet) -> Stream:
        card = await fleet.card(vin)
        if card is None:
            return Stream(None, (), None, await fleet.status())
        since, told, _ = await fleet.history(focus, time.time() - seconds)
        hidden = tuple(sorted(name for name in about.hidden if card.cells.get(name) is not None))
        own = [one for one in told if one.vin == vin]
        return Stream(card, own, since, card.status, hidden, about.truths)

    return fleet_asking.answer(run, about, ask, focus=focus)


def _where(run: Run, asked: Asked, vin: str, stream: Stream) -> Selected:
    region = asked.region or (str(stream.card.cells.get("region") or "") if stream.card else "")
    if region and stream.card:
        cells = {name: str(stream.card.cells.get(name) or "") for name in ("model", "sw")}
        return Selected((Target(vin, region, cells["model"], cells["sw"]),))
    if region:
        exits.warn(run, "the live stream knows nothing of this vehicle: it is asked all the same")
    return cmd_targets.chosen(
        run, settings_of(run), to=[vin], where="", region=region, seconds=asked.seconds, reason=asked.reason
    )


def _fleet(stream: Stream) -> dict[str, object]:
    return {
        "known": stream.card is not None,
        "fields": stream.cells(),
        "dtc": list(stream.card.dtcs) if stream.card else [],
        "happenings": [fleet_rows.happening(one) for one in stream.happenings],
        "remembered_since": None if stream.since is None else bundle.utc(round(stream.since * 1000)),
        "status": fleet_status.record(stream.status, {}),
    }


def shown(taken: Taken) -> Render:
    """A summary to read, or the whole bundle."""

    def render(form: str, hide: bool, width: int | None) -> str:
        body = bundle.without(taken.body, taken.vin) if hide else taken.body
        if form == "json":
            return records.document(body)
        if form == "jsonl":
            return records.line(body)
        if form == "csv":
            return records.render([_lone(row) for row in _flat(body)], _FLAT, form)
        return "\n".join(_sections(body, form, width))

    return render


def _sections(body: Mapping[str, Any], form: str, width: int | None) -> Iterator[str]:
    """Tables with a title each; what nothing is known of is left out."""
    told = body["vehicle"] or {}
    yield _table("", [_row(*one) for one in _head(body)], ("field", "value"), form, width)
    codes = [
        {
            **one,
            "failure": failure(one),
            "status": ", ".join(one["status_words" if form == "wide" else "status_brief"]),
            "set": when(one["frame"]["at"] if one["frame"] else None),
            "frame": framed(one["frame"]),
        }
        for one in told.get("troubles") or ()
    ]
    columns = ("code", "text", "failure", "status", "set", *(("frame",) if form == "wide" else ()))
    if told.get("troubles") == []:
        yield "TROUBLE CODES\nnone\n"
    yield from _titled("TROUBLE CODES", codes, columns, form, width)
    signals = [{"signal": short(one["path"]), "value": amount(one)} for one in told.get("signals") or ()]
    yield from _titled("SIGNALS", signals, ("signal", "value"), form, width)
    for title, name in (("VERSIONS", "versions"), ("NETWORK", "network")):
        rows = [_row(*one) for one in (told.get(name) or {}).items()]
        rows = [{**row, "value": f"{row['value']} dBm"} if row["field"] == "signal" else row for row in rows]
        yield from _titled(title, rows, ("field", "value"), form, width)
    events = [{**one, "at": when(one["at"])} for one in (told.get("events") or ())[:_LAST]]
    yield from _titled("THE VEHICLE'S EVENTS", events, ("at", "kind", "text"), form, width)
    if form == "wide" or body["vehicle"] is None:
        rows = [_row(*one) for one in body["fleet"]["fields"].items() if one[0] not in _HEAD]
        yield from _titled("FROM THE LIVE STREAM", rows, ("field", "value"), form, width)
    happened = [{**one, "at": when(one["at"])} for one in body["fleet"]["happenings"][-_LAST:]]
    yield from _titled("SEEN FROM OUTSIDE", happened, ("at", "kind", "detail"), form, width)


def _head(body: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    fields, answer = body["fleet"]["fields"], body["answer"]
    yield "vin", body["vin"]
    for name in _HEAD:
        yield name, body["region"] if name == "region" else fields.get(name)
    yield "answer", " ".join(filter(None, [answer["state"], answer["reason"] and f"({answer['reason']})"]))
    yield "taken", when(body["taken_at"])
    if body["reason"]:
        yield "reason", body["reason"]


def _row(name: str, value: object) -> dict[str, object]:
    shown = fleet_rows.column(name).shown({name: value}) if isinstance(value, int | float) else value
    return {"field": name, "value": shown}


def _titled(
    title: str, rows: Sequence[Mapping[str, object]], columns: Sequence[str], form: str, width: int | None
) -> Iterator[str]:
    if rows:
        yield _table(title, rows, columns, form, width)


def _table(
    title: str, rows: Sequence[Mapping[str, object]], columns: Sequence[str], form: str, width: int | None
) -> str:
    shrinking = {"text", "failure", "status", "value", "detail"}
    made = [records.Column(name, shrinks=name in shrinking) for name in columns]
    kept = [row for row in rows if "value" not in row or row["value"] not in (None, "")]
    text = records.render(kept, made, form, width)
    return f"{title}\n{text}" if title else text


_FLAT = tuple(map(records.Column, ("section", "name", "value", "unit")))


def _flat(body: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """A row a fact, for a spreadsheet."""
    told = body["vehicle"] or {}
    yield from ({"section": "vehicle", "name": name, "value": value} for name, value in _head(body))
    for one in told.get("troubles") or ():
        yield {"section": "dtc", "name": one["code"], "value": one["text"], "unit": ", ".join(one["status_words"])}
    for one in told.get("signals") or ():
        yield {"section": "signals", "name": one["path"], "value": one["value"], "unit": one["unit"]}
    for section in ("versions", "network"):
        yield from ({"section": section, "name": name, "value": v} for name, v in (told.get(section) or {}).items())
    for one in told.get("events") or ():
        yield {"section": "events", "name": one["kind"], "value": one["text"], "unit": one["at"]}
    for one in body["fleet"]["happenings"]:
        yield {"section": "happenings", "name": one["kind"], "value": one["detail"], "unit": one["at"]}


def _lone(row: Mapping[str, object]) -> dict[str, object]:
    """The row with texts that stay on their line."""
    return {name: safe(cell, _LONGEST) if isinstance(cell, str) else cell for name, cell in row.items()}


def notes(run: Run, taken: Taken) -> None:
    """What a table does not say, on stderr."""
    body = taken.body
    unread(run, body["odd"])
    held(body["kept_back"], run)
