"""`cdctl slo why`: who it is that burns a promise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, output
from cdctl.cli.options import OutputOption, Run, run_of
from cdctl.cli.settings import settings_of, shell_of
from cdctl.errors import CdctlError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.slo.objective import Objective, Slo
    from cdctl.domain.why.explanation import Explanation

FORMS = ("table", "wide", "json", "html")
_SHORTEST, _LONGEST = 60, 31 * 86_400


def why(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The SLO, by its name.", autocompletion=completion.slos)],
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Spec files or folders; default: slo_specs.")
    ] = None,
    window: Annotated[str, typer.Option(metavar="DURATION", help="Explain the last so long.")] = "1h",
    groups_: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="KEY=VALUE", help="Only events of a group: region=eu; repeatable."),
    ] = None,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="Where events are from: traces, or prometheus (series by label).")
    ] = "",
    objective: Annotated[str, typer.Option(metavar="NAME", help="Which objective, where there are several.")] = "",
    at: Annotated[str, typer.Option(metavar="INSTANT", help="Explain as of then: RFC 3339, or now-1h.")] = "",
    show_vins: Annotated[bool, typer.Option("--show-vins", help="Write whole VINs; else they are masked.")] = False,
    outputs: OutputOption = None,
) -> None:
    """Say who it is: the smallest groups that explain the bad events, and what to do next."""
    from cdctl.application import why_wiring, wiring
    from cdctl.application.explaining import Wanted
    from cdctl.application.traces_wiring import counts_spans
    from cdctl.cli.progress import long_work

    run = run_of(ctx)
    chosen = output.parse(outputs, FORMS)
    settings = settings_of(run)
    specs = wiring.read_specs(settings, paths or ())
    slo = named(specs.slos, name)
    own = _objective(slo, objective)
    group, seconds, moment = groups(groups_ or ()), _seconds(window), _at(slo, at)
    doors = wiring.catalogue(settings, plugins=run.plugins)

    def ask(promise: Slo, where: str) -> Explanation:
        alike = next((one for one in promise.objectives if one.name == own.name), promise.objectives[0])
        wanted = Wanted(promise, alike, moment, seconds, group)
        return why_wiring.explain_slo(wanted, where, settings, doors, config=run.config, plugins=run.plugins)

    with long_work(run, f"looking for who it is in {name}", "nothing is kept: run it again"):
        spans = counts_spans(settings.context() if settings.contexts else None)
        told = _first(run, ways(slo, specs.slos, source, spans=spans), ask)
        told = why_wiring.with_changes(told, settings, config=run.config, plugins=run.plugins)
    told = replace(_as_asked(run, told, name), shell=shell_of(run, settings))

    def fit(form: str, width: int) -> str:
        return why_wiring.render(told, form, width, show_vins=show_vins)

    output.emit(run, chosen, lambda form: why_wiring.render(told, form, show_vins=show_vins), fit)


def _as_asked(run: Run, told: Explanation, name: str) -> Explanation:
    """The answer about the SLO that was asked for, whoever counted its events."""
    if told.slo == name:
        return told
    exits.note(run, f"by spans, as {told.slo} counts them; --source prometheus takes the series of {name}")
    return replace(told, slo=name, by=told.slo)


def named(slos: Sequence[Slo], name: str) -> Slo:
    """The SLO of that name. Raises UsageError with the nearest."""
    found = next((slo for slo in slos if slo.name == name), None)
    if found is None:
        near = get_close_matches(name, [slo.name for slo in slos], n=3, cutoff=0.4)
        hint = f"nearest: {', '.join(near)}" if near else "cdctl slo ls lists them"
        raise UsageError("no SLO of that name", subject=name, hint=hint)
    return found


def ways(slo: Slo, slos: Sequence[Slo], wanted: str, *, spans: bool = True) -> list[tuple[Slo, str]]:
    """Which promise is looked at and where its events are from, the best first: what is asked for; else spans where the
    promise or its sibling counts them, for they name vehicles, and then what the promise itself asks. spans: whether
    there are any; where there are none, a sibling is not tried before the promise itself. Raises UsageError."""
    from cdctl.application import why_wiring

    own, other = why_wiring.sources_of(slo), why_wiring.sibling(slo, slos)
    by_spans = slo if own == {why_wiring.TRACES} else other
    known = {why_wiring.TRACES: by_spans} if by_spans else {}
    known |= {name: slo for name in sorted(own - {why_wiring.TRACES}) if len(own) == 1}
    if not known:
        raise UsageError(
            f"the SLO asks {' and '.join(sorted(own))} together: its events cannot be told apart one by one",
            subject=slo.name,
            hint="explain an SLO that asks one of them",
        )
    if not wanted and not spans and len(known) > 1 and by_spans is not slo:
        del known[why_wiring.TRACES]
    if not wanted:
        return [(found, name) for name, found in known.items()]
    found = known.get(wanted)
    if found is None:
        near = get_close_matches(wanted, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has those of {', '.join(known)}"
        raise UsageError(f"the SLO has no events of {wanted!r}", subject=slo.name, hint=hint)
    return [(found, wanted)]


def groups(texts: Sequence[str]) -> dict[str, str]:
    """`region=eu` and so on. Raises UsageError."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals or not value or found.get(key, value) != value:
            raise UsageError(f"{text!r} names no group", subject="--group", hint="write --group region=eu")
        found[key] = value
    return found


def _objective(slo: Slo, name: str) -> Objective:
    if not name:
        return slo.objectives[0]
    found = next((one for one in slo.objectives if one.name == name), None)
    if found is None:
        known = ", ".join(repr(one.name) for one in slo.objectives)
        raise UsageError(f"no objective {name!r}", subject=slo.name, hint=f"it has {known}")
    return found


def _seconds(text: str) -> int:
    from cdctl.domain.duration import seconds

    try:
        found = seconds(text)
    except ValueError as error:
        raise UsageError(str(error), subject="--window", hint="write 1h") from None
    if not _SHORTEST <= found <= _LONGEST:
        raise UsageError(f"{text} is too short or too long", subject="--window", hint="from 1m to 31d")
    return int(found)


def _at(slo: Slo, at: str) -> int:
    """The end of the window: what is asked for, else the last whole minute that is not too fresh."""
    from cdctl.application.evaluate import DEFAULT_LAG
    from cdctl.application.wiring import WallClock
    from cdctl.cli.values import instant

    now = WallClock().now()
    lag = slo.lag_seconds if slo.lag_seconds is not None else DEFAULT_LAG
    return instant(at, now) if at else int(now - lag) // 60 * 60


def _first(run: Run, found: Sequence[tuple[Slo, str]], ask: Callable[[Slo, str], Explanation]) -> Explanation:
    """The answer of the first that has one; why others had none is said."""
    *better, last = found
    for promise, where in better:
        try:
            return ask(promise, where)
        except CdctlError as error:  # no spans, a trace server that does not count, or no engine installed
            exits.warn(run, f"not by {where}: {error.message}{f' ({error.hint})' if error.hint else ''}")
    return ask(*last)


def register(app: typer.Typer) -> None:
    """Make it a verb of `cdctl slo`."""
    app.command(epilog="Example: cdctl slo why remote-command-availability --window 1h --group region=eu")(why)
