"""A TCP proxy that makes a server far away: every response starts so many milliseconds late.

python far_away.py SERVER_PORT MILLISECONDS    prints its own port
"""

from __future__ import annotations

import asyncio
import sys


async def _serve(port: int, delay: float) -> None:
    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        asked = asyncio.Event()

        async def forward() -> None:
            while data := await reader.read(65536):
                asked.set()
                up_writer.write(data)
                await up_writer.drain()
            up_writer.close()

        async def back() -> None:
            while data := await up_reader.read(262_144):
                if asked.is_set():
                    asked.clear()
                    await asyncio.sleep(delay)
                writer.write(data)
                await writer.drain()
            writer.close()

        await asyncio.gather(forward(), back(), return_exceptions=True)

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
