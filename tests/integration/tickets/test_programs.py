"""What people alone are: at a station, away, holders of posts, with a ticket in hand, with an appointment."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.conftest import COMMUNITY, RESIDENT, WORKER, House, done, refused
from tests.support.eventually import eventually

DIRECTOR = (("street", "/hequ/qingxi/"),)
ROLES = (("grid_worker", COMMUNITY), ("community", COMMUNITY))


@pytest.fixture
def program(house: House) -> str:
    """A program with roles of the staff, known to tickets as one; its person_id."""
    person = str(uuid4())
    held = [{"role": role, "area_path": path} for role, path in ROLES]
    event = house.publishing.write("account.opened", person, 1, account={
        "account_id": person, "person_id": person, "kind": "service", "state": "active", "grants": held,
    })  # fmt: skip
    house.publishing.send([event])
    eventually(lambda: house.db["staff"].find_one({"_id": person}))
    return person


def asked(house: House, who: str, path: str, body: Any = None, *, grants: Any = ROLES, **claims: Any) -> httpx.Response:
    signed = house.tokens.headers(*grants, person_id=who, **claims)
    headers = {**signed, "Accept-Language": "en", "Idempotency-Key": uuid4().hex}
    return house.api.http.post(f"/api/v1/{path}", json=body or {}, headers=headers)


def test_a_program_is_nowhere_away_nowhere_and_books_nothing_for_itself(house: House, program: str) -> None:
    now = house.clock.now()
    away = {"until": (now + timedelta(days=1)).isoformat(), "reason": "sick"}
    comes = {"service_id": "clinic", "start_at": (now + timedelta(days=1)).isoformat()}
    for path, body in (("stations/station-001/check-ins", {}), ("absences", away),
                       ("stations/station-001/bookings", comes)):  # fmt: skip
        refused(asked(house, program, path, body, kind="service"), 403, "only-people")
    refused(asked(house, str(uuid4()), "absences", {**away, "person_id": program}, grants=DIRECTOR), 403, "only-people")
    assert house.db["absences"].count_documents({"person_id": program}) == 0


def test_a_program_has_no_ticket_in_hand_and_gives_it_to_people(house: House, program: str) -> None:
    ticket = house.filed()
    done(asked(house, program, f"tickets/{ticket['id']}/accept", kind="service"))
    path = f"tickets/{ticket['id']}/assign"
    refused(asked(house, program, path, kind="service"), 403, "only-people")
    refused(house.do(ticket, "assign", WORKER, {"assignee_id": program}), 422, "no-such-assignee")
    given = done(asked(house, program, path, {"assignee_id": WORKER}, kind="service"))
    assert given["assignee_id"] == WORKER


def test_a_program_holds_no_post(house: House, program: str) -> None:
    post = {"place": "qingyuan", "code": f"c{uuid4().hex[:8]}", "duty": "contact", "name": "岗", "holders": [program]}
    director = str(uuid4())
    for more in ({}, {"level": "community"}):
        refused(asked(house, director, "posts", {**post, **more}, grants=DIRECTOR), 422, "no-such-holder")


NEXT_DOOR = (("community", "/hequ/qingxi/somewhere-else/"),)


def test_a_program_reports_nothing_of_its_own_where_it_has_no_role(house: House, program: str) -> None:
    """What it confirmed would pay a volunteer for a matter that no person had."""
    said = {"kind": "wish", "grid_id": "grid-001", "description": "a lamp"}
    for grants in (NEXT_DOOR, (("partner", "/hequ/elsewhere/"),)):
        refused(asked(house, program, "tickets", said, grants=grants, kind="service"), 403, "only-people")
    filed = done(asked(house, program, "tickets", said, kind="service"), 201)
    assert house.stored(filed)["reporter_id"] is None


def test_a_program_writes_down_no_word_of_a_reporter(house: House, program: str) -> None:
    ticket = house.filed()
    said = {"on_behalf": "telephone", "reason": "gone by itself"}
    refused(asked(house, program, f"tickets/{ticket['id']}/cancel", said, kind="service"), 403, "only-people")
    solved = house.resolved()
    for deed, more in (("confirm", {"rating": 5}), ("reopen", {"reason": "again"})):
        path, body = f"tickets/{solved['id']}/{deed}", {"on_behalf": "telephone", **more}
        refused(asked(house, program, path, body, kind="service"), 403, "only-people")
    assert house.stored(solved)["state"] == "resolved"


def test_a_program_does_nothing_that_is_for_somebody_else_than_whose_work_it_is(house: House, program: str) -> None:
    """Who issued its key may be just that person: a callback, what was reopened, a hazard to be verified, a slip."""
    solved = house.resolved()
    for deed, more in (("reopen", {"reason": "again"}), ("follow-up-slip", {})):
        refused(asked(house, program, f"tickets/{solved['id']}/{deed}", more, kind="service"), 403, "only-people")
    done(house.do(solved, "reopen", RESIDENT, {"reason": "again"}))
    where = {"grid_id": "grid-002", "reason": "theirs"}
    into = {"into": house.filed()["id"]}
    for deed, more in (("reject", {"reason": "no"}), ("transfer", where), ("merge", into)):
        refused(asked(house, program, f"tickets/{solved['id']}/{deed}", more, kind="service"), 403, "only-people")
    assert house.stored(solved)["state"] == "accepted"
    fresh = house.filed()
    refused(asked(house, program, f"tickets/{fresh['id']}/verify", kind="service"), 403, "only-people")
    badly = house.resolved()
    done(house.do(badly, "confirm", RESIDENT, {"rating": 1}))
    callback = house.db["tickets"].find_one({"parent_id": badly["id"]})
    assert callback is not None
    refused(asked(house, program, f"tickets/{callback['_id']}/accept", kind="service"), 403, "only-people")


def test_a_program_inspects_no_station(house: House, program: str) -> None:
    said = {"standard": "star", "answers": {"sign": "met"}}
    answer = asked(house, program, "stations/station-001/inspections", said, kind="service")
    refused(answer, 403, "only-people")


def test_what_a_program_does_is_also_done_by_who_answers_for_its_key(house: House, program: str) -> None:
    """He would be paid as a volunteer for what he had handled by it, and look into the rating of what he put off."""
    issuer, ticket = str(uuid4()), house.filed()
    more = {"kind": "service", "api_key": "k1", "answerable": issuer}
    done(asked(house, program, f"tickets/{ticket['id']}/accept", **more))
    done(asked(house, program, f"tickets/{ticket['id']}/assign", {"assignee_id": WORKER}, **more))
    done(asked(house, program, f"tickets/{ticket['id']}/transfer", {"grid_id": "grid-002", "reason": "theirs"}, **more))
    assert house.events(ticket)[-1]["data"]["ticket"]["handler_ids"] == [program, issuer, WORKER]
    steps = house.stored(ticket)["history"][1:]
    assert {step["detail"]["answerable"] for step in steps if step["by"]} == {issuer}
    read = done(house.get(f"/api/v1/tickets/{ticket['id']}/history", RESIDENT))
    assert issuer not in str(read), "who reported it learns of the program alone"
