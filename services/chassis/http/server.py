"""The web server of a process: nameko's, made to answer problems, to survive its clients and to stop gracefully."""

import json
import logging
import time
from functools import partial
from typing import Any

import eventlet
from eventlet import wsgi
from nameko.web.server import HttpOnlyProtocol, WebServer
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from services.chassis import correlation
from services.chassis.auth import KeySet
from services.chassis.auth.keys import fetched_from
from services.chassis.context import CONFIG_KEY, Context
from services.chassis.http import problems, telemetry
from services.chassis.http.answering import Answering
from services.chassis.http.doors import ADDRESS, IN_WORK, MOST_TOGETHER, Addresses, Door, Turns
from services.chassis.http.health import Health
from services.chassis.http.language import locale_of
from services.chassis.http.limits import client_address
from services.chassis.http.problems import Problem, ProblemType
from services.chassis.http.routes import AtOnce
from services.chassis.observability import log_failure

log = logging.getLogger(__name__)
IDLE_SECONDS = 180
"""A kept connection is closed after this; longer than the edge keeps its own (120 s), so that the edge closes first."""
SOCKET_SECONDS = 30
STOP_SECONDS = 15.0
_ASCII_LIMIT = 0x20
_SHORT_LENGTH = 6
"""Digits of the length of a body that is not worth a new connection."""


