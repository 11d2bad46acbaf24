"""One feed over the event logs of all publishers: their own feeds, with a cursor that holds one cursor of each.

The logs are the published language, which everybody may read; no state of a service is touched (ADR 12).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.database import Database

from services.chassis import feed
from services.chassis.feed import BadCursor, Page

Document = dict[str, Any]
Logs = Mapping[str, Database[Document]]
"""The database of each publisher, by its name."""


def read(logs: Logs, cursor: str | None, *, types: Sequence[str], area_paths: Sequence[str] | None, limit: int) -> Page:
    """The next events after `cursor` of all logs that publish one of `types` (all when empty).

    Order is kept per aggregate. A log that the cursor does not know yet begins at its beginning. Raises BadCursor or
    CursorExpired.
    """
    cursors = _opened(cursor, logs)
    events: list[Document] = []
    share = max(1, limit // len(logs))  # so that a busy publisher cannot hold up the others
    for name, db in logs.items():
        page = feed.read(db, cursors.get(name), types=types, area_paths=area_paths, limit=share)
        events += page.events
        cursors[name] = page.cursor
    return Page(events, feed.closed(cursors))


def present(logs: Logs) -> str:
    """A cursor after everything that is published now."""
    return feed.closed({name: feed.present(db) for name, db in logs.items()})


def _opened(cursor: str | None, logs: Logs) -> dict[str, str]:
    """The cursor of each log; one that names none is nobody's: only no cursor at all is the beginning."""
    if cursor is None:
        return {}
    found = feed.opened(cursor)
    if not isinstance(found, dict) or not found or not found.keys() <= logs.keys():
        raise BadCursor
    if not all(isinstance(inner, str) for inner in found.values()):
        raise BadCursor
    return found
