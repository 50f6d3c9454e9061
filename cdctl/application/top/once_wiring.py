"""One picture of a board: what its panels want to know is asked once, and panels that work apart are waited for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdctl.application.top.lookout import Lookout
    from cdctl.application.top.stage import Stage
    from cdctl.domain.boards.snapshot import Snapshot

PATIENCE = 2.0
"""Seconds for panels that work apart; one that has not drawn by then says so in its place."""
_POLL = 0.01


async def picture(lookout: Lookout, stage: Stage, size: tuple[int, int], patience: float = PATIENCE) -> Snapshot:
    """The instant that was drawn, at that size. What plugins print meanwhile is no part of what is told."""
    from cdctl.application.top.company import Company
    from cdctl.extend.hush import hush

    company = Company()
    with hush():
        company.see(lookout.snapshot(), stage)
        lookout.ask(stage.see(lookout.snapshot()))
        stage.draw(*size)
        await _waited(stage, patience / 2)
        # By now panels that work apart have said what they want to know, and the others know how wide they are.
        lookout.ask(stage.see(lookout.snapshot()))
        await lookout.settle()
        if company.see(lookout.snapshot(), stage):
            lookout.ask(stage.see(lookout.snapshot()))
            await lookout.settle()
        seen = lookout.snapshot()
        stage.see(seen)
        stage.draw(*size)
        await _waited(stage, patience / 2)
        return seen


async def _waited(stage: Stage, seconds: float) -> bool:
    """Whether there was anything to wait for."""
    if not stage.waiting:
        return False
    end = asyncio.get_running_loop().time() + seconds
    while stage.waiting and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(_POLL)
    return True
