"""`cdctl cmd send`: what is asked, judged before anybody is asked; then a dry run, a plan file, or the orders."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.application import planning, targets
from cdctl.application.planning import vehicles
from cdctl.application.targets import Selected
from cdctl.cli import (
    cmd_asking,
    cmd_patience,
    cmd_plan_file,
    cmd_planning,
    cmd_rows,
    cmd_sending,
    cmd_targets,
    exits,
    fleet_rows,
    output,
    records,
)
from cdctl.cli.cmd_sending import Ended, How, Parcel
from cdctl.cli.settings import settings_of
from cdctl.domain.fleet.privacy import masked, masked_in
from cdctl.domain.orders.arguments import judge, judge_values
from cdctl.domain.orders.command import Risk
from cdctl.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from cdctl.cli.fleet_rows import Render
    from cdctl.cli.options import Run
    from cdctl.domain.orders.authority import Ruling
    from cdctl.domain.orders.command import Command
    from cdctl.domain.settings import Settings
    from cdctl.extend.catalogue import Catalogue

FORMS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}
"""Formats of a results file, by how its name ends."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands on the line; see `cmd_options`."""

    name: str = ""
    arguments: Sequence[str] = ()
    to: Sequence[str] = ()
    where: str = ""
    region: str = ""
    seconds: str = ""
    expect: int | None = None
    wait: bool = True
    timeout: str = ""
    expires: str = ""
    rate: str = ""
    retries: int = 0
    dry_run: bool = False
    yes: bool = False
    reason: str = ""
    plan_file: str = ""
    results: str = ""
    break_glass: bool = False
    show_vins: bool = False
    outputs: Sequence[str] | None = None
    despite_caps: bool = False
    wait_for: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that is needed to send: nothing is left to be wrong on our side."""

    settings: Settings
    doors: Catalogue
    parcel: Parcel
    selected: Selected


def outputs_of(asked: Asked) -> tuple[output.Output, ...]:
    """Where the answer goes, `--results` among it. Raises UsageError."""
    values = list(asked.outputs or ())
    if asked.results:
        form = FORMS.get(Path(asked.results).suffix.lower())
        if form is None:
            hint = "results.csv, results.jsonl or results.json"
            raise UsageError("its ending says no format", subject=asked.results, hint=hint)
        values.append(f"{form}={asked.results}")
    return output.parse(values)


def send(run: Run, asked: Asked) -> exits.Code:
    """All of it; the exit code."""
    outputs = outputs_of(asked)
    rate = cmd_planning.rate_of(asked.rate)
    patience = cmd_patience.seconds_of(asked.wait_for, wait=asked.wait)
    ready = _approved(run, asked) if asked.plan_file and not asked.name else _made(run, asked)
    parcel = ready.parcel
    if not parcel.plan.targets:
        exits.note(run, "no vehicle matches: nothing is sent")
        _emit(run, outputs, ready, Ended(), asked)
        return exits.Code.DONE
    if asked.dry_run:
        return _dry(run, outputs, ready, asked)
    _preview(run, ready)
    if asked.plan_file and asked.name:
        return _written(run, ready, asked.plan_file)
    what = f"send {parcel.command.name} to {vehicles(len(parcel.plan.targets))} of {parcel.plan.context}"
    how = How(what, asked.yes, asked.wait, rate, asked.retries, patience, break_glass=asked.break_glass)
    found = cmd_sending.deliver(run, ready.settings, [parcel], how)
    _emit(run, outputs, ready, found, asked)
    cmd_sending.closing(run, parcel.command.name, found)
    return cmd_sending.code(found)


def _made(run: Run, asked: Asked) -> Ready:
    """A plan of what stands on the line."""
    from cdctl.application import security_wiring, wiring

    if not asked.name:
        raise UsageError("name a command", hint="cdctl cmd ls lists them; cdctl cmd send --plan FILE sends a plan")
    settings = settings_of(run)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    command = doors.command(asked.name)
    arguments = judge(command, cmd_planning.pairs(asked.arguments))
    spans = cmd_planning.spans_of(command, asked.expires, asked.timeout)
    _reasoned(command, asked.reason)
    if not (asked.dry_run or asked.plan_file):
        cmd_asking.must_be_able(command.risk, asked.yes)
    by = security_wiring.sealer_of(targets.sending_context(settings)).identity
    selected = cmd_targets.chosen(
        run, settings, to=asked.to, where=asked.where, region=asked.region, seconds=asked.seconds, reason=asked.reason,
        capability="" if asked.despite_caps else command.capability,
    )  # fmt: skip
    fleet_rows.refuse_unless(asked.expect, len(selected.targets))
    plan = planning.planned(
        command,
        arguments,
        selected,
        spans,
        context=settings.context().name,
        by=by,
        reason=asked.reason,
        now=time.time(),
    )
    return Ready(settings, doors, Parcel(plan, command, expected=asked.expect), selected)


def _reasoned(command: Command, reason: str) -> None:
    if command.private and not reason.strip():
        hint = 'add --reason "why you look"'
        raise RefusedError("it tells where somebody is, and no reason was given", subject=command.name, hint=hint)


def _approved(run: Run, asked: Asked) -> Ready:
    """The plan of a file, exactly as it was signed: what it says may not be said anew."""
    from cdctl.application import security_wiring, wiring

    anew = {"--to": asked.to, "--where": asked.where, "-a": asked.arguments, "--expires": asked.expires}
    anew |= {"--timeout": asked.timeout, "--reason": asked.reason}
    if said := [flag for flag, value in anew.items() if value]:
        hint = "whoever approved it approved what is in it"
        raise UsageError(f"{said[0]} is part of the plan", subject=asked.plan_file, hint=hint)
    settings = settings_of(run)
    context = targets.sending_context(settings)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    found = cmd_plan_file.read(asked.plan_file, security_wiring.trust_of(context), context.name, time.time())
    plan = found.plan
    command = doors.command(plan.command)
    judge_values(command, plan.arguments)
    fleet_rows.refuse_unless(asked.expect, len(plan.targets))
    # The number of a plan that others signed is part of what they signed.
    expected = asked.expect if asked.expect is not None or len(found.signed) < 2 else len(plan.targets)
    return Ready(settings, doors, Parcel(plan, command, found.signed, expected), Selected(plan.targets, plan.where))


def _preview(run: Run, ready: Ready) -> None:
    """On stderr: all of it where somebody must decide, a line for what is safe."""
    from cdctl.application import orders_wiring

    plan, command = ready.parcel.plan, ready.parcel.command
    telling = orders_wiring.telling_of(ready.settings.context(), ready.settings, ready.doors)
    for line in planning.unpromised(telling.promises):
        exits.warn(run, line)
    if not ready.selected.whole:
        exits.insist("the picture of the fleet was not whole: some vehicles that match may be missing here")
    for name, value in planning.ableness(ready.selected):
        exits.insist(f"{name}: {value}")
    if command.risk is Risk.SAFE and not run.verbose:
        regions = ", ".join(sorted({target.region for target in plan.targets}))
        exits.note(run, f"{command.name} to {vehicles(len(plan.targets))} in {regions}")
        return
    topic, payload = planning.sketched(plan, command, telling)
    shown = [*planning.facts(plan, command, ready.selected), ("topic", topic), ("payload", records.line(payload))]
    first = plan.targets[0].vin
    for name, value in shown:
        # What is not a terminal may be kept by somebody.
        exits.note(run, f"  {name:<10} {value if sys.stderr.isatty() else masked_in(value, first)}".rstrip())


def _written(run: Run, ready: Ready, name: str) -> exits.Code:
    from cdctl.application import security_wiring

    cmd_plan_file.write(name, ready.parcel.plan, security_wiring.sealer_of(ready.settings.context()))
    exits.note(run, f"wrote {name}: nothing is sent yet; others sign it: cdctl cmd approve {name}")
    exits.note(run, f"then: cdctl cmd send --plan {name}")
    return exits.Code.DONE


def _dry(run: Run, outputs: Sequence[output.Output], ready: Ready, asked: Asked) -> exits.Code:
    """What would be sent, and what policy would say; nothing is written down."""
    from cdctl.application import orders_wiring, security_wiring
    from cdctl.application.authorise import Wish
    from cdctl.application.authorise import asked as request_of

    context, parcel = ready.settings.context(), ready.parcel
    by = security_wiring.sealer_of(context).identity
    wish = Wish("send", parcel.approvers, parcel.expected, asked.break_glass)
    ruling = security_wiring.authority_of(context).rule(request_of(parcel.plan, parcel.command, by, wish))
    telling = orders_wiring.telling_of(context, ready.settings, ready.doors)
    topic, payload = planning.sketched(parcel.plan, parcel.command, telling)
    fleet_rows.emit(run, outputs, _sketch(ready, ruling, topic, payload), show_vins=asked.show_vins)
    exits.note(run, "a dry run: nothing was sent")
    return exits.Code.DONE if ruling.allowed else exits.Code.REFUSED


def _sketch(ready: Ready, ruling: Ruling, topic: str, payload: object) -> Render:
    plan, command = ready.parcel.plan, ready.parcel.command
    first = plan.targets[0].vin
    says = "allowed" if ruling.allowed else f"refused: {'; '.join(ruling.reasons) or 'no rule permits it'}"

    def render(form: str, hide: bool, width: int | None) -> str:
        text = records.line(payload).strip()
        shown = (masked_in(topic, first), masked_in(text, first)) if hide else (topic, text)
        rows = [{"fact": name, "value": value} for name, value in planning.facts(plan, command, ready.selected)]
        rows += [{"fact": "policy", "value": says}, {"fact": "topic", "value": shown[0]}]
        rows.append({"fact": "payload", "value": shown[1]})
        if form == "json":
            targets = [masked(one.vin) if hide else one.vin for one in plan.targets]
            counts = Counter(one.region for one in plan.targets)
            policy = {"allowed": ruling.allowed, "reasons": list(ruling.reasons), "missing": ruling.missing}
            return records.document(
                {
                    "command": plan.command, "arguments": dict(plan.arguments), "count": len(plan.targets),
                    "regions": counts, "presence": dict(ready.selected.states),
                    "left_out": dict(ready.selected.left_out), "unable": ready.selected.unable,
                    "untold": ready.selected.untold, "policy": policy, "topic": shown[0],
                    "payload": None if hide else payload, "targets": targets,
                }
            )  # fmt: skip
        return records.render(rows, (records.Column("fact"), records.Column("value")), form, width)

    return render


def _emit(run: Run, outputs: Sequence[output.Output], ready: Ready, found: Ended, asked: Asked) -> None:
    plan, command = ready.parcel.plan, ready.parcel.command
    head = {
        "command": command.name,
        "arguments": dict(plan.arguments),
        "plan": plan.digest() if plan.targets else "",
        "session": found.session,
        "unsent": found.unsent,
    }
    if len(found.kept) > cmd_rows.ON_A_SCREEN and any(one.form == "table" for one in outputs):
        exits.note(run, f"each of them: cdctl cmd status {plan.digest()[:16]} -o wide")
    told = cmd_rows.Told(found.kept, lambda name: command if name == command.name else None, True, head)
    fleet_rows.emit(run, outputs, cmd_rows.orders(told), show_vins=asked.show_vins)
