"""Who approved and suspended members stays in a trail that the administrators of the area read."""

from datetime import timedelta
from typing import Any

import httpx

from services.chassis.ids import new_id
from tests.integration.volunteers.conftest import COMMUNITY, Desk

ACTS = "/api/v1/volunteers/acts"
ELSEWHERE = "/hequ/xikou/nanmen/"


def decide(desk: Desk, http: httpx.Client, deed: str, member_id: str, by: str, **body: Any) -> httpx.Response:
    headers = desk.headers(by, ("community", COMMUNITY))
    return http.post(f"/api/v1/members/{member_id}/{deed}", json=body or None, headers=headers)


def decided(desk: Desk, http: httpx.Client) -> tuple[str, str, list[str]]:
    """A member who was approved, suspended and approved again, each time by somebody else: himself, and by whom."""
    person, by = new_id(), [new_id() for _ in range(3)]
    member_id = desk.register(http, person).json()["member_id"]
    assert decide(desk, http, "approve", member_id, by[0]).status_code == 200
    assert decide(desk, http, "suspend", member_id, by[1], reason_code="safety").status_code == 200
    assert decide(desk, http, "approve", member_id, by[2]).status_code == 200
    return member_id, person, by


def acts(desk: Desk, http: httpx.Client, area: str = "/hequ/", **asked: Any) -> list[dict[str, Any]]:
    answer = http.get(ACTS, params=asked, headers=desk.headers(new_id(), ("admin", area)))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_who_suspended_a_member_stands_there_also_after_he_was_approved_again(
    open_desk: Desk, http: httpx.Client
) -> None:
    member_id, person, by = decided(open_desk, http)
    own = http.get("/api/v1/members/me", headers=open_desk.headers(person)).json()
    assert (own["state"], own["decided_by"], own["reason_code"]) == ("approved", by[2], None)
    found = acts(open_desk, http, subject=member_id)
    assert [(row["action"], row["by"], row["detail"]["reason_code"]) for row in found] == [
        ("member-approved", by[2], "safety"),
        ("member-suspended", by[1], "safety"),
        ("member-approved", by[0], None),
    ]
    assert found[1]["detail"] == {
        "person_id": person, "state": {"before": "approved", "after": "suspended"}, "reason_code": "safety",
    }  # fmt: skip
    assert found[1]["areas"] == [COMMUNITY]
    assert acts(open_desk, http, person_id=by[1], action="member-suspended") == [found[1]]
    assert open_desk.published(member_id) == [
        "member.registered", "member.approved", "member.suspended", "member.approved",
    ]  # fmt: skip
    told = open_desk.db["outbox"].find_one({"aggregate_id": member_id, "type": "member.suspended"})
    assert told is not None
    assert "safety" not in str(told), "partners read events"


def test_a_suspension_needs_a_reason_of_the_list(open_desk: Desk, http: httpx.Client) -> None:
    member_id = open_desk.register(http, new_id()).json()["member_id"]
    office = new_id()
    decide(open_desk, http, "approve", member_id, office)
    for body in ({}, {"reason_code": "I do not like him"}, {"reason_code": "other", "text": "why"}):
        refused = decide(open_desk, http, "suspend", member_id, office, **body)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-input")
    assert [row["action"] for row in acts(open_desk, http, subject=member_id)] == ["member-approved"]
    assert open_desk.published(member_id) == ["member.registered", "member.approved"]


def test_an_administrator_reads_of_his_area_alone_and_others_nothing(open_desk: Desk, http: httpx.Client) -> None:
    member_id, _, by = decided(open_desk, http)
    assert len(acts(open_desk, http, COMMUNITY, subject=member_id)) == 3
    assert acts(open_desk, http, ELSEWHERE, subject=member_id) == []
    stranger = open_desk.headers(new_id(), ("admin", ELSEWHERE))
    assert http.get(ACTS, params={"area": COMMUNITY}, headers=stranger).status_code == 404
    for role in ("community", "district"):
        assert http.get(ACTS, headers=open_desk.headers(new_id(), (role, "/hequ/"))).status_code == 403
    kept = open_desk.db["acts"].find_one({"subject": member_id, "by": by[2]})
    assert kept is not None
    assert len(acts(open_desk, http, area=COMMUNITY, subject=member_id, until=kept["at"].isoformat())) == 2
    later = (kept["at"] + timedelta(seconds=1)).isoformat()
    assert acts(open_desk, http, subject=member_id, since=later) == []


def test_they_come_in_pages_newest_first(open_desk: Desk, http: httpx.Client) -> None:
    member_id, _, by = decided(open_desk, http)
    reader = open_desk.headers(new_id(), ("admin", "/hequ/"))
    asked = {"subject": member_id, "limit": "2"}
    first = http.get(ACTS, params=asked, headers=reader).json()
    rest = http.get(ACTS, params={**asked, "cursor": first["next"]}, headers=reader).json()
    assert [row["by"] for row in first["items"] + rest["items"]] == by[::-1]
    assert (len(first["items"]), rest["next"]) == (2, None)
