"""The decorators by which a service declares its routes, and the nameko entrypoints behind them."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from eventlet import Timeout
from eventlet.event import Event
from eventlet.wsgi import ChunkReadError
from marshmallow import Schema
from nameko.extensions import register_entrypoint
from nameko.web.handlers import HttpRequestHandler
from werkzeug.wrappers import Request, Response

from services.chassis.auth import KeysUnavailable, Principal, TokenRefused
from services.chassis.http import problems
from services.chassis.http.answering import Answering, Incoming
from services.chassis.http.bodies import LARGEST_BODY, read_body
from services.chassis.http.call import Reply
from services.chassis.http.doors import Door
from services.chassis.http.language import locale_of
from services.chassis.http.paging import PageSize
from services.chassis.http.problems import Problem
from services.chassis.http.routes import AtOnce, Limit, Raw, Roles, Route, checked, described
from services.chassis.http.server import ApiServer
from services.chassis.http.sizes import largest_body

F = TypeVar("F", bound=Callable[..., Reply])
_MOST_DISCARDED = 32 * LARGEST_BODY
"""A body that is too large but no larger than this is read away after the answer, so that the client gets to see it."""

READ_SECONDS = 75
"""Until when a body must have come; a little longer than the edge gives it."""
_LONGEST_PART = 200
"""Characters of a named part of an address; identities and numbers are shorter."""


class ApiEntrypoint(HttpRequestHandler):
    """Reads the request in the connection's thread, so that a slow client holds no worker; answers in a worker."""

    server = ApiServer()

    def __init__(self, route: Route) -> None:
        super().__init__(route.method, route.url)
        self.route = route

    @functools.cached_property
    def largest(self) -> int:
        """Bytes of a body."""
        return largest_body(self.route)

    @functools.cached_property
    def door(self) -> Door | None:
        at_once = self.route.at_once
        return self.server.door(at_once) if at_once else None

    def respond(self, request: Request, path: dict[str, Any]) -> Response:
        answering, address = self.server.answering, request.environ["doorstep.address"]
        try:
            if any(len(part) > _LONGEST_PART for part in path.values()):
                raise Problem(problems.NOT_FOUND)
            if self.door is None:
                return self._in_worker(answering, _read(request, path, self.largest))
            if self.route.raw is None:  # whoever never ends his request takes no room from anybody
                incoming = _read(request, path, self.largest)
                with self.door.passed(address):
                    return self._in_worker(answering, incoming)
            with self.door.passed(address):  # many files in memory would be too much
                return self._in_worker(answering, _read(request, path, self.largest))
        except (Problem, TokenRefused, KeysUnavailable) as error:
            return answering.refusal(error, locale_of(request.headers.get("Accept-Language")))

    def _in_worker(self, answering: Answering, incoming: Incoming) -> Response:
        caller = answering.caller(self.route, incoming)
        with self.server.turns(self.route.grouped).passed(caller, incoming.address):
            done = Event()

            def finished(worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
                done.send(result, exc_info)
                return result, exc_info

            self.container.spawn_worker(
                self, (answering, incoming, caller), {}, context_data={}, handle_result=finished
            )
            response: Response = done.wait()
            return response

    def stop(self) -> None:
        self.server.drain()
        super().stop()


def _read(request: Request, path: dict[str, Any], largest: int) -> Incoming:
    environ = request.environ
    chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    length = request.content_length
    if length is not None and length > _MOST_DISCARDED:
        environ["doorstep.close"]()
    try:
        with Timeout(READ_SECONDS):
            body = read_body(environ["wsgi.input"], length, chunked, largest)
    except Problem:
        if chunked:
            _discard(environ)
        raise
    except (ChunkReadError, OSError, Timeout):
        environ["doorstep.close"]()
        raise Problem(problems.MALFORMED_REQUEST, part="body") from None
    if not chunked and len(body) < (length or 0):
        environ["doorstep.close"]()
        raise Problem(problems.MALFORMED_REQUEST, part="body")
    return Incoming(
        headers=request.headers,
        query=environ.get("QUERY_STRING", ""),
        body=body,
        address=environ["doorstep.address"],
        traceparent=environ["doorstep.traceparent"],
        path=path,
    )


def _discard(environ: dict[str, Any]) -> None:
    """Read the rest of an endless body for a while, so that the client sees the answer, then hang up."""
    environ["doorstep.close"]()
    left = _MOST_DISCARDED
    try:
        while left > 0 and (piece := environ["wsgi.input"].read(65_536)):
            left -= len(piece)
    except (ChunkReadError, OSError):
        return


def _declare(function: F, route: Route) -> F:
    @functools.wraps(function)
    def entrypoint(self: Any, answering: Answering, incoming: Incoming, caller: Principal | None) -> Response:
        return answering.answer(route, function, self, incoming, caller)

    entrypoint.route = route  # type: ignore[attr-defined]
    register_entrypoint(entrypoint, ApiEntrypoint(route))
    return entrypoint  # type: ignore[return-value]


def command(
    method: str,
    url: str,
    *,
    roles: Roles,
    body: type[Schema] | None = None,
    params: type[Schema] | None = None,
    answer: type[Schema] | None = None,
    status: int | None = None,
    creates: bool = False,
    before: Callable[..., None] | None = None,
    limit: Limit | tuple[Limit, ...] = (),
    tags: tuple[str, ...] = (),
    problems: tuple[str, ...] = (),
    grouped: bool = False,
    afresh: bool = False,
    raw: Raw | None = None,
    at_once: AtOnce | None = None,
    signs_out: bool = False,
) -> Callable[[F], F]:
    """A route that changes something: `(self, unit, call, **path) -> Reply`, run in one transaction, maybe twice.

    A POST that comes again with its Idempotency-Key gets the first answer; `creates` demands the key and answers 201.
    `afresh` is for what tells a secret and does no harm twice: it is answered anew, and its answer is not kept.
    `before(self, unit, call, **path)` runs first in a transaction of its own, which stays even when the command is
    refused. `grouped` lets calls that wait at the same time share a transaction (`groups.py`); for commands that come
    in numbers and only insert what is theirs. `raw` takes a file instead of JSON. `at_once` is for what is heavy.
    `signs_out` is for what ends the caller's own tokens: its repetition is answered all the same, so it tells nothing.
    The docstring becomes the documentation.
    """
    if method not in ("POST", "PUT", "PATCH", "DELETE"):
        raise ValueError(f"a command is not a {method}")
    if afresh and creates:
        raise ValueError("what creates something must know its repetition")
    if grouped and not creates:
        raise ValueError("a grouped command may run again, which only its Idempotency-Key makes harmless")
    limits = limit if isinstance(limit, tuple) else (limit,)

    def declare(function: F) -> F:
        summary, description = described(function.__doc__)
        route = Route(
            "command", method, url, checked(roles), body, params, answer, status or (201 if creates else 200), creates,
            before, limits, tags, summary, description, problems, grouped, afresh, raw=raw,
            at_once=at_once, signs_out=signs_out,
        )  # fmt: skip
        return _declare(function, route)

    return declare


def query(
    method: str,
    url: str,
    *,
    roles: Roles,
    body: type[Schema] | None = None,
    params: type[Schema] | None = None,
    answer: type[Schema] | None = None,
    limit: Limit | tuple[Limit, ...] = (),
    tags: tuple[str, ...] = (),
    problems: tuple[str, ...] = (),
    page_size: PageSize | None = None,
    media: str = "application/json",
    at_once: AtOnce | None = None,
) -> Callable[[F], F]:
    """A route that only reads: `(self, unit, call, **path) -> Reply`, without a transaction.

    When `answer` has `items` and `next` (see `page_of`) the route takes `limit` and `cursor` and has `call.page`; so it
    does with a `page_size` of its own. A query by POST takes its filters in a `body`: for what must not stand in an
    address. It is asked anew each time, whatever Idempotency-Key comes with it.
    """
    if method != ("GET" if body is None else "POST"):
        raise ValueError(f"a query {'without' if body is None else 'with'} a body is not a {method}")
    limits = limit if isinstance(limit, tuple) else (limit,)

    def declare(function: F) -> F:
        summary, description = described(function.__doc__)
        route = Route(
            "query", method, url, checked(roles), body, params, answer, limits=limits, tags=tags, summary=summary,
            description=description, problems=problems, page_size=page_size, media=media, at_once=at_once,
        )  # fmt: skip
        return _declare(function, route)

    return declare


def routes_of(api: type) -> list[Route]:
    """All routes that a service's nameko class declares, in the order of their addresses."""
    declared = (getattr(getattr(api, name), "route", None) for name in dir(api))
    return sorted(
        (route for route in declared if isinstance(route, Route)), key=lambda route: (route.url, route.method)
    )
