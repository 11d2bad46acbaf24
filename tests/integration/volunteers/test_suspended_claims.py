"""A suspension over HTTP, on a real database: what he has in hand is revoked in the same transaction, whatever comes at
the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import httpx

from services.chassis.ids import new_id
from tests.integration.volunteers.conftest import COMMUNITY, Desk
from tests.support.eventually import eventually

ROUNDS = 12


def suspend(desk: Desk, http: httpx.Client, person_id: str) -> httpx.Response:
    member_id = http.get("/api/v1/members/me", headers=desk.headers(person_id)).json()["member_id"]
    community = desk.headers(new_id(), ("community", COMMUNITY))
    return http.post(f"/api/v1/members/{member_id}/suspend", json={"reason_code": "safety"}, headers=community)


def at_once(*requests: Callable[[], httpx.Response]) -> list[int]:
    """The status of each answer."""
    start = Barrier(len(requests))

    def send(request: Callable[[], httpx.Response]) -> int:
        start.wait()
        return request().status_code

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


def test_a_claim_at_the_same_time_is_refused_or_revoked(open_desk: Desk, http: httpx.Client) -> None:
    """Over two processes; what he gives back at the same time as well is asked for once of each."""
    replica = open_desk.http()
    for _ in range(ROUNDS):
        member, offers = open_desk.member(http), [open_desk.open_offer() for _ in range(3)]
        claim_id = open_desk.claim(http, offers[0], member).json()["claim_id"]
        withdraw = f"/api/v1/claims/{claim_id}/withdraw"
        suspended, given_back, *claimed = at_once(
            partial(suspend, open_desk, http, member),
            partial(http.post, withdraw, headers=open_desk.headers(member)),
            *(partial(open_desk.claim, replica, offer_id, member) for offer_id in offers[1:]),
        )
        assert suspended == 200
        assert given_back in (200, 409)
        assert set(claimed) <= {201, 403}
        has = [row["_id"] for row in open_desk.db["claims"].find({"person_id": member, "in_hand": True})]
        assert len(has) == 1 + claimed.count(201)
        for one in has:
            withdrawn = ["claim.withdrawn"] if one == claim_id and given_back == 200 else []
            assert open_desk.published(one) == ["claim.won", *withdrawn, "claim.revoked"]


def test_it_is_his_until_tickets_has_answered_and_then_it_has_ended(open_desk: Desk, http: httpx.Client) -> None:
    person, offer_id = open_desk.member(http), open_desk.open_offer()
    claim = open_desk.claim(http, offer_id, person).json()
    assert suspend(open_desk, http, person).status_code == 200
    url, own = f"/api/v1/claims/{claim['claim_id']}", open_desk.headers(person)
    assert http.get(url, headers=own).json()["state"] == "won"
    refused = http.post(f"{url}/withdraw", headers=open_desk.headers(person))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/claim-state")
    handed_back = open_desk.ticket_event(
        "ticket.handed_back", claim["ticket_id"], 6, state="on_site", reason_code="suspended",
        former_claim_id=claim["claim_id"],
    )  # fmt: skip
    open_desk.publishing.send([handed_back, handed_back])
    eventually(lambda: http.get(url, headers=own).json()["state"] == "released")
    assert http.get(url, headers=own).json()["reason"] == "taken_back"
    assert open_desk.published(claim["claim_id"]) == ["claim.won", "claim.revoked", "claim.released"]
