"""`cdctl trace`: spans of distributed traces, taken in, kept, and asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import completion, exits, output, trace_import, trace_serve
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from cdctl.domain.traces.ports import By, Operations, Window

app = noun("Spans of distributed traces: take them in, find them, see where the time went.")
app.command("import", epilog="Example: cdctl trace import spans-*.json.zst")(trace_import.import_)
app.command("serve", epilog="Example: cdctl trace serve --listen 127.0.0.1:4318 --keep 14d")(trace_serve.serve)

Store = Annotated[
    str, typer.Option("--store", metavar="FOLDER", help="A span store, instead of where the context's traces are.")
]
Since = Annotated[str, typer.Option(metavar="TIME", help="From when on: 1h, now-2d or 2026-11-22T10:00:00Z.")]
Until = Annotated[str, typer.Option(metavar="TIME", help="Until when: now, now-1h or 2026-11-22T11:00:00Z.")]
Filter = Annotated[
    str,
    typer.Argument(
        metavar="FILTER",
        help="A spanset filter of TraceQL; { } are all spans.",
        autocompletion=completion.spansets,
    ),
]
ShowVins = Annotated[bool, typer.Option("--show-vins", help="Write whole VINs into files.")]
_NOTHING = "nothing was changed: run it again"


@app.command(epilog="Example: cdctl trace query '{ resource.service.name = \"remote-command\" && status = error }'")
def query(
    ctx: typer.Context,
    filter_: Filter = "{ }",
    since: Since = "1h",
    until: Until = "now",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="At most so many spans.")] = 20,
    store: Store = "",
    show_vins: ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Find spans by a filter of TraceQL, those that ended last first.

    Attributes: span.NAME, resource.NAME, .NAME; intrinsics: name, duration, status, kind, statusMessage, rootName,
    rootServiceName, traceDuration, trace:id, span:id, span:parentID; = != < <= > >= =~ !~, && || ( ), nil.
    Exit code 4 when not everything could be looked at.
    """
    from cdctl.application import trace_asking
    from cdctl.cli import fleet_rows, trace_rows
    from cdctl.cli.settings import settings_of
    from cdctl.domain.traces.traceql.parser import parse

    run = run_of(ctx)
    chosen = output.parse(outputs)
    wanted, window = parse(filter_), _window(since, until)
    settings = settings_of(run, store=store)
    with exits.in_flight("looking for spans", _NOTHING):
        found = trace_asking.find(settings, store, wanted, window, limit)
    fleet_rows.emit(
        run, chosen, lambda form, hide, width: trace_rows.spans(found.spans, form, hide, width), show_vins=show_vins
    )
    for note in found.notes:
        exits.warn(run, note)
    if found.more:
        exits.note(run, f"there are more than {limit:,}: --limit")
    if not found.spans:
        exits.note(run, "no span matches; a longer --since may find some")
    exits.leave(exits.Code.PARTLY if found.partial else exits.Code.DONE)


@app.command(epilog="Example: cdctl trace show 4bf92f3577b34da6a3ce929d0e0e4736")
def show(
    ctx: typer.Context,
    trace_id: Annotated[str, typer.Argument(metavar="ID", help="A trace id; zeros in front may be missing.")],
    store: Store = "",
    show_vins: ShowVins = False,
    outputs: OutputOption = None,
) -> None:
    """Draw one trace: who called whom, where the time went (the critical path), what failed.

    What does not fit together (clocks that disagree, parents that are missing, circles) is told, not clipped. A trace
    of a command names its orders. Exit code 3 when the trace is not there.
    """
    from cdctl.application import trace_asking
    from cdctl.cli import fleet_rows, trace_waterfall
    from cdctl.cli.settings import settings_of
    from cdctl.domain.traces.waterfall import lay_out

    run = run_of(ctx)
    chosen = output.parse(outputs)
    settings = settings_of(run, store=store)
    with exits.in_flight("looking for the trace", _NOTHING):
        found = trace_asking.trace(settings, store, trace_id)
        if not found.spans:
            hint = "it may be older than what is kept there, or at another place: --context, --store"
            raise UnavailableError("there is no such trace", subject=trace_id, hint=hint)
        cause = trace_asking.cause(settings, found.spans)
    laid = lay_out(found.spans)
    fleet_rows.emit(
        run,
        chosen,
        lambda form, hide, width: trace_waterfall.shown(laid, cause, form, hide, width),
        show_vins=show_vins,
    )
    for note in found.notes:
        exits.warn(run, note)
    if found.more:
        exits.warn(run, f"only the first {len(found.spans):,} spans are shown")
    exits.leave(exits.Code.PARTLY if found.partial else exits.Code.DONE)


@app.command(epilog="Example: cdctl trace top --by service --since 15m --live")
def top(
    ctx: typer.Context,
    filter_: Filter = "{ }",
    by: Annotated[str, typer.Option(metavar="WHAT", help="service or operation.")] = "operation",
    since: Since = "15m",
    until: Until = "now",
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="At most so many lines.")] = 20,
    live: Annotated[bool, typer.Option("--live", help="Show it anew every some seconds, until a key.")] = False,
    every: Annotated[str, typer.Option(metavar="DURATION", help="With --live: how often.")] = "5s",
    store: Store = "",
    outputs: OutputOption = None,
) -> None:
    """Show services and operations: rate, share of errors, quantiles of the duration; the busiest first.

    Rates and errors go by what spans stand for (sampling), quantiles by the spans that were kept.
    """
    from cdctl.application import trace_asking
    from cdctl.cli import records, trace_live, trace_rows
    from cdctl.cli.settings import settings_of
    from cdctl.cli.values import span
    from cdctl.domain.traces.traceql.parser import parse

    run = run_of(ctx)
    chosen = output.parse(outputs)
    level = _by(by)
    wanted, seconds = parse(filter_), span(every, "--every")
    settings = settings_of(run, store=store)

    def look() -> Operations:
        return trace_asking.top(settings, store, wanted, _window(since, until), limit, level)

    with exits.in_flight("asking for operations", _NOTHING):
        if live:
            trace_live.watch(run, chosen, look, seconds)
            return
        found = look()
    rows = list(trace_rows.operations(found.rows))
    output.emit(
        run,
        chosen,
        lambda form: records.render(rows, trace_rows.OPERATIONS, form),
        lambda form, width: records.render(rows, trace_rows.OPERATIONS, form, width),
    )
    for note in found.notes:
        exits.warn(run, note)
    if not rows:
        exits.note(run, "no span matches; a longer --since may find some")
    exits.leave(exits.Code.PARTLY if found.partial else exits.Code.DONE)


def _by(text: str) -> By:
    known: dict[str, By] = {"service": "service", "operation": "operation"}
    if text not in known:
        raise UsageError(f"{text!r} is neither service nor operation", subject="--by", hint="--by service")
    return known[text]


def _window(since: str, until: str) -> Window:
    """The times of an option or a length of time. Raises UsageError."""
    from cdctl.cli.values import instant
    from cdctl.domain.duration import seconds
    from cdctl.domain.traces.ports import Window

    now = time.time()
    end = now if until == "now" else instant(until, now, "--until")
    try:
        start = end - seconds(since)
    except ValueError:
        start = instant(since, now, "--since")
    if start >= end:
        raise UsageError("it ends before it begins", subject="--until", hint="--since 2h --until now-1h")
    return Window(max(start, 0.0), end)
