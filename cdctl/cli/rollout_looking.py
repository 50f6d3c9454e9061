"""Looks at rollouts from outside, and tells whoever runs them what is wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from cdctl.application.rollout_states import OVER, merged, newest_first, one
from cdctl.cli import exits, output, records, rollout_rows
from cdctl.cli.settings import settings_of
from cdctl.domain.text import safe
from cdctl.errors import CdctlError, UnavailableError

if TYPE_CHECKING:
    from cdctl.application.rollout_ops import Looking
    from cdctl.cli.options import Run

T = TypeVar("T")

_NEWS = 30.0


def list_(run: Run, outputs: list[str] | None) -> exits.Code:
    """Every rollout that anybody tells of, newest first; those of this journal that brokers no longer have, too."""
    wanted = output.parse(outputs)
    states = _known(run)
    rows = [rollout_rows.state(body) for body in newest_first(states.values())]
    output.emit(
        run,
        wanted,
        lambda form: records.render(rows, rollout_rows.STATES, form),
        lambda form, width: records.render(rows, rollout_rows.STATES, form, width),
    )
    if not rows:
        exits.note(run, "no rollout is known")
    return exits.Code.DONE


def status(run: Run, rollout: str, outputs: list[str] | None) -> exits.Code:
    """One rollout: its waves on stdout, why and who on stderr."""
    wanted = output.parse(outputs)
    body = one(_known(run), rollout)
    rows = rollout_rows.waves(body)

    def render(form: str, width: int | None) -> str:
        return records.document(body) if form == "json" else records.render(rows, rollout_rows.WAVES, form, width)

    output.emit(run, wanted, lambda form: render(form, None), render)
    for line in rollout_rows.facts(body):
        exits.note(run, line)
    return exits.Code.BAD_NEWS if body["phase"] in {"aborted", "failed"} else exits.Code.DONE


def watch(run: Run, rollout: str) -> exits.Code:
    """Events as they come, a line each, until it has ended or nobody tells of it any more."""

    async def work(looking: Looking) -> exits.Code:
        body = one(looking.states, rollout)
        told = 0
        while True:
            for event in body["events"]:
                if int(event["at"]) > told:
                    output.live(run, "text", rollout_rows.event(event) + "\n")
            told = max([told, *(int(event["at"]) for event in body["events"])])
            if body["phase"] in OVER:
                return exits.Code.DONE if body["phase"] == "completed" else exits.Code.BAD_NEWS
            if not await looking.news(_NEWS):
                hint = f"cdctl rollout resume {body['rollout']} goes on with it"
                raise UnavailableError("nobody runs it any more", subject=str(body["rollout"]), hint=hint)
            body = one(looking.states, str(body["rollout"]))

    return _with_ops(run, work)


def wish(run: Run, rollout: str, what: str, reason: str, *, anyway: bool = False) -> exits.Code:
    """Tell whoever runs it. Raises RefusedError with why not, UnavailableError when nobody runs it."""
    from cdctl.application import rollout_asking

    async def work(looking: Looking) -> str:
        return await rollout_asking.wish(looking, rollout, what, reason, anyway=anyway)

    name = _with_ops(run, work)
    exits.note(run, f"{what}: heard by whoever runs {safe(name, 40)}; cdctl rollout status {safe(name, 40)}")
    return exits.Code.DONE


def progress(body: Mapping[str, Any]) -> str:
    """`wave 2 of 3: 40 of 120 told, 30 succeeded, 2 failed, 8 open; 60 orders a minute`."""
    wave = rollout_rows.waves(body)[body["wave"]]
    told = int(wave["size"]) - int(wave["planned"])
    names = ("succeeded", "failed", "rejected", "timed_out", "unanswered", "cancelled", "open", "again")
    counts = ", ".join(f"{wave[name]:,} {name.replace('_', ' ')}" for name in names if wave.get(name))
    rate = f"; {body['rate']:g} orders a minute" if body.get("rate") else ""
    head = f"wave {body['wave'] + 1} of {len(body['waves'])}, {body['state']}: {told:,} of {wave['size']:,} told"
    return head + (f", {counts}" if counts else "") + rate


def _known(run: Run) -> dict[str, dict[str, Any]]:
    """What brokers have; and what this journal has beside it."""

    async def work(looking: Looking) -> dict[str, dict[str, Any]]:
        return looking.states

    try:
        states = _with_ops(run, work)
    except UnavailableError as error:
        exits.warn(run, f"only what this journal has: {error.message}")
        states = {}
    return merged(states, _of_journal(run))


def _of_journal(run: Run) -> dict[str, dict[str, Any]]:
    from cdctl.application import rolling
    from cdctl.application.orders_wiring import with_journal

    try:
        return with_journal(settings_of(run), rolling.pictures)
    except CdctlError as error:
        exits.detail(run, f"the journal tells nothing: {error.message}")
        return {}


def _with_ops(run: Run, work: Callable[[Looking], Awaitable[T]]) -> T:
    from cdctl.application import rolling

    return rolling.with_ops(settings_of(run), work, lambda text: exits.warn(run, text), rolling.KEPT_SECONDS)
