"""The question before something is sent: none, yes or no, or the number of vehicles."""

from __future__ import annotations

import asyncio
import os
import sys

import typer

from cdctl.cli import exits
from cdctl.cli.options import Run
from cdctl.domain.orders.command import Risk
from cdctl.errors import UsageError

_ORDER = (Risk.SAFE, Risk.CONFIRM, Risk.DANGEROUS)
_LONGEST = 4096


def worst(risks: list[Risk]) -> Risk:
    """The greatest of them."""
    return max(risks, key=_ORDER.index, default=Risk.SAFE)


def must_be_able(risk: Risk, yes: bool, does: str = "sends") -> None:
    """Raises UsageError when somebody would have to be asked and nobody can be. does: what is asked
    about, for the hint."""
    if risk is not Risk.SAFE and not yes and not sys.stdin.isatty():
        raise UsageError("somebody must say yes, and stdin is no terminal", hint=f"--yes {does} without a question")


async def agreed(
    run: Run, risk: Risk, what: str, count: int, yes: bool, *, otherwise: str = "nothing was sent", does: str = "sends"
) -> None:
    """Returns when it may go on; ends the command (exit code 130) when the answer is another one."""
    must_be_able(risk, yes, does)
    if yes or risk is Risk.SAFE:
        return
    dangerous = risk is Risk.DANGEROUS
    answer = await _answer(f"{what}: type {count} to go on: " if dangerous else f"{what}? [y/N] ")
    given = answer.strip().lower().replace(",", "")
    if given != str(count) if dangerous else given not in {"y", "yes"}:
        exits.note(run, otherwise)
        raise typer.Exit(exits.Code.INTERRUPTED)


async def _answer(prompt: str) -> str:
    """A line from the terminal. Not by `input`: that would hold up the loop, and Ctrl-C with it."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    found: asyncio.Future[bytes] = loop.create_future()

    def ready() -> None:
        loop.remove_reader(descriptor)
        if not found.done():
            found.set_result(os.read(descriptor, _LONGEST))

    loop.add_reader(descriptor, ready)
    try:
        return (await found).decode("utf-8", "replace")
    finally:
        loop.remove_reader(descriptor)
