"""From a request to its answer: who calls, what is asked, run it once, and say what came of it."""

import functools
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import Schema, ValidationError
from pymongo.errors import DuplicateKeyError, PyMongoError
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from services.chassis import correlation, mongo
from services.chassis.auth import KeySet, KeysUnavailable, Principal, TokenRefused, TokenVerifier
from services.chassis.context import Context
from services.chassis.gather import Gatherer
from services.chassis.http import problems
from services.chassis.http.bodies import Unfit, canonical, parse_body
from services.chassis.http.call import BEARER, Call, Reply, matches
from services.chassis.http.groups import Groups
from services.chassis.http.idempotency import Kept, Once, encoded, key_of, look_up
from services.chassis.http.language import body_faults, locale_of, query_faults
from services.chassis.http.limits import Limits
from services.chassis.http.paging import USUAL, Cursors, Page, read_page
from services.chassis.http.problems import Locale, Problem
from services.chassis.http.queries import load_params, parse_query
from services.chassis.http.routes import ANYONE, Access, Route
from services.chassis.http.secrets import without_chosen
from services.chassis.http.sizes import oversized
from services.chassis.observability import log_failure
from services.chassis.unit import Unavailable, Unit

log = logging.getLogger(__name__)
T = TypeVar("T")
RETRY_SECONDS = 4.0
"""A caller waits no longer than about this for a database that is down or a document that is fought over."""
_DUPLICATE_TRIES = 3
MOST_TOGETHER = 100
"""As many as a process has workers."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as bytes and texts, read but not judged."""

    headers: Headers
    query: str
    body: bytes
    address: str
    traceparent: str
    path: Mapping[str, str]

    @property
    def locale(self) -> Locale:
        return locale_of(self.headers.get("Accept-Language"))


