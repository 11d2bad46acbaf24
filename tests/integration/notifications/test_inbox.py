"""The inbox and the staff's view of notices, over HTTP."""

from collections import Counter

import httpx
import pytest

from services.chassis.ids import new_id
from services.contracts.tickets import example_ticket
from tests.integration.notifications.conftest import Post
from tests.support.eventually import eventually
from tests.support.smtp import SmtpSink
from tests.support.tokens import Tokens

BINHE = ("community", "/hequ/xikou/binhe/")
NANMEN = ("community", "/hequ/xikou/nanmen/")


@pytest.fixture(scope="module")
def http(open_post: Post, module_smtp_sink: SmtpSink) -> httpx.Client:
    return open_post.processes.start("notifications", "http").http


@pytest.fixture
def resident(open_post: Post) -> str:
    """Somebody with three entries in his inbox."""
    person = open_post.person("resident@example.org")
    for _ in range(3):
        open_post.filed(person)
    eventually(lambda: open_post.db["notices"].count_documents({"person_id": person, "channel": "inbox"}) == 3)
    return person


def test_a_person_pages_through_his_own_inbox_newest_first(http: httpx.Client, resident: str, tokens: Tokens) -> None:
    own = tokens.headers(person_id=resident)
    first = http.get("/api/v1/inbox", params={"limit": 2}, headers=own).json()
    rest = http.get("/api/v1/inbox", params={"limit": 2, "cursor": first["next"]}, headers=own).json()
    entries = first["items"] + rest["items"]
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert len({entry["id"] for entry in entries}) == 3
    times = [entry["recorded_at"] for entry in entries]
    assert times == sorted(times, reverse=True)


def test_the_same_entry_is_told_in_the_language_asked_for(http: httpx.Client, resident: str, tokens: Tokens) -> None:
    own = tokens.headers(person_id=resident)
    chinese = http.get("/api/v1/inbox", headers=own).json()["items"][0]
    english = http.get("/api/v1/inbox", headers={**own, "Accept-Language": "en"}).json()["items"][0]
    assert chinese["id"] == english["id"]
    assert chinese["text"].startswith("您反映的事项已登记，编号 261122-482-1390，登记时间 2026-11-22 09:00")
    assert english["text"].startswith("Your matter was filed at 22 Nov 2026, 09:00")


def test_a_read_entry_is_no_longer_among_the_unread(http: httpx.Client, resident: str, tokens: Tokens) -> None:
    own = tokens.headers(person_id=resident)
    entry = http.get("/api/v1/inbox", headers=own).json()["items"][0]
    assert http.get("/api/v1/inbox/unread", headers=own).json() == {"unread": 3}
    first = http.post(f"/api/v1/inbox/{entry['id']}/read", headers=own)
    again = http.post(f"/api/v1/inbox/{entry['id']}/read", headers=own)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["read_at"] == again.json()["read_at"] is not None
    assert http.get("/api/v1/inbox/unread", headers=own).json() == {"unread": 2}
    unread = http.get("/api/v1/inbox", params={"unread": "true"}, headers=own).json()["items"]
    assert entry["id"] not in {each["id"] for each in unread}


def test_nobody_sees_or_reads_somebody_elses_entries(http: httpx.Client, resident: str, tokens: Tokens) -> None:
    entry = http.get("/api/v1/inbox", headers=tokens.headers(person_id=resident)).json()["items"][0]
    stranger = tokens.headers(("district", "/hequ/"), person_id=new_id())
    assert http.get("/api/v1/inbox", headers=stranger).json()["items"] == []
    refused = http.post(f"/api/v1/inbox/{entry['id']}/read", headers=stranger)
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/inbox-entry-not-found")
    assert http.get("/api/v1/inbox/unread", headers=tokens.headers(person_id=resident)).json() == {"unread": 3}