class Protocol(HttpOnlyProtocol):
    """One connection. The standard library's error pages quote the request; ours do not, and log nothing."""

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["doorstep.close"] = self._close
        environ["doorstep.ambiguous"] = self._ends_ambiguously()
        return environ

    def _ends_ambiguously(self) -> bool:
        """Whether two readers could differ on where the request ends, so that its body smuggles in another one."""
        encoding = self.headers.get("Transfer-Encoding", "chunked").strip().lower()
        return encoding != "chunked" or len(self.headers.get_all("Content-Length", [])) > 1

    def _close(self) -> None:
        self.close_connection = 1

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        kind = problems.MALFORMED_REQUEST
        body = json.dumps(problems.document(kind, {"part": "HTTP"}, "zh-CN", None)).encode()
        head = (
            f"HTTP/1.1 {kind.status} Bad Request\r\nContent-Type: application/problem+json\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.wfile.write(head.encode() + body)
        self.close_connection = 1

    def log_message(self, format: str, *args: Any) -> None:
        """The standard library would write the request line to stderr."""


class ApiServer(WebServer):
    """Shared by all entrypoints of a process."""

    def __init__(self) -> None:
        super().__init__()
        self._starting = False
        self.draining = False
        self._answering: Answering | None = None
        self._health: Health | None = None
        self._doors: dict[str, Door] = {}
        self._turns: dict[bool, Turns] = {}

    @property
    def context(self) -> Context:
        context: Context = self.container.config[CONFIG_KEY]
        return context

    @property
    def answering(self) -> Answering:
        if self._answering is None:
            self._answering = Answering(self.context, KeySet(self._key_source()))
        return self._answering

    @property
    def health(self) -> Health:
        if self._health is None:
            self._health = Health(self.context)
        return self._health

    def door(self, at_once: AtOnce) -> Door:
        """The one door of this name: several routes may share its room."""
        if at_once.name not in self._doors:
            self._doors[at_once.name] = Door(self.context.settings.service, at_once)
        return self._doors[at_once.name]

    def turns(self, grouped: bool) -> Turns:
        """Of the callers; what shares a transaction has its own."""
        if not self._turns:
            service = self.context.settings.service
            self._turns = {False: Turns(service), True: Turns(service, MOST_TOGETHER)}
        return self._turns[grouped]

    def _key_source(self) -> Any:
        # The issuer itself has the keys in its own database and asks nobody.
        own_keys = getattr(self.container.service_cls, "own_keys", None)
        url = self.context.settings.jwks_url
        if own_keys is not None:
            return own_keys(self.context)
        if url is None:
            raise RuntimeError("settings let no service but the issuer start without DOORSTEP_JWKS_URL")
        return fetched_from(url)

    def limit_names(self) -> list[str]:
        """Of all limits of this process's routes."""
        routes = [provider.route for provider in self._providers if hasattr(provider, "route")]
        limits = [limit.name for route in routes for limit in route.limits]
        return limits + [route.at_once.name for route in routes if route.at_once]

    def make_url_map(self) -> Map:
        url_map = Map(merge_slashes=False, redirect_defaults=False)
        for provider in self._providers:
            rule = provider.get_url_rule()
            rule.endpoint = provider
            url_map.add(rule)
        return url_map

    def get_wsgi_app(self) -> "App":
        return App(self)

    def start(self) -> None:
        if self._starting:
            return
        self._starting = True
        settings = self.context.settings
        # Without reuse_port a second process on the same port is an error instead of a silent share of requests.
        self._sock = eventlet.listen((settings.http_host, settings.http_port), backlog=256, reuse_port=False)
        self._sock.settimeout(None)
        self._serv = wsgi.Server(
            self._sock, self._sock.getsockname(), self.get_wsgi_app(), protocol=Protocol, debug=False, log_output=False,
            keepalive=IDLE_SECONDS, socket_timeout=SOCKET_SECONDS,
        )  # fmt: skip
        self._gt = self.container.spawn_managed_thread(self.run)

    def run(self) -> None:
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                # Out of file descriptors, or a client that left at once: neither may end the process.
                log.warning("accept failed", extra={"error": error.errno})
                eventlet.sleep(0.1)
                continue
            sock.settimeout(SOCKET_SECONDS)
            self.container.spawn_managed_thread(partial(self.process_request, sock, address))

    def process_request(self, sock: Any, address: Any) -> None:
        try:
            self._serv.process_request([address, sock, wsgi.STATE_IDLE])
        except Exception as error:
            # nameko ends the process when a connection's thread raises; a broken client must not do that.
            log.info("connection broke", extra={"error": type(error).__name__})

    def drain(self) -> None:
        """Take no more requests and wait, for a bounded time, until those at hand are answered."""
        if not self.draining:
            self.draining = True
            self._is_accepting = False
            if self._gt is not None:
                self._gt.kill()
                self._sock.close()
        deadline = time.monotonic() + STOP_SECONDS
        while self._serv is not None and self._serv.outstanding_requests and time.monotonic() < deadline:
            eventlet.sleep(0.02)

    def stop(self) -> None:
        self.drain()
        self.wait_for_providers()


class App:
    """The WSGI application: finds the route, and answers a problem where there is none."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._url_map = server.make_url_map()
        settings = server.context.settings
        self._service = settings.service
        self._proxies = settings.trusted_proxies
        self._addresses = Addresses(settings.address_requests)
        telemetry.know_limits(self._service, [ADDRESS, IN_WORK, *server.limit_names()])

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        started = time.monotonic()
        environ["doorstep.traceparent"] = correlation.follow(environ.get("HTTP_TRACEPARENT"))
        with telemetry.IN_FLIGHT.labels(self._service).track_inprogress():
            route, response = self._respond(environ)
            response.headers["X-Correlation-Id"] = correlation.correlation_id() or ""
            response.headers["X-Content-Type-Options"] = "nosniff"
            seconds = time.monotonic() - started
            telemetry.finished(self._service, route, environ["REQUEST_METHOD"], response.status_code, seconds)
            return response(environ, start_response)

    def _respond(self, environ: dict[str, Any]) -> tuple[str, Response]:
        route = telemetry.UNMATCHED
        try:
            if self._server.draining:
                environ["doorstep.close"]()
                return route, self._problem(problems.UNAVAILABLE, environ, {"Retry-After": "1"})
            wait = self._wait_of_address(environ)
            if wait is not None:
                told = {"Retry-After": str(wait)}
                return route, self._problem(problems.TOO_MANY_REQUESTS, environ, told, retry_after_seconds=wait)
            if environ["doorstep.ambiguous"]:
                environ["doorstep.close"]()
                return route, self._problem(problems.MALFORMED_REQUEST, environ, part="HTTP")
            provider, values = self._url_map.bind("doorstep").match(_path(environ), environ["REQUEST_METHOD"])
            route = provider.url
            request = Request(environ)
            return route, provider.respond(request, values)
        except MethodNotAllowed as error:
            allow = ", ".join(sorted(error.valid_methods or ()))
            return route, self._problem(problems.METHOD_NOT_ALLOWED, environ, {"Allow": allow})
        except (HTTPException, UnicodeError):
            return route, self._problem(problems.NO_SUCH_ROUTE, environ)
        except Exception as error:
            log_failure(log, "internal error", error)
            return route, self._problem(problems.INTERNAL_ERROR, environ)

    def _wait_of_address(self, environ: dict[str, Any]) -> int | None:
        """Count the request by its address before anything else of it is looked at; None: it may come in."""
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR")
        environ["doorstep.address"] = client_address(environ["REMOTE_ADDR"], forwarded_for, self._proxies)
        if environ["PATH_INFO"] in telemetry.PROBES:
            return None
        wait = self._addresses.count(environ["doorstep.address"])
        if wait is not None:
            telemetry.limited(self._service, ADDRESS)
            if "HTTP_TRANSFER_ENCODING" in environ or len(environ.get("CONTENT_LENGTH") or "") > _SHORT_LENGTH:
                environ["doorstep.close"]()  # else its body, of less than a megabyte, is read away
        return wait

    def _problem(
        self, kind: ProblemType, environ: dict[str, Any], headers: dict[str, str] | None = None, **params: str | int
    ) -> Response:
        locale = locale_of(environ.get("HTTP_ACCEPT_LANGUAGE"))
        return refusal(Problem(kind, headers=headers, **params), kind, locale)


def refusal(problem: Problem, kind: ProblemType, locale: problems.Locale) -> Response:
    body = problems.document(kind, problem.params, locale, correlation.correlation_id())
    headers = {"Content-Language": locale, "Cache-Control": "no-store", **problem.headers}
    return Response(json.dumps(body, ensure_ascii=False), kind.status, headers, content_type="application/problem+json")


def _path(environ: dict[str, Any]) -> str:
    """The path as text. Raises UnicodeError for what is no UTF-8 or holds control characters."""
    path: str = environ["PATH_INFO"].encode("latin-1").decode("utf-8")
    if any(ord(character) < _ASCII_LIMIT or character == "\x7f" for character in path):
        raise UnicodeError
    return path
