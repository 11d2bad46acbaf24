"""Timers, replicas and claims on real parts: each threshold once, each level once, each claim answered once."""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from services.chassis.ids import new_id
from tests.integration.tickets.claims import claim_won
from tests.integration.tickets.conftest import CADRE, VOLUNTEER, WORKER, House, done
from tests.support.eventually import eventually


def test_an_unanswered_request_climbs_once_per_level_with_two_workers_and_a_kill(house: House) -> None:
    second = house.processes.start("tickets", "worker")
    tickets = [house.filed(urgent=True) for _ in range(6)]
    for minutes, level in ((11, "community"), (31, "street"), (241, "district")):
        house.step(minutes=minutes)
        if level == "street":
            house.processes.kill(second)
        eventually(partial(_all_at, house, tickets, level), 75)
    house.step(days=2)
    eventually(lambda: all(_marks(house, t)[("district", 100)] == 1 for t in tickets), 30)
    for ticket in tickets:
        marks = _marks(house, ticket)
        assert set(marks.values()) == {1}, marks
        lifted = [row["data"]["to_level"] for row in house.events(ticket) if row["type"] == "ticket.escalated"]
        assert lifted == ["community", "street", "district"]
        assert house.stored(ticket)["owner_id"] is None, "nobody holds the district's post"
    community = next(row for row in house.events(tickets[0]) if row["type"] == "ticket.escalated")
    assert community["data"]["ticket"]["owner_id"] == CADRE


def test_a_command_settles_what_was_due_even_when_it_is_refused(house: House) -> None:
    ticket = house.filed(urgent=True)
    house.db["timers"].delete_one({"_id": f"ticket:{ticket['id']}"})
    house.step(minutes=11)
    assert house.do(ticket, "resolve", WORKER).status_code == 403
    assert _marks(house, ticket)[("arrival", 100)] == 1
    breach = next(row for row in house.events(ticket) if row["type"] == "ticket.clock_breached")
    assert breach["data"]["at"] == breach["data"]["due_at"]
    assert breach["occurred_at"] < breach["recorded_at"]


def test_silence_closes_a_resolved_ticket_by_timer(house: House) -> None:
    ticket = house.resolved()
    house.step(days=7, seconds=2)
    eventually(lambda: house.stored(ticket)["state"] == "closed")
    assert house.events(ticket)[-1]["data"]["outcome"] == "unanswered"
    assert house.db["timers"].find_one({"_id": f"ticket:{ticket['id']}"}) is None


def test_the_first_claim_is_assigned_and_the_second_declined(house: House) -> None:
    ticket, offer_id = _offered(house)
    won, late = (claim_won(house, ticket, offer_id) for _ in range(2))
    house.publishing.send([won])
    eventually(lambda: house.stored(ticket)["state"] == "assigned")
    house.publishing.send([late, won, late])
    eventually(lambda: "ticket.claim_declined" in house.event_types(ticket))
    answers = Counter(
        (row["type"], row["data"]["claim_id"]) for row in house.events(ticket) if row["data"].get("claim_id")
    )
    assert answers == {
        ("ticket.assigned", won["data"]["claim_id"]): 1,
        ("ticket.claim_declined", late["data"]["claim_id"]): 1,
    }
    done(house.do(ticket, "arrive", VOLUNTEER, {"severity": "ordinary"}))
    assert done(house.do(ticket, "resolve", VOLUNTEER))["state"] == "resolved"


def test_a_claim_given_back_opens_the_ticket_anew(house: House) -> None:
    ticket, offer_id = _offered(house)
    won = claim_won(house, ticket, offer_id)
    house.publishing.send([won])
    eventually(lambda: house.stored(ticket)["state"] == "assigned")
    house.publishing.send([_withdrawal(house, won)])
    eventually(lambda: house.stored(ticket)["state"] == "offered")
    after = house.stored(ticket)
    assert after["offer"]["id"] != offer_id
    assert after["assignee_id"] is None


def test_a_claim_given_back_before_it_is_heard_of_never_wins(house: House) -> None:
    ticket, offer_id = _offered(house)
    won = claim_won(house, ticket, offer_id)
    house.publishing.send([_withdrawal(house, won)])
    eventually(lambda: house.stored(ticket)["claims"])
    house.publishing.send([won])
    eventually(lambda: "ticket.claim_declined" in house.event_types(ticket))
    assert house.stored(ticket)["state"] == "offered"


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_the_latest_word_on_an_account_counts_whatever_comes_first(house: House, order: tuple[int, int]) -> None:
    account = new_id()
    rows = {
        sequence: house.publishing.write(
            "account.changed", account, sequence,
            account={"account_id": account, "person_id": account, "kind": "person", "state": state, "grants": []},
        )
        for sequence, state in ((1, "active"), (2, "disabled"))
    }  # fmt: skip
    for sequence in order:
        house.publishing.send([rows[sequence]])
    eventually(lambda: _staff(house, account) == ("disabled", 2))


def _all_at(house: House, tickets: list[dict[str, Any]], level: str) -> bool:
    return all(house.stored(ticket)["level"] == level for ticket in tickets)


def _staff(house: House, account: str) -> tuple[Any, Any]:
    row = house.db["staff"].find_one({"_id": account}) or {}
    return row.get("state"), row.get("sequence")


def test_claims_given_back_again_and_again_do_not_renew_the_hour_in_which_an_order_is_taken(house: House) -> None:
    ticket = house.filed(kind="order", service="legal_advice", urgent=True)
    done(house.do(ticket, "accept", WORKER))
    done(house.do(ticket, "offer", WORKER))
    (offered,) = (step for step in house.stored(ticket)["history"] if step["kind"] == "offered")
    for _ in range(2):
        house.step(minutes=25)
        won = claim_won(house, ticket, house.stored(ticket)["offer"]["id"])
        _heard(house, ticket, won, "assigned")
        house.step(minutes=25)
        _heard(house, ticket, _withdrawal(house, won), "offered")
    shown = done(house.get(f"/api/v1/tickets/{ticket['id']}/clock", WORKER))["clocks"]
    (taken,) = (clock for clock in shown if clock["name"].startswith("taken"))
    in_hand = sum(span["seconds"] for span in taken["segments"] if span["why"] == "taken-up")
    assert (taken["state"], [span["why"] for span in taken["segments"]][:4]) == ("running", ["counted", "taken-up"] * 2)
    assert datetime.fromisoformat(taken["due_at"]) == offered["at"] + timedelta(seconds=3600 + in_hand)
    assert _marks(house, ticket)["taken", 0] == 0
    house.step(minutes=11)
    eventually(lambda: _marks(house, ticket)["taken", 100] == 1)
    assert house.stored(ticket)["level"] == "community"


def _heard(house: House, ticket: dict[str, Any], event: dict[str, Any], state: str) -> None:
    house.publishing.send([event])
    eventually(lambda: house.stored(ticket)["state"] == state)


def _offered(house: House) -> tuple[dict[str, Any], str]:
    ticket = house.filed()
    done(house.do(ticket, "accept", WORKER))
    done(house.do(ticket, "offer", WORKER, {"skills": ["electric"]}))
    return ticket, house.stored(ticket)["offer"]["id"]


def _withdrawal(house: House, won: dict[str, Any]) -> dict[str, Any]:
    return house.publishing.write("claim.withdrawn", won["aggregate_id"], 2, **won["data"])


def _marks(house: House, ticket: dict[str, Any]) -> Counter[tuple[str, int]]:
    return Counter(
        (row["data"]["clock"], row["data"]["threshold"])
        for row in house.events(ticket)
        if row["type"].startswith("ticket.clock_")
    )
