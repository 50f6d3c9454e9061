"""`cdctl triage`: from a page to who, since when, what changed, what next."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, output
from cdctl.cli.options import OutputOption, Run, run_of
from cdctl.cli.settings import settings_of, shell_of
from cdctl.domain.text import safe
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.slo.objective import Slo
    from cdctl.domain.triage.alerts import About
    from cdctl.domain.triage.page import Page

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

FORMS = ("table", "json", "markdown")
_MOST = 8 << 20


@app.command(epilog="Example: cdctl triage alert.json -o markdown; cdctl triage remote-command-availability")
def triage(
    ctx: typer.Context,
    alert: Annotated[
        str,
        typer.Argument(
            metavar="ALERT",
            help="A file or - with an alert (Alertmanager's webhook or API, Prometheus, Grafana), its URL, an SLO, a "
            "service.",
            autocompletion=completion.slos,
        ),
    ],
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Spec files or folders; default: slo_specs.")
    ] = None,
    outputs: OutputOption = None,
) -> None:
    """Print the one page about an alert: which promise burns since when, who it is, what changed, what to do next."""
    from cdctl.application import triage_wiring, wiring
    from cdctl.cli.progress import long_work

    run = run_of(ctx)
    chosen = output.parse(outputs, FORMS)
    settings = settings_of(run)
    slos = wiring.read_specs(settings, paths or ()).slos
    about = _about(run, alert, slos)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    means = triage_wiring.Means(settings, doors, slos, run.config, run.plugins, shell_of(run, settings))
    with long_work(run, "looking into it", "nothing is kept: run it again"):
        page = triage_wiring.page(alert, about, means)
    output.emit(run, chosen, lambda form: triage_wiring.render(page, form))
    exits.detail(run, f"took {page.took:.1f} s")
    exits.leave(_code(page))


def _about(run: Run, alert: str, slos: Sequence[Slo]) -> About:
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
    about = about_alerts(found, slos)
    if about is None:
        told = ", ".join(f"{key}={value}" for key, value in list(found[0].labels.items())[:6])
        raise UsageError(
            f"no promise can be told from its labels ({safe(told, 200)})",
            subject=safe(alert, 80),
            hint="give rules a label slo: NAME or service: NAME; or name the promise: cdctl triage NAME",
        )
    if not any(one.firing for one in found):
        exits.note(run, "none of its alerts fires any more")
    return about


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


def _code(page: Page) -> exits.Code:
    """A page is an answer, however bad the news on it; one that knows nothing of its promise is none."""
    row = page.burning
    return exits.Code.UNKNOWN if row is None or row.verdict in {"no_data", "error"} else exits.Code.DONE