class Answering:
    """What all routes of one service share."""

    def __init__(self, context: Context, keys: KeySet) -> None:
        settings = context.settings
        self.context = context
        self.catalog = problems.Catalog(context.service.problems)
        self._verifier = TokenVerifier(keys, settings.jwt_issuer, settings.jwt_audience)
        self._limits = Limits(context.db, context.sealer, context.service.name)
        self._repeated = Gatherer[Once, Unit](self._looked_up, MOST_TOGETHER)
        self._groups = Groups[tuple[Reply, Kept]](context.units, RETRY_SECONDS)

    def caller(self, route: Route, incoming: Incoming) -> Principal | None:
        """Who calls; None: a stranger, whom the route lets in.

        Raises TokenRefused, KeysUnavailable, and Problem 401 or 403 for who has no token or no role for the route.
        """
        authorization = incoming.headers.get("Authorization")
        if authorization is None:
            if route.roles is ANYONE:
                return None
            raise Problem(problems.AUTHENTICATION_REQUIRED, headers={"WWW-Authenticate": BEARER})
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise TokenRefused
        principal = self._verifier.verify(token.strip())
        if not isinstance(route.roles, Access) and not principal.has_role(*route.roles):
            raise Problem(problems.NOT_ALLOWED)
        return principal

    def answer(
        self, route: Route, function: Callable[..., Reply], service: Any, incoming: Incoming, caller: Principal | None
    ) -> Response:
        """Never raises: whatever goes wrong becomes a problem answer."""
        correlation.follow(incoming.traceparent)
        try:
            kept = self._run(route, function, service, incoming, caller)
        except Exception as error:
            return self.refusal(error, incoming.locale)
        return _response(kept, incoming, route)

    def refusal(self, error: Exception, locale: Locale) -> Response:
        """The problem answer for anything that was raised."""
        problem = _as_problem(error, locale)
        kind = self.catalog.find(problem)
        if kind is None:
            log_failure(log, "internal error", problem)
            problem, kind = Problem(problems.INTERNAL_ERROR), problems.INTERNAL_ERROR
        body = problems.document(kind, getattr(problem, "params", {}), locale, correlation.correlation_id())
        headers = {"Content-Language": locale, "Cache-Control": "no-store", **getattr(problem, "headers", {})}
        return Response(encoded(body), kind.status, headers, content_type="application/problem+json")

    def _run(
        self, route: Route, function: Callable[..., Reply], service: Any, incoming: Incoming, caller: Principal | None
    ) -> Kept:
        key = _key(route, caller, incoming)
        call, asked = self._call(route, caller, incoming)
        once = self._once(route, caller, key, asked)
        # A repetition takes nothing from a limit: whoever lost an answer on a bad line asks again.
        earlier = once.earlier(self._repeated.do(once)) if once and (route.limits or route.raw) else None
        if earlier is None:
            call.spend = functools.partial(self._limits.count_all, route.limits, call)
            self._limits.count_all(route.limits, call)
        if route.kind == "query":
            reading = self.context.units.read()
            _admit(self.context.service.admits, reading, caller)
            reply = function(service, reading, call, **incoming.path)
            return _told(reply, _kept(route, reply))
        if route.raw is not None:
            _admit(self.context.service.admits, self.context.units.read(), caller)
            if earlier is not None:
                return _replayed(earlier)
            call.body = route.raw.take(service, call)
        if route.before is not None:
            before = route.before
            self._once_more(lambda unit: before(service, unit, call, **incoming.path))

        def work(unit: Unit) -> tuple[Reply, Kept]:
            return _execute(route, function, service, unit, call, incoming.path, once, self.context.service.admits)

        done = self._groups.run(work, once, incoming.traceparent) if route.grouped and once else None
        reply, kept = done or self._once_more(work)
        return _told(reply, kept)

    def _once(self, route: Route, caller: Principal | None, key: str | None, asked: Any) -> Once | None:
        who = f"person {caller.person_id}" if caller else "anyone"
        return Once(self.context.sealer, who, route.name, key, asked) if key else None

    def _looked_up(self, requests: Sequence[Once]) -> list[Unit]:
        """For each a unit that knows which of them were answered before."""
        unit = self.context.units.read()
        look_up(unit, requests)
        return [unit] * len(requests)

    def _once_more(self, work: Callable[[Unit], T]) -> T:
        """Run in a transaction. A duplicate key aborts it and it runs again, now seeing what was there first."""
        for _ in range(_DUPLICATE_TRIES - 1):
            try:
                return self.context.units.run(work, RETRY_SECONDS)
            except DuplicateKeyError:
                continue
        return self.context.units.run(work, RETRY_SECONDS)

    def _call(self, route: Route, caller: Principal | None, incoming: Incoming) -> tuple[Call, Any]:
        """The checked call, and what was asked as plain JSON, by which a repetition is known."""
        locale = incoming.locale
        values = parse_query(incoming.query)
        params = _params(route, values, locale)
        raw, body = _body(route, incoming, locale)
        page = self._page(route, values, raw, locale)
        call = Call(
            caller=caller,
            locale=locale,
            body=body,
            params=params,
            client=self.context.sealer.lookup("address", incoming.address),
            if_match_header=incoming.headers.get("If-Match"),
            listed=page,
        )
        asked = without_chosen(_instance(route.body), raw) if route.body else raw
        return call, [dict(incoming.path), values, asked]

    def _page(self, route: Route, values: dict[str, list[str]], raw: Any, locale: Locale) -> Page | None:
        if not route.paged:
            return None
        try:
            cursors = Cursors(self.context.settings.lookup_key, _list_name(route, values, raw))
            return read_page(values, cursors, route.page_size or USUAL)
        except ValidationError as error:
            raise Problem(problems.INVALID_INPUT, **query_faults(error.messages, locale)) from None


def _key(route: Route, caller: Principal | None, incoming: Incoming) -> str | None:
    if not route.keyed:
        return None
    given = incoming.headers.get("Idempotency-Key")
    return key_of(given, signed_in=caller is not None, required=route.creates)


@functools.cache
def _instance(schema: type[Schema]) -> Schema:
    """One for all calls: making a schema copies every field of it, which takes longer than loading a body."""
    return schema()


def _list_name(route: Route, values: Mapping[str, Sequence[str]], raw: Any) -> str:
    """What a cursor belongs to: the same list with other filters or another order has other positions."""
    asked: Any = {name: given for name, given in values.items() if name not in ("limit", "cursor")}
    return f"{route.name}\0{canonical(asked if raw is None else [asked, raw]).decode()}"


def _params(route: Route, values: Mapping[str, Sequence[str]], locale: Locale) -> Any:
    schema = _instance(route.params or Schema)
    own = {name: list(given) for name, given in values.items() if not (route.paged and name in ("limit", "cursor"))}
    try:
        return load_params(schema, own)
    except ValidationError as error:
        raise Problem(problems.INVALID_INPUT, **query_faults(error.messages, locale)) from None


