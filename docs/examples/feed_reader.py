"""Counts tickets by their newest state from the HTTP feed; the standard library is enough.

    DOORSTEP_URL=http://127.0.0.1:8080 API_KEY=dk_… DATABASE=feed.db python feed_reader.py

Reads what is new and ends: let cron run it, or a loop. The cursor is kept in the transaction of what was made of the
events: after a crash a page is read again or was kept, but none is skipped.
"""

import json
import os
import sqlite3
import urllib.parse
import urllib.request
from typing import Any

URL = os.environ["DOORSTEP_URL"]
TYPES = "ticket.filed,ticket.escalated,ticket.resolved,ticket.confirmed,ticket.reopened,ticket.closed"


def ask(path: str, token: str | None = None, body: dict[str, str] | None = None) -> dict[str, Any]:
    """One call. Raises urllib.error.HTTPError for a problem; 410 says that the cursor is older than the log."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(URL + path, json.dumps(body).encode() if body else None, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        loaded: dict[str, Any] = json.load(answer)
    return loaded


def apply(db: sqlite3.Connection, event: dict[str, Any]) -> None:
    """Keep the state of the highest sequence; a repeated event changes nothing."""
    ticket = event["data"]["ticket"]
    db.execute(
        "INSERT INTO tickets VALUES (?, ?, ?) ON CONFLICT (ticket_id) DO UPDATE SET "
        "sequence = excluded.sequence, state = excluded.state WHERE excluded.sequence > sequence",
        (ticket["ticket_id"], event["sequence"], ticket["state"]),
    )


def read_on(db: sqlite3.Connection, token: str) -> bool:
    """Take one page. False when there was nothing new: a page may be empty of what we asked for and still move on."""
    cursor = next(db.execute("SELECT cursor FROM feed"), (None,))[0]
    wanted = {"types": TYPES, "limit": "500"} | ({"after": cursor} if cursor else {})
    page = ask("/api/v1/events?" + urllib.parse.urlencode(wanted), token)
    with db:  # the effects and the cursor: both or neither
        for event in page["events"]:
            apply(db, event)
        db.execute("INSERT OR REPLACE INTO feed VALUES (1, ?)", (page["cursor"],))
    return bool(page["cursor"] != cursor)


if __name__ == "__main__":
    db = sqlite3.connect(os.environ["DATABASE"])
    db.execute("CREATE TABLE IF NOT EXISTS tickets (ticket_id TEXT PRIMARY KEY, sequence INTEGER, state TEXT)")
    db.execute("CREATE TABLE IF NOT EXISTS feed (one INTEGER PRIMARY KEY, cursor TEXT)")
    token = ask("/api/v1/tokens", body={"api_key": os.environ["API_KEY"]})["token"]  # good for 15 minutes
    while read_on(db, token):
        pass
    for state, count in db.execute("SELECT state, count(*) FROM tickets GROUP BY state ORDER BY state"):
        print(f"{state}: {count}")
