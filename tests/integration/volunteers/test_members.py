"""Members over HTTP: who registers, who decides, who sees whom, and what is refused."""

from typing import Any

import httpx
import pytest

from services.chassis.ids import new_id
from tests.integration.volunteers.conftest import COMMUNITY, Desk
from tests.support.places import define_places

ELSEWHERE = "/hequ/xikou/nanmen/"
WHY = {"reason_code": "conduct"}


def test_a_resident_registers_and_the_community_approves(open_desk: Desk, http: httpx.Client) -> None:
    person = new_id()
    answer = open_desk.register(http, person, skills=["plumbing", "electric"])
    assert (answer.status_code, answer.json()["state"]) == (201, "registered")
    own = http.get("/api/v1/members/me", headers=open_desk.headers(person))
    assert own.json() == answer.json()
    url = answer.headers["Location"]
    approved = http.post(f"{url}/approve", headers=open_desk.headers(new_id(), ("community", COMMUNITY)))
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert open_desk.published(answer.json()["member_id"]) == ["member.registered", "member.approved"]


def test_contact_data_are_sealed_masked_and_published_only_privately(open_desk: Desk, http: httpx.Client) -> None:
    person = new_id()
    answer = open_desk.register(
        http, person, name="张小红", telephone="+86 138–0000–5678", email="xiaohong@example.org"
    )
    assert answer.json()["contact"] == {"name": "张**", "telephone": "138****5678", "email": "x***@example.org"}
    assert open_desk.published(person) == ["recipient.upserted"]
    member_id = answer.json()["member_id"]
    kept = [open_desk.db["members"].find_one({"_id": member_id}),
            *open_desk.db["outbox"].find({"aggregate_id": {"$in": [member_id, person]}})]  # fmt: skip
    assert len(kept) == 3
    for secret in ("张小红", "13800005678", "xiaohong"):
        assert secret not in str(kept)


def test_a_program_is_no_volunteer(open_desk: Desk, http: httpx.Client) -> None:
    """Neither anew, nor who became one before this was so."""
    person, url = new_id(), "/api/v1/members"
    body = {"area_path": COMMUNITY, "skills": ["electric"], "consent": True}
    program = {**open_desk.tokens.headers(person_id=person, kind="service", api_key="k1"), "Idempotency-Key": new_id()}
    refused = http.post(url, json=body, headers=program)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/only-people")
    assert http.get(f"{url}/me", headers=program).status_code == 404
    before = open_desk.member(http)
    program = {**open_desk.tokens.headers(person_id=before, kind="service"), "Idempotency-Key": new_id()}
    for answer in (http.get("/api/v1/offers", headers=program),
                   http.post("/api/v1/offers/any/claims", headers=program)):  # fmt: skip
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/only-people")


def test_nobody_approves_himself(open_desk: Desk, http: httpx.Client) -> None:
    head = new_id()
    member_id = open_desk.register(http, head).json()["member_id"]
    refused = http.post(
        f"/api/v1/members/{member_id}/approve", headers=open_desk.headers(head, ("station_head", COMMUNITY))
    )
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/own-approval")
    assert open_desk.published(member_id) == ["member.registered"]


def test_a_program_decides_about_nobody(open_desk: Desk, http: httpx.Client) -> None:
    """Its key may be the member's own."""
    waiting, approved = open_desk.register(http, new_id()).json()["member_id"], open_desk.member(http)
    grants = (("community", COMMUNITY),)
    program = {**open_desk.tokens.headers(*grants, person_id=new_id(), kind="service"), "Idempotency-Key": new_id()}
    of_approved = http.get("/api/v1/members/me", headers=open_desk.headers(approved)).json()["member_id"]
    for answer in (http.post(f"/api/v1/members/{waiting}/approve", headers=program),
                   http.post(f"/api/v1/members/{of_approved}/suspend", json=WHY, headers=program)):  # fmt: skip
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/only-people")


def test_another_community_neither_sees_nor_decides(open_desk: Desk, http: httpx.Client) -> None:
    member_id = open_desk.register(http, new_id()).json()["member_id"]
    elsewhere = open_desk.headers(new_id(), ("community", ELSEWHERE))
    assert http.get(f"/api/v1/members/{member_id}", headers=elsewhere).status_code == 404
    assert http.post(f"/api/v1/members/{member_id}/approve", headers=elsewhere).status_code == 404
    listed = http.get("/api/v1/members", params={"limit": 200}, headers=elsewhere).json()["items"]
    assert member_id not in [item["member_id"] for item in listed]


