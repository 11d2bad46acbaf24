"""A token ends when what accounts gave with it ends, as soon as tickets hears of that."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.conftest import GRID, HEAD, WORKER, Document, House, done, refused
from tests.support import pictures
from tests.support.eventually import eventually

ROLE = ("grid_worker", GRID)


@pytest.fixture
def colleague(house: House) -> Iterator[str]:
    """Somebody with a token of a grid worker; what tickets knows of him is `told`. Of other tests he owns nothing."""
    person = str(uuid4())
    told(house, person, 1, "active", ROLE)
    yield person
    told(house, person, 99, "disabled")


def token(house: House, person: str) -> dict[str, str]:
    """Headers of a call with a token that he got before."""
    return {**house.tokens.headers(ROLE, person_id=person), "Idempotency-Key": uuid4().hex}


def does(house: House, person: str, ticket: Document, deed: str, body: Document | None = None) -> httpx.Response:
    return house.post(f"/api/v1/tickets/{ticket['id']}/{deed}", None, body, **token(house, person))


def told(
    house: House, person: str, sequence: int, state: str, *grants: tuple[str, str], tokens_from: int = 0
) -> None:  # fmt: skip
    house.publishing.send([house.publishing.write(
        {1: "account.opened"}.get(sequence, "account.disabled" if state == "disabled" else "account.changed"),
        person, sequence, account={
            "account_id": person, "person_id": person, "kind": "person", "state": state,
            "grants": [{"role": role, "area_path": path} for role, path in grants], "tokens_from": tokens_from,
        },
    )])  # fmt: skip
    eventually(lambda: house.db["staff"].count_documents({"_id": person, "sequence": sequence}) == 1)


def test_who_is_disabled_takes_nothing_and_does_nothing(house: House, colleague: str) -> None:
    ticket, in_hand = house.filed(), house.filed()
    done(house.do(ticket, "accept", WORKER))
    done(does(house, colleague, in_hand, "accept"))
    told(house, colleague, 2, "disabled", ROLE)
    for deed, body in (("assign", {}), ("assign", {"assignee_id": WORKER}), ("offer", {"skills": ["electric"]})):
        refused(does(house, colleague, ticket, deed, body), 403, "account-disabled")
    refused(does(house, colleague, in_hand, "assign"), 403, "account-disabled")
    filed = {"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken"}
    refused(house.post("/api/v1/tickets", None, filed, **token(house, colleague)), 403, "account-disabled")
    refused(house.do(ticket, "assign", WORKER, {"assignee_id": colleague}), 422, "no-such-assignee")
    assert house.stored(ticket)["state"] == "accepted"
    told(house, colleague, 3, "active", ROLE)
    done(does(house, colleague, ticket, "assign"))


def test_who_has_no_role_there_any_more_does_not_take_it_into_his_hands(house: House, colleague: str) -> None:
    ticket = house.filed()
    done(house.do(ticket, "accept", HEAD))
    told(house, colleague, 2, "active", ("grid_worker", "/hequ/wangshan/dongling/grid-101/"))
    refused(does(house, colleague, ticket, "assign"), 422, "no-such-assignee")


def test_who_is_younger_than_what_is_known_here_takes_his_first_ticket(house: House) -> None:
    ticket = house.filed()
    done(house.do(ticket, "accept", HEAD))
    done(does(house, str(uuid4()), ticket, "assign"))


def test_who_is_disabled_or_lost_a_role_reads_nothing_with_the_token_from_before(house: House, colleague: str) -> None:
    def reads(path: str, revision: int = 1) -> httpx.Response:
        return house.api.http.get(path, headers=house.tokens.headers(ROLE, person_id=colleague, revision=revision))

    ticket = house.filed()
    path = f"/api/v1/tickets/{ticket['id']}"
    done(reads(path))
    told(house, colleague, 2, "active", ("member", "/hequ/"))
    for one in (path, f"{path}/history", "/api/v1/tickets"):
        refused(reads(one), 403, "roles-changed")
    searched = house.api.http.post("/api/v1/tickets/search", json={"telephone": "13800000000"},
                                   headers=house.tokens.headers(ROLE, person_id=colleague, revision=1))  # fmt: skip
    refused(searched, 403, "roles-changed")
    headers = {**house.tokens.headers(ROLE, person_id=colleague, revision=1), "Idempotency-Key": uuid4().hex}
    answer = house.api.http.post(f"{path}/reveal", json={"reason": "to call"}, headers=headers)
    refused(answer, 403, "roles-changed")
    done(reads(path, 3))
    told(house, colleague, 3, "disabled", ROLE)
    refused(reads(path, 3), 403, "account-disabled")


def test_who_is_disabled_leaves_no_photo_and_is_told_no_answer_of_before(house: House, colleague: str) -> None:
    ticket, key = house.filed(), uuid4().hex
    call = {**house.tokens.headers(ROLE, person_id=colleague), "Idempotency-Key": key}
    done(house.post(f"/api/v1/tickets/{ticket['id']}/accept", None, {}, **call))
    told(house, colleague, 2, "disabled", ROLE)
    refused(house.post(f"/api/v1/tickets/{ticket['id']}/accept", None, {}, **call), 403, "account-disabled")
    before = house.db["attachments"].count_documents({})
    sent = {**token(house, colleague), "Content-Type": "image/jpeg"}
    answer = house.api.http.post("/api/v1/attachments", content=pictures.photo(), headers=sent)
    refused(answer, 403, "account-disabled")
    assert house.db["attachments"].count_documents({}) == before


def test_a_role_that_was_added_or_whose_place_moved_ends_no_token(house: House, colleague: str) -> None:
    ticket = house.filed()
    moved = GRID.replace("/hequ/", "/elsewhere/")
    told(house, colleague, 2, "active", ("member", "/hequ/"), ("grid_worker", moved))
    headers = house.tokens.headers(ROLE, person_id=colleague, revision=1)
    done(house.api.http.get(f"/api/v1/tickets/{ticket['id']}", headers=headers))


def test_a_token_that_was_ended_does_and_sees_nothing_though_all_roles_are_still_there(
    house: House, colleague: str
) -> None:
    ticket, key = house.filed(), uuid4().hex
    path = f"/api/v1/tickets/{ticket['id']}"

    def call(revision: int) -> dict[str, str]:
        return {**house.tokens.headers(ROLE, person_id=colleague, revision=revision), "Idempotency-Key": key}

    done(house.post(f"{path}/accept", None, {}, **call(1)))
    told(house, colleague, 3, "active", ROLE, tokens_from=3)
    for revision in (1, 2):
        for read in (path, f"{path}/history", "/api/v1/tickets"):
            refused(house.api.http.get(read, headers=call(revision)), 401, "signed-out")
        for deed, body in (("accept", {}), ("reject", {"reason": "no"}), ("reveal", {"reason": "to call"})):
            refused(house.post(f"{path}/{deed}", None, body, **call(revision)), 401, "signed-out")
    done(house.api.http.get(path, headers=call(3)))
    sent = house.publishing.write("account.disabled", colleague, 2, account={
        "account_id": colleague, "person_id": colleague, "kind": "person", "state": "disabled", "grants": [],
        "tokens_from": 2,
    })  # fmt: skip
    house.publishing.send([sent, sent])
    eventually(lambda: house.db["inbox"].find_one({"_id": f"tickets.accounts|{sent['_id']}"}))
    done(house.api.http.get(path, headers=call(3)))
    refused(house.api.http.get(path, headers=call(2)), 401, "signed-out")


@pytest.mark.parametrize("known_first", [True, False])
def test_the_claim_of_a_disabled_volunteer_leaves_the_ticket_to_the_others(
    house: House, colleague: str, known_first: bool
) -> None:
    ticket = house.filed()
    for deed, body in (("accept", {}), ("offer", {"skills": ["electric"]})):
        done(house.do(ticket, deed, WORKER, body))
    offer_id = house.events(ticket)[-1]["data"]["offer_id"]
    claim = house.publishing.write(
        "claim.won", uuid4().hex, claim_id=uuid4().hex, offer_id=offer_id, ticket_id=ticket["id"], person_id=colleague
    )
    if known_first:
        told(house, colleague, 2, "disabled", ROLE, tokens_from=2)
        house.publishing.send([claim, claim])
        eventually(lambda: "ticket.claim_declined" in house.event_types(ticket))
    else:
        house.publishing.send([claim, claim])
        eventually(lambda: "ticket.assigned" in house.event_types(ticket))
        told(house, colleague, 2, "disabled", ROLE, tokens_from=2)
        eventually(lambda: "ticket.handed_back" in house.event_types(ticket))
    stored = house.stored(ticket)
    assert (stored["state"], stored["assignee_id"]) == ("offered" if known_first else "accepted", None)
    if known_first:
        [declined] = [row for row in house.events(ticket) if row["type"] == "ticket.claim_declined"]
        assert declined["data"]["reason"] == "account-disabled"
        assert house.event_types(ticket)[-1] == "ticket.offered", "to the others, anew"
