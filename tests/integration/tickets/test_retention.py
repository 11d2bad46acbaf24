"""Ended tickets lose their personal data after their time, once, by themselves, and keep what counts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.clock_watch import ClockWatch
from services.chassis.unit import Units
from services.tickets.domain.absences import Absence
from services.tickets.storage import Tickets
from services.tickets.storage.erasing import _personal_of, retention_schema
from tests.integration.tickets.conftest import CADRE, LONG_AGO, RESIDENT, START, WORKER, Document, House, done
from tests.integration.tickets.photos import attach, is_gone, uploaded
from tests.integration.tickets.retention import the_hour_comes
from tests.support.eventually import eventually

FOUR_DAYS = timedelta(days=4)
SAID = {"telephone": "13712345678", "name": "王小明"}


def rejected(house: House, **said: Any) -> Document:
    ticket = house.filed(WORKER, reporter=SAID, summary="the lamp", **said)
    done(house.do(ticket, "reject", CADRE, {"reason": "not ours"}))
    return ticket


def ended_days_ago(house: House, days: int, *tickets: Document) -> None:
    """As if they had ended so long ago."""
    since = house.clock.now() - timedelta(days=days)
    ids = [ticket["id"] for ticket in tickets]
    changed = house.db["tickets"].update_many({"_id": {"$in": ids}}, {"$set": {"personal_since": since}})
    assert changed.matched_count == len(tickets)


def is_erased(house: House, ticket: Document) -> bool:
    row = house.stored(ticket)
    return row["sealed"] is None and row["summary"] is None and "personal_since" not in row


def test_after_400_days_a_ticket_has_lost_what_was_said_and_its_photos(house: House) -> None:
    photo = uploaded(house, WORKER)
    ticket = house.filed(WORKER, reporter=SAID, summary="the lamp")
    done(attach(house, ticket, WORKER, photo))
    done(house.do(ticket, "reveal", WORKER, {"reason": "to call her"}))
    done(house.do(ticket, "reject", CADRE, {"reason": "not ours"}))
    young = rejected(house)
    before = house.stored(ticket)
    ended_days_ago(house, 401, ticket)
    ended_days_ago(house, 399, young)
    the_hour_comes(house)
    eventually(lambda: is_erased(house, ticket))
    after = house.stored(ticket)
    for name in ("state", "level", "late", "reporter_id", "number", "category", "sequence"):
        assert after[name] == before[name], name
    assert [step["kind"] for step in after["history"]] == [*(s["kind"] for s in before["history"]), "erased"]
    assert not any(step["detail"].get("reason") for step in after["history"])
    assert [row["reason"] for row in house.db["reveals"].find({"ticket_id": ticket["id"]})] == [None]
    eventually(lambda: is_gone(house, photo))
    assert not is_erased(house, young)


def test_who_has_a_younger_ticket_is_still_found_by_telephone_and_who_has_none_is_not(house: House) -> None:
    old, young = rejected(house), rejected(house)
    assert old["reporter_id"] == young["reporter_id"]
    ended_days_ago(house, 401, old)
    the_hour_comes(house)
    eventually(lambda: is_erased(house, old))
    assert house.db["people"].count_documents({"person_id": old["reporter_id"]}) == 1
    everything = list(house.db["tickets"].find({"reporter_id": old["reporter_id"], "sealed": {"$ne": None}}))
    ended_days_ago(house, 401, *({"id": row["_id"]} for row in everything))
    the_hour_comes(house)
    eventually(lambda: is_erased(house, young))
    assert house.db["people"].count_documents({"person_id": old["reporter_id"]}) == 0
    said = list(house.db["outbox"].find({"type": "recipient.upserted", "aggregate_id": old["reporter_id"]}))
    assert max(row["sequence"] for row in said) == len(said)


def test_an_absence_goes_as_long_after_its_end_and_not_a_day_sooner(house: House) -> None:
    def away(days_ago: int, name: str) -> None:
        until = house.clock.now() - timedelta(days=days_ago)
        absence = Absence(name, WORKER, until - timedelta(days=300), until, "sick", WORKER)
        Units(house.namespace.mongo, house.db, "tickets", house.clock).run(
            lambda unit: Tickets(unit).add_absence(absence)
        )

    def kept() -> set[str]:
        return set(house.db["absences"].distinct("_id", {"_id": {"$regex": "^retention-"}}))

    away(401, "retention-old")
    away(399, "retention-young")
    status = house.processes.cli("personal", "status", check=False)
    assert (status.returncode, "1 past absence(s) have had their time" in status.stdout) == (1, True)
    the_hour_comes(house)
    eventually(lambda: kept() == {"retention-young"})
    assert house.processes.cli("personal", "status").returncode == 0
    plan = house.db["absences"].find({"until": {"$lte": house.clock.now()}}).sort("until", 1).explain()
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])


def test_an_open_ticket_keeps_what_is_needed_however_old_it_is(house: House) -> None:
    ticket = house.filed(RESIDENT)
    assert "personal_since" not in house.stored(ticket)


def test_two_workers_erase_each_ticket_once(house: House) -> None:
    tickets = [rejected(house) for _ in range(6)]
    second = house.processes.start("tickets", "timers")
    try:
        ended_days_ago(house, 500, *tickets)
        the_hour_comes(house)
        eventually(lambda: all(is_erased(house, ticket) for ticket in tickets))
    finally:
        house.processes.stop(second)
    for ticket in tickets:
        assert [s["kind"] for s in house.stored(ticket)["history"]].count("erased") == 1


def test_the_hour_comes_again(house: House) -> None:
    the_hour_comes(house)
    eventually(lambda: next(iter(house.db["timers"].find({"_id": "personal"})))["due_at"] > START)


def test_the_status_tells_whether_anything_is_overdue(house: House) -> None:
    assert house.processes.cli("personal", "status").returncode == 0
    strange = house.processes.cli("personal", "status", check=False, DOORSTEP_PERSONAL_DATA_DAYS="7")
    assert (strange.returncode, "DOORSTEP_PERSONAL_DATA_DAYS" in strange.stderr) == (78, True)


def test_tickets_of_before_get_their_time_when_the_schema_is_raised(house: House) -> None:
    ticket = rejected(house)
    ended = house.stored(ticket)["personal_since"]
    house.db["tickets"].update_one({"_id": ticket["id"]}, {"$unset": {"personal_since": ""}})
    retention_schema(house.db)
    assert house.stored(ticket)["personal_since"] == ended


def test_what_is_due_is_found_by_an_index(house: House) -> None:
    query = {"personal_since": {"$lte": house.clock.now()}}
    plan = house.db["tickets"].find(query).sort("personal_since", 1).limit(50).explain()["queryPlanner"]["winningPlan"]
    assert "personal_since" in str(plan)
    assert "COLLSCAN" not in str(plan)
    assert "'SORT'" not in str(plan)
    said = str(house.db["tickets"].find(_personal_of(RESIDENT)).explain()["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in said
    assert "COLLSCAN" not in said


@pytest.fixture
def leapt(house: House) -> Iterator[ClockWatch]:
    """The machine's clock has gone four days ahead in no time; confirmed at the end, for the tests that follow."""
    watch = ClockWatch(house.db)
    seen = house.db["system_clock"]
    eventually(lambda: seen.find_one({"_id": "seen"}))  # by the worker
    seen.update_one({"_id": "seen"}, [{"$set": {"at": {"$subtract": ["$at", FOUR_DAYS // timedelta(milliseconds=1)]}}}])
    yield watch
    watch.accept()


def rejected_with(house: House, photo: str) -> Document:
    ticket = house.filed(WORKER, reporter=SAID, summary="the lamp")
    done(attach(house, ticket, WORKER, photo))
    done(house.do(ticket, "reject", CADRE, {"reason": "not ours"}))
    return ticket


def put_off(house: House, key: str) -> bool:
    """Whether it was tried and waits for the clock; that is no failure."""
    return house.db["timers"].count_documents({"_id": key, "not_before": {"$ne": None}, "attempts": 0}) == 1


def tried_now(house: House, key: str) -> None:
    due = {"due_at": LONG_AGO, "not_before": None, "lease": None, "lease_until": None}
    assert house.db["timers"].update_one({"_id": key}, {"$set": due}).matched_count == 1


def test_after_a_leap_of_the_clock_nothing_is_erased_by_its_age_until_the_time_is_confirmed(
    house: House, leapt: ClockWatch
) -> None:
    waiting, attached = uploaded(house, WORKER), uploaded(house, WORKER)
    ticket = rejected_with(house, attached)
    ended_days_ago(house, 401, ticket)
    tried_now(house, "personal")
    tried_now(house, f"attachment:{waiting}")
    eventually(lambda: put_off(house, "personal") and put_off(house, f"attachment:{waiting}"))
    assert not is_erased(house, ticket)
    assert not is_gone(house, waiting)
    assert "Nothing is erased now" in house.processes.cli("personal", "status", check=False).stdout
    leapt.accept()
    tried_now(house, "personal")
    tried_now(house, f"attachment:{waiting}")
    eventually(lambda: is_erased(house, ticket) and is_gone(house, waiting) and is_gone(house, attached))


def test_what_somebody_asked_to_be_erased_goes_whatever_the_clock_shows(house: House, leapt: ClockWatch) -> None:
    photo = uploaded(house, WORKER)
    ticket = rejected_with(house, photo)
    said = ("--ticket", ticket["number"], "--reason", "her letter", "--yes")
    house.processes.cli("personal", "erase", *said)
    assert is_erased(house, ticket)
    eventually(lambda: is_gone(house, photo))
    assert leapt.leap()
