"""A gate before a server: shut, it is as if the server were gone."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit, urlunsplit


class Gate:
    """Passes TCP connections on to `target` while it is open; shutting it cuts those that exist."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_open = True
        self._ends: list[socket.socket] = []
        self._changing = threading.RLock()
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        """The same URL, through the gate and straight to this one server."""
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        place = f"{login}@127.0.0.1:{self.port}" if login else f"127.0.0.1:{self.port}"
        return urlunsplit(parts._replace(netloc=place, query="directConnection=true"))

    def open(self) -> None:
        self._is_open = True

    def shut(self) -> None:
        with self._changing:
            self._is_open = False
            while self._ends:
                _close(self._ends.pop())

    def close(self) -> None:
        self.shut()
        _close(self._listener)  # else who waits for the next connection waits on

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                with self._changing:
                    self._pass_on(near)

    def _pass_on(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._target) if self._is_open else None
        except OSError:
            far = None
        if far is None:
            _close(near)
            return
        self._ends += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65_536):
            sink.sendall(piece)
    _close(sink)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
