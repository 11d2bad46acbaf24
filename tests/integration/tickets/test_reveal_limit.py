"""How many residents a volunteer may have revealed in an hour; staff, who call many, are not bounded."""

from uuid import uuid4

import httpx

from services.chassis.clock import system_now
from services.chassis.http.limits import window
from services.tickets.api.filing import REVEALING
from tests.integration.tickets.conftest import COMMUNITY, WORKER, House, done, refused
from tests.support.eventually import eventually


def test_a_volunteer_reveals_so_many_an_hour_and_staff_go_on(house: House) -> None:
    while True:
        begun, _ = window(REVEALING, system_now())
        answers = of_one_volunteer(house)
        if window(REVEALING, system_now())[0] == begun:
            break
    *revealed, last = answers
    assert [answer.status_code for answer in revealed] == [200] * REVEALING.most
    refused(last, 429, "too-many-requests")
    ticket = house.assigned()
    for _ in range(REVEALING.most + 1):
        done(house.do(ticket, "reveal", WORKER, {"reason": "call"}))


def of_one_volunteer(house: House) -> list[httpx.Response]:
    """He has a ticket in hand by his claim, and asks once more than he may."""
    person, ticket = str(uuid4()), house.filed()
    done(house.do(ticket, "accept", WORKER))
    done(house.do(ticket, "offer", WORKER, {"skills": []}))
    offer_id = house.events(ticket)[-1]["data"]["offer_id"]
    claim = house.publishing.write(
        "claim.won", uuid4().hex, claim_id=uuid4().hex, offer_id=offer_id, ticket_id=ticket["id"], person_id=person
    )
    house.publishing.send([claim])
    eventually(lambda: "ticket.assigned" in house.event_types(ticket))
    headers, path = house.tokens.headers(("member", COMMUNITY), person_id=person), f"/api/v1/tickets/{ticket['id']}"
    return [
        house.api.http.post(f"{path}/reveal", json={"reason": "look"}, headers=headers)
        for _ in range(REVEALING.most + 1)
    ]
