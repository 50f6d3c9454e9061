"""`cdctl trace serve`: take spans in by OTLP and keep them, until you stop it."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import run_of
from cdctl.cli.sizes import byte_count, least_seconds

if TYPE_CHECKING:
    from collections.abc import Generator

    from cdctl.application.trace_serving import Pulse, Served
    from cdctl.cli.options import Run

_EVERY = 10.0
"""Seconds between lines in a pipe."""


def serve(
    ctx: typer.Context,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="OTLP over HTTP; beyond loopback with a certificate only.")
    ] = "127.0.0.1:4318",
    grpc: Annotated[str, typer.Option(metavar="HOST:PORT", help="OTLP over gRPC; empty for none.")] = "127.0.0.1:4317",
    store: Annotated[str, typer.Option(metavar="FOLDER", help="Where spans are kept; default: the context's.")] = "",
    token_file: Annotated[
        str, typer.Option(metavar="FILE", help="Tokens of those who may send, one a line; made when there is none.")
    ] = "",
    cert: Annotated[str, typer.Option(metavar="FILE", help="Certificate (PEM) to serve TLS with.")] = "",
    key: Annotated[str, typer.Option(metavar="FILE", help="Its key (PEM).")] = "",
    keep: Annotated[str, typer.Option(metavar="DURATION", help="How long spans are kept.")] = "30d",
    max_bytes: Annotated[str, typer.Option(metavar="SIZE", help="How much disk they may take: 500MB.")] = "20GB",
) -> None:
    """Take spans in by OTLP (HTTP and gRPC) and keep them, until you stop it. What it acknowledged is on disk."""
    import asyncio

    from cdctl.application import trace_serving_wiring
    from cdctl.application.trace_serving import Serving
    from cdctl.cli.settings import settings_of

    run = run_of(ctx)
    seconds, most = least_seconds(keep, "--keep", 3600), byte_count(max_bytes, "--max-bytes", 64 << 20)
    wanted = Serving(listen, grpc, store, token_file, cert, key, seconds, most)
    shown = _Shown(run)
    settings = settings_of(run, store=store)
    with exits.in_flight(shown.said, "all of it is on disk; start it again: cdctl trace serve"):
        try:
            asyncio.run(
                trace_serving_wiring.serve(
                    settings,
                    wanted,
                    say=lambda text: exits.warn(run, text),
                    ready=lambda where: _ready(run, where),
                    pulse=shown.pulse,
                )
            )
        finally:
            shown.close()


def _ready(run: Run, where: Served) -> None:
    """stdout: where to send spans, for scripts; stderr: the same for people."""
    told = {"http": where.http, **({"grpc": where.grpc} if where.grpc else {})}
    if where.token_file:
        told["token_file"] = where.token_file
        exits.note(run, f"{'a new token is' if where.made else 'tokens are'} in {where.token_file}")
    text = json.dumps({"otlp": told, "traces": {"store": str(where.store)}}) + "\n"
    output.emit(run, [output.Output("json")], lambda _: text)
    both = f"{where.http} and gRPC {where.grpc}" if where.grpc else where.http
    exits.note(run, f"taking spans in at {both}, keeping them in {where.store}; stop it with Ctrl-C")


class _Shown:
    """How it goes: one line that changes on a terminal, a line every ten seconds elsewhere when something came."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._last: Pulse | None = None
        self._then, self._kept = time.monotonic(), 0
        self._lines = self._drawn() if sys.stderr.isatty() and not run.quiet else None

    def pulse(self, pulse: Pulse) -> None:
        self._last = pulse
        if self._lines is not None:
            next(self._lines)
        elif time.monotonic() - self._then >= _EVERY and pulse.kept != self._kept:
            self._then, self._kept = time.monotonic(), pulse.kept
            exits.note(self._run, pulse.line())

    def said(self) -> str:
        """What was taken in, for the last words."""
        return f"taking spans in ({self._last.said})" if self._last else "taking spans in"

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()

    def _drawn(self) -> Generator[None, None, None]:
        from rich.console import Console

        console = Console(stderr=True, no_color=not self._run.color, highlight=False)
        with console.status("") as status:
            while True:
                status.update(self._last.line() if self._last else "")
                yield
