"""OpenAPI 3.1, generated from what the routes declare."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from services.chassis.context import Service
from services.chassis.http.entrypoints import routes_of
from services.chassis.http.paging import USUAL
from services.chassis.http.problems import Catalog, ProblemType
from services.chassis.http.routes import Access, Route
from services.chassis.http.sizes import largest_body

VERSION = "1"
_NAMED = re.compile(r"<(?:[^<>:]+:)?([^<>:]+)>")
"""A named part of an address, with or without a converter."""


def build(services: Sequence[Service]) -> dict[str, Any]:
    """The whole description of all services' routes."""
    spec = APISpec(
        title="Doorstep 家门口",
        version=VERSION,
        openapi_version="3.1.0",
        info={"description": "HTTP interfaces of Doorstep. Errors are application/problem+json (RFC 9457)."},
        plugins=[MarshmallowPlugin(schema_name_resolver=_schema_name)],
    )
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.schema("Problem", _PROBLEM)
    for service in services:
        catalog = Catalog(service.problems)
        for route in routes_of(service.api):
            path = _template(route.url)
            spec.path(path=path, operations={route.method.lower(): _operation(service, route, catalog)})
    document: dict[str, Any] = spec.to_dict()
    return document


_BYTES = {"type": "string", "format": "binary"}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "stable, /problems/<slug>"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "urn:correlation:<id>, to be quoted when asking for help"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body"},
                    "parameter": {"type": "string", "description": "name of a query parameter"},
                    "message": {"type": "string"},
                },
            },
        },
        "more_errors": {"type": "integer", "description": "how many faults there are besides those in errors"},
    },
}


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    owner = kind.__module__.split(".")
    # The same name in two services must not be taken for one schema.
    prefix = owner[1].capitalize() if owner[0] == "services" and len(owner) > 1 else ""
    return f"{prefix}{kind.__name__.removesuffix('Schema')}"


def _template(url: str) -> str:
    return _NAMED.sub(r"{\1}", url)


def _operation(service: Service, route: Route, catalog: Catalog) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{service.name}_{route.method.lower()}_{_words(route.url)}",
        "summary": route.summary,
        "description": "\n\n".join(part for part in (route.description, _who(route)) if part),
        "tags": list(route.tags or (service.name,)),
        "security": [{}, {"bearer": []}] if route.roles is Access.ANYONE else [{"bearer": []}],
        "parameters": _parameters(route),
        "responses": _responses(route, catalog),
    }
    if route.body is not None:
        taken = {"application/json": {"schema": route.body}}
        told = f"at most {largest_body(route)} bytes"
        operation["requestBody"] = {"required": True, "description": told, "content": taken}
    if route.raw is not None:
        content = {"application/octet-stream": {"schema": _BYTES}}
        operation["requestBody"] = {"required": True, "description": route.raw.description, "content": content}
    return operation


def _words(url: str) -> str:
    return "_".join(part.strip("<>") for part in url.strip("/").replace(".", "_").replace("-", "_").split("/"))


def _who(route: Route) -> str:
    if route.roles is Access.ANYONE:
        return "Open to anyone."
    if route.roles is Access.SIGNED_IN:
        return "Anyone who is signed in."
    return f"Roles: {', '.join(route.roles)}."


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
        for name in _NAMED.findall(route.url)
    ]
    if route.params is not None:
        found.append({"in": "query", "schema": route.params})
    if route.paged:
        size = route.page_size or USUAL
        limit = {"type": "integer", "minimum": 1, "maximum": size.largest, "default": size.default}
        found.append({"in": "query", "name": "limit", "schema": limit})
        found.append({"in": "query", "name": "cursor", "schema": {"type": "string"},
                      "description": "`next` of the page before"})  # fmt: skip
    found.append({"in": "header", "name": "Accept-Language", "schema": {"type": "string", "default": "zh-CN"},
                  "description": "zh-CN or en"})  # fmt: skip
    if route.keyed:
        found.append({"in": "header", "name": "Idempotency-Key", "required": route.creates,
                      "schema": {"type": "string", "minLength": 1, "maxLength": 128},
                      "description": "kept 7 days; the same request again gets the same answer"})  # fmt: skip
    if route.method in ("PATCH", "PUT", "DELETE"):
        found.append({"in": "header", "name": "If-Match", "schema": {"type": "string"},
                      "description": "the ETag that was read; a stale edit is refused"})  # fmt: skip
    return found


def _responses(route: Route, catalog: Catalog) -> dict[str, Any]:
    plain = route.media == "application/json"
    schema: Any = route.answer if plain else {"type": "string"} if route.media.startswith("text/") else _BYTES
    content = {"content": {route.media: {"schema": schema}}} if schema else {}
    found: dict[str, Any] = {str(route.status): {"description": route.summary or "Done.", **content}}
    if not schema:
        found.setdefault("204", {"description": "Done; nothing to tell."})
    by_status: dict[int, list[str]] = {}
    for kind in _possible(route, catalog):
        by_status.setdefault(kind.status, []).append(kind.slug)
    for status, slugs in sorted(by_status.items()):
        found[str(status)] = {
            "description": ", ".join(slugs),
            "content": {"application/problem+json": {"schema": "Problem"}},
        }
    return found


def _of_body(route: Route) -> Iterable[str]:
    """What can be wrong with what was sent."""
    if route.kind == "command":
        yield "conflict"
    if route.kind == "command" or route.body is not None:
        yield from ("too-large", "invalid-input")
        if route.raw is None:
            yield from ("malformed-json", "unsupported-media-type")


def _possible(route: Route, catalog: Catalog) -> Iterable[ProblemType]:
    """The problems that a route can answer, as far as its declaration tells."""
    named = set(route.problems) | {
        "internal-error", "unavailable", "token-invalid", "token-expired", "malformed-query", "too-many-requests",
        "busy",
    }  # fmt: skip
    if route.roles is not Access.ANYONE:
        # What is in nobody's area but another's, in an address or a filter, looks as if it did not exist.
        named |= {"authentication-required", "not-allowed", "not-found"}
    if _NAMED.search(route.url):
        named |= {"not-allowed", "not-found"} if route.kind == "command" else {"not-found"}
    named |= set(_of_body(route))
    if route.params is not None or route.paged:
        named.add("invalid-input")
    if route.paged:
        named.add("bad-cursor")
    if route.keyed:
        named |= {"idempotency-key-required", "idempotency-key-reused"}
    if route.roles is not Access.ANYONE or route.kind == "command":
        named |= {"account-disabled", "signed-out", "roles-changed"}
    if route.method in ("PATCH", "PUT", "DELETE"):
        named |= {"stale", "if-match-required"}
    return [kind for kind in catalog if kind.slug in named]