def test_staff_see_what_was_told_of_a_ticket_in_their_area_without_addresses(
    http: httpx.Client, open_post: Post, tokens: Tokens
) -> None:
    person = open_post.person("shown@example.org")
    ticket_id = open_post.filed(person)["data"]["ticket"]["ticket_id"]
    eventually(lambda: open_post.mail_to(person).get("state") == "sent")
    answer = http.get("/api/v1/notices", params={"ticket_id": ticket_id}, headers=tokens.headers(BINHE))
    found = {notice["channel"]: notice for notice in answer.json()["items"]}
    assert {channel: notice["state"] for channel, notice in found.items()} == {"inbox": "sent", "email": "sent"}
    assert [attempt["result"] for attempt in found["email"]["attempts"]] == ["sent"]
    assert "example.org" not in answer.text
    foreign = http.get("/api/v1/notices", params={"ticket_id": ticket_id}, headers=tokens.headers(NANMEN))
    assert foreign.json() == {"items": [], "next": None}


def test_however_much_was_told_of_a_ticket_staff_read_all_of_it(
    http: httpx.Client, open_post: Post, tokens: Tokens
) -> None:
    person = open_post.person("told-much@example.org")
    ticket_id = open_post.filed(person)["data"]["ticket"]["ticket_id"]
    ticket = {**example_ticket(), "ticket_id": ticket_id, "reporter_id": person, "owner_id": None, "assignee_id": None}
    steps = ("ticket.planned", "ticket.paused", "ticket.cancelled")
    open_post.publishing.send([open_post.publishing.write(name, ticket_id, ticket=ticket) for name in steps])
    eventually(lambda: open_post.db["notices"].count_documents({"ticket_id": ticket_id}) == 2 * (1 + len(steps)))
    asked, found = {"ticket_id": ticket_id, "limit": "3"}, []
    while True:
        answer = http.get("/api/v1/notices", params=asked, headers=tokens.headers(BINHE)).json()
        found += [(one["recorded_at"], one["id"], one["event_type"]) for one in answer["items"]]
        if answer["next"] is None:
            break
        asked["cursor"] = answer["next"]
    assert found == sorted(set(found))
    assert Counter(kind for *_, kind in found) == dict.fromkeys(("ticket.filed", *steps), 2)


def test_residents_and_strangers_do_not_see_notices(http: httpx.Client, tokens: Tokens) -> None:
    asked = {"ticket_id": new_id()}
    resident = http.get("/api/v1/notices", params=asked, headers=tokens.headers(("resident", "/hequ/")))
    assert (resident.status_code, http.get("/api/v1/notices", params=asked).status_code) == (403, 401)
    assert http.get("/api/v1/inbox").status_code == 401


def test_notices_are_asked_for_by_ticket(http: httpx.Client, tokens: Tokens) -> None:
    answer = http.get("/api/v1/notices", headers={**tokens.headers(BINHE), "Accept-Language": "en"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"parameter": "ticket_id", "message": "Missing data for required field."}]


def test_all_who_reported_a_merged_matter_hear_once_that_it_is_solved(
    http: httpx.Client, open_post: Post, module_smtp_sink: SmtpSink, tokens: Tokens
) -> None:
    addresses = [f"{name}@example.org" for name in ("first", "second", "third")]
    first, second, third = map(open_post.person, addresses)
    ticket = {**example_ticket(), "ticket_id": new_id(), "reporter_id": first, "also_reported_by": [second, third]}
    solved = open_post.publishing.write(
        "ticket.resolved", ticket["ticket_id"], ticket=ticket, round=1, solver_id=new_id(), solver_kind="staff"
    )
    open_post.publishing.send([solved, solved])
    eventually(lambda: {open_post.mail_to(person).get("state") for person in (first, second, third)} == {"sent"})
    open_post.publishing.send([solved])
    later = open_post.person("afterwards@example.org")
    open_post.filed(later)
    eventually(lambda: open_post.mail_to(later).get("state") == "sent")
    assert sorted(mail["To"] for mail in module_smtp_sink.mails if mail["To"] in addresses) == addresses
    told = open_post.db["notices"].find({"event_id": solved["_id"]})
    assert sorted((row["person_id"], row["channel"]) for row in told) == sorted(
        (person, channel) for person in (first, second, third) for channel in ("email", "inbox")
    )
    entries = http.get("/api/v1/inbox", headers=tokens.headers(person_id=third)).json()["items"]
    assert [entry["ticket_id"] for entry in entries] == [ticket["ticket_id"]]
