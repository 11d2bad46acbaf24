"""A load generator that costs little: raw HTTP/1.1 on connections that stay open, each with one request under way."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence

Request = Callable[[], bytes]
"""Makes the next request of one connection, head and body."""


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST of JSON; `headers` with underscores for hyphens."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{named}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def run(port: int, connections: Sequence[Request], seconds: float) -> dict[str, float]:
    """Keep every connection busy for `seconds`. Raises RuntimeError when an answer is not 201.

    `own_processor` is the share of one processor that the generator itself took.
    """
    began, spent = time.monotonic(), time.process_time()
    taken = asyncio.run(_all(port, connections, began + seconds))
    wall, own = time.monotonic() - began, time.process_time() - spent
    cuts = statistics.quantiles(taken, n=100)
    return {
        "per_second": len(taken) / wall,
        "p50_ms": cuts[49] * 1000,
        "p99_ms": cuts[98] * 1000,
        "own_processor": own / wall,
    }


async def _all(port: int, connections: Sequence[Request], until: float) -> list[float]:
    each = await asyncio.gather(*(_connection(port, request, until) for request in connections))
    return [taken for one in each for taken in one]


async def _connection(port: int, request: Request, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = []
    try:
        while (begun := time.monotonic()) < until:
            writer.write(request())
            await asyncio.wait_for(_answer(reader), 30)
            taken.append(time.monotonic() - begun)
    finally:
        writer.close()
    return taken


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    if b" 201 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(f"not filed: {head.splitlines()[0].decode()} {body[:300].decode()}")
