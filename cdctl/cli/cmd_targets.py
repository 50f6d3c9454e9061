"""Whom `cdctl cmd send` means: vehicles by their ids, or by a filter; and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cdctl.application import targets
from cdctl.application.targets import COLUMNS, Found, Selected
from cdctl.cli import exits, fleet_asking, fleet_status
from cdctl.domain.fleet.inventory import is_id
from cdctl.domain.orders.plan import Target
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.fleet.reading import Fleet, FleetStatus, Page
    from cdctl.domain.settings import Context, Settings


def chosen(
    run: Run,
    settings: Settings,
    *,
    to: Sequence[str],
    where: str,
    region: str,
    seconds: str,
    reason: str,
    capability: str = "",
) -> Selected:
    """The vehicles; with `capability` without those that say what they can, and not that. Raises UsageError: nobody or
    both ways are named, no such vehicle; UnavailableError when the region of one cannot be known; RefusedError when one
    that is named cannot, or none can."""
    vins = tuple(dict.fromkeys(vin.strip() for each in to for vin in each.split(",") if vin.strip()))
    if bool(vins) is bool(where.strip()):
        hint = "--to VIN, or --where 'region:eu online'"
        raise UsageError("name vehicles, or a filter" if not vins else "--to and --where exclude each other", hint=hint)
    context = settings.context()
    if region and region not in context.brokers and not (context.commands and not context.brokers):
        hint = f"it has {', '.join(context.brokers)}" if context.brokers else f"write brokers in {settings.file}"
        raise UsageError(f"context {context.name!r} has no region {region!r}", subject="--region", hint=hint)
    if vins:
        _check(vins)
        return targets.able(_named(run, context, vins, region, seconds), capability)
    if region:
        raise UsageError("--region is for --to", subject="--region", hint=f"--where 'region:{region} ...'")
    return targets.able(_filtered(run, where, seconds, reason), capability)


def _check(vins: Sequence[str]) -> None:
    for vin in vins:
        if not is_id(vin):
            hint = "1 to 40 printable characters, no space, +, / or #"
            raise UsageError("that is no id of a vehicle", subject=safe(vin, 60), hint=hint)


def _named(run: Run, context: Context, vins: Sequence[str], region: str, seconds: str) -> Found:
    only = region or (next(iter(context.brokers)) if len(context.brokers) == 1 else "")
    if only:
        return Found(Selected(tuple(sorted(Target(vin, only) for vin in vins))))
    where = "|".join(f'vin:"{vin}"' for vin in vins)
    asked = fleet_asking.question(run, where=f"({where})", seconds=seconds)

    async def ask(fleet: Fleet) -> tuple[Page, str, FleetStatus]:
        from cdctl.domain.fleet.reading import Query

        found = await fleet.find(Query(asked.where, COLUMNS))
        seen = {str(row[0]) for row in found.rows}
        missing = next((vin for vin in vins if vin not in seen), "")
        return found, await fleet_asking.nearest(fleet, missing) if missing else "", found.status

    found, near, status = fleet_asking.answer(run, asked, ask)
    seen = {str(row[0]) for row in found.rows}
    for vin in vins:
        if vin not in seen:
            raise _nobody(vin, near, status)
    # A filter may match more than was named: * stands for anything in it.
    return targets.of_page(replace(found, rows=[row for row in found.rows if row[0] in vins]), "")


def _nobody(vin: str, near: str, status: FleetStatus) -> UsageError | UnavailableError:
    if fleet_status.code(status):
        hint = "say where it is: --region NAME"
        return UnavailableError("nobody can tell in which region it is", subject=vin, hint=hint)
    return UsageError("there is no such vehicle", subject=vin, hint=near or "cdctl fleet ls lists those that are known")


def _filtered(run: Run, where: str, seconds: str, reason: str) -> Found:
    asked = fleet_asking.question(run, where=where, seconds=seconds, reason=reason)

    async def ask(fleet: Fleet) -> Page:
        from cdctl.domain.fleet.reading import Query

        return await fleet.find(Query(where, COLUMNS))

    found = fleet_asking.answer(run, asked, ask)
    for line in fleet_status.lines(found.status, found.left_out, found.matched):
        exits.detail(run, line)
    for text in fleet_status.warnings(found.status):
        exits.warn(run, text)
    if fleet_status.code(found.status) is exits.Code.UNKNOWN:
        raise UnavailableError("nobody can tell which vehicles match", hint="no broker answers: cdctl broker ping")
    return targets.of_page(found, where)
