"""`cdctl triage`: from a page to who, since when, what changed, what next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import alerted, completion, exits, output
from cdctl.cli.options import OutputOption, run_of
from cdctl.cli.settings import settings_of, shell_of

if TYPE_CHECKING:
    from cdctl.domain.triage.page import Page

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

FORMS = ("table", "json", "markdown")


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
    about = alerted.about(run, alert, slos)
    doors = wiring.catalogue(settings, plugins=run.plugins)
    means = triage_wiring.Means(settings, doors, slos, run.config, run.plugins, shell_of(run, settings))
    with long_work(run, "looking into it", "nothing is kept: run it again"):
        page = triage_wiring.page(alert, about, means)
    output.emit(run, chosen, lambda form: triage_wiring.render(page, form))
    exits.detail(run, f"took {page.took:.1f} s")
    exits.leave(_code(page))


def _code(page: Page) -> exits.Code:
    """A page is an answer, however bad the news on it; one that knows nothing of its promise is none."""
    row = page.burning
    return exits.Code.UNKNOWN if row is None or row.verdict in {"no_data", "error"} else exits.Code.DONE
