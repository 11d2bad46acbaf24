"""A person reads his own inbox (站内消息)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from services.notifications.domain.notice import Notice
from services.notifications.handlers.ports import Store


class Refused(Exception):
    """The request cannot be carried out; `slug` names the problem type."""

    def __init__(self, slug: str, **params: Any) -> None:
        super().__init__(slug)
        self.slug = slug
        self.params = params


def mark_read(store: Store, person_id: str, notice_id: str, now: datetime) -> Notice:
    """Mark an entry as read; again changes nothing. Somebody else's entry is as unknown as none at all."""
    entry = store.inbox_entry(person_id, notice_id)
    if entry is None:
        raise Refused("inbox-entry-not-found", notice_id=notice_id)
    if entry.read_at is None:
        entry = replace(entry, read_at=now)
        store.save(entry)
    return entry
