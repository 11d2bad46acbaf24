"""Duty posts over HTTP: who holds them, which are vacant, and whom the ladder names while somebody is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    ELSEWHERE,
    GRID,
    HEAD,
    RESIDENT,
    WORKER,
    House,
    done,
    refused,
)
from tests.integration.tickets.posts import DIRECTOR, Grants, Office, office
from tests.support.eventually import eventually

__all__ = ["office"]
STRANGER: Grants = (("street", "/hequ/wangshan/"),)


def test_a_breach_skips_who_is_absent_and_says_so(house: House, office: Office) -> None:
    away, deputy = (office.account(("community", COMMUNITY)) for _ in range(2))
    post = office.post("qingyuan", away, deputy, duty="contact", level="community")
    absence = done(office.away(away, days=3), 201)
    ticket = house.filed(urgent=True)
    house.step(minutes=11)
    eventually(lambda: house.stored(ticket)["level"] == "community")
    assert house.stored(ticket)["owner_id"] == deputy
    skipped = [{"person_id": away, "why": "absent", "until": absence["until"]}]
    kept = {"level": "community", "vacant": False, "skipped": skipped, "post": post["id"]}
    assert _lift(house, ticket)["detail"]["duty"] == kept
    told = done(house.get(f"/api/v1/tickets/{ticket['id']}/clock", WORKER))["duty"][-1]
    assert (told["post"], told["skipped"]) == (post["id"], [{**skipped[0], "text": "absent, skipped"}])
    assert away not in str(house.events(ticket)[-1]["data"])


def test_a_resident_learns_at_most_that_somebody_was_skipped(house: House, office: Office) -> None:
    head = office.account(("grid_head", GRID))
    office.post("grid-001", head, level="grid")
    absence = done(office.away(head, hours=1), 201)
    ticket = house.filed()
    answers = [house.get(f"/api/v1/tickets/{ticket['id']}/{what}", RESIDENT) for what in ("clock", "history")]
    assert [len(done(answers[0])["duty"][0]["skipped"]), "skipped" in answers[1].text] == [1, True]
    for answer in answers:
        assert not [said for said in (head, "absent", absence["until"]) if said in answer.text]
    assert head in house.get(f"/api/v1/tickets/{ticket['id']}/history", WORKER).text


def test_back_again_he_answers_and_what_stood_in_the_history_stays(house: House, office: Office) -> None:
    head = office.account(("grid_head", GRID))
    office.post("grid-001", head, level="grid")
    absence = done(office.away(head, hours=1), 201)
    meanwhile = house.filed()
    assert meanwhile["owner_id"] == WORKER, "who has the narrowest grant"
    assert absence["ended_by"] is None
    ended = done(office.call("POST", f"absences/{absence['id']}/end"))
    assert (ended["ended_by"], ended["recorded_at"]) == (absence["by"], absence["recorded_at"])
    assert ended["recorded_at"] is not None
    assert house.filed()["owner_id"] == head
    filed = done(house.get(f"/api/v1/tickets/{meanwhile['id']}/history", WORKER))["steps"][0]
    assert [one["person_id"] for one in filed["detail"]["duty"]["skipped"]] == [head]
    refused(office.call("POST", f"absences/{absence['id']}/end"), 409, "absence-is-past")


def test_who_says_he_is_away_does_not_take_back_for_the_reporter_what_he_would_answer_for(
    house: House, office: Office
) -> None:
    head = office.account(("grid_head", GRID))
    grants = (("grid_head", GRID),)
    office.post("grid-001", head, level="grid")
    absence = done(office.call("POST", "absences", {"until": _later(house), "reason": "leave"}, grants, head), 201)
    ticket = house.filed()
    assert ticket["owner_id"] == WORKER
    said = {"on_behalf": "telephone"}

    def cancel() -> httpx.Response:
        return office.call("POST", f"tickets/{ticket['id']}/cancel", said, grants, head)

    refused(cancel(), 403, "answers-for-it")
    done(office.call("POST", f"absences/{absence['id']}/end", None, grants, head))
    refused(cancel(), 403, "answers-for-it")
    done(house.do(ticket, "cancel", CADRE, said))


def test_what_somebody_said_of_himself_he_or_an_administrator_takes_back(house: House, office: Office) -> None:
    """Else whoever is above makes him answer while he is ill."""
    worker = office.account(("grid_worker", GRID))
    own = (("grid_worker", GRID),)
    said = {"until": _later(house), "reason": "sick"}
    absences = [done(office.call("POST", "absences", said, own, worker), 201) for _ in range(2)]
    path = f"absences/{absences[0]['id']}/end"
    for above in (("grid_head", GRID), ("community", COMMUNITY), ("street", "/hequ/qingxi/")):
        refused(office.call("POST", path, None, (above,)), 403, "absence-is-his-own")
    ended = done(office.call("POST", path, None, (("admin", COMMUNITY),)))
    assert ended["ended_by"] not in (None, worker)
    assert done(office.call("POST", f"absences/{absences[1]['id']}/end", None, own, worker))["ended_by"] == worker


def test_who_gave_his_post_away_while_it_was_lifted_takes_it_back_for_nobody(house: House, office: Office) -> None:
    """Whoever is of a level says who answers there; above it somebody else does."""
    officer, colleague = (office.account(("community", COMMUNITY)) for _ in range(2))
    post = office.post("qingyuan", officer, duty="contact", level="community")

    def held_by(*holders: str) -> None:
        path, own = f"posts/{post['id']}/holders", (("community", COMMUNITY),)
        done(office.call("PUT", path, {"holders": list(holders)}, own, officer))

    held_by(colleague)
    ticket = house.filed(urgent=True)
    done(house.do(ticket, "escalate", WORKER, {"reason": "上报"}))
    assert house.stored(ticket)["owner_id"] == colleague
    held_by(officer)
    path, said = f"tickets/{ticket['id']}/cancel", {"on_behalf": "telephone"}
    for person in (officer, office.account(("community", COMMUNITY))):
        refused(office.call("POST", path, said, (("community", COMMUNITY),), person), 403, "taken-back-above")
    assert house.stored(ticket)["state"] == "filed"
    done(office.call("POST", path, said, (("street", "/hequ/qingxi/"),)))


def test_a_callback_at_the_district_is_nobodys_who_is_rated(house: House, office: Office) -> None:
    """An officer who was given it, and passed it on, is rated by the office that he has."""
    rated, deputy = (office.account(("district", "/hequ/")) for _ in range(2))
    county = next(place["id"] for place in house.db["places"].find({"area_path": "/hequ/"}, {"id": "$_id"}))
    said = {"place": county, "code": "d", "duty": "contact", "name": "岗", "holders": [rated, deputy]}
    post = done(office.call("POST", "posts", {**said, "level": "district"}, (("admin", "/hequ/"),)), 201)
    try:
        ticket = house.filed(urgent=True)
        done(house.do(ticket, "accept", WORKER))
        done(house.do(ticket, "assign", CADRE, {"assignee_id": rated}))
        path, over = f"tickets/{ticket['id']}/assign", (("district", "/hequ/"),)
        done(office.call("POST", path, {"assignee_id": WORKER}, over, rated))
        done(house.do(ticket, "arrive", WORKER, {"severity": "ordinary"}))
        done(house.do(ticket, "resolve", WORKER))
        done(house.do(ticket, "confirm", RESIDENT, {"rating": 1}))
        row = house.db["tickets"].find_one({"parent_id": ticket["id"]})
        assert row is not None
        assert (row["level"], row["owner_id"]) == ("district", deputy)
        told = done(office.call("GET", f"tickets/{row['_id']}/clock", None, (("district", "/hequ/"),), deputy))["duty"]
        skipped = {"person_id": rated, "why": "rated", "until": None, "text": "rated in what it looks into, skipped"}
        assert told[-1]["skipped"] == [skipped]
        refused(
            office.call("POST", f"tickets/{row['_id']}/accept", None, (("district", "/hequ/"),), rated),
            403, "rated-oneself",
        )  # fmt: skip
        done(office.call("POST", f"tickets/{row['_id']}/accept", None, (("district", "/hequ/"),), deputy))
    finally:
        office.call("DELETE", f"posts/{post['id']}", None, (("admin", "/hequ/"),))


def test_an_absence_ends_by_itself_with_business_time(house: House, office: Office) -> None:
    head = office.account(("grid_head", GRID))
    office.post("grid-001", head, level="grid")
    done(office.away(head, minutes=5), 201)
    assert house.filed()["owner_id"] == WORKER
    house.step(minutes=5, seconds=1)
    assert house.filed()["owner_id"] == head


def test_when_everybody_is_away_the_post_is_vacant_and_that_is_kept(house: House, office: Office) -> None:
    grid = next(one for one in _grids(house) if one["area_path"].startswith(ELSEWHERE))
    ticket = house.filed(grid_id=grid["id"])
    duty = house.stored(ticket)["history"][0]["detail"]["duty"]
    assert (ticket["owner_id"], duty) == (None, {"level": "grid", "vacant": True, "skipped": []})
    head = office.account(("grid_head", grid["area_path"]))
    done(office.call("POST", "absences", {"until": _later(house), "reason": "leave"}, who=head), 201)
    duty = house.stored(house.filed(grid_id=grid["id"]))["history"][0]["detail"]["duty"]
    assert (duty["vacant"], [one["person_id"] for one in duty["skipped"]]) == (True, [head])


def test_a_holder_whose_account_is_disabled_is_skipped_and_shown_as_vacant(house: House, office: Office) -> None:
    head = office.account(("grid_head", GRID))
    post = office.post("grid-001", head, level="grid")
    assert house.filed()["owner_id"] == head
    office.account(("grid_head", GRID), person=head, state="disabled", at=2)
    ticket = house.filed()
    skipped = house.stored(ticket)["history"][0]["detail"]["duty"]["skipped"]
    assert (ticket["owner_id"], [one["why"] for one in skipped]) == (WORKER, ["disabled"])
    (vacant,) = office.vacancy("grid-001")["vacant"]
    assert (vacant["id"], [one["why"] for one in vacant["unfit"]]) == (post["id"], ["disabled"])


@pytest.mark.parametrize(
    ("place", "level", "role", "area"),
    [("qingyuan", "community", "grid_worker", COMMUNITY), ("qingyuan", "community", "station_head", COMMUNITY),
     ("qingxi", "street", "community", "/hequ/qingxi/"), ("qingxi", "street", "grid_head", "/hequ/qingxi/")],
)  # fmt: skip
def test_a_post_of_the_ladder_is_held_by_who_has_a_role_of_its_level_or_above(
    office: Office, place: str, level: str, role: str, area: str
) -> None:
    beneath, above = office.account((role, area)), office.account(("district", "/hequ/"))
    said = {"place": place, "code": "moment", "duty": "contact", "name": "岗", "level": level, "holders": [beneath]}
    told = refused(office.call("POST", "posts", said), 422, "holder-beneath-level")
    assert "holders[0]" in told["detail"]
    post = office.post(place, above, duty="contact", level=level)
    put = office.call("PUT", f"posts/{post['id']}/holders", {"holders": [above, beneath]})
    assert "holders[1]" in refused(put, 422, "holder-beneath-level")["detail"]
    assert office.post(place, beneath, duty="contact")["holders"] == [beneath], "one that is not of the ladder"


def test_a_holder_who_lost_the_role_of_the_level_is_skipped_and_the_history_says_so(
    house: House, office: Office
) -> None:
    cadre, deputy = (office.account(("community", COMMUNITY)) for _ in range(2))
    post = office.post("qingyuan", cadre, deputy, duty="contact", level="community")
    office.account(("grid_worker", COMMUNITY), person=cadre, at=2)
    ticket = house.filed(urgent=True)
    house.step(minutes=11)
    eventually(lambda: house.stored(ticket)["level"] == "community")
    assert house.stored(ticket)["owner_id"] == deputy
    assert _lift(house, ticket)["detail"]["duty"] == {
        "level": "community", "vacant": False, "post": post["id"],
        "skipped": [{"person_id": cadre, "why": "beneath_level", "until": None}],
    }  # fmt: skip


def test_what_a_post_of_a_moment_took_names_the_post(house: House, office: Office) -> None:
    cadre = office.account(("community", COMMUNITY))
    post = office.post("qingyuan", cadre, duty="contact", level="community")
    ticket = house.filed(urgent=True)
    house.step(minutes=11)
    eventually(lambda: house.stored(ticket)["level"] == "community")
    office.call("DELETE", f"posts/{post['id']}")
    assert house.stored(ticket)["owner_id"] == cadre
    assert _lift(house, ticket)["detail"]["duty"]["post"] == post["id"]


def test_the_vacancy_check_says_which_duties_lack_and_which_posts_nobody_serves(office: Office) -> None:
    assert office.vacancy("station-001")["lacks"] == ["contact", "serve", "maintain", "activities"]
    empty = office.post("station-001", duty="maintain", period="每周五下午")
    served = office.post("station-001", WORKER)
    vacancy = office.vacancy("station-001")
    assert vacancy["lacks"] == ["contact", "activities"]
    assert [one["id"] for one in vacancy["vacant"]] == [empty["id"]]
    absence = done(office.away(WORKER, minutes=1), 201)
    assert served["id"] in [one["id"] for one in office.vacancy("station-001")["vacant"]]
    done(office.call("POST", f"absences/{absence['id']}/end"))
    assert served["id"] not in [one["id"] for one in office.vacancy("station-001")["vacant"]]


def test_posts_are_listed_beneath_an_area_of_ones_own(office: Office) -> None:
    post = office.post("grid-001", WORKER)

    def ids(under: str, grants: Grants = DIRECTOR, **more: str) -> list[str]:
        found = done(office.call("GET", f"posts?limit=200&under={under}", grants=grants))["items"]
        return [one["id"] for one in found]

    assert ids(GRID) == [post["id"]]
    assert post["id"] in ids("/hequ/")
    assert ids(GRID, STRANGER) == ids(ELSEWHERE) == []


def test_a_stranger_sees_and_changes_nothing(house: House, office: Office) -> None:
    post = office.post("grid-001", WORKER)
    path = f"posts/{post['id']}"
    refused(office.call("GET", path, grants=STRANGER), 404, "not-found")
    refused(office.call("PUT", f"{path}/holders", {"holders": []}, STRANGER), 404, "not-found")
    refused(office.call("DELETE", path, grants=STRANGER), 404, "not-found")
    refused(office.call("GET", f"posts/vacancies?area={COMMUNITY}", grants=STRANGER), 404, "not-found")
    below = (("grid_head", GRID),)
    refused(office.call("PUT", f"{path}/holders", {"holders": []}, below), 403, "not-allowed")
    until = {"until": _later(house), "reason": "sick", "person_id": WORKER}
    refused(office.call("POST", "absences", until, STRANGER), 404, "not-found")
    refused(office.call("POST", "absences", until, (("grid_worker", GRID),)), 403, "not-allowed")
    refused(office.call("GET", f"absences?person_id={WORKER}", grants=STRANGER), 404, "not-found")
    assert done(office.call("GET", path))["holders"] == [WORKER]


@pytest.mark.parametrize(
    ("change", "status", "slug"),
    [({"place": "atlantis"}, 422, "no-such-place"), ({"duty": "sleep"}, 422, "invalid-input"),
     ({"holders": [WORKER, WORKER]}, 422, "holder-twice"), ({"holders": ["nobody"]}, 422, "no-such-holder"),
     ({"holders": [RESIDENT], "level": "grid"}, 422, "no-such-holder"), ({"code": "A b"}, 422, "invalid-input"),
     ({"level": "street"}, 422, "post-level-of-other-place"), ({"place": "dongling"}, 404, "not-found")],
)  # fmt: skip
def test_a_wrong_post_is_refused_and_kept_nowhere(
    house: House, office: Office, change: dict[str, Any], status: int, slug: str
) -> None:
    before = house.db["posts"].count_documents({})
    said = {"place": "grid-001", "code": "wrong", "duty": "serve", "name": "岗", **change}
    refused(office.call("POST", "posts", said), status, slug)
    assert house.db["posts"].count_documents({}) == before


def test_a_post_is_defined_once(office: Office) -> None:
    post = office.post("grid-001")
    said = {"place": "grid-001", "code": post["code"], "duty": "serve", "name": "岗"}
    refused(office.call("POST", "posts", said), 409, "post-taken")


def test_a_resident_may_hold_a_post_that_is_not_of_the_ladder(office: Office) -> None:
    assert office.post("grid-001", RESIDENT, duty="maintain")["holders"] == [RESIDENT]


@pytest.mark.parametrize(
    ("since", "until", "status", "slug"),
    [(60, 30, 422, "absence-ends-before-it-begins"), (-120, -60, 409, "absence-is-past"),
     (0, 600_000, 422, "absence-too-long")],
)  # fmt: skip
def test_a_wrong_period_is_refused(
    house: House, office: Office, since: int, until: int, status: int, slug: str
) -> None:
    now = house.clock.now()
    said = {
        "person_id": HEAD, "since": (now + timedelta(minutes=since)).isoformat(),
        "until": (now + timedelta(minutes=until)).isoformat(), "reason": "leave",
    }  # fmt: skip
    refused(office.call("POST", "absences", said), status, slug)
    assert house.db["absences"].count_documents({"person_id": HEAD}) == 0


def test_of_two_who_fill_a_post_at_once_one_is_told_what_changed(house: House, office: Office) -> None:
    path = f"posts/{office.post('grid-001')['id']}"
    seen = office.call("GET", path).headers["ETag"]
    with ThreadPoolExecutor(2) as both:
        change = partial(office.call, "PUT", f"{path}/holders", seen=seen)
        answers = list(both.map(change, ({"holders": [who]} for who in (WORKER, HEAD))))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won = next(done(answer) for answer in answers if answer.is_success)
    assert done(office.call("GET", path))["holders"] == won["holders"]
    refused(office.call("DELETE", path, seen=seen), 412, "stale")


def test_the_owner_is_found_by_an_index_among_posts_and_absences(house: House) -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    asked: dict[str, list[dict[str, Any]]] = {
        "posts": [{"level": "grid", "area_path": {"$in": ["/hequ/", GRID]}, "holders.0": {"$exists": True}},
                  {"place_id": {"$in": ["grid-001"]}}, {"$or": [{"area_path": {"$regex": "^/hequ/"}}]}],
        "absences": [{"person_id": WORKER, "until": {"$gt": now}}],
    }  # fmt: skip
    for collection, queries in asked.items():
        for query in queries:
            plan = str(house.db[collection].find(query).explain()["queryPlanner"]["winningPlan"])
            assert "COLLSCAN" not in plan, (query, plan)


def _lift(house: House, ticket: dict[str, Any]) -> dict[str, Any]:
    found = done(house.get(f"/api/v1/tickets/{ticket['id']}/history", WORKER))["steps"]
    return next(step for step in found if step["kind"] == "lifted")


def _later(house: House) -> str:
    return (house.clock.now() + timedelta(days=1)).isoformat()


def _grids(house: House) -> list[dict[str, Any]]:
    return list(done(house.get("/api/v1/areas", None, level="grid", limit=200, under=ELSEWHERE))["items"])
