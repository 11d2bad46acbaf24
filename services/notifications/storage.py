"""Notices and sealed contact data in MongoDB.

`notices` has one row per (event, person, template, channel), told apart by an identity made of these four.
`recipients` has one row per person with the newest sealed statement of each publisher, `accounts` one per account: of
whom it is, whether it may sign in and whether somebody administers it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.database import Database

from services.chassis import mongo
from services.chassis.migrations import Migration
from services.chassis.standing import keep_standing
from services.chassis.timer_rows import row
from services.chassis.unit import Unit
from services.contracts.types import Event, NewEvent
from services.notifications.domain.notice import NO_ADDRESS, Attempt, Channel, Notice, Outcome, Result, State
from services.notifications.domain.recipients import Statement, is_administered, surely_without_mail
from services.notifications.lines import Lines, counted_mails, waiting_mails

Document = dict[str, Any]
ACCOUNTS = "accounts"
"""Who may sign in, and whose tokens have ended: see `chassis.standing`."""
DELIVER = "deliver"
"""Kind of the timer that has a notice sent."""
_ADDED = "notices added"
UNREAD_SHOWN = 1000
"""Unread entries are counted up to here."""


@dataclass(frozen=True, slots=True)
class _Added:
    """A notice that the unit is going to keep, with what goes with it."""

    notice: Notice
    event: NewEvent | None
    wake_at: datetime | None
    without_mail: tuple[Notice, NewEvent] | None
    when_disabled: tuple[Notice, NewEvent] | None = None

    def settled(self) -> "_Added":
        """What is kept of it where the person has no e-mail address."""
        return self if self.without_mail is None else _Added(*self.without_mail, None, None)

    def untold(self) -> "_Added":
        """What is kept of it where the person may no longer sign in."""
        return self if self.when_disabled is None else _Added(*self.when_disabled, None, None)


class NoticeStore(Lines):
    """The store of one unit of work."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        self._notices = unit.db["notices"]
        self._recipients = unit.db["recipients"]

    def add(
        self, notice: Notice, event: NewEvent | None = None, *, wake_at: datetime | None = None,
        without_mail: tuple[Notice, NewEvent] | None = None, when_disabled: tuple[Notice, NewEvent] | None = None,
    ) -> None:  # fmt: skip
        if _ADDED not in self._unit.scratch:
            self._unit.scratch[_ADDED] = {}
            self._unit.before_commit(_write_added)
        added: dict[str, _Added] = self._unit.scratch[_ADDED]
        added.setdefault(notice.id, _Added(notice, event, wake_at, without_mail, when_disabled))

    def notice(self, notice_id: str) -> Notice | None:
        return self._one({"_id": notice_id})

    def save(self, notice: Notice) -> None:
        self._notices.replace_one({"_id": notice.id}, _document(notice), session=self._unit.session)

    def undeliverable_to(self, person_id: str, since: datetime) -> list[Notice]:
        return self._many({
            "person_id": person_id, "state": State.UNDELIVERABLE, "reason": NO_ADDRESS, "recorded_at": {"$gte": since}
        })  # fmt: skip

    def undelivered_mail(self, person_id: str) -> list[Notice]:
        return self._many({
            "person_id": person_id, "state": State.WAITING, "channel": Channel.EMAIL, "attempts": []
        })  # fmt: skip

    def inbox_entry(self, person_id: str, notice_id: str) -> Notice | None:
        return self._one({"_id": notice_id, "person_id": person_id, "channel": Channel.INBOX})

    def inbox(self, person_id: str, after: tuple[datetime, str] | None, limit: int, unread_only: bool) -> list[Notice]:
        query: Document = {"person_id": person_id, "channel": Channel.INBOX}
        if unread_only:
            query["read_at"] = None
        if after is not None:
            query |= _beyond("$lt", after)
        found = self._notices.find(query, session=self._unit.session)
        rows = found.sort([("recorded_at", DESCENDING), ("_id", DESCENDING)]).limit(limit)
        return [_notice(row) for row in rows]

    def unread(self, person_id: str) -> int:
        query = {"person_id": person_id, "channel": Channel.INBOX, "read_at": None}
        return self._notices.count_documents(query, limit=UNREAD_SHOWN, session=self._unit.session)

    def notices_of_ticket(
        self, ticket_id: str, area_paths: Sequence[str], after: tuple[datetime, str] | None, limit: int
    ) -> list[Notice]:
        beneath = [{"area_path": mongo.beneath(path)} for path in area_paths]
        wanted: list[Document] = [
            {"$or": beneath or [{"_id": None}]},
            *([] if after is None else [_beyond("$gt", after)]),
        ]
        return self._many({"ticket_id": ticket_id, "$and": wanted}, limit)

    def statements(self, person_id: str) -> Mapping[str, Statement]:
        row = self._recipients.find_one({"_id": person_id}, session=self._unit.session)
        said: Mapping[str, Document] = row["said"] if row else {}
        return {publisher: _statement(each) for publisher, each in said.items()}

    def keep_statement(self, person_id: str, source: str, statement: Statement, ended: Sequence[str] = ()) -> None:
        said = {
            "sequence": statement.sequence, "sealed": statement.sealed, "has_mail": statement.has_mail,
            "confirmed": statement.confirmed, "at": self._unit.system_now,
        }  # fmt: skip
        change: Document = {"$set": {f"said.{source}": said}}
        if ended:
            change["$unset"] = {f"said.{name}": "" for name in ended}
        self._recipients.update_one({"_id": person_id}, change, upsert=True, session=self._unit.session)

    def is_disabled(self, person_id: str) -> bool:
        return bool(_disabled(self._unit, [person_id]))

    def is_administered(self, person_id: str) -> bool:
        query = {"person_id": person_id, "is_administered": {"$ne": False}}
        return self._unit.db[ACCOUNTS].find_one(query, {"_id": 1}, session=self._unit.session) is not None

    def keep_account(self, event: Event) -> None:
        keep_standing(self._unit, event, ACCOUNTS, is_administered=is_administered(event.data["account"]))

    def wake_at(self, notice: Notice, moment: datetime) -> None:
        self._unit.timers.change([_wake(notice, moment)], ())

    def forget_wake(self, notice: Notice) -> None:
        self._unit.timers.clear(_wake_key(notice))

    def emit(self, event: NewEvent) -> None:
        self._unit.emit(event)

    def _one(self, query: Document) -> Notice | None:
        row = self._notices.find_one(query, session=self._unit.session)
        return _notice(row) if row else None

    def _many(self, query: Document, limit: int = 0) -> list[Notice]:
        found = self._notices.find(query, session=self._unit.session).sort([("recorded_at", 1), ("_id", 1)])
        return [_notice(row) for row in found.limit(limit)]


