"""Run cdctl and write the range queries it sends to a file: `python record.py QUERIES.json HOW ARGUMENT...`

HOW is `packed`, the requests as they are sent, or `each`: one request a question, as a client that does not pack sends.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cdctl.cli.main import run
from cdctl.domain.slo.series import Span
from cdctl.sources.prometheus.client import Client
from cdctl.sources.prometheus.pack import Answer, Pack

if __name__ == "__main__":
    asked: list[dict[str, str]] = []
    ask = Client.ask

    async def recorded(self: Client, path: str, params: dict[str, str], **how: bool) -> Any:
        if path.endswith("/query_range"):
            asked.append(params)
        return await ask(self, path, params, **how)

    async def alone(self: Pack, query: str, span: Span) -> Answer:
        return await self._ask(query, span)

    Client.ask = recorded  # type: ignore[method-assign]
    if sys.argv[2] == "each":
        Pack.ask = alone  # type: ignore[method-assign]
    target, sys.argv = Path(sys.argv[1]), ["cdctl", *sys.argv[3:]]
    try:
        run()
    finally:
        if not asked:
            raise SystemExit("nothing was asked: there is nothing to compare with")
        target.write_text(json.dumps(asked))
