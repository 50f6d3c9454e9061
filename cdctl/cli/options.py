"""The options that every command shares, as one frozen value."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from cdctl.cli import completion


@dataclass(frozen=True, slots=True)
class Run:
    """How this run was asked for. Empty strings mean "not said". A command gets it by `run_of(ctx)`."""

    config: str = ""
    context: str = ""
    prometheus: str = ""
    plugins: bool = True
    color: bool = True
    quiet: bool = False
    verbose: bool = False
    debug: bool = False

    @property
    def head(self) -> str:
        """How another command is begun that asks whom this one asked, for a shell."""
        said = {"--config": self.config, "--context": self.context, "--prometheus": self.prometheus}
        return " ".join(["cdctl", *(f"{flag} {shlex.quote(value)}" for flag, value in said.items() if value)])


def _reachable(values: list[str] | None) -> list[str] | None:
    """Refuse a file that cannot be written before the command begins."""
    if values and any("=" in value for value in values):
        from cdctl.cli import whole_file

        for _, _, file in (value.partition("=") for value in values):
            if file not in {"", "-"}:
                whole_file.check(file)
    return values


OutputOption = Annotated[
    list[str] | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FORMAT[=FILE]",
        help="Repeatable; FORMAT=FILE writes a file.",
        autocompletion=completion.formats,
        callback=_reachable,
    ),
]
"""`-o json`, `-o html=slo.html`; hand the list to `output.parse`."""

FLAGS = frozenset({"--no-plugins", "--no-color", "--quiet", "-q", "--verbose", "-v", "--debug"})
VALUED = frozenset({"--config", "--context", "--prometheus"})


def run_of(ctx: typer.Context) -> Run:
    """The shared options of this run, from any depth of sub-command."""
    found = ctx.find_root().obj
    return found if isinstance(found, Run) else Run()


def noun(help: str) -> typer.Typer:  # noqa: A002 - Typer's own word
    """An app for one noun (`slo`, `config`): plain help, no rich, no completion flags of its own."""
    return typer.Typer(
        help=help,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def shared_first(args: Sequence[str]) -> list[str]:
    """`args` with the shared options moved to the front, so that they may stand anywhere on the line.

    What follows `--` stays where it is. No command may define an option of the same name (a test sees to it).
    """
    front: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in FLAGS or (word.partition("=")[0] in VALUED and "=" in word):
            front.append(word)
        elif word in VALUED:
            front += [word, *(value for value in [next(words, None)] if value is not None)]
        else:
            rest.append(word)
    return front + rest
