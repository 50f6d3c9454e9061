"""`cdctl changes`: what was changed, when, by whom: for pipelines to tell, and for people to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cdctl.cli import exits, output
from cdctl.cli.options import OutputOption, noun, run_of
from cdctl.cli.records import Column, Record
from cdctl.cli.settings import settings_of
from cdctl.errors import UsageError

if TYPE_CHECKING:
    from cdctl.domain.changes import Change

app = noun("Changes: deployments, settings, versions that spread. Marks on the timeline, and candidates for causes.")

_COLUMNS = (
    Column("at"),
    Column("kind"),
    Column("title", shrinks=True),
    Column("service"),
    Column("version"),
    Column("region"),
    Column("by"),
    Column("source", wide=True),
)


@app.command("ls", epilog="Example: cdctl changes ls --since 6h")
def list_(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(metavar="DURATION", help="How far back.")] = "24h",
    outputs: OutputOption = None,
) -> None:
    """List what was changed: what people and pipelines told, orders to many vehicles, versions that spread."""
    from cdctl.application import changes_wiring, wiring
    from cdctl.cli.values import span

    run = run_of(ctx)
    output.parse(outputs)
    settings = settings_of(run)
    begin = wiring.WallClock().now() - span(since, "--since")
    found, notes = changes_wiring.changes_of(settings, begin, config=run.config, plugins=run.plugins)
    for note in notes:
        exits.warn(run, note)
    output.show(run, outputs, [_record(one) for one in found], _COLUMNS)
    if not found:
        exits.note(run, f"nothing in the last {since}; pipelines tell it here: {changes_wiring.changes_file(settings)}")


@app.command(epilog='Example: cdctl changes add "customer-api 1.4.2" --service customer-api --version 1.4.2')
def add(
    ctx: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What was changed.")],
    kind: Annotated[str, typer.Option(metavar="WORD", help="deployment, config, flag, ...")] = "deployment",
    service: Annotated[str, typer.Option(metavar="NAME", help="Of which service.")] = "",
    version: Annotated[str, typer.Option(metavar="VERSION", help="To which version.")] = "",
    region: Annotated[str, typer.Option(metavar="NAME", help="In which region.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who or what did it; default: you.")] = "",
    label: Annotated[
        list[str] | None, typer.Option("--label", metavar="KEY=VALUE", help="What else is to be known; repeatable.")
    ] = None,
    at: Annotated[str, typer.Option(metavar="INSTANT", help="When; default: now. RFC 3339, or now-10m.")] = "now",
) -> None:
    """Write a change down, so that explanations and triage know of it. For the last step of a pipeline."""
    from cdctl.application import changes_wiring, wiring
    from cdctl.cli.values import instant
    from cdctl.domain.changes import Change

    run = run_of(ctx)
    if not title.strip():
        raise UsageError("a change needs a title", subject="TITLE", hint='cdctl changes add "customer-api 1.4.2"')
    when = instant(at, wiring.WallClock().now())
    change = Change(float(when), kind, title, service, version, region, by or _me(), _labels(label or ()))
    path = changes_wiring.add_change(settings_of(run), change).resolve()
    exits.note(run, f"written to {path}")


def _labels(texts: list[str] | tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (key, equals, _) in zip(texts, pairs, strict=True):
        if not key or not equals:
            raise UsageError(f"{text!r} is no label", subject="--label", hint="write --label pull=12")
    return {key: value for key, _, value in pairs}


def _me() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _record(one: Change) -> Record:
    from datetime import UTC, datetime

    told = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    texts = {name: getattr(one, name) for name in ("kind", "title", "service", "version", "region", "by")}
    return {"at": told, **texts, "labels": dict(one.labels), "source": one.source}
