"""The settings of a run, read once; --verbose says which they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdctl.cli import exits

if TYPE_CHECKING:
    from cdctl.cli.options import Run
    from cdctl.domain.pasting import Shell
    from cdctl.domain.settings import Settings


def settings_of(run: Run, *, warn: bool = True, store: str = "") -> Settings:
    """What file, variables and flags say together; says what is odd in them. Raises UsageError and FileError.

    With a `store` of spans that is named, nobody is asked whom settings would have named."""
    from cdctl.application import wiring
    from cdctl.domain.settings import LAB

    settings = wiring.read_settings(config=run.config, context=run.context, prometheus=run.prometheus)
    if run.context:
        settings.context()  # a misspelt one is told even by a command that asks nobody
    for problem in settings.warnings if warn else ():
        if store and problem.place.file == LAB:
            continue
        exits.note(run, str(problem))
    origin = settings.origins.get("default_context", "")
    context = f"{settings.default_context} ({origin})" if settings.default_context else "none"
    exits.detail(run, f"settings: {settings.file or 'no file'}; context: {context}")
    return settings


def shell_of(run: Run, settings: Settings) -> Shell:
    """How commands to paste are begun, and whether those about vehicles can be answered there."""
    from cdctl.domain.pasting import Shell

    context = settings.contexts.get(settings.default_context)
    reached = context is not None and bool(context.brokers or context.collector)
    return Shell(run.head, reached)
