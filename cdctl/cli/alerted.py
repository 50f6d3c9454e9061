"""What an alert is about: given as a file, as a URL, or by the name of an SLO or a service."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cdctl.cli import exits
from cdctl.cli.options import Run
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.boards.requests import About as Place
    from cdctl.domain.settings import Settings
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.triage.alerts import About

_MOST = 8 << 20


def about(run: Run, alert: str, slos: Sequence[Slo]) -> About:
    """What the argument is about. Raises UsageError when no promise can be told."""
    from cdctl.domain.triage.alerts import about_alerts, about_name, alerts, nearest

    by_name = about_name(alert, slos)
    if by_name is not None:
        return by_name
    if "://" not in alert and alert != "-" and not Path(alert).exists():
        near = nearest(alert, slos)
        hint = f"nearest: {', '.join(near)}" if near else "cdctl slo ls lists the promises"
        raise UsageError("neither a file, nor a URL, nor an SLO, nor a service", subject=safe(alert, 80), hint=hint)
    found = alerts(_document(alert))
    if not found:
        raise UsageError(
            "no alert can be understood in it", subject=safe(alert, 80), hint="it needs labels: a webhook body has them"
        )
    told_by = about_alerts(found, slos)
    if told_by is None:
        told = ", ".join(f"{key}={value}" for key, value in list(found[0].labels.items())[:6])
        raise UsageError(
            f"no promise can be told from its labels ({safe(told, 200)})",
            subject=safe(alert, 80),
            hint="give rules a label slo: NAME or service: NAME; or name the promise: cdctl triage NAME",
        )
    if not any(one.firing for one in found):
        exits.note(run, "none of its alerts fires any more")
    return told_by


def place(run: Run, settings: Settings, alert: str) -> Place:
    """The same for a board: one promise, its group, since when. Of several promises it is the one that is worst off,
    for which they are judged. Raises as `about`."""
    from cdctl.application import triage_wiring, wiring
    from cdctl.cli.progress import long_work
    from cdctl.domain.boards.requests import About as Place
    from cdctl.domain.triage.page import worst_first

    if alert == "-":
        raise UsageError("stdin has the keys of the view", subject="--alert", hint="give a file, a URL or a name")
    slos = wiring.read_specs(settings).slos
    told = about(run, alert, slos)
    if len(told.slos) == 1:
        return Place(told.slos[0].name, dict(told.labels), since=told.starts)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    with long_work(run, "looking which promise burns", "nothing is kept: run it again"):
        report = triage_wiring.judge(told.slos, triage_wiring.Means(settings, doors, slos, run.config, run.plugins))
    worst = worst_first(report.rows, told.labels)[0]
    return Place(worst.name, dict(worst.group), since=told.starts)


def _document(alert: str) -> object:
    if "://" in alert:
        from cdctl.application.triage_wiring import fetch_alert

        return fetch_alert(alert)
    try:
        text = sys.stdin.buffer.read(_MOST + 1) if alert == "-" else _read(Path(alert))
    except OSError as error:
        raise UnavailableError(f"cannot be read: {error.strerror}", subject=safe(alert, 80)) from None
    if len(text) > _MOST:
        raise UsageError(f"more than {_MOST >> 20} MiB are no alert", subject=safe(alert, 80))
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError("this is no JSON", subject=safe(alert, 80), hint="give the body of the webhook") from None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST + 1)
