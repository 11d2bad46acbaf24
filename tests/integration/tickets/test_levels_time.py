"""A level's time over HTTP: what is done, paused and solved beneath it, and who moves the plan of what stands there."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.integration.tickets.clocks import clock, moment
from tests.integration.tickets.conftest import CADRE, HEAD, RESIDENT, WORKER, Document, House, done, refused

UP, WAITING = {"reason": "a crane is needed"}, {"reason_code": "goods_on_order"}
SHANGHAI = ZoneInfo("Asia/Shanghai")
STREET = "01920c5e-0000-7000-8000-0000000000c9"
"""An officer of the street; he answers for nothing."""


def of_tickets(house: House, ticket: Document, kind: str) -> list[Document]:
    return [row["data"] for row in house.events(ticket) if row["type"] == kind]


def test_who_takes_it_in_hand_beneath_its_level_comes_and_solves_it_does_not_keep_that_levels_time(
    house: House,
) -> None:
    ticket = house.filed(urgent=True)
    for deed, body in (("accept", {}), ("escalate", UP), ("assign", {}), ("arrive", {"severity": "complex"})):
        done(house.do(ticket, deed, WORKER, body))
    assert clock(house, ticket, "community")["state"] == "running"
    done(house.do(ticket, "reclassify", WORKER, {"severity": "special"}))
    refused(house.do(ticket, "plan", WORKER, {"working_days": 3}), 403, "beneath-its-level")
    house.step(minutes=5)
    done(house.do(ticket, "resolve", WORKER))
    shown = clock(house, ticket, "community")
    assert (shown["state"], shown["thresholds"]) == ("waived", [])
    assert "solved from beneath, not counted as kept" in shown["text"]
    assert "由下级办结,本级时限不再计,不算按时完成" in clock(house, ticket, "community", "zh-CN")["text"]
    for kind in ("ticket.assigned", "ticket.resolved"):
        assert [data["beneath"] for data in of_tickets(house, ticket, kind)] == [True]
    assert "community" not in {data["clock"] for data in of_tickets(house, ticket, "ticket.clock_met")}


def test_its_level_keeps_its_time_by_coming_itself(house: House) -> None:
    ticket = house.filed(urgent=True)
    for deed, body in (("accept", {}), ("escalate", UP), ("assign", {}), ("arrive", {"severity": "complex"})):
        done(house.do(ticket, deed, CADRE, body))
    assert clock(house, ticket, "community")["state"] == "met"
    assert "community" in {data["clock"] for data in of_tickets(house, ticket, "ticket.clock_met")}
    assert [data["beneath"] for data in of_tickets(house, ticket, "ticket.assigned")] == [False]


def lifted_while_it_waits(house: House) -> Document:
    """At noon of a working day, whatever day other tests have left the clock: a level's time counts by these."""
    for _ in range(10):
        noon = house.clock.now().astimezone(SHANGHAI).replace(hour=12, minute=0, second=0, microsecond=0)
        house.clock.step(noon + timedelta(days=1))
        ticket = house.filed(kind="wish")
        for deed, body in (("accept", {}), ("assign", {}), ("pause", WAITING), ("escalate", UP)):
            done(house.do(ticket, deed, WORKER, body))
        house.step(minutes=1)
        if clock(house, ticket, "community")["segments"][0]["why"] != "not-a-working-day":
            return ticket
    raise AssertionError("ten days in a row were no working days")


def test_what_was_let_wait_beneath_runs_on_for_the_level_to_which_it_is_lifted(house: House) -> None:
    ticket = lifted_while_it_waits(house)
    shown = clock(house, ticket, "community")
    assert (shown["state"], moment(shown["due_at"]) > house.clock.now()) == ("running", True)
    house.step(minutes=10)
    (waiting,) = clock(house, ticket, "community")["segments"]
    assert (waiting["why"], waiting["counts"], waiting["note"]) == ("paused-beneath", True, "goods_on_order")
    assert "下级暂停,本级照常计时" in clock(house, ticket, "community", "zh-CN")["segments"][0]["text"]
    assert clock(house, ticket, "done")["state"] == "paused"
    for deed, who, body in (("resume", WORKER, {}), ("pause", CADRE, {"reason_code": "goods_on_order"})):
        done(house.do(ticket, deed, who, body))
    assert clock(house, ticket, "community")["state"] == "paused"


def test_a_plan_is_moved_by_who_has_the_ticket_or_one_above_and_not_from_beneath(
    house: House,
) -> None:
    ticket = house.assigned(urgent=True)
    done(house.do(ticket, "arrive", WORKER, {"severity": "special"}))
    done(house.do(ticket, "plan", WORKER, {"working_days": 3}))
    for who in (WORKER, CADRE):
        done(house.do(ticket, "escalate", who, UP))
    move = {"planned_for": (house.clock.now() + timedelta(days=300)).isoformat(), "reason": "rain"}
    refused(house.do(ticket, "move-plan", CADRE, move), 403, "beneath-its-level")
    refused(house.do(ticket, "reclassify", CADRE, {"severity": "complex", "reason": "x"}), 403, "beneath-its-level")
    refused(house.do(ticket, "move-plan", HEAD, move), 403, "not-allowed")
    refused(house.do(ticket, "move-plan", RESIDENT, move), 403, "not-allowed")
    street = house.tokens.headers(("street", "/hequ/qingxi/"), person_id=STREET)
    moved = done(house.api.http.post(f"/api/v1/tickets/{ticket['id']}/move-plan", json=move, headers=street))
    assert (moved["plan_moves"], moved["level"]) == (1, "street")
    assert house.event_types(ticket)[-1] == "ticket.plan_moved"
