"""The W3C trace context that ties a request to its events, their effects and the log lines of all."""

import random
import re
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def new_traceparent() -> str:
    # Need not be secret, only unlikely to meet: the kernel is not asked for each request.
    return f"00-{random.getrandbits(128):032x}-{random.getrandbits(64):016x}-01"


def follow(traceparent: str | None) -> str:
    """Continue the given trace, or begin one when it is missing or malformed. Returns what is now current."""
    if traceparent is None or not _TRACEPARENT.match(traceparent):
        traceparent = new_traceparent()
    _current.set(traceparent)
    return traceparent


def current_traceparent() -> str | None:
    return _current.get()


def correlation_id() -> str | None:
    """The trace id of what is being done now."""
    traceparent = _current.get()
    return traceparent[3:35] if traceparent else None
