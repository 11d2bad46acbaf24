"""The five reports' ways of working, each activated from its pack and played for a day; and policies as operators
handle them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.chassis.unit import Unit, Units
from services.tickets.policies import FOLDER, packs, shipped_policies
from services.tickets.storage import Tickets
from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    ELSEWHERE,
    GRID,
    HEAD,
    RESIDENT,
    VOLUNTEER,
    WORKER,
    Document,
    House,
    done,
    refused,
)
from tests.integration.tickets.test_attachments import uploaded
from tests.integration.tickets.test_timers import _claim
from tests.support.eventually import eventually

Activate = Callable[[str], None]
HERE = {"latitude": 38.9, "longitude": 111.1}


@pytest.fixture
def activate(house: House) -> Iterator[Activate]:
    """Activates a pack in the grid, for this test."""

    def activate(pack: str) -> None:
        _policy(house, "activate", "--pack", pack, "--area", GRID)

    def deactivate(unit: Unit) -> None:
        policies = Tickets(unit).policies
        for one in policies.activations():
            policies.deactivate(one.area_path, one.kind)

    yield activate
    Units(house.namespace.mongo, house.db, "tickets", house.clock).run(deactivate)


def _policy(house: House, *words: str, check: bool = True) -> str:
    answer = house.processes.cli("policy", *words, check=check)
    return answer.stdout + answer.stderr


def in_hand(house: House, **said: Any) -> Document:
    ticket = house.filed(**said)
    done(house.do(ticket, "accept", WORKER))
    return done(house.do(ticket, "assign", WORKER))


def test_there_is_a_pack_for_each_report() -> None:
    assert packs() == ["fengman", "hequ", "jinta", "xiangyang", "xinrong"]


def test_jinta_residents_order_the_community_dispatches_a_member_takes_it(house: House, activate: Activate) -> None:
    activate("jinta")
    assert refused(house.file(kind="order"), 422, "field-asked")["field"] == "service"
    order = house.filed(kind="order", service="legal_aid")
    assert order["policy"] == "jinta-order/1"
    done(house.do(order, "accept", CADRE))
    done(house.do(order, "offer", CADRE))
    offer = house.stored(order)["offer"]
    assert offer["skills"] == ["law"], "the skills are those that the service takes"
    house.publishing.send([_claim(house, order, offer["id"])])
    eventually(lambda: house.stored(order)["assignee_id"] == VOLUNTEER)
    after = done(house.do(order, "resolve", VOLUNTEER))
    assert {clock["name"]: clock["state"] for clock in after["clocks"]} == {"dispatch": "met", "taken": "met"}
    topic = in_hand(house, kind="topic", service="compound")
    done(house.do(topic, "hold-session", WORKER, {"text": "the owners agree to paint the stairs"}))
    done(house.do(topic, "resolve", WORKER))
    assert house.filed(kind="wish")["policy"] == "jinta-wish/1"


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
    assert house.filed()["policy"] == "fengman-request/1"


def test_xinrong_requests_go_by_1341_and_the_night_talks_list_by_five_working_days(
    house: House, activate: Activate
) -> None:
    activate("xinrong")
    request = house.resolved()
    assert request["policy"] == "request-1341/2"
    done(house.do(request, "confirm", RESIDENT, {"rating": 5}))
    row = house.filed(WORKER, kind="topic", channel="night_talk")
    due = next(clock["due_at"] for clock in row["clocks"] if clock["name"] == "done")
    assert due.startswith(_days_later(house, 7)), "five working days, over a weekend"
    dispute = in_hand(house, kind="dispute")
    done(house.do(dispute, "hold-session", WORKER))
    refused(house.do(dispute, "resolve", WORKER), 422, "outcome-required")
    assert done(house.do(dispute, "resolve", WORKER, {"outcome": "reached"}))["outcome"] == "reached"


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


def test_xiangyang_orders_and_three_party_sessions(house: House, activate: Activate) -> None:
    activate("xiangyang")
    order = in_hand(house, kind="order", service="utility_payment", promised_for=_ahead(house, 1))
    done(house.do(order, "pause", WORKER, {"reason_code": "resident_away", "reason": "at the hospital"}))
    refused(house.do(order, "arrive", WORKER), 409, "ticket-waits")
    assert house.stored(order)["waiting_for"] == "resident_away"
    done(house.do(order, "resume", WORKER))
    refused(house.do(order, "resume", WORKER), 409, "ticket-waits-not")
    done(house.do(order, "resolve", WORKER))
    session = in_hand(house, kind="topic")
    done(house.do(session, "hold-session", WORKER))
    done(house.do(session, "resolve", WORKER))
    assert "hospital" not in str(house.events(order)) + str(house.stored(order))


def _days_later(house: House, days: int) -> str:
    return (house.clock.now() + timedelta(days=days)).date().isoformat()


def _ahead(house: House, days: int) -> str:
    return f"{_days_later(house, days)}T10:00:00+08:00"


class TestPolicies:
    """As an operator handles them."""

    def test_a_ticket_keeps_the_version_that_it_was_filed_under(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        before = house.filed()
        file = _request(tmp_path, 3, arrival="20 min")
        told = _policy(house, "diff", str(file), "--area", COMMUNITY)
        assert "request-1341/2 -> request-1341/3" in told
        assert "clocks.arrival.targets.any: 600 -> 1200" in told
        assert house.filed()["policy"] == "request-1341/2", "telling what would change changes nothing"
        _policy(house, "activate", str(file), "--area", COMMUNITY)
        after = house.filed()
        assert after["policy"] == "request-1341/3"
        assert done(house.get(f"/api/v1/tickets/{before['id']}", RESIDENT))["policy"] == "request-1341/2"
        assert _policy(house, "show", "request-1341/3") == file.read_text("utf-8")
        done(house.do(after, "accept", WORKER))

    def test_the_nearest_area_above_decides(self, house: House, activate: Activate, tmp_path: Path) -> None:
        for version, area in ((11, "/hequ/"), (12, COMMUNITY), (13, ELSEWHERE)):
            file = _request(tmp_path, version, arrival=f"{version} min")
            _policy(house, "activate", str(file), "--area", area)
        assert house.filed()["policy"] == "request-1341/12"
        assert _policy(house, "deactivate", "request", "--area", COMMUNITY) == (
            f"request in {COMMUNITY}: request-1341/11\n"
        )
        assert house.filed()["policy"] == "request-1341/11"

    def test_what_tickets_are_judged_by_never_changes_under_its_version(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        file = _request(tmp_path, 2, arrival="20 min")
        told = _policy(house, "activate", str(file), "--area", COMMUNITY, check=False)
        assert "raise its version" in told
        assert house.filed()["policy"] == "request-1341/2"

    def test_an_area_that_is_not_there_is_refused(self, house: House, activate: Activate) -> None:
        told = _policy(house, "activate", "--pack", "jinta", "--area", "/hequ/nowhere/", check=False)
        assert "/hequ/nowhere/" in told
        assert house.db["policy_activations"].count_documents({}) == 0

    def test_a_file_that_cannot_be_meant_names_each_error_with_its_line(self, house: House, tmp_path: Path) -> None:
        file = _request(tmp_path, 3, arrival="soon")
        text = file.read_text("utf-8")
        file.write_text(text.replace("calendar: station", "calendar: moon", 1), "utf-8")
        answer = house.processes.cli("policy", "check", str(file), check=False)
        assert answer.returncode == 1
        lines = answer.stderr.splitlines()
        assert [line.partition(": ")[0].rpartition(":")[2].isdigit() for line in lines[:2]] == [True, True]
        assert "clocks[0].target" in answer.stderr
        assert "clocks[0].calendar" in answer.stderr
        assert lines[-1] == "2 errors; nothing was changed."

    def test_the_kinds_of_an_area_are_told_in_the_callers_language(self, house: House, activate: Activate) -> None:
        activate("hequ")
        kinds = {one["kind"]: one for one in done(house.get("/api/v1/kinds", None, area=GRID))["items"]}
        assert set(kinds) == {policy.kind for policy in shipped_policies().values()}
        assert (kinds["errand"]["policy"], kinds["errand"]["asks"]) == ("hequ-errand/1", ["service"])
        assert kinds["errand"]["services"][0]["items"][0] == {"code": "id_card", "title": "Identity card"}
        elsewhere = {one["kind"]: one for one in done(house.get("/api/v1/kinds", None, area=ELSEWHERE))["items"]}
        assert elsewhere["errand"]["policy"] == "errand/1"
        refused(house.get("/api/v1/kinds", None, area="/hequ/nowhere/"), 404, "not-found")

    def test_what_if_the_same_deeds_are_held_against_other_promises(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        since = house.step(days=1)
        late, quick = house.assigned(urgent=True), house.assigned(urgent=True)
        done(house.do(quick, "arrive", WORKER, {"severity": "ordinary"}))
        house.step(minutes=15)
        done(house.do(late, "arrive", WORKER, {"severity": "ordinary"}))
        for file, outcomes in (
            (_request(tmp_path, 30, arrival="20 min"), "met 1 -> 2, warned 1 -> 1, breached 1 -> 0"),
            (_request(tmp_path, 31, arrival="2 h"), "met 1 -> 2, warned 1 -> 0, breached 1 -> 0"),
        ):
            told = _policy(house, "try", str(file), "--area", GRID, "--since", f"{since:%Y-%m-%dT%H:%M:%S%z}")
            assert f"{COMMUNITY}  2 tickets" in told
            assert f"arrival          {outcomes}" in told
        assert house.filed()["policy"] == "request-1341/2", "it changed nothing"
        nothing = _policy(house, "try", str(file), "--area", ELSEWHERE, "--since", f"{since:%Y-%m-%d}")
        assert "no request was filed" in nothing

    def test_what_holds_where_is_listed(self, house: House, activate: Activate) -> None:
        activate("jinta")
        assert f"{GRID}  order  jinta-order/1" in _policy(house, "list")
        assert "jinta-order/1" in _policy(house, "list", "--area", GRID)


def _request(folder: Path, version: int, *, arrival: str) -> Path:
    """The shipped policy of requests with another version and another time to arrive in."""
    data = yaml.safe_load((FOLDER / "request-1341-2.yml").read_text("utf-8"))
    data["version"] = version
    data["clocks"][0]["target"] = arrival
    file = folder / f"request-{version}.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    return file


class TestTransfers:
    def test_a_ticket_is_handed_to_another_grid_and_its_new_staff_see_it(self, house: House) -> None:
        ticket = house.assigned()
        moved = done(house.do(ticket, "transfer", CADRE, {"grid_id": "grid-030", "reason": "other side of the road"}))
        assert (moved["grid_id"], moved["state"], moved["transfers"]) == ("grid-030", "accepted", 1)
        refused(house.get(f"/api/v1/tickets/{ticket['id']}", WORKER), 404, "not-found")
        assert house.events(ticket)[-1]["area_path"] == moved["area_path"]
        assert "road" not in str(house.events(ticket))

    def test_who_has_no_office_there_does_not_hand_it_on(self, house: House) -> None:
        refused(house.do(house.filed(), "transfer", WORKER, {"grid_id": "grid-030", "reason": "r"}), 403, "not-allowed")


class TestCallbacks:
    def test_a_bad_rating_is_followed_up_one_level_above(self, house: House) -> None:
        ticket = house.resolved(urgent=True)
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 2}))
        row = house.db["tickets"].find_one({"parent_id": ticket["id"]})
        assert row is not None
        assert (row["kind"], row["level"], row["owner_id"], row["reporter_id"]) == (
            "callback", "community", CADRE, RESIDENT,
        )  # fmt: skip
        callback = done(house.get(f"/api/v1/tickets/{row['_id']}", CADRE))
        assert callback["parent_id"] == ticket["id"]
        done(house.do(callback, "accept", CADRE))
        done(house.do(callback, "assign", CADRE))
        done(house.do(callback, "resolve", CADRE))

    def test_a_good_one_is_not(self, house: House) -> None:
        ticket = house.resolved(urgent=True)
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 3}))
        assert house.db["tickets"].count_documents({"parent_id": ticket["id"]}) == 0

    def test_nobody_files_one_and_residents_file_no_visits(self, house: House) -> None:
        refused(house.file(WORKER, kind="callback"), 403, "kind-not-filed-by-you")
        refused(house.file(kind="visit", promised_for=_ahead(house, 1)), 403, "kind-not-filed-by-you")


class TestDuplicates:
    def test_what_is_near_and_recent_and_of_its_sort_is_suggested_and_merged(self, house: House) -> None:
        said = {"category": "water", "position": HERE}
        first = house.filed(WORKER, **said, reporter={"telephone": "19000020011"})
        near = house.filed(WORKER, **said | {"position": {"latitude": 38.9005, "longitude": 111.1}},
                           reporter={"telephone": "19000020012"})  # fmt: skip
        house.filed(WORKER, **said | {"position": {"latitude": 38.95, "longitude": 111.1}})
        house.filed(WORKER, category="lighting", position=HERE)
        alike = done(house.get(f"/api/v1/tickets/{first['id']}/duplicates", WORKER))["items"]
        assert [(one["ticket"]["id"], one["metres"]) for one in alike] == [(near["id"], 56)]
        refused(house.do(near, "merge", WORKER, {"into": first["id"]}), 403, "not-allowed")
        refused(house.do(near, "merge", HEAD, {"into": near["number"]}), 422, "merge-into-itself")
        merged = done(house.do(near, "merge", HEAD, {"into": first["number"]}))
        assert (merged["state"], merged["merged_into"]) == ("merged", first["id"])
        main = done(house.get(f"/api/v1/tickets/{first['id']}", WORKER))
        assert main["also_reported_by"] == [near["reporter_id"]]
        error = refused(house.do(first, "merge", HEAD, {"into": near["id"]}), 409, "merge-into-ended")
        assert near["number"] in error["detail"]
        assert house.event_types(near)[-1] == "ticket.merged"
        assert house.event_types(first)[-1] == "ticket.duplicate_added"

    def test_two_that_are_merged_into_each_other_at_once_end_as_one(self, house: House) -> None:
        one, two = house.filed(category="noise"), house.filed(category="noise")
        with ThreadPoolExecutor(2) as hands:
            answers = list(hands.map(
                lambda pair: house.do(pair[0], "merge", HEAD, {"into": pair[1]["id"]}), [(one, two), (two, one)]
            ))  # fmt: skip
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert sorted(house.stored(ticket)["state"] for ticket in (one, two)) == ["filed", "merged"]


class TestCalendars:
    def test_a_year_is_loaded_and_known_at_once(self, house: House, tmp_path: Path) -> None:
        refused(house.get("/api/v1/calendars/working-days/2041", None), 404, "calendar-year-unknown")
        holidays = [f"2041-01-{day:02d}" for day in range(1, 4)] + [f"2041-02-{day:02d}" for day in range(1, 12)]
        year = {"year": 2041, "source": "of a test", "holidays": holidays, "made_up": ["2041-01-05"]}
        file = tmp_path / "2041.yml"
        file.write_text(yaml.safe_dump(year), "utf-8")
        assert "would load 2041" in house.processes.cli("calendar", "load", str(file), "--dry-run").stdout
        refused(house.get("/api/v1/calendars/working-days/2041", None), 404, "calendar-year-unknown")
        assert "loaded 2041" in house.processes.cli("calendar", "load", str(file)).stdout
        days = done(house.get("/api/v1/calendars/working-days/2041", None))["working_days"]
        assert "2041-01-05" in days
        assert "2041-01-03" not in days
        assert "2041" in house.processes.cli("calendar", "list").stdout

    def test_a_calendar_that_cannot_be_meant_is_refused_with_line_and_field(self, house: House, tmp_path: Path) -> None:
        file = tmp_path / "bad.yml"
        file.write_text(
            "year: 2042\nsource: s\nholidays:\n- 2042-01-01\n- 2043-01-01\nmade_up: [2042-01-06]\n", "utf-8"
        )
        answer = house.processes.cli("calendar", "load", str(file), check=False)
        assert answer.returncode == 1
        assert "bad.yml:5: holidays[1]" in answer.stderr
        assert "bad.yml:6: made_up[0]" in answer.stderr
        assert house.db["calendars"].count_documents({"_id": 2042}) == 0
