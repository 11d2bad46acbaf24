"""A TCP line between a service and the broker that can go silent, as one does whose other end lost its power."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Line:
    """Passes bytes both ways. What was connected when it goes silent stays open, but nothing passes any more."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._passing: list[threading.Event] = []
        self._answers_pass = threading.Event()
        self._answers_pass.set()
        self._sockets: list[socket.socket] = []
        self._closing, self._is_closed = threading.Lock(), False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self) -> int:
        """How many were made so far."""
        return len(self._passing)

    def go_silent(self) -> None:
        """From now on only new connections pass anything."""
        for passing in self._passing:
            passing.clear()

    def hold_answers(self) -> None:
        """What the other end says waits from now on; what is said to it passes."""
        self._answers_pass.clear()

    def release_answers(self) -> None:
        self._answers_pass.set()

    def close(self) -> None:
        self.release_answers()
        with self._closing:
            self._is_closed = True
            self._listener.shutdown(socket.SHUT_RDWR)  # else who waits for the next connection waits on
            for each in (self._listener, *self._sockets):
                each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = self._connected(near)
            if far is None:
                return
            passing = threading.Event()
            passing.set()
            self._passing.append(passing)
            always = threading.Event()
            always.set()
            for one, other, gate in ((near, far, always), (far, near, self._answers_pass)):
                threading.Thread(target=_pump, args=(one, other, passing, gate), daemon=True).start()

    def _connected(self, near: socket.socket) -> socket.socket | None:
        """The other end for who came in; None: it is gone, or the line is being closed."""
        with self._closing:
            self._sockets.append(near)
            if self._is_closed:
                near.close()
                return None
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                return None
            self._sockets.append(far)
            return far


def _pump(one: socket.socket, other: socket.socket, passing: threading.Event, gate: threading.Event) -> None:
    try:
        while data := one.recv(65536):
            gate.wait()
            if passing.is_set():
                other.sendall(data)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    line = Line(port)
    try:
        yield line
    finally:
        line.close()
