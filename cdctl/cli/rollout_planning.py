"""From a rollout file to a plan: whom it meets, judged before anybody is asked."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdctl.application import planning
from cdctl.application.targets import Selected
from cdctl.cli import cmd_targets, exits, fleet_rows
from cdctl.cli.settings import settings_of
from cdctl.domain.orders import ids
from cdctl.domain.orders.arguments import judge_values
from cdctl.domain.orders.plan import Plan

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.orders.command import Command
    from cdctl.domain.orders.rollout.engine import Job
    from cdctl.domain.orders.rollout.wanted import Wanted
    from cdctl.domain.settings import Settings


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that is needed to begin: nothing is left to be wrong on our side."""

    settings: Settings
    wanted: Wanted
    command: Command
    job: Job
    selected: Selected


def ready(run: Run, file: str, *, seconds: str, expect: int | None, by: str = "", despite_caps: bool = False) -> Ready:
    """Read, judge, select. by: who asks, the signing key's owner unless told. Raises FileError, UsageError,
    RefusedError and UnavailableError."""
    from cdctl.application import rolling, rollout_wiring, security_wiring, wiring

    settings = settings_of(run)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    wanted = rollout_wiring.read_rollout(file, settings, doors)
    command = doors.command(wanted.command)
    arguments = judge_values(command, wanted.arguments)
    asks = by or security_wiring.sealer_of(settings.context()).identity.name
    selected = cmd_targets.chosen(
        run, settings, to=(), where=wanted.where, region="", seconds=seconds, reason=wanted.reason,
        capability="" if despite_caps else command.capability,
    )  # fmt: skip
    if not selected.whole:
        exits.insist("the picture of the fleet was not whole: some vehicles that match may be missing here")
    for name, count in selected.left_out.items():
        exits.note(run, f"left out because {name} is not known: {count:,}")
    for name, value in planning.ableness(selected):
        exits.insist(f"{name}: {value}")
    fleet_rows.refuse_unless(expect if expect is not None else wanted.expect, len(selected.targets))
    now = round(time.time() * 1000)
    plan = Plan(
        ids.make(now, secrets.token_bytes(ids.RANDOM_BYTES)), settings.context().name, command.name, dict(arguments),
        selected.targets, asks, now, wanted.expires or command.expires, wanted.timeout or command.timeout,
        wanted.where, wanted.reason, wanted.content,
    )  # fmt: skip
    return Ready(settings, wanted, command, rolling.job_of(plan, wanted, command), selected)
