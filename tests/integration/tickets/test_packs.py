"""The five reports' ways of working, each activated from its pack and played for a day."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import chinese_calendar

from services.tickets.policies import PACKS, load_policies, packs
from tests.integration.tickets.claims import claim_won
from tests.integration.tickets.conftest import (
    CADRE,
    HEAD,
    RESIDENT,
    VOLUNTEER,
    WORKER,
    Activate,
    Document,
    House,
    done,
    refused,
)
from tests.integration.tickets.photos import uploaded
from tests.support.eventually import eventually

SHANGHAI = ZoneInfo("Asia/Shanghai")
HERE = {"latitude": 38.9, "longitude": 111.1}


def in_hand(house: House, **said: Any) -> Document:
    ticket = house.filed(**said)
    done(house.do(ticket, "accept", WORKER))
    return done(house.do(ticket, "assign", WORKER))


def taken_up(house: House, **said: Any) -> Document:
    """Filed by a resident, offered by the community, claimed by a member."""
    ticket = house.filed(**said)
    done(house.do(ticket, "accept", CADRE))
    offer = done(house.do(ticket, "offer", CADRE))
    house.publishing.send([claim_won(house, offer, house.stored(offer)["offer"]["id"])])
    eventually(lambda: house.stored(ticket)["assignee_id"] == VOLUNTEER)
    return ticket


def outcomes(ticket: Document) -> dict[str, str]:
    return {clock["name"]: clock["state"] for clock in ticket["clocks"]}


def settled(house: House, **said: Any) -> Document:
    """Elders mediate a dispute in a session, and it is reached."""
    dispute = in_hand(house, kind="dispute", **said)
    done(house.do(dispute, "hold-session", WORKER))
    refused(house.do(dispute, "resolve", WORKER), 422, "outcome-required")
    after = done(house.do(dispute, "resolve", WORKER, {"outcome": "reached"}))
    assert after["outcome"] == "reached"
    return after


def every_policy_was_used(house: House, pack: str) -> bool:
    pins = set(load_policies(PACKS / pack))
    return pins == set(house.db["tickets"].distinct("policy", {"policy": {"$in": sorted(pins)}, "state": "resolved"}))


def test_there_is_a_pack_for_each_report() -> None:
    assert packs() == ["fengman", "hequ", "jinta", "xiangyang", "xinrong"]


def test_jinta_residents_order_the_community_dispatches_a_member_takes_it(house: House, activate: Activate) -> None:
    activate("jinta")
    assert refused(house.file(kind="order"), 422, "field-asked")["field"] == "service"
    order = taken_up(house, kind="order", service="legal_aid")
    assert order["policy"] == "jinta-order/1"
    assert house.stored(order)["offer"]["skills"] == ["law"], "the skills are those that the service takes"
    assert outcomes(done(house.do(order, "resolve", VOLUNTEER))) == {"dispatch": "met", "taken": "met"}
    topic = in_hand(house, kind="topic", service="compound")
    done(house.do(topic, "hold-session", WORKER, {"text": "the owners agree to paint the stairs"}))
    done(house.do(topic, "resolve", WORKER))
    wish = done(house.do(taken_up(house, kind="wish"), "resolve", VOLUNTEER))
    assert (wish["policy"], outcomes(wish)) == ("jinta-wish/1", {"taken": "met", "done": "met"})
    assert every_policy_was_used(house, "jinta")


def test_fengman_a_rider_reports_a_hazard_somebody_else_verifies_it(house: House, activate: Activate) -> None:
    activate("fengman")
    assert refused(house.file(WORKER, kind="hazard", position=HERE), 422, "field-asked")["field"] == "attachments"
    photo = uploaded(house, WORKER)
    assert refused(house.file(WORKER, kind="hazard", attachments=[photo]), 422, "field-asked")["field"] == "position"
    hazard = house.filed(WORKER, kind="hazard", position=HERE, attachments=[photo], channel="snapshot")
    refused(house.do(hazard, "accept", WORKER), 409, "transition-not-allowed")
    done(house.do(hazard, "verify", HEAD))
    done(house.do(hazard, "assign", WORKER))
    done(house.do(hazard, "arrive", WORKER, {"severity": "ordinary"}))
    done(house.do(hazard, "resolve", WORKER))
    assert "ticket.verified" in house.event_types(hazard)
    assert "111.1" not in str(house.events(hazard)) + str(house.stored(hazard)), "a position is sealed as an address is"
    shown = done(house.do(hazard, "reveal", WORKER, {"reason": "to find the place"}))
    assert shown["position"] == HERE
    day = (house.clock.now().date()).isoformat()
    visit = in_hand(house, person=WORKER, kind="visit", service="daily", promised_for=f"{day}T23:59:59+08:00")
    done(house.do(visit, "resolve", WORKER))
    assert house.resolved()["policy"] == "fengman-request/1"
    assert every_policy_was_used(house, "fengman")


def test_xinrong_requests_go_by_1341_and_the_night_talks_list_by_five_working_days(
    house: House, activate: Activate
) -> None:
    activate("xinrong")
    request = house.resolved()
    assert request["policy"] == "request-1341/2"
    done(house.do(request, "confirm", RESIDENT, {"rating": 5}))
    row = house.filed(WORKER, kind="topic", channel="night_talk")
    due = next(clock["due_at"] for clock in row["clocks"] if clock["name"] == "done")
    assert datetime.fromisoformat(due) == _after_working_days(datetime.fromisoformat(row["recorded_at"]), 5)
    done(house.do(row, "accept", WORKER))
    done(house.do(row, "assign", WORKER))
    done(house.do(row, "resolve", WORKER))
    assert settled(house)["policy"] == "xinrong-dispute/1"
    order = taken_up(house, kind="order", service="care_visit")
    assert outcomes(done(house.do(order, "resolve", VOLUNTEER))) == {"dispatch": "met", "taken": "met"}
    assert every_policy_was_used(house, "xinrong")


def test_hequ_errands_go_paper_by_paper_and_the_ladder_comes_back_to_the_wall(house: House, activate: Activate) -> None:
    activate("hequ")
    errand = in_hand(house, kind="errand", service="medical_insurance_payment")
    assert [item["code"] for item in errand["items"]] == ["id_card", "insurance_card"]
    done(house.do(errand, "tick", WORKER, {"item": "id_card"}))
    assert "insurance_card" in refused(house.do(errand, "resolve", WORKER), 409, "items-open")["detail"]
    refused(house.do(errand, "tick", WORKER, {"item": "passport"}), 422, "no-such-item")
    done(house.do(errand, "tick", WORKER, {"item": "insurance_card"}))
    done(house.do(errand, "resolve", WORKER))
    loan = in_hand(house, person=WORKER, kind="loan", service="ladder", promised_for=_ahead(house, 2))
    done(house.do(loan, "resolve", WORKER))
    for kind in ("joint", "project"):
        assert refused(house.file(WORKER, kind=kind), 422, "field-asked")["field"] == "promised_for"
        done(house.do(in_hand(house, person=WORKER, kind=kind, promised_for=_ahead(house, 30)), "resolve", WORKER))
    assert settled(house)["policy"] == "hequ-dispute/1"
    assert every_policy_was_used(house, "hequ")


def test_xiangyang_orders_and_three_party_sessions(house: House, activate: Activate) -> None:
    activate("xiangyang")
    order = taken_up(house, kind="order", service="utility_payment", promised_for=_ahead(house, 1))
    done(house.do(order, "pause", CADRE, {"reason_code": "resident_away", "reason": "at the hospital"}))
    refused(house.do(order, "arrive", VOLUNTEER), 409, "ticket-waits")
    assert house.stored(order)["waiting_for"] == "resident_away"
    done(house.do(order, "resume", CADRE))
    refused(house.do(order, "resume", CADRE), 409, "ticket-waits-not")
    after = done(house.do(order, "resolve", VOLUNTEER))
    assert outcomes(after) == {"dispatch": "met", "taken": "met", "appointment": "met"}
    session = in_hand(house, kind="topic")
    done(house.do(session, "hold-session", WORKER))
    done(house.do(session, "resolve", WORKER))
    assert "hospital" not in str(house.events(order)) + str(house.stored(order))
    wish = done(house.do(taken_up(house, kind="wish"), "resolve", VOLUNTEER))
    assert (wish["policy"], outcomes(wish)) == ("xiangyang-wish/1", {"taken": "met", "done": "met"})
    assert every_policy_was_used(house, "xiangyang")


def _after_working_days(start: datetime, days: int) -> datetime:
    """Counted second by second, on whatever day other tests have left the clock."""
    left, moment = days * 24 * 60 * 60, start.astimezone(SHANGHAI)
    while left:
        left -= chinese_calendar.is_workday(moment.date())
        moment += timedelta(seconds=1)
    return moment


def _days_later(house: House, days: int) -> str:
    return (house.clock.now() + timedelta(days=days)).date().isoformat()


def _ahead(house: House, days: int) -> str:
    return f"{_days_later(house, days)}T10:00:00+08:00"
