"""What Doorstep's consumers are held against besides stock nameko: FastStream on aio-pika, with a handler that does
nothing. `python -m bench.faststream_listener listener`; it says over HTTP how often it was called.
"""

import asyncio
import os
from typing import Any

from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue

QUEUE = "bench.faststream"
PREFETCH = 100
"""As many as our own consumers take."""

broker = RabbitBroker(os.environ["DOORSTEP_AMQP_URL"], default_channel=Channel(prefetch_count=PREFETCH), logger=None)
_handled = 0


@broker.subscriber(RabbitQueue(QUEUE, queue_type=QueueType.QUORUM, durable=True))
async def on_told(body: dict[str, Any]) -> None:
    global _handled
    _handled += 1


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Any request gets the count, on a connection of its own."""
    await reader.readuntil(b"\r\n\r\n")
    text = str(_handled).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
    await writer.drain()
    writer.close()


async def main() -> None:
    async with broker:
        await broker.start()
        server = await asyncio.start_server(_answer, "127.0.0.1", int(os.environ["DOORSTEP_HTTP_PORT"]))
        wanted = asyncio.Event()
        for number in (2, 15):
            asyncio.get_running_loop().add_signal_handler(number, wanted.set)
        await wanted.wait()
        server.close()


if __name__ == "__main__":
    asyncio.run(main())
