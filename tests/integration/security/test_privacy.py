"""Marked personal data goes in through every field; then everything that is kept, sent, logged or measured is searched.

What may be read in clear: staff's summary (docs/architecture.md: a short text for lists, without personal data), the
answer to who may see it, and the mail to the person himself.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from kombu.connection import Connection

from services.chassis.directory import SERVICES
from tests.integration.security.things import Things, claim_first, see
from tests.integration.security.town import A, Document, Town, all_routes
from tests.support.eventually import eventually

WORD = "zqxmark"
"""In every text; with a number of its own for each field."""
TELEPHONE, LANDLINE = "13987654321", "076982345678"
MARKERS = (WORD, TELEPHONE, LANDLINE)


def word(field: str) -> str:
    return f"{WORD}-{field}"


def found_in(text: str) -> list[str]:
    """The marks in a text, with what stands around them; also where JSON or a URL wrote them otherwise."""
    return [text[max(0, at - 60) : at + 40] for marker in MARKERS if (at := text.lower().find(marker)) >= 0]


@contextmanager
def wire_tap(town: Town) -> Iterator[list[str]]:
    """A copy of every message on every exchange of ours, private ones too, with its headers."""
    heard: list[str] = []
    with Connection(town.whole.processes.namespace.amqp_url) as connection, connection.channel() as channel:
        queue = channel.queue_declare(exclusive=True).queue
        for exchange in (f"{service}.{kind}" for service in SERVICES for kind in ("events", "private")):
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            channel.queue_bind(queue, exchange, "#")
        yield heard
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            body = message.body if isinstance(message.body, str) else message.body.decode()
            heard.append(f"{message.delivery_info} {message.headers} {body}")


@pytest.fixture(scope="module")
def marked(town: Town, things: Mapping[str, Things]) -> list[str]:
    """Everybody says something marked wherever he can. Returns what the broker carried meanwhile."""
    with wire_tap(town) as heard:
        _register(town)
        _join(town)
        _live_through(town)
        _up_and_down(town)
        _file_without_account(town)
        _go_wrong(town)
        town.whole.comes_to_rest(60)
    return heard


def _contact(of: str) -> Document:
    return {"name": word(f"name-{of}"), "telephone": TELEPHONE, "email": f"{WORD}-{of}@example.org"}


def _register(town: Town) -> None:
    here = town.districts[A]
    town.done(None, "POST /api/v1/accounts/registrations", {
        "login": word("login"), "password": word("password"), "area_path": here.community,
        "contact": _contact("registration"),
    })  # fmt: skip
    town.done(None, "POST /api/v1/sessions", {"login": word("login"), "password": word("password")})
    for name in ("resident", "grid_worker"):
        answer = town.ask(here.people[name], "PUT /api/v1/accounts/me/contact", _contact(name))
        assert answer.status_code == 204


def _join(town: Town) -> None:
    here = town.districts[A]
    asked = {"area_path": here.community, "skills": ["electric"], "consent": True, **_contact("member")}
    member = town.done(here.people["neighbour"], "POST /api/v1/members", asked)
    assert not found_in(json.dumps(member["contact"]))
    town.done(here.people["community"], f"POST /api/v1/members/{member['member_id']}/approve")


def _live_through(town: Town) -> None:
    here = town.districts[A]
    ticket = town.done(here.people["grid_worker"], "POST /api/v1/tickets", {
        "kind": "request", "compound_id": f"{A}-compound", "description": word("description"),
        "address": word("address"), "reporter": _contact("reporter"), "occurred_at": "2026-11-17T08:00:00+08:00",
        "late_reason": word("late-reason"),
    })  # fmt: skip
    url = f"/api/v1/tickets/{ticket['id']}"

    def do(who: str, deed: str, body: Document) -> None:
        town.done(here.people[who], f"POST {url}/{deed}", body)

    do("grid_worker", "reveal", {"reason": word("reveal-reason")})
    do("grid_worker", "accept", {})
    do("grid_worker", "escalate", {"reason": word("escalate-reason")})
    do("grid_worker", "offer", {"skills": ["electric"]})
    claim_first(town, here, ticket)
    eventually(lambda: see(town, here, ticket["id"])["state"] == "assigned")
    do("member", "arrive", {"severity": "complex"})
    do("street", "reclassify", {"severity": "major", "reason": word("graver-reason")})
    do("street", "plan", {"working_days": 2, "text": word("plan")})
    do("district", "move-plan", {"working_days": 3, "reason": word("move-reason")})
    do("street", "reclassify", {"severity": "complex", "reason": word("severity-reason")})
    do("member", "resolve", {"text": word("resolve")})
    slip = town.done(here.people["station_head"], f"POST {url}/follow-up-slip", {})
    mine = {"follow_up_secret": slip["follow_up_secret"]}
    town.done(None, f"POST {url}/confirm", {"rating": 5, **mine})
    do("community", "reopen", {"reason": word("reopen-reason")})
    town.done(here.people["station_head"], f"POST {url}/reject", {"reason": word("reject-reason")})


def _up_and_down(town: Town) -> None:
    """What is not late yet can be handed down again."""
    here = town.districts[A]
    ticket = town.done(here.people["resident"], "POST /api/v1/tickets", {
        "kind": "wish", "compound_id": f"{A}-compound", "description": word("wish"),
    })  # fmt: skip
    url = f"/api/v1/tickets/{ticket['id']}"
    town.done(here.people["grid_worker"], f"POST {url}/escalate", {"reason": word("up-reason")})
    town.done(here.people["street"], f"POST {url}/de-escalate", {"reason": word("down-reason")})


def _file_without_account(town: Town) -> None:
    said = {"kind": "request", "grid_id": f"{A}-grid", "description": word("anonymous"), "address": word("where"),
            "reporter": {"name": word("stranger"), "telephone": LANDLINE}}  # fmt: skip
    filed = town.done(None, "POST /api/v1/tickets", said)
    taken_back = {"reason": word("cancel"), "follow_up_secret": filed["follow_up_secret"]}
    town.done(None, f"POST /api/v1/tickets/{filed['id']}/cancel", taken_back)


def _go_wrong(town: Town) -> None:
    """Every route with marks where they do not belong: address, query, headers, names and values, broken JSON."""
    people = town.districts[A].people
    for service, route in all_routes():
        url = "/".join(word("path") if part.startswith("<") else part for part in route.url.split("/"))
        token = people["admin" if "accounts" in url or "places" in url else "community"].token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "If-Match": f'"{WORD}"',
                   "Idempotency-Key": word(uuid4().hex), "traceparent": WORD, "X-Forwarded-For": WORD}  # fmt: skip
        for body in (json.dumps({WORD: WORD, "reason": {WORD: TELEPHONE}}), f'{{"{WORD}', f'"{WORD}\\ud800"', "[]"):
            for more in ({}, {"Authorization": f"Bearer {WORD}"}):
                params = {WORD: TELEPHONE} if route.method == "GET" else {}
                answer = town.clients[service].request(
                    route.method, url, params=params, content=body, headers={**headers, **more}
                )
                assert answer.status_code < 500, f"{route.name}: {answer.text}"
    for client in town.clients.values():
        client.get(f"/{WORD}/{TELEPHONE}", headers={WORD: WORD})
        client.request(WORD.upper(), f"/{WORD}")


def test_no_message_carries_it_in_clear(marked: list[str]) -> None:
    assert any("recipient.upserted" in message for message in marked)
    assert not [around for message in marked for around in found_in(message)]


def test_no_document_keeps_it_in_clear(town: Town, marked: list[str]) -> None:
    kept = 0
    for service, context in town.contexts.items():
        for collection in context.db.list_collection_names():
            for row in context.db[collection].find({}):
                kept += 1
                assert not found_in(str(row)), f"{service}.{collection}"
    assert kept > 500


def test_no_log_line_quotes_it(town: Town, marked: list[str]) -> None:
    lines = [(process.name, line) for process in town.whole.processes.running for line in process.log.splitlines()]
    assert len(lines) > 200
    assert not [(name, line) for name, line in lines if found_in(line)]


def test_no_metric_is_labelled_with_it(town: Town, marked: list[str]) -> None:
    for process in town.whole.processes.running:
        answer = httpx.get(f"{process.url}/metrics", trust_env=False)
        assert answer.is_success
        assert not found_in(answer.text)


def test_no_mail_or_inbox_tells_it_to_anybody(town: Town, marked: list[str]) -> None:
    mails = [mail for mail in town.whole.smtp.mails if WORD in str(mail["To"])]
    assert mails
    for mail in mails:
        told = " ".join(str(value) for name, value in mail.items() if name != "To")
        assert not found_in(told + mail.get_content())
    for name, person in town.districts[A].people.items():
        assert not found_in(town.ask(person, "GET /api/v1/inbox", limit="200").text), name


def test_no_list_and_no_feed_shows_it_to_staff_or_partners(town: Town, marked: list[str]) -> None:
    """In clear it is read by revealing, which is recorded, and by the reporter himself."""
    for name in ("partner", "district", "street", "admin", "ops"):
        person = town.districts[A].people[name]
        for service, route in all_routes():
            if route.kind == "query" and "<" not in route.url and service != "metrics":
                params: dict[str, Any] = {"limit": "200"} if route.paged else {}
                answer = town.ask(person, route.name, **params)
                assert not found_in(answer.text), f"{name}: {route.name}"


def test_an_error_of_our_own_is_logged_without_the_data_that_caused_it(town: Town, marked: list[str]) -> None:
    """A document that no program of ours would write makes handlers fail with its text in the exception."""
    here, tickets = town.districts[A], town.contexts["tickets"].db["tickets"]
    filed = town.done(here.people["resident"], "POST /api/v1/tickets", {
        "kind": "request", "grid_id": f"{A}-grid", "description": word("broken"),
    })  # fmt: skip
    sound = tickets.find_one({"_id": filed["id"]})
    assert sound is not None
    tickets.update_one({"_id": filed["id"]}, {"$set": {"policy": word("policy"), "sealed": word("sealed")}})
    try:
        for path in ("", "/clock", "/history"):
            answer = town.ask(here.people["community"], f"GET /api/v1/tickets/{filed['id']}{path}")
            assert answer.status_code in (200, 500)
            assert not found_in(answer.text)
        deed = town.ask(here.people["community"], f"POST /api/v1/tickets/{filed['id']}/accept")
        assert (deed.status_code, found_in(deed.text)) == (500, [])
    finally:
        tickets.replace_one({"_id": filed["id"]}, sound)
    log = town.whole.https["tickets"].log
    assert "internal error" in log
    assert not found_in(log)


def test_what_a_consumer_puts_aside_is_sealed(town: Town, marked: list[str]) -> None:
    """A message that cannot be applied is kept whole, and may hold anything."""
    queue, aside = "notifications.recipients", town.contexts["notifications"].db["deferred"]
    before = aside.count_documents({})
    with Connection(town.whole.processes.namespace.amqp_url) as connection:
        for body in (f'{{"broken": "{WORD}', json.dumps({"name": WORD, "telephone": TELEPHONE})):
            connection.Producer().publish(
                body, exchange="", routing_key=queue, content_type="application/json", content_encoding="utf-8",
                serializer=None, headers={WORD: WORD, "cloudEvents_type": WORD},
            )  # fmt: skip
    eventually(lambda: aside.count_documents({}) == before + 2)
    rows: list[Any] = list(aside.find({}))
    assert not found_in(str(rows))
    assert not [line for line in town.whole.workers["notifications"].log.splitlines() if found_in(line)]
    shown = town.whole.processes.cli("parked", "list").stdout
    assert not found_in(shown)
    aside.delete_many({"queue": queue})