def _beyond(which: str, position: tuple[datetime, str]) -> Document:
    """Recorded beyond a (recorded_at, id), on the side that `which` names: `$lt` or `$gt`."""
    recorded_at, notice_id = position
    return {"$or": [{"recorded_at": {which: recorded_at}}, {"recorded_at": recorded_at, "_id": {which: notice_id}}]}


def _write_added(unit: Unit) -> None:
    """Everything that a batch of events adds, in a handful of requests: one by one, the batch of a busy minute would
    take longer than a transaction may."""
    added: dict[str, _Added] = unit.scratch[_ADDED]
    known = unit.db["notices"].find({"_id": {"$in": list(added)}}, {"_id": 1}, session=unit.session)
    there = {row["_id"] for row in known}
    new = [each for identity, each in added.items() if identity not in there]
    if not new:
        return
    disabled = _disabled(unit, {each.notice.person_id for each in new})
    new = [each.untold() if each.notice.person_id in disabled else each for each in new]
    unreachable = _without_mail(unit, {each.notice.person_id for each in new if each.without_mail is not None})
    new = [each.settled() if each.notice.person_id in unreachable else each for each in new]
    unit.db["notices"].insert_many([_document(each.notice) for each in new], session=unit.session)
    unit.timers.change([_wake(each.notice, each.wake_at) for each in new if each.wake_at is not None], ())
    unit.emit(*(each.event for each in new if each.event is not None))


