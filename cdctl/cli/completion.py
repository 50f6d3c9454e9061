"""What the shell offers after TAB. Whatever goes wrong gives no offers: silence is better than an error in a prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cdctl.domain.fleet.selection import Field
    from cdctl.domain.settings import Context, Settings

Offers = Callable[[typer.Context, str], list[str]]


def offers(names: Callable[[typer.Context], Iterable[str]]) -> Offers:
    """Those of the names that begin with what is written; none when they cannot be had."""
    return _parts(lambda ctx, _: names(ctx))


def _parts(names: Callable[[typer.Context, str], Iterable[str]]) -> Offers:
    """As `_offers`, for words of which a part was written before: a list with commas, a filter."""

    def offer(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return [name for name in dict.fromkeys(names(ctx, incomplete)) if name.startswith(incomplete)]
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


def _boards(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import wiring
    from cdctl.application.top.boards_wiring import Boards

    settings = _settings(ctx)
    return Boards(settings, wiring.catalogue(settings, plugins=False)).names()


def _themes(_: typer.Context) -> Iterable[str]:
    from cdctl.domain.looks import THEMES

    return THEMES


def _reports(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import wiring

    return [listing.name for listing in wiring.catalogue(_settings(ctx)).names("reports")]


def _formats(_ctx: typer.Context) -> Iterable[str]:
    from cdctl.cli.records import FORMATS

    return FORMATS


def _regions(ctx: typer.Context) -> Iterable[str]:
    return _in_use(ctx).brokers


def _in_use(ctx: typer.Context) -> Context:
    return _settings(ctx).context(ctx.find_root().params.get("context") or "")


def _fields(ctx: typer.Context) -> Mapping[str, Field]:
    from cdctl.domain.fleet.view import fields_of

    return fields_of(tuple(_settings(ctx).fleet_columns))


def _fields_offered(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    before, comma, _ = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in _fields(ctx) if name not in before.split(",")]


def _groups_offered(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    from cdctl.domain.fleet.selection import Kind

    kinds = {name: field.kind for name, field in _fields(ctx).items()}
    offered = _fields_offered(ctx, incomplete)
    return [name for name in offered if kinds[name.rpartition(",")[2]] in {Kind.TEXT, Kind.STATE}]


def _sorts_offered(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    minus = "-" if incomplete.startswith("-") else ""
    return [f"{minus}{name}" for name in _fields(ctx)]


def _filters_offered(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The last word of a filter: a field, a state, or the value of a field that has few."""
    from cdctl.domain.fleet.selection.fields import STATES, Kind

    cut = max(incomplete.rfind(c) for c in " (|") + 1
    before, word = incomplete[:cut], incomplete[cut:]
    minus = "-" if word.startswith("-") else ""
    fields = _fields(ctx)
    values = {"region": _regions(ctx) if "region:" in word else (), "state": STATES}
    words = [*STATES, *(f"{name}{'<' if field.kind is Kind.NUMBER else ':'}" for name, field in fields.items())]
    words += [f"{name}:{value}" for name, few in values.items() for value in few]
    return [f"{before}{minus}{one}" for one in words]


def _commands(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import wiring

    plugins = not ctx.find_root().params.get("no_plugins")
    return [command.name for command in wiring.catalogue(_settings(ctx), plugins=plugins).commands()[0]]


def _operators(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import security_wiring

    return security_wiring.trust_of(_in_use(ctx)).operators


def _fingerprints(ctx: typer.Context) -> Iterable[str]:
    """Of operators' keys that may still be revoked."""
    from cdctl.application import security_wiring

    return security_wiring.live_fingerprints(_in_use(ctx))


def _roles(ctx: typer.Context) -> Iterable[str]:
    from cdctl.application import security_wiring

    return security_wiring.policy_roles(security_wiring.policy_of(_in_use(ctx)))


def _states(_ctx: typer.Context) -> Iterable[str]:
    from cdctl.domain.orders.order import State

    return [state.value for state in State]


def _arguments_offered(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Keys with an equals sign; after it the choices, or an example of what is meant."""
    from cdctl.application import wiring

    # A line that breaks off behind -a is not parsed any further: its words are still there.
    name = str(ctx.params.get("name") or "") or next((word for word in ctx.args if not word.startswith("-")), "")
    command = wiring.catalogue(_settings(ctx)).command(name)
    key, equals, _ = incomplete.partition("=")
    if not equals:
        return [f"{argument.name}=" for argument in command.arguments]
    found = next(argument for argument in command.arguments if argument.name == key)
    values = ("true", "false") if found.kind.value == "flag" else found.choices or (found.example,)
    return [f"{key}={value}" for value in values]


def _spansets_offered(_ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """The last word of a filter of TraceQL: an intrinsic, or an attribute that is well known."""
    from cdctl.domain.traces.attributes import PROMOTED
    from cdctl.domain.traces.traceql.names import SPELLINGS

    cut = max(incomplete.rfind(c) for c in " ({&|") + 1
    return [f"{incomplete[:cut]}{word}" for word in (*map(str, PROMOTED), *SPELLINGS)]


contexts = offers(_contexts)
"""Names of the contexts in the settings."""

slos = offers(_slos)
"""Names of the SLOs under the paths on the line (`paths`), or of the usual folder."""

plugins = offers(_plugins)
"""Plugins as `room.name`."""

reports = offers(_reports)
"""Formats of reports, those of plugins included."""

boards = offers(_boards)
"""Boards of the live view."""

themes = offers(_themes)
"""Colours of the live view."""

formats = offers(_formats)
"""Formats of lists."""

commands = offers(_commands)
"""What vehicles can be told."""

command_arguments = _parts(_arguments_offered)
"""Arguments of the command on the line, and what they may be."""

states = offers(_states)
"""Where an order can be."""

regions = offers(_regions)
"""Regions of the context in use."""

fields = _parts(_fields_offered)
"""Fields of a vehicle, in a list with commas."""

groups = _parts(_groups_offered)
"""Fields that vehicles can be counted by, in a list with commas."""

sorts = _parts(_sorts_offered)
"""Fields, with or without a minus before."""

filters = _parts(_filters_offered)
"""The last word of a filter."""

spansets = _parts(_spansets_offered)
"""The last word of a filter of TraceQL."""

operators = offers(_operators)
"""Names of the trust file of the context in use."""

fingerprints = offers(_fingerprints)
"""Fingerprints of operators' keys that were not revoked."""

roles = offers(_roles)
"""Roles that the policy in force speaks of."""
