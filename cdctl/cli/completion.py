"""What the shell offers after TAB. Whatever goes wrong gives no offers: silence is better than an error in a prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cdctl.domain.settings import Settings

Offers = Callable[[typer.Context, str], list[str]]


def _offers(names: Callable[[typer.Context], Iterable[str]]) -> Offers:
    def offer(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return [name for name in dict.fromkeys(names(ctx)) if name.startswith(incomplete)]
        except Exception:
            return []

    return offer


def _settings(ctx: typer.Context) -> Settings:
    from cdctl.application import wiring

    return wiring.read_settings(config=ctx.find_root().params.get("config") or "")


def _contexts(ctx: typer.Context) -> Iterable[str]:
    return _settings(ctx).contexts


def _slos(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import wiring

    return [slo.name for slo in wiring.read_specs(_settings(ctx), ctx.params.get("paths") or ()).slos]


def _plugins(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import wiring

    return [listing.title for listing in wiring.catalogue(_settings(ctx)).names()]


def _reports(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import wiring

    return [listing.name for listing in wiring.catalogue(_settings(ctx)).names("reports")]


def _formats(_ctx: typer.Context) -> Iterable[str]:
    from cdctl.cli.records import FORMATS

    return FORMATS


contexts = _offers(_contexts)
"""Names of the contexts in the settings."""

slos = _offers(_slos)
"""Names of the SLOs under the paths on the line (`paths`), or of the usual folder."""

plugins = _offers(_plugins)
"""Plugins as `room.name`."""

reports = _offers(_reports)
"""Formats of reports, those of plugins included."""

formats = _offers(_formats)
"""Formats of lists."""
