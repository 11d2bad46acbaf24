"""A worker is disabled, or moved to another grid, with his hands full: all of it goes back into the list, each once."""

from collections import Counter
from typing import Any

import pytest

from services.chassis.clock import system_now
from services.tickets.domain import actions
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.storage import Tickets
from tests.integration.tickets.villages import CADRE, OLD, WORKER, Village, town, village
from tests.support.eventually import eventually
from tests.support.publishing import Publishing

__all__ = ["village"]
MANY = 130
"""Tickets; three batches."""


def account(village: Village, sequence: int, state: str = "active", *grants: tuple[str, str]) -> dict[str, Any]:
    """What accounts says of the worker; not sent yet."""
    row = village.tickets.db["staff"].find_one({"person_id": WORKER})
    assert row is not None
    event = "account.disabled" if state == "disabled" else "account.changed"
    return Publishing(village.processes.namespace).write(event, str(row["_id"]), sequence, account={
        "account_id": row["_id"], "person_id": WORKER, "kind": "person", "state": state,
        "grants": [{"role": role, "area_path": path} for role, path in grants],
    })  # fmt: skip


def send(village: Village, *rows: dict[str, Any]) -> None:
    Publishing(village.processes.namespace).send(rows)


def in_hand(village: Village) -> int:
    return village.tickets.db["tickets"].count_documents({"assignee_id": WORKER})


def steps(village: Village, ticket_id: str) -> Counter[str]:
    row = village.tickets.db["tickets"].find_one({"_id": ticket_id})
    assert row is not None
    return Counter(step["kind"] for step in row["history"])


def told(village: Village) -> list[dict[str, Any]]:
    return list(village.tickets.db["outbox"].find({"type": "ticket.handed_back"}))


def test_killed_in_the_middle_it_is_finished_and_each_ticket_goes_back_once(village: Village) -> None:
    ids = [village.filed(taken=True) for _ in range(MANY)]
    worker = village.processes.start("tickets", "worker")
    send(village, account(village, 2, "disabled", ("grid_worker", OLD)))
    eventually(lambda: in_hand(village) < MANY, 60)
    village.processes.kill(worker)
    village.tickets.db["timers"].update_many({}, {"$set": {"lease_until": system_now()}})  # rather than wait a minute
    village.processes.start("tickets", "worker")
    eventually(lambda: in_hand(village) == 0, 120)
    assert {steps(village, ticket_id)["handed_back"] for ticket_id in ids} == {1}
    rows = told(village)
    assert Counter(row["aggregate_id"] for row in rows) == Counter(ids), "each was told of once"
    said = rows[0]["data"]
    assert (said["former_assignee_id"], said["former_owner_id"], said["reason_code"]) == (WORKER, WORKER, "disabled")
    assert said["answerable_id"] == CADRE, "nobody answers at the grid any more: the community hears of it at once"
    assert said["ticket"]["state"] == "accepted"
    assert {clock["state"] for clock in said["ticket"]["clocks"]} == {"running"}, "its clocks go on"


def test_who_serves_elsewhere_now_loses_what_he_has_here_and_nothing_else(village: Village) -> None:
    here, there = village.filed(taken=True), village.filed("m1-own", taken=True)
    village.processes.start("tickets", "worker")
    send(village, account(village, 2, "active", ("grid_worker", "/c/s/m1/m1-own/")))
    eventually(lambda: steps(village, here)["handed_back"] == 1)
    assert (told(village)[0]["data"]["reason_code"], steps(village, there)["handed_back"]) == ("no_role", 0)


@pytest.mark.parametrize("order", [(2, 3), (3, 2), (3, 3, 2, 2)])
@pytest.mark.parametrize("has_it_at_last", [True, False])
def test_what_is_known_last_of_an_account_decides_whatever_arrives_when(
    village: Village, has_it_at_last: bool, order: tuple[int, ...]
) -> None:
    """His role was given him once more, or was taken from him: both are on their way at once."""
    ticket_id, role = village.filed(taken=True), ("grid_worker", OLD)
    rows = {
        2: account(village, 2, "active", role, ("member", "/c/")),
        3: account(village, 3, "active", *([role] if has_it_at_last else [])),
    }
    village.processes.start("tickets", "worker")
    send(village, *(rows[number] for number in order))
    staff = village.tickets.db["staff"]
    eventually(lambda: (staff.find_one({"person_id": WORKER}) or {}).get("sequence") == 3)
    timers = village.tickets.db["timers"]
    eventually(lambda: timers.count_documents({"_id": {"$regex": "^gone:"}}) == 1, 30)
    assert steps(village, ticket_id)["handed_back"] == (0 if has_it_at_last else 1)


def test_what_he_took_with_an_old_token_after_that_goes_back_when_that_has_ended(village: Village) -> None:
    village.processes.start("tickets", "worker")
    send(village, account(village, 2, "disabled", ("grid_worker", OLD)))
    timers = village.tickets.db["timers"]
    eventually(lambda: timers.count_documents({"_id": {"$regex": "^gone:"}}) == 1, 30)
    ticket_id = village.filed(taken=True)
    timers.update_many({"_id": {"$regex": "^gone:"}}, {"$set": {"due_at": village.tickets.clock.now()}})
    eventually(lambda: steps(village, ticket_id)["handed_back"] == 1, 30)


def test_while_somebody_is_on_site_another_is_put_in_charge_of_it(village: Village) -> None:
    ticket_id = village.filed(taken=True)
    worker = Actor(WORKER, STAFF | {"assignee"})
    village.deed(ticket_id, lambda course, rules: actions.arrive(course, worker, "ordinary"))
    village.processes.start("tickets", "worker")
    send(village, account(village, 2, "disabled", ("grid_worker", OLD)))
    eventually(lambda: in_hand(village) == 0)
    village.deed(ticket_id, lambda course, rules: actions.assign(course, Actor(CADRE, STAFF), CADRE))
    row = village.tickets.db["tickets"].find_one({"_id": ticket_id})
    assert row is not None
    assert (row["state"], row["assignee_id"]) == ("on_site", CADRE)


def test_what_moves_to_where_its_worker_has_no_role_goes_back(village: Village) -> None:
    """The community's own officer had it in hand; its grid belongs to another community now."""
    ticket_id, kept = village.filed(taken=True), village.filed(taken=True)
    village.deed(ticket_id, lambda course, rules: actions.assign(course, Actor(CADRE, STAFF), CADRE))
    village.processes.cli("places", "load", village.file("after", town("m2")))
    found = [village.tickets.db["tickets"].find_one({"_id": one}) for one in (ticket_id, kept)]
    assert [row and row["assignee_id"] for row in found] == [None, WORKER]
    assert Tickets(village.tickets.units.read()).gone(WORKER, ("/c/s/m2/g1/",), "staff") is None