def _disabled(unit: Unit, person_ids: Collection[str]) -> set[str]:
    """Of these people those who have an account and none that is active."""
    query = {"person_id": {"$in": list(person_ids)}}
    rows = list(unit.db[ACCOUNTS].find(query, {"person_id": 1, "state": 1}, session=unit.session))
    return {row["person_id"] for row in rows} - {row["person_id"] for row in rows if row["state"] == "active"}


def _without_mail(unit: Unit, person_ids: Collection[str]) -> set[str]:
    if not person_ids:
        return set()
    rows = unit.db["recipients"].find({"_id": {"$in": list(person_ids)}}, session=unit.session)
    return {row["_id"] for row in rows if surely_without_mail([_statement(each) for each in row["said"].values()])}


def _statement(said: Document) -> Statement:
    return Statement(said["sequence"], said["sealed"], said.get("has_mail"), said.get("confirmed", False))


def _wake(notice: Notice, moment: datetime) -> Document:
    return row(_wake_key(notice), DELIVER, moment, {"notice_id": notice.id}, basis="system", lane="effects")


def _wake_key(notice: Notice) -> str:
    return f"deliver:{notice.id}"


def _document(notice: Notice) -> Document:
    return {
        "_id": notice.id,
        "event_id": notice.event_id,
        "event_type": notice.event_type,
        "person_id": notice.person_id,
        "template": notice.template,
        "channel": notice.channel,
        "area_path": notice.area_path,
        "ticket_id": notice.ticket_id,
        "facts": dict(notice.facts),
        "occurred_at": notice.occurred_at,
        "recorded_at": notice.recorded_at,
        "state": notice.state,
        "reason": notice.reason,
        "sequence": notice.sequence,
        "read_at": notice.read_at,
        "attempts": [_attempt_document(attempt) for attempt in notice.attempts],
    }


def _attempt_document(attempt: Attempt) -> Document:
    outcome = attempt.outcome
    return {
        "number": attempt.number,
        "began_at": attempt.began_at,
        "lease_until": attempt.lease_until,
        "ended_at": attempt.ended_at,
        "result": outcome.result if outcome else None,
        "code": outcome.code if outcome else None,
    }


def _notice(row: Document) -> Notice:
    fields = {name: value for name, value in row.items() if name not in ("_id", "attempts", "channel", "state")}
    return Notice(
        id=row["_id"],
        channel=Channel(row["channel"]),
        state=State(row["state"]),
        attempts=tuple(_attempt(each) for each in row["attempts"]),
        **fields,
    )


def _attempt(row: Document) -> Attempt:
    outcome = Outcome(Result(row["result"]), row["code"]) if row["result"] else None
    return Attempt(row["number"], row["began_at"], row["lease_until"], row["ended_at"], outcome)


def _create_indexes(db: Database[Document]) -> None:
    notices = db["notices"]
    inbox_only = {"channel": "inbox"}
    notices.create_index(
        [("person_id", ASCENDING), ("recorded_at", DESCENDING), ("_id", DESCENDING)],
        name="inbox",
        partialFilterExpression=inbox_only,
    )
    notices.create_index(
        [("person_id", ASCENDING), ("read_at", ASCENDING)], name="unread", partialFilterExpression=inbox_only
    )
    notices.create_index([("person_id", ASCENDING), ("state", ASCENDING)], name="person_state")
    notices.create_index([("ticket_id", ASCENDING), ("recorded_at", ASCENDING)], name="ticket")


def _account_index(db: Database[Document]) -> None:
    db[ACCOUNTS].create_index("person_id", name="person")


MIGRATIONS = (
    Migration(1, "indexes of notices", _create_indexes),
    Migration(2, "who may sign in", _account_index),
    Migration(3, "how many mails went to an address today", counted_mails),
    Migration(4, "which mails wait for their turn at an address", waiting_mails),
)
