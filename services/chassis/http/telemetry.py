"""What is measured and logged of each request: never its query, its body or who sent it."""

import logging
from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

log = logging.getLogger("services.access")

DURATION = Histogram(
    "doorstep_http_request_duration_seconds",
    "Time from a request's headers to its answer.",
    ("service", "route", "method", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
ERRORS = Counter("doorstep_http_errors", "Answers that say that something went wrong on our side (5xx).", ("service",))
"""Beside DURATION, whose series of a route's errors are born with the first of them, too late for an alert."""
IN_FLIGHT = Gauge("doorstep_http_requests_in_flight", "Requests that are being answered now.", ("service",))
LIMITED = Counter(
    "doorstep_http_limited_total", "Requests that a limit refused; `limit` is its name.", ("service", "limit")
)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
UNMATCHED = "(none)"
PROBES = ("/healthz", "/readyz", "/metrics")
"""Not reached through the edge."""


def finished(service: str, route: str, method: str, status: int, seconds: float) -> None:
    """Record an answered request. `route` is the route's template, so that no identity becomes a label."""
    method = method if method in _METHODS else "(other)"
    DURATION.labels(service, route, method, f"{status // 100}xx").observe(seconds)
    if status >= 500:
        ERRORS.labels(service).inc()
    level = logging.DEBUG if route in PROBES and status < 400 else logging.INFO
    log.log(
        level,
        "request",
        extra={"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)},
    )


def limited(service: str, limit: str) -> None:
    """Record a request that was refused by a limit."""
    LIMITED.labels(service, limit).inc()


def know_limits(service: str, names: Iterable[str]) -> None:
    """Begin the series of limits at 0, so that an increase shows with the first refusal."""
    for name in names:
        LIMITED.labels(service, name)
