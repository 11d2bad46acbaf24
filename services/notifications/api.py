"""The HTTP routes of notifications: a person's own inbox, and for staff what was told of a ticket."""

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

from services.chassis.auth.principal import NotFound
from services.chassis.http import ANYONE, SIGNED_IN, Call, Limit, PageSize, Reply, command, query
from services.chassis.unit import Unit
from services.notifications.domain.notice import Attempt, Notice
from services.notifications.handlers import confirming
from services.notifications.handlers.confirming import Link
from services.notifications.handlers.inbox import mark_read
from services.notifications.kept import open_kept
from services.notifications.pages import HEADERS, page
from services.notifications.schemas import (
    ConfirmAddress,
    InboxEntry,
    InboxFilter,
    InboxPage,
    NoticeFilter,
    NoticePage,
    Unread,
)
from services.notifications.texts import catalogues

STAFF = ("grid_worker", "grid_head", "station_head", "community", "street", "district")
NOTICES_SHOWN = PageSize(500, 500)
CONFIRMING = Limit("confirm-address", 60, timedelta(hours=1), lambda call: call.params["token"])
"""An hour and link *(ours)*: nobody guesses one, and nobody is refused for what others try from his address."""


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

    @query("GET", confirming.PATH, roles=ANYONE, params=ConfirmAddress, media="text/html; charset=utf-8",
           limit=CONFIRMING, tags=("addresses",), problems=("not-found",))  # fmt: skip
    def show_confirmation(self, unit: Unit, call: Call) -> Reply:
        """The page to which the link of a mail leads; looking at it confirms nothing."""
        return Reply(page(call.locale, self._link(unit, call)), headers=HEADERS)

    @command("POST", confirming.PATH, roles=ANYONE, params=ConfirmAddress, status=303, limit=CONFIRMING,
             tags=("addresses",), problems=("not-found",))  # fmt: skip
    def confirm_address(self, unit: Unit, call: Call) -> Reply:
        """The button of that page: the address that somebody named at filing is the person's from now on; once."""
        asked, sealer = call.params, self.chassis.sealer
        if self._link(unit, call) is Link.OPEN:
            opened = partial(open_kept, sealer)
            person, ticket = asked["person"], asked["ticket"]
            confirming.confirm(self.store(unit), opened, sealer.seal, person, ticket, unit.system_now)
        return Reply(status=303, location=f"{confirming.PATH}?{urlencode(asked)}")

    def _link(self, unit: Unit, call: Call) -> Link:
        """Raises NotFound for what is not good for anything, or not any more."""
        asked, lookup = call.params, self.chassis.sealer.lookup
        state = confirming.state_of(self.store(unit), lookup, asked["person"], asked["ticket"], asked["token"])
        if state is Link.VOID:
            raise NotFound
        return state

    @query("GET", "/api/v1/notices", roles=STAFF, params=NoticeFilter, answer=NoticePage, tags=("notices",),
           page_size=NOTICES_SHOWN)  # fmt: skip
    def list_notices(self, unit: Unit, call: Call) -> Reply:
        """What was told of a ticket, through which channel, with which attempts; oldest first.

        Only of tickets in the caller's area. Another area's ticket looks as if nobody had been told.
        """
        page, areas = call.page, call.principal.areas(*STAFF)
        after = (page.after[0], page.after[1]) if page.after else None
        found = self.store(unit).notices_of_ticket(call.params["ticket_id"], areas, after, page.fetch)
        answer = page.answer(found, lambda notice: (notice.recorded_at, notice.id))
        return Reply({**answer, "items": [_for_staff(notice) for notice in answer["items"]]})

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
