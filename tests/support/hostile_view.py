"""A live view in which every text that came from elsewhere is hostile, as a program for a terminal.

python tests/support/hostile_view.py FOLDER BOARD [THEME] [broken]

broken: nobody answers, and says so in hostile words. The board `mine` is a file with a hostile name and title, and with
a panel of a plugin that draws hostile lines.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from graphs import Curves
from happened import answering as happened
from ordering import ORDERS, rollout, sight, wave
from screens import HOSTILE, NOW, Look, columns, vin
from strangers import BOARD, stranger
from told_trace import found as trace
from why_told import told as explanation

from cdctl.application.top.lookout import Answering
from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.explaining import Explain, Explained
from cdctl.domain.boards.graphing import Graph
from cdctl.domain.boards.messages import Listen
from cdctl.domain.boards.ordering import Sent, SentSight, Targeted, TargetsOf
from cdctl.domain.boards.pivoting import Aggregate
from cdctl.domain.boards.requests import About
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.boards.timeline import Recall
from cdctl.domain.boards.tracing import FindTrace, FoundTrace
from cdctl.domain.boards.vehicle import Inspect
from cdctl.domain.settings import Settings
from cdctl.domain.slo.verdict import Row, SloReport, Verdict
from cdctl.domain.slo.window import Bounds
from cdctl.domain.why.explanation import Picked, Predicate
from cdctl.errors import UnavailableError

AT = int(NOW)
DRAWN = f'return [(({HOSTILE!r}, "good"), ({HOSTILE!r} * 20, {HOSTILE!r})), (("sees", ""),)]'


def answering() -> Mapping[type[Ask], Answering]:
    """Everybody answers."""
    evil = rollout(
        7, name=HOSTILE, command=HOSTILE, by=HOSTILE, runner=HOSTILE, why=(HOSTILE,), id=HOSTILE, state=HOSTILE,
        guards=(replace(rollout(1).guards[0], guard=HOSTILE, words=HOSTILE, health=HOSTILE),),
        waves=(wave(HOSTILE, 10, sent=2),), wave=0,
    )  # fmt: skip
    whole = sight()
    plan = next(one for one in whole.plans if one.command == HOSTILE)
    curves = Curves(({HOSTILE: HOSTILE, "a": "1"}, lambda at: at % 7), ({"a": HOSTILE * 9}, lambda at: at % 9))
    curves.notes = (HOSTILE,)

    async def sent(ask: Sent, seen: Snapshot) -> SentSight:
        return replace(
            whole, plans=(plan, *whole.plans), rollouts=(evil, *whole.rollouts), notes=(HOSTILE,), orders=ORDERS
        )

    async def targets(ask: TargetsOf, seen: Snapshot) -> Targeted:
        return Targeted(plan, ORDERS)

    async def explain(ask: Explain, seen: Snapshot) -> Explained:
        odd = (Predicate(HOSTILE, HOSTILE),)
        told = replace(explanation(), notes=(HOSTILE,), by=HOSTILE, group={HOSTILE: HOSTILE})
        cause = replace(told.causes[0], where=odd, picked=Picked("", odd))
        told = replace(told, causes=(cause, *told.causes))
        return Explained(told, "region:eu", HOSTILE, NOW, NOW - 900)

    async def traced(ask: FindTrace, seen: Snapshot) -> FoundTrace:
        return replace(trace(), of=HOSTILE, notes=(HOSTILE,))

    more: dict[type[Ask], Answering] = {Sent: sent, TargetsOf: targets, Explain: explain, FindTrace: traced}
    return {**happened(), **curves.answering, **more}


async def nobody(ask: Ask, seen: Snapshot) -> object:
    """Who was asked cannot tell."""
    raise UnavailableError(f"the server says {HOSTILE}", hint=HOSTILE)


def promises() -> SloReport:
    """Names, groups and reasons as somebody else wrote them."""
    bounds = Bounds("rolling", AT - 100, AT)

    def row(name: str, verdict: Verdict) -> Row:
        target = Decimal("0.99")
        return Row(name, HOSTILE, {HOSTILE: HOSTILE}, HOSTILE, target, "Occurrences", bounds, verdict, reason=HOSTILE)

    return SloReport(AT, AT, (row(HOSTILE, Verdict.BREACHED), row("calm", Verdict.MET), row("odd", Verdict.ERROR)))


def look(folder: Path, board: str, *, broken: bool) -> Look:
    """The view."""
    vehicles = columns(30)
    for number in range(0, 30, 2):
        vehicles.region[number] = vehicles.regions.code(f"{HOSTILE} {number}")
        vehicles.model[number] = vehicles.models.code(HOSTILE)
        vehicles.software[number] = vehicles.softwares.code(HOSTILE * 3)
    vehicles.link_down("eu", HOSTILE, AT * 1000, HOSTILE)
    told = answering()
    asks = (*told, Aggregate, Recall, Inspect, Listen, Graph)
    odd = stranger(folder, draw=DRAWN, data=f"return {{{HOSTILE!r}: {HOSTILE!r}}}")
    settings = Settings(plugins=(str(odd),), dashboards=str(folder))
    file, title = folder / f"{HOSTILE}.yaml", HOSTILE.encode("unicode_escape").decode()
    file.write_text(BOARD.replace("name: odd", f'name: odd\ntitle: "{title}"').replace("lines: 5", "lines: 3"))
    made = Look(
        board=str(file) if board == "mine" else board,
        vehicles=vehicles,
        slo=Missing(HOSTILE, HOSTILE, bad=True) if broken else promises(),
        answering=dict.fromkeys(asks, nobody) if broken else told,
        about=About(promise=HOSTILE, group={HOSTILE: HOSTILE}, vin=vin(4), trace=""),
        settings=settings,
    )
    setting = replace(made.lookout.setting, context=HOSTILE, through=HOSTILE)
    made.lookout.setting = setting
    made.lookout.note(HOSTILE, bad=True)
    return made


def main(folder: str, board: str, *more: str) -> None:
    """Until somebody leaves."""
    from cdctl.tui.app import Top

    made = look(Path(folder), board, broken="broken" in more)
    theme = next((one for one in more if one != "broken"), "terminal")
    asyncio.run(Top(made.view, made.boards.changed, theme).run_async())


if __name__ == "__main__":
    main(*sys.argv[1:])
