"""Logs as JSON lines without data, and the metrics of the machinery."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

from prometheus_client import Counter
from pythonjsonlogger.json import JsonFormatter

from services.chassis.correlation import correlation_id

EVENTS_PUBLISHED = Counter("doorstep_events_published", "Events confirmed by the broker", ["service", "type"])
EVENTS_CONSUMED = Counter("doorstep_events_consumed", "Events whose effect was committed", ["queue", "type"])
EVENTS_DUPLICATE = Counter("doorstep_events_duplicate", "Deliveries that had taken effect before", ["queue"])
EVENTS_DEFERRED = Counter("doorstep_events_deferred", "Deliveries put aside", ["queue", "reason"])
DEFERRED_BECAUSE = (
    "failed", "dead-letter", "unknown-type", "unknown-major", "unexpected-type", "bad-headers", "bad-json", "bad-utf8",
    "bad-nameko-header", "invalid-data", "wrong-content-type",
)  # fmt: skip
"""Every reason why a delivery is put aside; the first stands for whatever went wrong in its handler."""
TIMERS_FIRED = Counter("doorstep_timers_fired", "Timers whose firing was committed", ["service", "kind"])
TIMERS_FAILED = Counter("doorstep_timers_failed", "Firings that failed and will be tried again", ["service", "kind"])


class _Formatter(JsonFormatter):
    """Exceptions appear by type and place; their text may quote a resident's data and is left out."""

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        if ei[0] is None:
            return ""
        frames = [f"{frame.filename.rsplit('/services/', 1)[-1]}:{frame.lineno} {frame.name}"
                  for frame in traceback.extract_tb(ei[2])]  # fmt: skip
        return f"{ei[0].__name__} at " + " > ".join(frames)


class _Correlated(logging.Filter):
    def __init__(self, service: str, role: str) -> None:
        super().__init__()
        self._service, self._role = service, role

    def filter(self, record: logging.LogRecord) -> bool:
        record.service, record.role = self._service, self._role
        record.correlation_id = correlation_id()
        return True


def configure_logging(service: str, role: str, level: str) -> None:
    """Send every log line to standard output as one JSON object."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        _Formatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s %(service)s %(role)s %(correlation_id)s",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
        )
    )
    handler.addFilter(_Correlated(service, role))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("amqp", "kombu", "pymongo", "nameko"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # nameko quotes the text of exceptions, which may hold data; the chassis logs every failure itself.
    logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)


def error_name(error: BaseException) -> str:
    """An exception as it may be recorded: its class, never its text."""
    return f"{type(error).__module__}.{type(error).__qualname__}"


def log_failure(logger: logging.Logger, what: str, error: BaseException, **extra: Any) -> None:
    """Log that something failed, with the place but without the exception's text."""
    logger.error(what, exc_info=error, extra={**extra, "error": error_name(error)})
