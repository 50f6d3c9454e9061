"""Run cdctl and write the range queries it sends to a file: `python record.py QUERIES.json ARGUMENT...`"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cdctl.cli.main import run
from cdctl.sources.prometheus.client import Client

if __name__ == "__main__":
    asked: list[dict[str, str]] = []
    ask = Client.ask

    async def recorded(self: Client, path: str, params: dict[str, str]) -> Any:
        asked.append(params)
        return await ask(self, path, params)

    Client.ask = recorded  # type: ignore[method-assign]
    target, sys.argv = Path(sys.argv[1]), ["cdctl", *sys.argv[2:]]
    try:
        run()
    finally:
        target.write_text(json.dumps(asked))
