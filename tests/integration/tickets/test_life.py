"""A request from the door to the end, over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import httpx
from chinese_calendar import is_workday

from services.contracts.registry import EVENT_TYPES
from services.contracts.tickets import TicketEvent
from tests.integration.tickets.conftest import CADRE, GRID, HEAD, RESIDENT, WORKER, House, done, refused

SHANGHAI = ZoneInfo("Asia/Shanghai")
WHERE_NOBODY_FILES = "/hequ/wangshan/songtao/"


def test_a_request_is_filed_taken_up_solved_and_confirmed(house: House) -> None:
    ticket = house.filed(urgent=True)
    assert (ticket["state"], ticket["owner_id"], ticket["policy"]) == ("filed", WORKER, "request-1341/2")
    done(house.do(ticket, "accept", WORKER))
    done(house.do(ticket, "assign", WORKER))
    done(house.do(ticket, "arrive", WORKER, {"severity": "complex"}))
    done(house.do(ticket, "resolve", WORKER, {"text": "lamp replaced"}))
    after = done(house.do(ticket, "confirm", RESIDENT, {"rating": 5}))
    assert (after["state"], after["rating"], after["late"]) == ("confirmed", 5, False)
    assert house.event_types(ticket) == [
        "ticket.filed", "ticket.accepted", "ticket.assigned", "ticket.arrived", "ticket.clock_met",
        "ticket.resolved", "ticket.clock_met", "ticket.confirmed",
    ]  # fmt: skip


def test_a_partners_date_needs_its_time_zone_and_is_a_clock_explained(house: House) -> None:
    naive = refused(house.file(WORKER, external_due_at="2026-03-05T18:00:00"), 422, "invalid-input")
    assert "external_due_at" in str(naive["errors"])
    refused(house.file(RESIDENT, external_due_at="2026-03-05T18:00:00+08:00"), 422, "staff-only-field")
    refused(house.file(WORKER, channel="system"), 422, "invalid-input")
    date = house.clock.now() + timedelta(hours=10)
    in_boston = date.astimezone(ZoneInfo("America/New_York")).isoformat()
    ticket = house.filed(WORKER, external_due_at=in_boston)
    shown = {
        clock["name"]: clock for clock in done(house.get(f"/api/v1/tickets/{ticket['id']}/clock", WORKER))["clocks"]
    }
    assert datetime.fromisoformat(shown["external"]["due_at"]) == date
    assert (shown["external"]["state"], shown["external"]["calendar"]) == ("running", "wall")
    assert shown["external"]["text"].startswith("partner's date: running")
    state = EVENT_TYPES["ticket.filed"].schema().load(house.events(ticket)[0]["data"])["ticket"]
    assert state["external_due_at"] == date
    assert "external" in [clock["name"] for clock in state["clocks"]]


def test_every_event_is_what_the_contract_says_and_numbered_without_a_gap(house: House) -> None:
    ticket = house.resolved()
    done(house.do(ticket, "reopen", RESIDENT, {"reason": "it is dark again"}))
    rows = house.events(ticket)
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        EVENT_TYPES[row["type"]].schema().load(row["data"])
    reopened = TicketEvent().load(rows[-1]["data"])["ticket"]
    assert (reopened["round"], reopened["state"], reopened["severity"]) == (2, "accepted", None)


def test_no_event_and_no_list_holds_what_the_reporter_said(house: House) -> None:
    ticket = house.filed(
        WORKER, description="very private words", address="a private door", summary="lamp",
        reporter={"name": "王小明", "telephone": "138 0000 5678"},
    )  # fmt: skip
    published = str(house.events(ticket))
    stored = str(house.stored(ticket))
    for secret in ("private", "王小明", "13800005678", "138 0000 5678"):
        assert secret not in published
        assert secret not in stored
    assert "lamp" not in published, "a summary is for staff, not for the world"
    assert ticket["reporter"] == {"name": "王**", "telephone": "138****5678"}
    assert ticket["description"] is None
    row = house.db["outbox"].find_one({"type": "recipient.upserted", "aggregate_id": ticket["reporter_id"]})
    assert row is not None


def test_who_works_on_it_may_have_it_revealed_and_that_is_recorded(house: House) -> None:
    ticket = house.filed(WORKER, description="very private words", reporter={"telephone": "13800005678"})
    shown = done(house.do(ticket, "reveal", WORKER, {"reason": "to call back"}))
    assert (shown["description"], shown["telephone"]) == ("very private words", "13800005678")
    assert house.db["reveals"].count_documents({"ticket_id": ticket["id"], "by": WORKER}) == 1
    refused(house.do(ticket, "reveal", RESIDENT, {"reason": "curious"}), 404, "not-found")


def test_a_reporter_is_found_again_by_telephone(house: House) -> None:
    first = house.filed(WORKER, reporter={"telephone": "139-1111-2222"})
    second = house.filed(WORKER, reporter={"telephone": "+86 13911112222"})
    assert first["reporter_id"] == second["reporter_id"]


def test_somebody_is_one_person_however_an_address_book_wrote_his_number(house: House) -> None:
    first = house.filed(WORKER, reporter={"telephone": "13911112233"})
    for written in ("013911112233", "+86 0139 1111 2233", "8613911112233", "(86)139.1111.2233",
                    "\u202d139 1111 2233\u202c", "139\u200b1111\u20132233", "１３９　１１１１　２２３３"):  # fmt: skip
        assert house.filed(WORKER, reporter={"telephone": written})["reporter_id"] == first["reporter_id"], written


def test_a_switchboard_and_its_extension_are_two_and_each_is_one(house: House) -> None:
    switchboard, extension = "+86 10 6234 5678", "010-62345678转801"
    people = {written: house.filed(WORKER, reporter={"telephone": written})["reporter_id"]
              for written in (switchboard, "0086-10-62345678", extension, "010-62345678-801",
                              "400-800-1234")}  # fmt: skip
    assert people[switchboard] == people["0086-10-62345678"]
    assert people[extension] == people["010-62345678-801"]
    assert len(set(people.values())) == 3


def test_a_stranger_follows_up_with_the_secret(house: House) -> None:
    ticket = house.filed(None, description="a hole in the road")
    secret = ticket["follow_up_secret"]
    assert secret not in str(house.stored(ticket))
    seen = done(house.post("/api/v1/tickets/follow-up", None, {"number": ticket["number"], "follow_up_secret": secret}))
    assert seen["description"] == "a hole in the road"
    wrong = {"number": ticket["number"], "follow_up_secret": "guess"}
    refused(house.post("/api/v1/tickets/follow-up", None, wrong), 404, "not-found")
    for deed, body in (("accept", None), ("assign", None), ("arrive", {"severity": "ordinary"}), ("resolve", None)):
        done(house.do(ticket, deed, WORKER, body))
    refused(house.do(ticket, "confirm", None, {"rating": 4}), 404, "not-found")
    assert done(house.do(ticket, "confirm", None, {"rating": 4, "follow_up_secret": secret}))["state"] == "confirmed"


def test_the_same_key_files_once_and_answers_the_same(house: House) -> None:
    first = house.file(None, key="a-key-nobody-guesses-0001")
    second = house.file(None, key="a-key-nobody-guesses-0001")
    assert done(first, 201) == done(second, 201)
    other = house.file(None, key="a-key-nobody-guesses-0001", description="another")
    refused(other, 422, "idempotency-key-reused")
    assert house.db["tickets"].count_documents({"number": first.json()["number"]}) == 1


def test_what_is_not_allowed_now_is_refused_and_changes_nothing(house: House) -> None:
    ticket = house.filed()
    before = house.stored(ticket)
    body = refused(house.do(ticket, "resolve", HEAD), 409, "transition-not-allowed")
    assert (body["state"], body["allowed_from"]) == ("filed", ["on_site", "planned"])
    refused(house.do(ticket, "confirm", RESIDENT, {"rating": 5}), 409, "transition-not-allowed")
    refused(house.do(ticket, "cancel", WORKER), 403, "not-allowed")
    assert house.stored(ticket) == before


def test_another_community_sees_nothing_of_it(house: House) -> None:
    ticket = house.filed()
    headers = house.tokens.headers(("community", WHERE_NOBODY_FILES), person_id="01920c5e-0000-7000-8000-0000000000e1")
    for path in ("", "/clock", "/history"):
        answer = house.api.http.get(f"/api/v1/tickets/{ticket['id']}{path}", headers=headers)
        refused(answer, 404, "not-found")
    answer = house.api.http.post(f"/api/v1/tickets/{ticket['id']}/accept", json={}, headers=headers)
    refused(answer, 404, "not-found")
    listed = done(house.api.http.get("/api/v1/tickets", headers=headers))
    assert listed["items"] == []
    answer = house.api.http.get("/api/v1/tickets", params={"area": GRID}, headers=headers)
    refused(answer, 404, "not-found")


def test_a_resident_sees_their_own_only(house: House) -> None:
    own, other = house.filed(), house.filed(WORKER)
    listed = [item["id"] for item in done(house.get("/api/v1/tickets", RESIDENT, limit=200))["items"]]
    assert own["id"] in listed
    assert other["id"] not in listed
    refused(house.get(f"/api/v1/tickets/{other['id']}", RESIDENT), 404, "not-found")


def test_a_stale_edit_is_refused_but_a_clock_that_fired_is_no_edit(house: House) -> None:
    ticket = house.filed()
    etag = house.get(f"/api/v1/tickets/{ticket['id']}", WORKER).headers["ETag"]
    house.step(minutes=6)
    path = f"/api/v1/tickets/{ticket['id']}/accept"
    done(house.post(path, WORKER, None, **{"If-Match": etag}))
    assert "ticket.clock_warned" in house.event_types(ticket)
    refused(house.post(f"/api/v1/tickets/{ticket['id']}/assign", WORKER, None, **{"If-Match": etag}), 412, "stale")


def test_a_number_read_over_the_telephone_finds_the_ticket_or_says_it_was_misheard(house: House) -> None:
    ticket = house.filed()
    spoken = ticket["number"].replace("-", " ")
    assert done(house.get(f"/api/v1/tickets/{spoken}", WORKER))["id"] == ticket["id"]
    assert [t["id"] for t in done(house.get("/api/v1/tickets", WORKER, number=spoken))["items"]] == [ticket["id"]]
    wrong = ticket["number"][:-1] + str((int(ticket["number"][-1]) + 1) % 10)
    refused(house.get(f"/api/v1/tickets/{wrong}", WORKER), 422, "number-check-digit")
    refused(house.get("/api/v1/tickets", WORKER, number="12"), 422, "number-malformed")


def test_an_external_reference_is_unique_and_searchable(house: House) -> None:
    refs = [{"system": "hotline-12345", "id": "A-77"}]
    ticket = house.filed(WORKER, external_refs=refs, origin="hotline-12345", channel="hotline")
    body = refused(house.file(WORKER, external_refs=refs), 409, "external-ref-taken")
    assert body["number"] == ticket["number"]
    found = done(house.get("/api/v1/tickets", WORKER, external_system="hotline-12345", external_id="A-77"))
    assert [item["id"] for item in found["items"]] == [ticket["id"]]


def test_a_case_of_the_hotline_is_one_ticket_however_its_number_was_copied(house: House) -> None:
    ticket = house.filed(WORKER, external_refs=[{"system": "hotline-12345", "id": " ＨＸ-001\u200b"}])
    assert ticket["external_refs"] == [{"system": "hotline-12345", "id": "HX-001"}]
    for copied in ("HX-001", "HX-001 ", "ＨＸ-001", "HX-001\u200b", "hx-001", "HX\u2013001", "\u202dHX-001\u202c"):
        refs = [{"system": "hotline-12345", "id": copied}]
        body = refused(house.file(WORKER, external_refs=refs), 409, "external-ref-taken")
        assert body["number"] == ticket["number"]
        found = done(house.get("/api/v1/tickets", WORKER, external_system="hotline-12345", external_id=copied))
        assert [item["id"] for item in found["items"]] == [ticket["id"]]
    house.filed(WORKER, external_refs=[{"system": "hotline-12345", "id": "HX-0011"}])


def test_a_reference_of_nothing_visible_and_one_given_in_two_spellings_are_refused(house: House) -> None:
    nothing = [{"system": "hotline-12345", "id": " \u200b "}]
    body = refused(house.file(WORKER, external_refs=nothing), 422, "invalid-input")
    assert [error["pointer"] for error in body["errors"]] == ["/external_refs/0/id"]
    twice = [{"system": "hotline-12345", "id": text} for text in ("HX-002", "ｈｘ-002")]
    refused(house.file(WORKER, external_refs=twice), 422, "external-ref-twice")


def test_a_list_comes_in_pages_that_neither_repeat_nor_skip(house: House) -> None:
    filed = {house.filed()["id"] for _ in range(5)}
    for sort in ("newest", "due"):
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = done(house.get("/api/v1/tickets", CADRE, limit=2, sort=sort, **cursor))
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert len(seen) == len(set(seen))
        assert filed <= set(seen)


def test_a_plan_by_working_days_skips_the_weekend_and_an_unknown_year_is_said(house: House) -> None:
    ticket = house.assigned()
    done(house.do(ticket, "arrive", WORKER, {"severity": "special"}))
    refused(house.do(ticket, "plan", WORKER, {"working_days": 250}), 422, "plan-calendar-unknown")
    refused(house.do(ticket, "plan", WORKER, {}), 422, "plan-needs-one-date")
    today = house.clock.now().astimezone(SHANGHAI).date()
    planned = done(house.do(ticket, "plan", WORKER, {"working_days": 5}))
    fifth = [day for day in (today + timedelta(days=n) for n in range(1, 30)) if is_workday(day)][4]
    until = datetime.combine(fifth + timedelta(days=1), time(), SHANGHAI)
    assert datetime.fromisoformat(planned["planned_for"]) == until, "until that day is over"
    refused(house.do(ticket, "move-plan", WORKER, {"working_days": 9, "reason": "rain"}), 403, "not-allowed")
    moved = done(house.do(ticket, "move-plan", CADRE, {"working_days": 6, "reason": "rain"}))
    assert (moved["plan_moves"], moved["state"]) == (1, "planned")


def test_late_entry_needs_a_reason_and_raises_no_alarm(house: House) -> None:
    now = house.clock.now()
    earlier = (now - timedelta(hours=3)).isoformat()
    refused(house.file(WORKER, occurred_at=earlier), 422, "late-entry-needs-reason")
    ancient = (now - timedelta(days=31)).isoformat()
    refused(house.file(WORKER, occurred_at=ancient, late_reason="paper"), 422, "late-entry-too-old")
    future = (now + timedelta(minutes=5)).isoformat()
    refused(house.file(WORKER, occurred_at=future, late_reason="paper"), 422, "occurred-in-future")
    refused(house.file(RESIDENT, occurred_at=earlier, late_reason="paper"), 422, "staff-only-field")
    ticket = house.filed(WORKER, occurred_at=earlier, late_reason="paper list", urgent=True)
    assert house.event_types(ticket) == ["ticket.filed", "ticket.clock_breached"]
    assert house.events(ticket)[1]["data"]["replayed_late"] is True
    assert ticket["level"] == "grid"


def test_a_telephone_whose_clock_is_a_little_off_files_as_of_now(house: House) -> None:
    before = house.clock.now()
    ahead = house.filed(WORKER, occurred_at=(before + timedelta(minutes=1)).isoformat())
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(ahead["occurred_at"]) <= house.clock.now()
    assert ahead["occurred_at"] == ahead["recorded_at"], "cut to now"
    behind = (house.clock.now() - timedelta(seconds=1)).replace(microsecond=0)
    told = house.filed(WORKER, occurred_at=behind.isoformat())
    assert datetime.fromisoformat(told["occurred_at"]) == behind, "a slow line is no late entry"


def test_bad_places_are_each_named(house: House) -> None:
    refused(house.file(grid_id="grid-999"), 422, "no-such-place")
    refused(house.file(grid_id="compound-001"), 422, "no-such-place")
    refused(house.file(grid_id="grid-001", compound_id="compound-100"), 422, "places-do-not-match")
    refused(house.post("/api/v1/tickets", RESIDENT, {"kind": "request", "description": "x"},
                       **{"Idempotency-Key": "nowhere"}), 422, "place-required")  # fmt: skip
    refused(house.file(kind="whistle"), 422, "unknown-kind")


def test_a_ticket_placed_only_at_a_compound_goes_to_its_stations_grid(house: House) -> None:
    ticket = done(house.post("/api/v1/tickets", RESIDENT, {
        "kind": "request", "description": "x", "compound_id": "compound-002"}, **{"Idempotency-Key": "compound-only"}),
        201)  # fmt: skip
    assert (ticket["grid_id"], ticket["station_id"]) == ("grid-001", "station-001")


def test_of_two_who_bring_the_same_reference_at_once_one_is_told_that_it_is_taken(house: House) -> None:
    refs = [{"system": "hotline-12345", "id": "B-1"}]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: house.file(WORKER, external_refs=refs), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert house.db["tickets"].count_documents({"external_keys": "hotline-12345|b-1"}) == 1


def test_of_two_who_report_by_the_same_new_telephone_at_once_there_is_one_person(house: House) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: house.filed(WORKER, reporter={"telephone": "13700001111"}), range(4)))
    assert len({answer["reporter_id"] for answer in answers}) == 1


def test_of_two_who_accept_at_once_one_is_told_what_changed(house: House) -> None:
    ticket = house.filed()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: house.do(ticket, "accept", WORKER), range(4)))
    told = [refused(answer, 409, "transition-not-allowed") for answer in answers if answer.status_code != 200]
    assert len(told) == 3
    for problem in told:
        assert (problem["state"], problem["allowed_from"]) == ("accepted", ["filed"])
        assert problem["detail"].startswith("The ticket is accepted;")
    assert house.event_types(ticket).count("ticket.accepted") == 1
    assert [step["kind"] for step in house.stored(ticket)["history"]].count("accepted") == 1


def test_of_two_who_saw_the_same_and_accept_at_once_one_reads_again_and_goes_on(house: House) -> None:
    ticket = house.filed()
    path = f"/api/v1/tickets/{ticket['id']}"
    seen = house.get(path, WORKER).headers["ETag"]

    def accept(person: str) -> tuple[httpx.Response, str]:
        return house.post(f"{path}/accept", person, None, **{"If-Match": seen}), person

    with ThreadPoolExecutor(2) as pool:
        (won, winner), (lost, loser) = sorted(pool.map(accept, (WORKER, CADRE)), key=lambda one: one[0].status_code)
    assert done(won)["state"] == "accepted"
    problem = refused(lost, 412, "stale")
    assert problem["detail"] == "It has changed since you read it; read it again first."
    assert (problem["state"], [(one["kind"], one["by"]) for one in problem["changes"]]) == (
        "accepted", [("accepted", winner)]
    )  # fmt: skip
    assert lost.headers["ETag"] == won.headers["ETag"]
    again = house.get(path, loser)
    assert (again.json()["state"], again.headers["ETag"]) == ("accepted", won.headers["ETag"])
    accepted = [step["by"] for step in house.stored(ticket)["history"] if step["kind"] == "accepted"]
    assert accepted == [winner]
    done(house.post(f"{path}/assign", loser, None, **{"If-Match": again.headers["ETag"]}))
    elsewhere = house.post(f"{path}/assign", loser, None, **{"If-Match": '"of-another"'})
    assert refused(elsewhere, 412, "stale")["changes"] == []
