"""The least a client must do: send the range queries of a file, and read and decode the answers.

python bare.py URL QUERIES.json CONCURRENCY
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import httpx


async def _send(url: str, queries: list[dict[str, str]], at_once: int) -> int:
    todo = iter(queries)
    points = 0
    async with httpx.AsyncClient(verify=False, limits=httpx.Limits(max_connections=at_once)) as client:

        async def worker() -> None:
            nonlocal points
            for query in todo:
                answer = await client.post(f"{url}/api/v1/query_range", data=query)
                found = json.loads(answer.raise_for_status().content)["data"]["result"]
                points += sum(len(series["values"]) for series in found)

        await asyncio.gather(*(worker() for _ in range(at_once)))
    return points


if __name__ == "__main__":
    print(asyncio.run(_send(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), int(sys.argv[3]))))
