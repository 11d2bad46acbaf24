"""The HTTP routes of notifications: a person's own inbox, and for staff what was told of a ticket."""

from typing import Any

from services.chassis.http import SIGNED_IN, Call, Reply, command, query
from services.chassis.unit import Unit
from services.notifications.domain.notice import Attempt, Notice
from services.notifications.handlers.inbox import mark_read
from services.notifications.schemas import (
    InboxEntry,
    InboxFilter,
    InboxPage,
    NoticeFilter,
    NoticeList,
    Unread,
)
from services.notifications.texts import catalogues

STAFF = ("grid_worker", "grid_head", "station_head", "community", "street", "district")
NOTICES_SHOWN = 500


class Notifications:
    """The routes; mixed into the nameko class of role http."""

    chassis: Any
    store: Any

    @query("GET", "/api/v1/inbox", roles=SIGNED_IN, params=InboxFilter, answer=InboxPage, tags=("inbox",))
    def list_inbox(self, unit: Unit, call: Call) -> Reply:
        """The caller's own inbox (站内消息), newest first."""
        page = call.page
        after = (page.after[0], page.after[1]) if page.after else None
        found = self.store(unit).inbox(call.principal.person_id, after, page.fetch, call.params["unread"])
        answer = page.answer(found, lambda notice: (notice.recorded_at, notice.id))
        return Reply({**answer, "items": [self._entry(notice, call.locale) for notice in answer["items"]]})

    @query("GET", "/api/v1/inbox/unread", roles=SIGNED_IN, answer=Unread, tags=("inbox",))
    def count_unread(self, unit: Unit, call: Call) -> Reply:
        """How many entries the caller has not read."""
        return Reply({"unread": self.store(unit).unread(call.principal.person_id)})

    @command(
        "POST",
        "/api/v1/inbox/<entry_id>/read",
        roles=SIGNED_IN,
        answer=InboxEntry,
        tags=("inbox",),
        problems=("inbox-entry-not-found",),
    )
    def read_entry(self, unit: Unit, call: Call, entry_id: str) -> Reply:
        """Mark an own entry as read; again changes nothing."""
        notice = mark_read(self.store(unit), call.principal.person_id, entry_id, unit.system_now)
        return Reply(self._entry(notice, call.locale))

    @query("GET", "/api/v1/notices", roles=STAFF, params=NoticeFilter, answer=NoticeList, tags=("notices",))
    def list_notices(self, unit: Unit, call: Call) -> Reply:
        """What was told of a ticket, through which channel, with which attempts.

        Only of tickets in the caller's area; the first 500. Another area's ticket looks as if nobody had been told.
        """
        areas = call.principal.areas(*STAFF)
        found = self.store(unit).notices_of_ticket(call.params["ticket_id"], areas, NOTICES_SHOWN)
        return Reply({"items": [_for_staff(notice) for notice in found]})

    def _entry(self, notice: Notice, locale: str) -> dict[str, Any]:
        zone = self.chassis.settings.timezone
        message = catalogues()[locale].render(notice.template, notice.channel, notice.facts, zone)
        shown = ("id", "template", "ticket_id", "occurred_at", "recorded_at", "read_at")
        return {**{name: getattr(notice, name) for name in shown}, "subject": message.subject, "text": message.text}


def _for_staff(notice: Notice) -> dict[str, Any]:
    shown = ("id", "event_id", "event_type", "person_id", "channel", "template", "state", "reason", "recorded_at")
    fields = {name: getattr(notice, name) for name in shown}
    return {**fields, "attempts": [_attempt(attempt) for attempt in notice.attempts]}


def _attempt(attempt: Attempt) -> dict[str, Any]:
    outcome = attempt.outcome
    return {
        "number": attempt.number,
        "began_at": attempt.began_at,
        "ended_at": attempt.ended_at,
        "result": outcome.result if outcome else None,
        "code": outcome.code if outcome else None,
    }
