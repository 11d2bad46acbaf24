"""A load generator that costs little: raw HTTP/1.1 on connections that stay open, each with one request under way."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence

Request = Callable[[], bytes]
"""Makes the next request of one connection, head and body."""
_ANSWER_SECONDS = 30


def post(path: str, body: bytes, **headers: str) -> bytes:
    """A POST of JSON; `headers` with underscores for hyphens."""
    return _head("POST", path, {**headers, "Content_Type": "application/json", "Content_Length": str(len(body))}) + body


def get(path: str, **headers: str) -> bytes:
    return _head("GET", path, headers)


def _head(method: str, path: str, headers: dict[str, str]) -> bytes:
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{named}\r\n".encode()


class Connection:
    """One connection that stays open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes, expected: int) -> bytes:
        """The body of the answer. Raises RuntimeError when it has another status than `expected`."""
        self._writer.write(request)
        return await asyncio.wait_for(self._answer(expected), _ANSWER_SECONDS)

    def close(self) -> None:
        self._writer.close()

    async def _answer(self, expected: int) -> bytes:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
        body = await self._reader.readexactly(int(length))
        if b" %d " % expected not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"not {expected}: {head.splitlines()[0].decode()} {body[:300].decode()}")
        return body


async def connect(port: int) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port, limit=2**20))


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
    each = await asyncio.gather(*(_busy(port, request, until) for request in connections))
    return [taken for one in each for taken in one]


async def _busy(port: int, request: Request, until: float) -> list[float]:
    connection = await connect(port)
    taken = []
    try:
        while (begun := time.monotonic()) < until:
            await connection.ask(request(), 201)
            taken.append(time.monotonic() - begun)
    finally:
        connection.close()
    return taken


def paced(port: int, requests: Sequence[bytes], per_second: float, connections: int) -> list[tuple[bytes, float]]:
    """Send each at its own moment, whether those before it are answered or not.

    Returns the body of each answer and the moment of the system's clock at which it was there. Raises RuntimeError when
    an answer is not 201, or when all connections were taken and a request had to be sent more than a second late.
    """
    return asyncio.run(_paced(port, requests, per_second, connections))


async def _paced(port: int, requests: Sequence[bytes], per_second: float, count: int) -> list[tuple[bytes, float]]:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(count):
        free.put_nowait(await connect(port))
    begun = time.monotonic()

    async def send(number: int) -> tuple[bytes, float]:
        due = begun + number / per_second
        await asyncio.sleep(due - time.monotonic())
        connection = await free.get()
        if time.monotonic() > due + 1:
            raise RuntimeError("the pace could not be kept: no connection was free")
        body = await connection.ask(requests[number], 201)
        answered = time.time()
        free.put_nowait(connection)
        return body, answered

    return await asyncio.gather(*(send(number) for number in range(len(requests))))
