"""Every help page as one document, so that a change of the face shows in review. `script/docs` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from cdctl.cli.main import app

_INTRO = """\
# The commands of cdctl

What `--help` prints, page by page. Written by `script/docs`; a test keeps it true.
"""


def manual() -> str:
    """All help pages as Markdown, 80 columns wide."""
    root = typer.main.get_command(app)
    ctx = typer.Context(root, info_name="cdctl", terminal_width=80, **root.context_settings)
    return _INTRO + "".join(_pages(ctx))


def _pages(ctx: Any) -> Iterator[str]:
    yield f"\n## {ctx.command_path}\n\n```text\n{ctx.command.get_help(ctx).rstrip()}\n```\n"
    if hasattr(ctx.command, "list_commands"):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            yield from _pages(typer.Context(command, info_name=name, parent=ctx, terminal_width=80))
