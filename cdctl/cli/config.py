"""`cdctl config`: the settings in force, and whether what they name answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.cli.records import Column
from cdctl.cli.settings import settings_of

if TYPE_CHECKING:
    from cdctl.domain.ports import Probe
    from cdctl.domain.settings import Settings

app = noun("Show the settings in force and check what they connect to.")

_MASK = "********"
_OWN = frozenset({"prometheus", "traces"})
_SHOW = (Column("key"), Column("value"), Column("origin"))
_CHECK = (Column("context"), Column("source"), Column("url"), Column("ok"), Column("found"), Column("hint", wide=True))


@app.command(epilog="Example: cdctl config show -o wide")
def show(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """Print every setting with where it came from; secrets are masked."""
    run = run_of(ctx)
    settings = settings_of(run)
    if settings.default_context:
        settings.context()
    output.show(run, outputs, list(_rows(settings)), _SHOW)


def _rows(settings: Settings) -> Iterator[Mapping[str, object]]:
    origins = settings.origins
    values: dict[str, object] = {
        "default_context": settings.default_context,
        "paths.slo_specs": settings.slo_specs,
        "paths.dashboards": settings.dashboards,
        "paths.plugins": list(settings.plugins),
        "paths.cache": settings.cache_dir,
        "paths.journal": settings.journal,
        "top.board": settings.top.board,
        "top.theme": settings.top.theme,
        "top.keys": settings.top.keys,
    }
    for context in settings.contexts.values():
        for source, table in context.sources.items():
            # As it is written in the file: the sources that ship have tables of their own.
            where = f"contexts.{context.name}.{source if source in _OWN else f'sources.{source}'}"
            values |= {f"{where}.{key}": value for key, value in table.items()}
        values |= {key: value for key, value in settings.fleet.items() if key.startswith(f"contexts.{context.name}.")}
    values |= settings.fleet
    for key, value in values.items():
        yield {"key": key, "value": _masked(key, value), "origin": origins.get(key, "")}


def _masked(key: str, value: object) -> object:
    """What only names a place (a file, a variable, a keyring entry) is shown; what a header says is not."""
    if key.endswith(".headers") and isinstance(value, Mapping):
        return dict.fromkeys(value, _MASK)
    return value


@app.command(epilog="Example: cdctl config check --context prod-eu")
def check(ctx: typer.Context, outputs: OutputOption = None) -> None:
    """Connect to every endpoint of every context (or of --context) and say what answered.

    Of a broker it says what it speaks, what it grants of the topics that `fleet` needs, and how soon it answers.
    Spans are counted, or their server is asked. An inventory is read, a collector is asked how many vehicles it has, a
    command API whether it knows us; trust file, signing key and policy are judged.
    """
    from cdctl.application import broker_wiring, commands_wiring, security_wiring, traces_wiring, wiring

    run = run_of(ctx)
    settings = settings_of(run)
    asked = settings.context().name if run.context or run.prometheus or not settings.contexts else ""
    names = [asked] if asked else list(settings.contexts)
    with exits.in_flight(f"connecting to {', '.join(names)}", "nothing was changed: run it again"):
        probes: list[Probe] = []
        for name in names:
            probes += wiring.probe_sources(settings, name, plugins=run.plugins)
            probes += traces_wiring.probe_traces(settings, name)
            probes += broker_wiring.probe_brokers(settings, name, plugins=run.plugins)
            probes += broker_wiring.probe_beside(settings, name, plugins=run.plugins)
            probes += commands_wiring.probe_commands(settings, name)
            probes += security_wiring.probe_security(settings.context(name))
    rows = [
        {"context": p.context, "source": p.source, "url": p.url, "ok": p.ok, "found": p.found, "hint": p.hint}
        for p in probes
    ]
    output.show(run, outputs, rows, _CHECK)
    for hint in dict.fromkeys(
        f"hint: {probe.context}: {probe.hint}" for probe in probes if not probe.ok and probe.hint
    ):
        exits.note(run, hint)
    exits.leave(exits.Code.DONE if all(probe.ok for probe in probes) else exits.Code.UNKNOWN)
