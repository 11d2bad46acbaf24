"""A person asks to be forgotten: afterwards nothing of what was said is in any collection, in clear or sealed."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from services.chassis.seal import Unsealable
from services.tickets.handlers.filing import person_key
from tests.integration.security.things import Things, uploaded
from tests.integration.security.town import A, B, Document, Town
from tests.support.eventually import eventually
from tests.support.processes import opener_of_all

WORD, TELEPHONE = "wqxforget", "13755550123"
SEALER = opener_of_all()
DIGESTS = (SEALER.lookup("telephone", TELEPHONE), SEALER.lookup("person", person_key(f"/{A}/", TELEPHONE)))
TRACES = (WORD, TELEPHONE, *(digest[:32] for digest in DIGESTS))


def texts_in(value: Any) -> Iterator[str]:
    """Everything readable in a document, also behind seals, and behind seals in what was sealed."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)
    elif isinstance(value, str | bytes):
        yield from _text_and_what_is_in_it(value)


def _text_and_what_is_in_it(value: str | bytes) -> Iterator[str]:
    text = value if isinstance(value, str) else value.decode("utf-8", "replace")
    yield text
    if text.startswith("gAAAAA"):
        try:
            opened = SEALER.unseal_bytes(text.encode())
        except Unsealable:
            return
        yield from _read(opened)
    elif len(text) > 40 and text.isascii():
        try:
            yield base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except ValueError:
            return


def _read(opened: bytes) -> Iterator[str]:
    try:
        yield from texts_in(json.loads(opened))
    except ValueError:
        yield opened.decode("utf-8", "replace")


def traces(town: Town) -> set[str]:
    """`service.collection` of each place where something of the person is found."""
    return {
        f"{service}.{collection}"
        for service, context in town.contexts.items()
        for collection in context.db.list_collection_names()
        for row in context.db[collection].find({})
        if any(trace in text for text in texts_in(row) for trace in TRACES)
    }


@pytest.fixture(scope="module")
def told(town: Town, things: Mapping[str, Things]) -> Document:
    """A person calls; the ticket is looked into, sent up and down, and rejected. Every text bears a mark."""
    people = town.districts[A].people
    ticket = town.done(people["grid_worker"], "POST /api/v1/tickets", {
        "kind": "request", "grid_id": f"{A}-grid", "description": f"{WORD} said", "address": f"{WORD} lives",
        "summary": f"{WORD} in short", "attachments": [uploaded(town, people["grid_worker"]) for _ in range(2)],
        "reporter": {"name": f"{WORD} name", "telephone": TELEPHONE, "email": f"{WORD}@example.org"},
    })  # fmt: skip
    for who, deed in (
        ("grid_worker", "reveal"), ("grid_worker", "escalate"), ("street", "de-escalate"), ("station_head", "reject"),
    ):  # fmt: skip
        town.done(people[who], f"POST /api/v1/tickets/{ticket['id']}/{deed}", {"reason": f"{WORD} {deed}"})
    booking = book(town)
    assert booking["person_id"] == ticket["reporter_id"]
    for deed, body in (
        ("reveal", {"reason": f"{WORD} asks"}),
        ("cancel", {"reason_code": "no_staff", "reason": f"{WORD} cancels"}),
    ):
        town.done(people["station_head"], f"POST /api/v1/bookings/{booking['id']}/{deed}", body)
    town.whole.comes_to_rest(60)
    return ticket


def book(town: Town) -> Document:
    """An appointment for who called."""
    head, station = town.districts[A].people["station_head"], f"/api/v1/stations/{A}-station"
    (clinic,) = town.done(head, f"GET {station}/slots", date=town.tomorrow)["services"]
    said = {"name": f"{WORD} name", "telephone": TELEPHONE}
    asked = {"service_id": clinic["service_id"], "start_at": clinic["slots"][0]["start_at"], "contact": said}
    return town.done(head, f"POST {station}/bookings", asked)


def erase(town: Town, *arguments: str, check: bool = True) -> Any:
    return town.whole.processes.cli("personal", "erase", *arguments, check=check)


