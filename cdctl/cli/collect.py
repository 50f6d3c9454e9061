"""`cdctl collect`: take in once for a whole team, keep the last days, serve it to every viewer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import run_of
from cdctl.cli.sizes import byte_count, least_seconds

if TYPE_CHECKING:
    from cdctl.application.collecting import Collected
    from cdctl.cli.options import Run

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

_LEAST_SECONDS, _LEAST_BYTES = 60, 8 << 20


@app.command(epilog="Example: cdctl collect --listen 10.0.0.5:7443 --cert server.crt --key server.key")
def collect(
    ctx: typer.Context,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where viewers come to; beyond loopback with a certificate only.")
    ] = "127.0.0.1:7443",
    token_file: Annotated[
        str, typer.Option(metavar="FILE", help="Tokens of those who may look, one a line; made when there is none.")
    ] = "",
    cert: Annotated[str, typer.Option(metavar="FILE", help="Certificate (PEM) to serve HTTPS with.")] = "",
    key: Annotated[str, typer.Option(metavar="FILE", help="Its key (PEM).")] = "",
    keep: Annotated[str, typer.Option(metavar="DURATION", help="How long happenings and minutes are kept.")] = "3d",
    max_bytes: Annotated[str, typer.Option(metavar="SIZE", help="How much disk they may take, such as 500MB.")] = "2GB",
    folder: Annotated[str, typer.Option("--dir", metavar="FOLDER", help="Where history and token are kept.")] = "",
) -> None:
    """Take in once for a whole team: columns, the last days on disk, and viewers over HTTPS until you stop it."""
    import asyncio

    from cdctl.application import collector_wiring
    from cdctl.application.collecting import Collecting
    from cdctl.cli.settings import settings_of

    run = run_of(ctx)
    seconds = least_seconds(keep, "--keep", _LEAST_SECONDS)
    most = byte_count(max_bytes, "--max-bytes", _LEAST_BYTES)
    wanted = Collecting(listen, token_file, cert, key, seconds, most, folder)
    settings = settings_of(run)
    with exits.in_flight("collecting", "the history is kept; start it again: cdctl collect"):
        asyncio.run(
            collector_wiring.collect(
                settings,
                wanted,
                config=run.config,
                plugins=run.plugins,
                say=lambda text: exits.warn(run, text),
                ready=lambda where: _ready(run, where),
            )
        )


def _ready(run: Run, where: Collected) -> None:
    """stdout: what viewers write into their settings; stderr: where the token is and since when history goes."""
    text = json.dumps({"collector": {"url": where.url, "token_file": where.token_file}}) + "\n"
    output.emit(run, [output.Output("json")], lambda _: text)
    exits.note(run, f"{'a new token is' if where.made else 'tokens are'} in {where.token_file}")
    if where.since:
        from datetime import UTC, datetime

        told = datetime.fromtimestamp(where.since, UTC).isoformat(timespec="seconds")
        exits.note(run, f"history goes back to {told}")
    exits.note(run, f"serving {where.url}; stop it with Ctrl-C")