def _body(route: Route, incoming: Incoming, locale: Locale) -> tuple[Any, Any]:
    if route.kind == "query" and route.body is None:
        return None, None
    if route.raw is not None:
        return hashlib.sha256(incoming.body).hexdigest(), incoming.body
    schema = _instance(route.body or Schema)
    try:
        raw = parse_body(incoming.body, incoming.headers.get("Content-Type"))
        too_many = oversized(schema, raw)
        if too_many:
            raise ValidationError(too_many)
        return raw, schema.load(raw)
    except ValidationError as error:
        raise _invalid(error, locale) from None


def _invalid(error: ValidationError, locale: Locale) -> Problem:
    more = error.more if isinstance(error, Unfit) else 0
    return Problem(problems.INVALID_INPUT, **body_faults(error.messages, locale, more))


def _execute(
    route: Route, function: Callable[..., Reply], service: Any, unit: Unit, call: Call, path: Mapping[str, str],
    once: Once | None, admits: Callable[[Unit, Principal], None] | None,
) -> tuple[Reply, Kept]:  # fmt: skip
    earlier = once.earlier(unit) if once else None
    if earlier is None or not route.signs_out:
        _admit(admits, unit, call.caller)
    if earlier is not None:
        return Reply(), _replayed(earlier)
    reply = function(service, unit, call, **path)
    answer = _kept(route, reply)
    if once and reply.problem is None:
        once.keep(unit, answer)
    return reply, answer


def _admit(admits: Callable[[Unit, Principal], None] | None, unit: Unit, caller: Principal | None) -> None:
    """Let the service refuse who has a good token and may not act with it any more."""
    if admits is not None and caller is not None:
        admits(unit, caller)


def _replayed(earlier: Kept) -> Kept:
    return Kept(earlier.status, {**earlier.headers, "Idempotency-Replayed": "true"}, earlier.body)


def _told(reply: Reply, answer: Kept) -> Kept:
    """The answer, unless the handler refused. Raises the reply's problem, now that what it wrote is committed."""
    if reply.problem is not None:
        raise reply.problem
    return answer


def _kept(route: Route, reply: Reply) -> Kept:
    headers = dict(reply.headers)
    if reply.etag is not None:
        headers["ETag"] = f'"{reply.etag}"'
    if reply.location is not None:
        headers["Location"] = reply.location
    if reply.data is None:
        return Kept(reply.status or 204, headers, b"")
    if route.media != "application/json":
        headers.setdefault("Content-Type", route.media)
        return Kept(reply.status or route.status, headers, reply.data)
    data = _instance(route.answer).dump(reply.data) if route.answer else reply.data
    headers.setdefault("Content-Type", "application/json")
    return Kept(reply.status or route.status, headers, encoded(data))


def _response(kept: Kept, incoming: Incoming, route: Route) -> Response:
    headers = {"Cache-Control": "no-store", **kept.headers}
    etag = kept.headers.get("ETag", "").strip('"')
    reads = route.method == "GET"  # what was written is told, whatever its caller had
    if reads and kept.status == 200 and etag and matches(etag, incoming.headers.get("If-None-Match")):
        return Response(b"", 304, {name: headers[name] for name in ("ETag", "Cache-Control")})
    return Response(kept.body, kept.status, headers)


def _as_problem(error: Exception, locale: Locale) -> Exception:
    """What callers may know of an error; errors that are ours stay as they are."""
    if isinstance(error, TokenRefused):
        kind = problems.TOKEN_EXPIRED if error.expired else problems.TOKEN_INVALID
        return Problem(kind, headers={"WWW-Authenticate": f'{BEARER}, error="invalid_token"'})
    if isinstance(error, ValidationError):
        return _invalid(error, locale)
    if isinstance(error, DuplicateKeyError):
        return Problem(problems.CONFLICT)
    if isinstance(error, (Unavailable, KeysUnavailable)) or (isinstance(error, PyMongoError) and mongo.is_down(error)):
        log.warning("unavailable", extra={"error": type(error).__name__})
        return Problem(problems.UNAVAILABLE, headers={"Retry-After": "5"})
    return error
