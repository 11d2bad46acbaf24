"""A door in front of the edge that now and then loses an answer: the work is done, but the caller never hears of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import httpx

from services.cli.native.ports import LOOPBACK

_HOP_BY_HOP = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "content-encoding"}


@contextmanager
def lossy_door(edge_url: str, every: int) -> Iterator[str]:
    """The URL of a door that loses the answer to every so manieth POST on tickets, after the edge has given it."""
    with httpx.Client(base_url=edge_url, timeout=30, trust_env=False, verify=False) as edge:
        server = ThreadingHTTPServer((LOOPBACK, 0), _handler(edge, every))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()


def _handler(edge: httpx.Client, every: int) -> type[BaseHTTPRequestHandler]:
    posts = count(1)

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            answer = edge.request(self.command, self.path, content=body, headers=headers)
            on_a_ticket = self.command == "POST" and self.path.startswith("/api/v1/tickets")
            if on_a_ticket and next(posts) % every == 0:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _pass_on

        def log_message(self, *said: Any) -> None:
            """Says nothing."""

    return Door
