"""Points on real parts: exact to the point, whatever happens to the messages and to the processes."""

import random
from collections import Counter
from functools import partial
from typing import Any

import httpx

from services.chassis.ids import new_id
from services.volunteers.audit import audit
from tests.integration.volunteers.conftest import COMMUNITY, Desk
from tests.support.eventually import eventually

Document = dict[str, Any]


def confirmed(desk: Desk, ticket_id: str, solver: str, round_: int = 1, rating: int = 5) -> Document:
    return desk.ticket_event(
        "ticket.confirmed", ticket_id, round_ * 10, round=round_, solver_id=solver, solver_kind="member", rating=rating
    )


def reopened(desk: Desk, ticket_id: str, previous_round: int = 1) -> Document:
    return desk.ticket_event(
        "ticket.reopened", ticket_id, previous_round * 10 + 5, state="accepted", previous_round=previous_round
    )


def balances(desk: Desk) -> dict[str, int]:
    return {row["_id"]: row["balance"] for row in desk.db["accounts"].find() if row["balance"]}


def a_season(desk: Desk, solvers: list[str], tickets: int) -> tuple[list[Document], dict[str, int]]:
    """Events of many tickets, a third reopened, half of these solved by somebody else; and what each has earned."""
    events, earned = [], Counter[str]()
    for number in range(tickets):
        ticket_id, solver, other = new_id(), solvers[number % len(solvers)], solvers[(number + 1) % len(solvers)]
        events.append(confirmed(desk, ticket_id, solver))
        if number % 3:
            earned[solver] += 10
            continue
        events.append(reopened(desk, ticket_id))
        if number % 2:
            events.append(confirmed(desk, ticket_id, other, round_=2))
            earned[other] += 10
    return events, dict(earned)


def settle(desk: Desk) -> None:
    """Wait until the one worker has been through all that was sent, deliveries that change nothing included."""
    last = desk.ticket_event("ticket.cancelled", new_id(), 1)
    desk.publishing.send([last])
    eventually(lambda: desk.db["ticket_histories"].find_one({"_id": last["aggregate_id"]}), within=60)


def has_paid(desk: Desk, least: int) -> bool:
    return desk.db["confirmations"].count_documents({}) >= least


def test_events_that_come_twice_late_and_out_of_order_pay_exactly_once(desk: Desk) -> None:
    events, earned = a_season(desk, [new_id() for _ in range(5)], tickets=60)
    deliveries = events * 2
    random.Random(7).shuffle(deliveries)
    desk.worker()
    desk.publishing.send(deliveries)
    settle(desk)
    assert balances(desk) == earned
    assert desk.db["deferred"].count_documents({}) == 0
    assert audit(desk.db) == []


def test_a_worker_killed_in_the_middle_leaves_the_totals_exact(desk: Desk) -> None:
    events, earned = a_season(desk, [new_id() for _ in range(7)], tickets=250)
    deliveries = events + events[::5]
    random.Random(11).shuffle(deliveries)
    desk.publishing.send(deliveries)
    for least in (40, 100):
        worker = desk.processes.start("volunteers", "worker", wait=False)
        eventually(partial(has_paid, desk, least), within=40)
        desk.processes.kill(worker)
    killed_at = desk.db["confirmations"].count_documents({})
    desk.worker()
    settle(desk)
    assert killed_at < len([row for row in events if row["type"] == "ticket.confirmed"]), "killed too late to matter"
    assert balances(desk) == earned
    assert audit(desk.db) == []


def test_every_transaction_is_published_once(desk: Desk) -> None:
    events, _ = a_season(desk, [new_id()], tickets=12)
    desk.worker()
    desk.publishing.send(events + events)
    settle(desk)
    told = [row["data"]["posting_id"] for row in desk.db["outbox"].find({"type": {"$regex": "^points"}})]
    posted = [row["_id"] for row in desk.db["ledger"].find()]
    assert sorted(told) == sorted(posted)


def test_a_person_reads_his_balance_and_pages_through_his_statement(open_desk: Desk, http: httpx.Client) -> None:
    person, tickets = new_id(), [new_id() for _ in range(3)]
    open_desk.publishing.send([confirmed(open_desk, ticket_id, person) for ticket_id in tickets])
    open_desk.publishing.send([reopened(open_desk, tickets[0])])
    own = open_desk.headers(person)
    eventually(lambda: http.get("/api/v1/points/balance", headers=own).json()["balance"] == 20)
    eventually(lambda: open_desk.db["ledger"].count_documents({"person_id": person}) == 4)
    first = http.get("/api/v1/points/statement", params={"limit": 3}, headers=own).json()
    rest = http.get("/api/v1/points/statement", params={"limit": 3, "cursor": first["next"]}, headers=own).json()
    lines = first["items"] + rest["items"]
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
    assert sum(line["points"] for line in lines) == lines[0]["balance"] == 20
    (reversal,) = [line for line in lines if line["kind"] == "reversal"]
    (award,) = [line for line in lines if line["posting_id"] == reversal["reverses"]]
    assert (reversal["points"], award["ticket_id"]) == (-10, tickets[0])


def test_who_never_earned_has_nothing(open_desk: Desk, http: httpx.Client) -> None:
    person = new_id()
    own = open_desk.headers(person)
    balance = http.get("/api/v1/points/balance", headers=own).json()
    assert balance == {"person_id": person, "balance": 0, "debt": 0}
    assert http.get("/api/v1/points/statement", headers=own).json() == {"items": [], "next": None}


def test_a_statement_is_for_the_member_and_the_staff_of_his_area(open_desk: Desk, http: httpx.Client) -> None:
    person = open_desk.member(http)
    open_desk.publishing.send([confirmed(open_desk, new_id(), person)])
    own = open_desk.headers(person)
    eventually(lambda: http.get("/api/v1/points/balance", headers=own).json()["balance"] == 10)
    member_id = http.get("/api/v1/members/me", headers=own).json()["member_id"]

    def read(headers: dict[str, str]) -> httpx.Response:
        return http.get("/api/v1/points/statement", params={"member_id": member_id}, headers=headers)

    assert [line["points"] for line in read(own).json()["items"]] == [10]
    assert read(open_desk.headers(new_id(), ("station_head", COMMUNITY))).json() == read(own).json()
    assert read(open_desk.headers(new_id(), ("community", "/hequ/xikou/nanmen/"))).status_code == 404
    assert read(open_desk.headers(new_id(), ("resident", COMMUNITY))).status_code == 403
