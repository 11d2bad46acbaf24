"""One feed over the event logs of all publishers: their own feeds, with a cursor that holds one cursor of each.

The logs are the published language, which everybody may read; no state of a service is touched (ADR 12).
"""

import base64
import binascii
import json
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
    return Page(events, _sealed(cursors))


def present(logs: Logs) -> str:
    """A cursor after everything that is published now."""
    return _sealed({name: feed.present(db) for name, db in logs.items()})


def _sealed(cursors: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(dict(cursors), separators=(",", ":")).encode()).decode().rstrip("=")


def _opened(cursor: str | None, logs: Logs) -> dict[str, str]:
    if cursor is None:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise BadCursor from None
    if not isinstance(found, dict) or not found.keys() <= logs.keys():
        raise BadCursor
    if not all(isinstance(inner, str) for inner in found.values()):
        raise BadCursor
    return found
