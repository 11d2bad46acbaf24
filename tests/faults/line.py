"""A TCP line to the broker that can be cut without anybody being told, in a process of its own.

While a direction is silent its bytes wait, as they do in a network that drops packets and TCP sends again: nothing is
lost out of the middle of a stream. New connections are made and are as silent. Started as
`python -m tests.faults.line PORT-TO-LISTEN PORT-OF-BROKER`, told what to do by lines on its standard input.
"""

import asyncio
import contextlib
import subprocess
import sys
from typing import Literal

from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import base_environment
from tests.support.processes import python_path

Direction = Literal["both", "to-broker", "from-broker"]
_WAYS: dict[str, tuple[str, ...]] = {
    "both": ("to-broker", "from-broker"),
    "to-broker": ("to-broker",),
    "from-broker": ("from-broker",),
}
_LISTENS = "listens\n"


class Lines:
    """The line between all processes of a system and their broker."""

    def __init__(self, broker_port: int) -> None:
        self.port = free_port()
        argv = (sys.executable, "-m", "tests.faults.line", str(self.port), str(broker_port))
        env = {**base_environment(), "PYTHONPATH": python_path()}
        self._child = subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == _LISTENS, "the line did not start"

    def go_silent(self, direction: Direction = "both") -> None:
        """From now on nothing passes in this direction, on any connection, and no end is told."""
        self._tell(f"silent {direction}")

    def heal(self, *, forget: bool = False) -> None:
        """Everything passes again. `forget`: but nothing that was connected before, whose far end is gone for good."""
        self._tell("forget" if forget else "heal")

    def close(self) -> None:
        for end in (self._child.stdin, self._child.stdout):
            if end is not None:
                end.close()
        self._child.wait(10)

    def _tell(self, what: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(what + "\n")
        self._child.stdin.flush()


class _Line:
    """Inside the line's own process."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._open = {way: asyncio.Event() for way in _WAYS["both"]}
        self._pumps: set[asyncio.Task[None]] = set()
        self._forgotten: list[asyncio.StreamWriter] = []
        for event in self._open.values():
            event.set()

    async def connected(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        try:
            far, to_far = await asyncio.open_connection(LOOPBACK, self._broker_port)
        except OSError:
            to_near.close()
            return
        for way, source, sink in (("to-broker", near, to_far), ("from-broker", far, to_near)):
            task = asyncio.create_task(self._pump(way, source, sink))
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    def obey(self, order: str) -> None:
        what, _, direction = order.strip().partition(" ")
        if what == "silent":
            for way in _WAYS[direction]:
                self._open[way].clear()
            return
        if what == "forget":
            for task in self._pumps:
                task.cancel()
        for event in self._open.values():
            event.set()

    async def _pump(self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self._open[way].wait()
                sink.write(data)
                await sink.drain()
        except asyncio.CancelledError:
            self._forgotten.append(sink)  # stays open, so that neither end learns anything
            return
        except OSError:
            pass
        await self._open[way].wait()
        with contextlib.suppress(OSError):
            sink.close()


async def _serve(port: int, broker_port: int) -> None:
    line = _Line(broker_port)
    server = await asyncio.start_server(line.connected, LOOPBACK, port)
    print(_LISTENS, end="", flush=True)
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with server:
        while order := await orders.readline():
            line.obey(order.decode())


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
