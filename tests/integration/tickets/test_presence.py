"""Presence at stations over HTTP and on the command line: in and out, entered late, the share attained."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.tickets.domain.calendars import WorkingDays
from services.tickets.domain.presence import MOST_STAYS_A_DAY
from services.tickets.presences import FOLDER
from services.tickets.workdays import published_years
from tests.integration.tickets.conftest import CADRE, COMMUNITY, RESIDENT, WORKER, Document, House, done, refused
from tests.integration.tickets.towns import CENTRE, QUAY, Desk, Town, town
from tests.unit.tickets.stories import SHANGHAI

__all__ = ["town"]
WORKING = WorkingDays(published_years(), SHANGHAI).is_working


def test_staff_check_in_and_out_and_the_day_is_listed(town: Town, morning: Callable[[], datetime]) -> None:
    at, desk = morning(), Desk(town)
    stay = done(desk.post(QUAY, "check-ins"), 201)
    assert (stay["role"], stay["until_at"], stay["person_id"]) == ("community", None, desk.id)
    refused(desk.post(QUAY, "check-ins"), 409, "already-checked-in")
    town.house.step(hours=2)
    ended = done(desk.post(QUAY, "check-out"))
    assert (ended["ended_by"], 7200 <= ended["seconds"] < 7260) == ("checked_out", True)
    refused(desk.post(QUAY, "check-out"), 409, "not-checked-in")
    (listed,) = done(desk.get("/api/v1/stations/~-quay/check-ins", date=at.date().isoformat()))["items"]
    assert listed == ended


def test_who_checks_in_elsewhere_has_left(town: Town, morning: Callable[[], datetime]) -> None:
    at, desk = morning(), Desk(town)
    done(desk.post(QUAY, "check-ins"), 201)
    town.house.step(hours=1)
    there = done(desk.post(CENTRE, "check-ins"), 201)
    (left,) = done(desk.get("/api/v1/stations/~-quay/check-ins", date=at.date().isoformat()))["items"]
    assert (left["ended_by"], left["until_at"]) == ("elsewhere", there["from_at"])
    refused(desk.post(QUAY, "check-out"), 409, "not-checked-in")


def test_who_checks_in_elsewhere_after_closing_had_forgotten_to_check_out(
    town: Town, morning: Callable[[], datetime]
) -> None:
    at, desk = morning(), Desk(town)
    done(desk.post(QUAY, "check-ins"), 201)
    town.house.step(hours=9)
    done(desk.post(CENTRE, "check-ins"), 201)
    (left,) = done(desk.get("/api/v1/stations/~-quay/check-ins", date=at.date().isoformat()))["items"]
    closed = at + timedelta(hours=3)
    assert (left["ended_by"], left["until_at"]) == ("forgotten", closed.isoformat()), "the quay closes at noon"


def test_checking_in_at_two_stations_at_once_leaves_one_of_them(town: Town, morning: Callable[[], datetime]) -> None:
    morning()
    desk = Desk(town)
    with ThreadPoolExecutor(8) as hands:
        answers = list(hands.map(lambda n: desk.post((QUAY, CENTRE)[n % 2], "check-ins"), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    stays = list(town.house.db["stays"].find({"person_id": desk.id}))
    assert sum(stay["until_at"] is None for stay in stays) == 1
    assert len(stays) == sum(answer.status_code == 201 for answer in answers)


def test_two_late_entries_of_the_same_hours_at_once_are_entered_once(
    town: Town, morning: Callable[[], datetime]
) -> None:
    at, desk = morning(), Desk(town)
    with ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(lambda n: desk.enters(at - timedelta(hours=20), 1, (QUAY, CENTRE)[n % 2]), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


def test_a_person_has_only_so_many_presences_of_a_day_also_of_those_entered_at_once(
    town: Town, morning: Callable[[], datetime]
) -> None:
    at, desk = morning(), Desk(town)
    first = done(desk.enters(at - timedelta(hours=20), 1), 201)
    kept = town.house.db["stays"].find_one({"_id": first["id"]})
    assert kept is not None
    minute = timedelta(minutes=1)
    gone = [
        {**kept, "_id": uuid4().hex, "from_at": kept["from_at"] - number * minute,
         "until_at": kept["from_at"] - number * minute} for number in range(MOST_STAYS_A_DAY - 3)
    ]  # fmt: skip
    town.house.db["stays"].insert_many(gone)
    with ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(lambda n: desk.enters(at - timedelta(hours=19 - n), 1), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4
    answer = refused(desk.enters(at - timedelta(hours=13), 1), 409, "too-many-check-ins")
    assert answer["most"] == MOST_STAYS_A_DAY


def test_a_forgotten_check_out_is_made_up_for_at_closing(town: Town, morning: Callable[[], datetime]) -> None:
    at, desk = morning(), Desk(town)
    done(desk.post(QUAY, "check-ins"), 201)
    morning()
    (stay,) = done(desk.get("/api/v1/stations/~-quay/check-ins", date=at.date().isoformat()))["items"]
    assert (stay["ended_by"], stay["until_at"]) == ("forgotten", (at + timedelta(hours=3)).isoformat())
    refused(desk.post(QUAY, "check-out"), 409, "not-checked-in")
    done(desk.post(QUAY, "check-ins"), 201)
    stays = town.house.db["stays"].find({"person_id": desk.id}).sort("_id", 1)
    assert [stay["ended_by"] for stay in stays] == ["forgotten", None]


def test_a_presence_of_before_needs_a_reason_and_cannot_be_old(town: Town, morning: Callable[[], datetime]) -> None:
    at, desk = morning(), Desk(town)
    entered = done(desk.enters(at - timedelta(days=1), 3), 201)
    assert (entered["ended_by"], entered["late_reason"], entered["seconds"]) == ("entered_late", "no_network", 10800)
    refused(desk.enters(at - timedelta(days=1, hours=-1), 3, CENTRE), 409, "presence-overlaps")
    refused(desk.enters(at - timedelta(days=8), 3), 422, "late-entry-too-old")
    refused(desk.enters(at + timedelta(hours=1), 3), 422, "occurred-in-future")
    refused(desk.enters(at - timedelta(days=1, hours=-12), 4), 422, "presence-over-midnight")
    days = {"from_at": (at - timedelta(days=2)).isoformat(), "until_at": (at - timedelta(days=2, hours=-1)).isoformat()}
    refused(desk.post(QUAY, "check-ins", days), 422, "late-entry-needs-reason")
    assert town.house.db["stays"].count_documents({"person_id": desk.id}) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [({"role": "mayor"}, "/role"), ({"from_at": "2027-03-01T09:00:00+08:00"}, "/until_at"),
     ({"late_reason": "no_network"}, "/from_at"), ({"late_reason": "my own words"}, "/late_reason"),
     ({"from_at": "2027-03-01T09:00:00+08:00", "until_at": "2027-03-01T09:00:00+08:00"}, "/until_at"),
     ({"person_id": "somebody else"}, "/person_id")],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_by_field(town: Town, body: Document, field: str) -> None:
    answer = refused(Desk(town).post(QUAY, "check-ins", body), 422, "invalid-input")
    assert [error["pointer"] for error in answer["errors"]] == [field]


def test_who_may_check_in_where(town: Town) -> None:
    refused(Desk(town, "community").post("plan", "check-ins"), 409, "station-not-open")
    refused(Desk(town, "resident").post(QUAY, "check-ins"), 403, "not-allowed")
    refused(Desk(town).post(QUAY, "check-ins", {"role": "street"}), 422, "role-not-held")
    worker = Desk(town, "grid_worker", f"{town.id}-grid/")
    assert done(worker.post(QUAY, "check-ins"), 201)["role"] == "grid_worker"
    refused(worker.get("/api/v1/stations/~-quay/presence", **{"from": "2027-03-01", "to": "2027-03-01"}), 403,
            "not-allowed")  # fmt: skip
    house = town.house
    path = f"/api/v1/stations/{town.id}-quay/check-ins"
    refused(house.post(path, CADRE, None, **{"Idempotency-Key": uuid4().hex}), 404, "not-found")
    refused(house.post(path, RESIDENT, None, **{"Idempotency-Key": uuid4().hex}), 403, "not-allowed")


def monday_after(house: House) -> datetime:
    """09:00 of a Monday; the week before it has not begun, and works from Monday to Friday."""
    day = (house.clock.now() + timedelta(hours=8)).date()
    day += timedelta(days=14 - day.weekday())
    while [WORKING(day - timedelta(days=7 - n)) for n in range(7)] != [True] * 5 + [False] * 2:
        day += timedelta(days=7)
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)


def test_the_share_attained_with_numerator_denominator_and_each_day(town: Town) -> None:
    house, monday = town.house, monday_after(town.house)
    cadre, worker = Desk(town), Desk(town, "grid_worker", f"{town.id}-grid/")
    house.clock.step(monday)
    week = monday - timedelta(days=7)
    for day, hours in ((0, 4), (1, 3), (5, 4)):
        done(cadre.enters(week + timedelta(days=day), hours), 201)
        done(worker.enters(week + timedelta(days=day), 2), 201)
        done(worker.enters(week + timedelta(days=day, hours=2), hours - 2, CENTRE), 201)
    period = {"from": week.date().isoformat(), "to": (week.date() + timedelta(days=6)).isoformat()}
    area = f"/{town.id}/"
    report = done(cadre.get("/api/v1/presence", area=f"{area}{town.id}-street/{town.id}-community/", **period))
    by_role = {one["role"]: (one["people"], one["attained"], one["due"]) for one in report["roles"]}
    assert by_role == {"community": (1, 1, 5), "grid_worker": (1, 2, 4)}
    shares = {one["person_id"]: one for one in report["items"]}
    assert [day["why"] for day in shares[cadre.id]["days"]] == [
        "counted", "too_short", "absent", "absent", "absent", "not_a_working_day", "not_a_working_day",
    ]  # fmt: skip
    assert shares[cadre.id]["share"] == 0.2
    assert [(one["attained"], one["due"], one["why"]) for one in shares[worker.id]["weeks"]] == [(2, 4, "counted")]
    assert shares[worker.id]["share"] == 0.5
    here = done(cadre.get("/api/v1/stations/~-quay/presence", **period))
    assert {one["role"]: one["attained"] for one in here["roles"]} == {"community": 1, "grid_worker": 0}
    first = done(cadre.get("/api/v1/stations/~-quay/presence", limit=1, **period))
    then = done(cadre.get("/api/v1/stations/~-quay/presence", limit=1, cursor=first["next"], **period))
    assert [*first["items"], *then["items"]] == here["items"]
    assert (first["roles"], then["next"]) == (here["roles"], None)


def test_who_has_a_quota_and_never_came_is_in_the_share(house: House) -> None:
    monday = monday_after(house)
    house.clock.step(monday)
    day = (monday - timedelta(days=7)).date()
    period = {"from": day.isoformat(), "to": (day + timedelta(days=6)).isoformat()}
    report = done(house.get("/api/v1/presence", CADRE, area=COMMUNITY, **period))
    shares = {one["person_id"]: (one["role"], one["attained"], one["due"]) for one in report["items"]}
    assert (shares[CADRE], shares[WORKER]) == (("community", 0, 5), ("grid_worker", 0, 4))


def test_a_year_that_is_not_loaded_is_said(town: Town) -> None:
    report = done(Desk(town).get("/api/v1/stations/~-quay/presence", **{"from": "2031-12-30", "to": "2032-01-02"}))
    assert report["unknown_years"] == [2031, 2032]


@pytest.mark.parametrize(
    ("params", "field"),
    [({"from": "2027-03-02", "to": "2027-03-01"}, "to"), ({"from": "2027-03-01"}, "to"),
     ({"from": "2027-01-01", "to": "2027-04-03"}, "to"), ({"from": "yesterday", "to": "2027-03-01"}, "from"),
     ({"from": "0001-01-01", "to": "0001-01-02"}, "to")],
)  # fmt: skip
def test_a_wrong_period_is_refused_by_field(town: Town, params: dict[str, str], field: str) -> None:
    answer = refused(Desk(town).get("/api/v1/stations/~-quay/presence", **params), 422, "invalid-input")
    assert [error["parameter"] for error in answer["errors"]] == [field]


def test_an_operator_checks_activates_lists_and_takes_back_quotas(house: House, tmp_path: Path) -> None:
    def run(*words: str, check: bool = True) -> str:
        answer = house.processes.cli("presence", *words, check=check)
        return answer.stdout + answer.stderr

    shipped = (FOLDER / "presence-1.yml").read_text("utf-8")
    assert run("show", "presence/1") == shipped
    ours = tmp_path / "ours.yml"
    ours.write_text(shipped.replace("name: presence", "name: qingyuan").replace("days: 4", "days: 3"), "utf-8")
    assert "quotas.grid_worker.days: 4 -> 3" in run("activate", str(ours), "--area", COMMUNITY, "--dry-run")
    assert house.db["presence_activations"].count_documents({}) == 0
    run("activate", str(ours), "--area", COMMUNITY)
    assert "3 days of each week, at least 240 min a day" in run("list", "--area", COMMUNITY)
    ours.write_text(ours.read_text("utf-8").replace("days: 3", "days: 2"), "utf-8")
    assert "raise its version" in run("activate", str(ours), "--area", COMMUNITY, check=False)
    assert run("deactivate", "--area", COMMUNITY) == f"{COMMUNITY}: presence/1\n"
    ours.write_text(ours.read_text("utf-8").replace("at_least: 4 h", "at_least: 40 h", 1), "utf-8")
    line = next(n for n, text in enumerate(ours.read_text("utf-8").splitlines(), 1) if "40 h" in text)
    told = run("check", str(ours), check=False)
    assert f"ours.yml:{line}: quotas[0].at_least: Must not be longer than a day." in told


def test_stays_are_found_by_an_index(house: House) -> None:
    days = {"$gte": "2027-03-01", "$lte": "2027-03-31"}
    for query in (
        {"station_id": {"$in": ["a", "b"]}, "day": days},
        {"person_id": "p", "day": "2027-03-01"},
        {"person_id": "p", "until_at": None},
    ):
        plan = str(house.db["stays"].find(query).explain()["queryPlanner"]["winningPlan"])
        assert ("IXSCAN" in plan, "COLLSCAN" in plan) == (True, False), query
    within = {"$elemMatch": {"area_path": {"$regex": "^/hequ/"}, "role": {"$in": ["community"]}}}
    plan = str(house.db["staff"].find({"state": "active", "grants": within}).explain()["queryPlanner"]["winningPlan"])
    assert "COLLSCAN" not in plan
