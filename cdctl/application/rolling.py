"""Rollouts from the first question to the last word: policy, the engine, and the operators' topics around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from cdctl.application import rollout_wiring
from cdctl.application.authorise import Wish as Wanting
from cdctl.application.authorise import asked
from cdctl.application.resuming import plan_of
from cdctl.application.rollout_news import News
from cdctl.application.rollout_notes import Told, told
from cdctl.application.rollout_ops import Showing
from cdctl.application.rollout_taking import Taking
from cdctl.domain.orders.authority import Ruling
from cdctl.domain.orders.command import Command, Risk
from cdctl.domain.orders.keeping import Journal
from cdctl.domain.orders.rollout import talk
from cdctl.domain.orders.rollout.engine import Job, Picture
from cdctl.domain.orders.rollout.roster import Roster
from cdctl.domain.orders.rollout.seen import Control, Wish
from cdctl.domain.orders.rollout.standing import Cause
from cdctl.domain.orders.trust import Identity
from cdctl.errors import CdctlError, UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.application.dispatch import Dispatch
    from cdctl.application.orders_wiring import Orders
    from cdctl.application.rollout_ops import Looking
    from cdctl.domain.orders.plan import Plan
    from cdctl.domain.orders.rollout.wanted import Wanted
    from cdctl.domain.settings import Settings

T = TypeVar("T")

KEPT_SECONDS = 1.0
"""In which brokers hand on what they have kept."""
ACTIONS = {Wish.PAUSE: "abort", Wish.ABORT: "abort", Wish.RESUME: "rollout", Wish.APPROVE: "approve"}
"""What policy is asked about a wish: whoever may abort may pause; whoever may begin one may go on with it."""


def job_of(plan: Plan, wanted: Wanted, command: Command, approvals: int = 0) -> Job:
    """A plan, resolved. approvals: what policy asks for before anything is sent, beside what the file does."""
    digest = plan.digest()
    rules = wanted.met(len(plan.targets), plan.by)
    if approvals:
        first, *rest = rules.waves
        rules = replace(rules, waves=(replace(first, approvals=max(approvals, first.approvals)), *rest))
    return Job(plan, digest, command, rules, wanted.order(plan.targets, digest))


async def allowed(
    orders: Orders, plan: Plan, command: Command, expected: int | None, *, break_glass: bool = False
) -> int:
    """How many approvals policy still asks for before this rollout may begin. Raises RefusedError, written down, as is
    that somebody broke the glass."""
    if break_glass:
        await orders.authorise(plan, command, action="rollout", expected=expected, break_glass=True)
        return 0
    ruling = ruled(orders, plan, command, expected)
    if ruling.allowed:
        return 0
    if ruling.missing:
        return ruling.missing
    await orders.authorise(plan, command, action="rollout", expected=expected)
    return 0


def ruled(orders: Orders, plan: Plan, command: Command, expected: int | None) -> Ruling:
    """What policy says to it now; nothing is written down."""
    return orders.authority.rule(asked(plan, command, orders.sealer.identity, Wanting("rollout", (), expected)))


def kept(orders: Orders, told: Told) -> Job:
    """A rollout of the journal, resolved as it was. Raises UnavailableError and UsageError."""
    plan = plan_of(orders.journal, told.plan)
    if plan is None:
        raise UnavailableError("the journal does not hold its plan", subject=told.id)
    command = orders.command(plan.command)
    if command is None:
        raise UsageError(f"nobody brings the command {plan.command}", subject=told.id, hint="cdctl cmd ls")
    wanted = rollout_wiring.wanted_of(plan)
    ruling = ruled(orders, plan, command, len(plan.targets))
    return job_of(plan, wanted, command, ruling.missing)


def one(journal: Journal, begins: str) -> Told:
    """The one rollout of the journal whose id begins so. Raises UsageError when none or several do."""
    found = told(journal, begins)
    if len(found) == 1:
        return found[0]
    what = "no rollout of this journal begins so" if not found else f"{len(found)} rollouts begin so"
    raise UsageError(what, subject=begins, hint="cdctl rollout ls")


async def carry(
    orders: Orders,
    dispatch: Dispatch,
    job: Job,
    *,
    taking: Taking | None = None,
    shown: Callable[[Picture], None],
    warn: Callable[[str], None],
    config: str = "",
    plugins: bool = True,
) -> Picture:
    """Carry a rollout to its end, told and heard on the operators' topics. Without these it goes on alone: only its own
    process can then stop it, and `warn` says so. Raises UnavailableError when the journal cannot be written."""
    regions = sorted({target.region for target in job.plan.targets})
    opens = rollout_wiring.ops_of(orders.settings, regions, dispatch.session)
    root = orders.context.topic_root
    showing = Showing(opens, root, (job.plan.id, job.digest), orders.sealer, orders.trust, orders.clock)

    async with rollout_wiring.engine(orders, dispatch, job, taking=taking, config=config, plugins=plugins) as engine:

        def refuses(who: Identity, control: Control) -> str:
            return _refusal(orders, job, who, control) or engine.refusal(control)

        try:
            for note in await showing.open(refuses, engine.wish):
                warn(note)
        except CdctlError as error:
            warn(f"nobody else can see or stop this rollout: {error.message}")

        keeping = asyncio.create_task(showing.refusals.keep(orders.journal, warn))
        try:
            picture = await engine.run(_shows(showing, shown, warn))
            showing.show(picture, last=True)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            try:
                await showing.refusals.write(orders.journal, last=True)
            finally:
                await showing.aclose()
    return picture


def _shows(
    showing: Showing, shown: Callable[[Picture], None], warn: Callable[[str], None]
) -> Callable[[Picture], None]:
    """Shows a picture to others and here, and warns once when others cannot be told."""
    warned = ""

    def show(picture: Picture) -> None:
        nonlocal warned
        showing.show(picture)
        shown(picture)
        if showing.untold and showing.untold != warned:
            warn(f"nobody else sees how this rollout is: {showing.untold}")
        warned = showing.untold

    return show


def _refusal(orders: Orders, job: Job, who: Identity, control: Control) -> str:
    request = asked(job.plan, job.command, who, Wanting(ACTIONS[control.wish], (), len(job.plan.targets)))
    ruling = orders.authority.rule(request)
    if ruling.allowed or (control.wish is Wish.RESUME and ruling.missing):
        return ""  # what approvals there must be was seen to when it began
    return "; ".join(ruling.reasons) or f"policy does not let {who.name} {control.wish} it"


def pauses(picture: Picture) -> Sequence[str]:
    """Why it is paused, a line each."""
    words = []
    for pause in picture.standing.pauses:
        name = "" if pause.cause is Cause.OPERATOR else f"{pause.key}: "
        words.append(f"{pause.cause.value}: {name}{pause.words}")
    return words


def with_ops(
    settings: Settings, work: Callable[[Looking], Awaitable[T]], warn: Callable[[str], None], seconds: float
) -> T:
    """Look at the operators' topics of the context in use. Raises as `opened_ops`."""
    from cdctl.application.fleet_wiring import finished

    async def run() -> T:
        async with opened_ops(settings, warn, seconds) as looking:
            return await work(looking)

    return finished(run())