def test_what_is_asked_for_is_found_first_and_then_gone_everywhere(town: Town, told: Document) -> None:
    person, tickets = told["reporter_id"], town.contexts["tickets"].db
    before = traces(town)
    assert {
        "tickets.tickets", "tickets.outbox", "tickets.people", "tickets.reveals", "tickets.idempotency",
        "tickets.bookings", "notifications.recipients",
    } <= before  # fmt: skip
    assert tickets["photos.files"].count_documents({}) >= 2

    shown = erase(town, "--person", person, "--dry-run").stdout
    assert told["number"] in shown
    assert "2 photo(s)" in shown
    assert "1 appointment(s)" in shown
    assert traces(town) == before, "a dry run changed something"

    erase(town, "--person", person, "--reason", "she asked in a letter", "--yes")
    town.whole.comes_to_rest(60)
    photos = [step["detail"]["attachment_id"] for step in stored(town, told)["history"] if step["kind"] == "attached"]
    assert len(photos) == 2
    eventually(lambda: not tickets["attachments"].count_documents({"_id": {"$in": photos}}))
    assert not tickets["photos.chunks"].count_documents({"files_id": {"$in": photos}})
    assert traces(town) == set()


def test_what_counts_stays(town: Town, told: Document) -> None:
    town.whole.comes_to_rest(60)
    row = stored(town, told)
    assert (row["state"], row["number"], row["reporter_id"]) == ("rejected", told["number"], told["reporter_id"])
    kinds = [step["kind"] for step in row["history"]]
    assert kinds == ["filed", "attached", "attached", "lifted", "lowered", "rejected", "erased"]
    seen = town.done(town.districts[A].people["community"], f"GET /api/v1/tickets/{told['id']}")
    assert (seen["summary"], seen["reporter"]) == (None, {"name": None, "telephone": None})
    history = town.done(town.districts[A].people["community"], f"GET /api/v1/tickets/{told['id']}/history")
    assert [step["detail"].get("reason") for step in history["steps"] if step["kind"] == "rejected"] == [None]


def test_the_erasure_is_recorded_with_its_reason_and_said_again_does_nothing(town: Town, told: Document) -> None:
    erasures = town.contexts["tickets"].db["erasures"]
    [record] = erasures.find({"tickets": told["id"]})
    assert SEALER.unseal(record["reason"]) == "she asked in a letter"
    assert (record["actor"], record["asked"], record["photos"]) == ("operator", f"person {told['reporter_id']}", 2)
    again = erase(town, "--person", told["reporter_id"], "--reason", "again", "--yes").stdout
    assert "erased: 0 ticket(s)" in again
    assert erasures.count_documents({"tickets": told["id"]}) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "either --person ID or --ticket NUMBER"),
        (("--ticket", "261122-482-1398"), 1, "check digit"),
        (("--ticket", "1"), 1, "13 digits"),
    ],
)
def test_what_is_asked_wrongly_erases_nothing(
    town: Town, told: Document, arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = erase(town, *arguments, "--reason", "x", "--yes", check=False)
    assert done.returncode == status, done.stderr
    assert said in done.stderr


def test_a_ticket_that_somebody_works_on_keeps_what_is_needed_until_it_is_said_twice(
    town: Town, things: Mapping[str, Things]
) -> None:
    said = {"kind": "request", "grid_id": f"{A}-grid", "description": "灯不亮。"}
    ticket = town.done(town.districts[A].people["resident"], "POST /api/v1/tickets", said)
    refused = erase(town, "--ticket", ticket["number"], "--reason", "x", "--yes", check=False)
    assert (refused.returncode, ticket["number"] in refused.stderr) == (1, True)
    assert stored(town, ticket)["sealed"] is not None
    erase(town, "--ticket", ticket["number"], "--reason", "x", "--yes", "--also-open")
    row = stored(town, ticket)
    assert (row["sealed"], row["state"]) == (None, "filed")


def test_contact_data_of_a_member_and_of_an_account_go_too(town: Town, things: Mapping[str, Things]) -> None:
    person = town.districts[B].people["neighbour"]
    contact = {"name": f"{WORD} member", "telephone": TELEPHONE, "email": f"{WORD}-member@example.org"}
    assert town.ask(person, "PUT /api/v1/accounts/me/contact", contact).status_code == 204
    asked = {"area_path": town.districts[B].community, "skills": ["electric"], "consent": True, **contact}
    town.done(person, "POST /api/v1/members", asked)
    town.whole.comes_to_rest(60)
    assert {"accounts.accounts", "volunteers.members", "notifications.recipients"} <= traces(town)
    shown = erase(town, "--person", person.person_id, "--dry-run").stdout
    assert ("contact data in accounts" in shown, "contact data in volunteers" in shown) == (True, True)
    erase(town, "--person", person.person_id, "--reason", "moved away", "--yes")
    town.whole.comes_to_rest(60)
    assert traces(town) == set()


def stored(town: Town, ticket: Document) -> Document:
    row = town.contexts["tickets"].db["tickets"].find_one({"_id": ticket["id"]})
    assert row is not None
    return row
