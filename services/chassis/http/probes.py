"""`/healthz`, `/readyz` and `/metrics` of every process. They need no worker, so that a busy process still answers."""

import json
from collections.abc import Callable
from typing import Any

from nameko.extensions import register_entrypoint
from nameko.web.handlers import HttpRequestHandler
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from werkzeug.wrappers import Request, Response

from services.chassis.http.server import ApiServer


class ProbeEntrypoint(HttpRequestHandler):
    """Answers in the connection's own thread."""

    server = ApiServer()

    def respond(self, request: Request, path: dict[str, Any]) -> Response:
        service = self.container.service_cls()
        response: Response = getattr(service, self.method_name)(self.server)
        return response

    def stop(self) -> None:
        self.server.drain()
        super().stop()


def probe(url: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    def declare(function: Callable[..., Response]) -> Callable[..., Response]:
        register_entrypoint(function, ProbeEntrypoint("GET", url))
        return function

    return declare


class Probes:
    """Mixed into both nameko classes of a service. Open to whoever reaches the port: the edge does not pass them on."""

    @probe("/healthz")
    def healthz(self, server: ApiServer) -> Response:
        """The process is alive; says nothing of what it depends on."""
        return _json({"status": "alive"}, 200)

    @probe("/readyz")
    def readyz(self, server: ApiServer) -> Response:
        """The process can do its work now; 503 names what is missing."""
        checks = server.health.checks()
        ready = all(fault is None for fault in checks.values())
        found = {name: fault or "ok" for name, fault in checks.items()}
        return _json({"status": "ready" if ready else "not ready", "checks": found}, 200 if ready else 503)

    @probe("/metrics")
    def metrics(self, server: ApiServer) -> Response:
        """Prometheus' text format."""
        return Response(generate_latest(REGISTRY), 200, content_type=CONTENT_TYPE_LATEST)


def _json(data: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(data), status, {"Cache-Control": "no-store"}, content_type="application/json")
