"""A server that reads bodies and throws them away: ``python -m benchmarks.load.sink PORT``.

Uploads to it beside a live session show what sending alone costs that session, on cores that sender and service share.
"""

import asyncio
import sys

_AT_ONCE = 1 << 18
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


async def _throw_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests whose length is announced, one after the other."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower():
            left = int(head.split("content-length:")[1].split("\r\n")[0]) if "content-length:" in head else 0
            while left and (piece := await reader.read(min(left, _AT_ONCE))):
                left -= len(piece)
            writer.write(_ACCEPTED)
    except asyncio.IncompleteReadError:
        writer.close()


async def _serve(port: int) -> None:
    server = await asyncio.start_server(_throw_away, "127.0.0.1", port, limit=_AT_ONCE)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
