"""The root command: shared options, and the lazily loaded commands under it."""

from __future__ import annotations

import os
import sys
import time
from typing import Annotated, Any

import typer

from cdctl import __version__
from cdctl.cli import completion, exits
from cdctl.cli.lazy import LazyGroup
from cdctl.cli.options import Run, run_of, shared_first
from cdctl.cli.registry import COMMANDS


class Root(LazyGroup):
    """The group behind `cdctl`: shared options anywhere on the line, and one place where errors become words."""

    entries = COMMANDS

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the shared options."""
        with exits.explained("--debug" in args):
            return super().make_context(info_name, shared_first(args), parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        began = time.monotonic()
        try:
            with exits.explained(ctx.params.get("debug", False)):
                return super().invoke(ctx)
        finally:
            exits.detail(run_of(ctx), f"took {time.monotonic() - began:.2f} s")


app = typer.Typer(
    cls=Root,
    help="One tool for a connected-vehicle platform: which promises hold, which burn, and how much budget is left.",
    epilog="The options above may stand anywhere on the line. Exit codes: 0 done, 1 bad news, 2 you wrote something "
    "wrong, 3 could not know, 4 partly, 5 refused, 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"cdctl {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        str, typer.Option(metavar="FILE", help="Settings; else $CDCTL_CONFIG, ./cdctl.toml, your config folder.")
    ] = "",
    context: Annotated[
        str, typer.Option(metavar="NAME", help="Which platform of the settings.", autocompletion=completion.contexts)
    ] = "",
    prometheus: Annotated[str, typer.Option(metavar="URL", help="Ask this Prometheus; no settings needed.")] = "",
    no_plugins: Annotated[bool, typer.Option("--no-plugins", help="Load only what ships with cdctl.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colour; also $NO_COLOR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Data only: no progress, hints or warnings.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also say which settings were used, and the time.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version)] = False,
) -> None:
    """Shared options (see the app's help)."""
    ctx.obj = Run(
        config=config,
        context=context,
        prometheus=prometheus,
        plugins=not no_plugins,
        color=not no_color and not os.environ.get("NO_COLOR"),
        quiet=quiet,
        verbose=verbose,
        debug=debug,
    )


def run() -> None:
    """The console script."""
    exits.stop_politely()
    app(prog_name="cdctl")
    sys.exit(0)
