"""Notices as the events that notifications publishes."""

from dataclasses import replace

from services.contracts.types import NewEvent
from services.notifications.domain.notice import Notice, State
from services.notifications.handlers.ports import Store

_TYPES = {State.SENT: "notice.sent", State.FAILED: "notice.failed", State.UNDELIVERABLE: "notice.undeliverable"}


def publish_state(store: Store, notice: Notice) -> Notice:
    """Publish what became of a settled notice; returns it with the sequence of that event."""
    counted, event = told_state(notice)
    store.emit(event)
    return counted


def told_state(notice: Notice) -> tuple[Notice, NewEvent]:
    """A settled notice with the sequence of the event that tells of it, and that event."""
    counted = replace(notice, sequence=notice.sequence + 1)
    data = {
        "notice_id": notice.id,
        "event_id": notice.event_id,
        "person_id": notice.person_id,
        "channel": str(notice.channel),
        "template": notice.template,
        "attempts": len(notice.attempts),
    }
    if notice.state is not State.SENT:
        data["reason"] = notice.reason
    return counted, NewEvent(_TYPES[notice.state], notice.id, counted.sequence, notice.area_path, data)
