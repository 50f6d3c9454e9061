"""An operator's process that a test can kill: sends a plan, or goes on with a session, and prints how it ended.

python operator_process.py '{"port": ..., "trust": ..., "regions": {VIN: REGION}, "folder": ..., "session": ...,
                             "command": "ping", "vins": [...], "rate": 50, "expires": 60}'  # without vins: resume
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dispatching import operating


async def _work(told: dict[str, Any]) -> dict[str, int]:
    lab: Any = SimpleNamespace(
        broker=SimpleNamespace(port=told["port"]),
        plan=SimpleNamespace(brokers=sorted(set(told["regions"].values()))),
        trust=Path(told["trust"]),
        regions=told["regions"],
    )
    async with operating(lab, Path(told["folder"]), session=told["session"]) as here:
        if "vins" in told:
            plan = here.plan(told["command"], told["vins"], expires=told.get("expires", 60))
            outcomes = [await here.dispatch.send(plan, here.command(told["command"]), rate=told.get("rate"))]
        else:
            outcomes = list(await here.dispatch.resume())
        return {str(state): count for one in outcomes for state, count in one.tally.states.items() if count}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_work(json.loads(sys.argv[1])))))