def test_the_list_is_paged_and_filtered_by_state(open_desk: Desk, http: httpx.Client) -> None:
    area = "/hequ/xikou/donguan/"
    members = [open_desk.register(http, new_id(), area_path=f"{area}grid-{n}/").json()["member_id"] for n in range(3)]
    head = open_desk.headers(new_id(), ("station_head", area))
    http.post(f"/api/v1/members/{members[1]}/approve", headers=head)
    first = http.get("/api/v1/members", params={"limit": 2}, headers=head).json()
    rest = http.get("/api/v1/members", params={"limit": 2, "cursor": first["next"]}, headers=head).json()
    assert [item["member_id"] for item in first["items"] + rest["items"]] == members
    assert rest["next"] is None
    waiting = http.get("/api/v1/members", params={"state": "registered"}, headers=head).json()["items"]
    assert [item["member_id"] for item in waiting] == [members[0], members[2]]


def test_a_suspended_member_sees_no_offers(open_desk: Desk, http: httpx.Client) -> None:
    person = open_desk.member(http)
    own = open_desk.headers(person)
    assert http.get("/api/v1/offers", headers=own).status_code == 200
    member_id = http.get("/api/v1/members/me", headers=own).json()["member_id"]
    community = open_desk.headers(new_id(), ("community", COMMUNITY))
    suspended = http.post(f"/api/v1/members/{member_id}/suspend", json={"reason_code": "conduct"}, headers=community)
    assert (suspended.json()["state"], suspended.json()["reason_code"]) == ("suspended", "conduct")
    refused = http.get("/api/v1/offers", headers=own)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/member-not-active")


def test_a_decision_on_an_outdated_record_is_refused(open_desk: Desk, http: httpx.Client) -> None:
    answer = open_desk.register(http, new_id())
    community = open_desk.headers(new_id(), ("community", COMMUNITY))
    url, seen = answer.headers["Location"], {"If-Match": answer.headers["ETag"]}
    assert http.post(f"{url}/approve", headers={**community, **seen}).status_code == 200
    assert http.post(f"{url}/suspend", json=WHY, headers={**community, **seen}).status_code == 412


def test_registering_twice_is_a_conflict_but_repeating_the_request_is_not(open_desk: Desk, http: httpx.Client) -> None:
    person = new_id()
    define_places(open_desk.db, COMMUNITY)
    headers = open_desk.headers(person, key="register-once")
    body = {"area_path": COMMUNITY, "skills": [], "consent": True}
    first, repeated = (http.post("/api/v1/members", json=body, headers=headers) for _ in range(2))
    assert (first.status_code, repeated.json()) == (201, first.json())
    again = open_desk.register(http, person)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/member-exists")
    assert open_desk.db["members"].count_documents({"person_id": person}) == 1


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"consent": False}, "/consent"),
        ({"consent": "yes"}, "/consent"),
        ({"area_path": "/hequ/"}, "/area_path"),
        ({"area_path": "binhe"}, "/area_path"),
        ({"skills": ["Not A Skill"]}, "/skills/0"),
        ({"skills": ["a"] * 21}, "/skills"),
        ({"telephone": "call me"}, "/telephone"),
        ({"email": "nobody"}, "/email"),
        ({"name": ""}, "/name"),
        ({"availability": [{"weekday": 8, "from": "08:00", "to": "09:00"}]}, "/availability/0/weekday"),
        ({"availability": [{"weekday": 1, "from": "8", "to": "09:00"}]}, "/availability/0/from"),
        ({"availability": [{"weekday": 1, "from": "09:00", "to": "09:00"}]}, "/availability/0/to"),
        ({"rank": "captain"}, "/rank"),
    ],
)
def test_a_wrong_field_is_named_and_nobody_is_registered(
    open_desk: Desk, http: httpx.Client, asked: dict[str, Any], pointer: str
) -> None:
    person = new_id()
    refused = open_desk.register(http, person, **asked)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-input")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert open_desk.db["members"].count_documents({"person_id": person}) == 0


def test_hours_come_back_as_they_were_given(open_desk: Desk, http: httpx.Client) -> None:
    hours = [{"weekday": 6, "from": "08:30", "to": "24:00"}]
    assert open_desk.register(http, new_id(), availability=hours).json()["availability"] == hours


def test_without_a_token_nobody_registers(http: httpx.Client) -> None:
    assert http.post("/api/v1/members", json={}).status_code == 401
