"""Mails to an address that takes so many a day: told, sent or waiting in line for another day."""

from collections.abc import Collection

from services.chassis.clock import system_now
from services.chassis.ids import new_id
from services.contracts.tickets import example_ticket
from services.notifications.domain.notice import Channel, notice_id
from tests.integration.notifications.conftest import Post


def told(post: Post, person: str, event_type: str, times: int) -> set[str]:
    """Of so many tickets of his the same; the identities of the mails."""
    rows = []
    for _ in range(times):
        ticket = {**example_ticket(), "ticket_id": new_id(), "reporter_id": person, "owner_id": None,
                  "assignee_id": None}  # fmt: skip
        rows.append(post.publishing.write(event_type, ticket["ticket_id"], ticket=ticket))
    post.publishing.send(rows)
    return {notice_id(row["_id"], person, f"{event_type}.reporter", Channel.EMAIL) for row in rows}


def in_line(post: Post, collection: str, **query: str) -> set[str]:
    return {row["_id"] for row in post.db[collection].find(query)}


def states(post: Post, notices: Collection[str]) -> list[str]:
    return [row["state"] for row in post.db["notices"].find({"_id": {"$in": list(notices)}})]


def looked_at(post: Post, mails: int) -> bool:
    """Whether there are so many mails, each of which was sent or found no room."""
    done = {"channel": "email", "$or": [{"state": "sent"}, {"state": "waiting", "reason": "too-many-mails"}]}
    return post.db["notices"].count_documents(done) == mails


def a_new_day(post: Post) -> None:
    """What was counted is of another day, and all that waits is due."""
    post.db["mails_counted"].delete_many({})
    post.db["timers"].update_many({"kind": "deliver"}, {"$set": {"due_at": system_now()}})