@asynccontextmanager
async def opened_ops(
    settings: Settings, warn: Callable[[str], None], seconds: float = KEPT_SECONDS
) -> AsyncIterator[Looking]:
    """The operators' topics of the context in use, when brokers had `seconds` to hand on what they have kept. Raises
    UnavailableError when none can be reached."""
    from cdctl.application import security_wiring
    from cdctl.application.rollout_ops import Looking
    from cdctl.application.wiring import WallClock

    context = settings.context()
    trust = await asyncio.to_thread(security_wiring.trust_of, context)
    sealer = await asyncio.to_thread(security_wiring.sealer_of, context, trust) if context.signing_key else None
    looking = Looking(rollout_wiring.ops_of(settings), context.topic_root, sealer, trust, WallClock())
    try:
        for note in await looking.open():
            warn(note)
        while await looking.news(seconds):
            seconds_left = 0.3  # what was kept comes in one run
            if not await looking.news(seconds_left):
                break
        yield looking
    finally:
        await looking.aclose()


async def pictures(journal: Journal) -> dict[str, dict[str, object]]:
    """Every rollout of a journal, as its state would be told: the counts are those of its orders."""
    found: dict[str, dict[str, object]] = {}
    for each in told(journal):
        plan = plan_of(journal, each.plan)
        if plan is None or not plan.rollout:
            continue
        job = job_of(plan, rollout_wiring.wanted_of(plan), Command(plan.command, plan.command, Risk.DANGEROUS))
        roster = Roster(job.rules, job.order)
        News(job, journal, roster).restore(each.at)
        waves = [roster.tally(number) for number in range(len(job.rules.waves))]
        found[each.id] = talk.plain(Picture(job, each.standing, waves, each.at, {}, each.events[-50:]))
    return found
