"""What there is in a district once its people have lived a morning through the public API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from services.tickets.domain.hours import WEEKDAYS
from tests.integration.security.town import District, Document, Person, Town
from tests.support import pictures
from tests.support.eventually import eventually

CLINIC: Document = {
    "name": {"zh-CN": "义诊", "en": "Clinic"}, "slot_minutes": 60, "capacity": 5, "ahead_days": 7,
    "week": {weekday: ["00:00-24:00"] for weekday in WEEKDAYS},
}  # fmt: skip
CALLER = {"name": "王小明", "telephone": "13755550777"}


@dataclass(frozen=True)
class Things:
    """Identities of a district's things, by the name that they have in addresses (`ticket_id`, `offer_id`, ...)."""

    ids: Mapping[str, str]
    ticket: Document
    solved: Document
    owners: Mapping[str, Person]
    """Who of the district may see each."""

    def __getitem__(self, name: str) -> str:
        return self.ids[name]


def live_a_morning(town: Town, at: District) -> Things:
    """One ticket solved by a volunteer, confirmed and paid; one that is offered; a member who waits for approval."""
    people = at.people
    member_id = found_member(town, at, "member", approved=True)
    waiting_id = found_member(town, at, "second_member", approved=False)
    solved = file_and_offer(town, at)
    claim = claim_first(town, at, solved)
    eventually(lambda: see(town, at, solved["id"])["state"] == "assigned")
    for deed, who, body in (
        ("arrive", "member", {"severity": "ordinary"}), ("resolve", "member", {"text": "好了"}),
        ("confirm", "resident", {"rating": 5}),
    ):  # fmt: skip
        town.done(people[who], f"POST /api/v1/tickets/{solved['id']}/{deed}", body)
    ticket = file_and_offer(town, at)
    offer_id = eventually(lambda: offer_of(town, at, ticket))
    key = town.done(
        people["admin"], f"POST /api/v1/accounts/{people['spare'].account_id}/keys", {"name": "k", "days": 30}
    )
    town.whole.comes_to_rest(60)
    entry = town.done(people["resident"], "GET /api/v1/inbox")["items"][0]
    attachment_id = photographed(town, at, ticket)
    post = {"place": f"{at.id}-grid", "code": "main", "duty": "serve", "name": "岗"}
    post_id = town.done(people["community"], "POST /api/v1/posts", post)["id"]
    department = {"id": f"{at.id}-office", "place": at.id, "name": "城管", "kind": "enforcement"}
    town.done(people["district"], "POST /api/v1/departments", department)
    worker, soon = people["grid_worker"].person_id, town.now + timedelta(days=2)
    away = {"person_id": worker, "since": soon.isoformat(), "reason": "leave"}
    away["until"] = (soon + timedelta(days=1)).isoformat()
    absence_id = town.done(people["community"], "POST /api/v1/absences", away)["id"]
    ids = {
        "account_id": people["spare"].account_id, "key_id": key["key_id"], "ticket_id": ticket["id"],
        "offer_id": offer_id, "claim_id": claim["claim_id"], "member_id": waiting_id, "entry_id": entry["id"],
        "area_id": f"{at.id}-grid", "station_id": f"{at.id}-station", "year": "2026", "approved_member_id": member_id,
        "attachment_id": attachment_id, "record_id": counted(town, at), "compound_id": f"{at.id}-compound",
        "department_id": f"{at.id}-office", "post_id": post_id, "absence_id": absence_id, "person_id": worker,
        **booked(town, at),
    }  # fmt: skip
    owners = {
        "account_id": people["admin"], "key_id": people["admin"], "ticket_id": people["community"],
        "offer_id": people["member"], "claim_id": people["member"], "member_id": people["community"],
        "entry_id": people["resident"], "area_id": people["none"], "station_id": people["none"], "year": people["none"],
        "attachment_id": people["community"], "record_id": people["community"], "compound_id": people["community"],
        "department_id": people["district"], "post_id": people["community"], "absence_id": people["community"],
        "service_id": people["community"], "booking_id": people["community"],
    }  # fmt: skip
    return Things(ids, ticket, solved, owners)


def found_member(town: Town, at: District, name: str, *, approved: bool) -> str:
    asked = {"area_path": at.community, "skills": ["electric"], "consent": True}
    member = town.done(at.people[name], "POST /api/v1/members", asked)
    if approved:
        town.done(at.people["community"], f"POST /api/v1/members/{member['member_id']}/approve")
    return str(member["member_id"])


def file_and_offer(town: Town, at: District) -> Document:
    said = {"kind": "request", "grid_id": f"{at.id}-grid", "description": "楼道灯不亮了。", "category": "lighting"}
    ticket = town.done(at.people["resident"], "POST /api/v1/tickets", said)
    for deed, body in (("accept", {}), ("offer", {"skills": ["electric"]})):
        ticket = town.done(at.people["grid_worker"], f"POST /api/v1/tickets/{ticket['id']}/{deed}", body)
    return ticket


def photographed(town: Town, at: District, ticket: Document) -> str:
    attachment_id = uploaded(town, at.people["resident"])
    attached = {"attachment_id": attachment_id}
    town.done(at.people["resident"], f"POST /api/v1/tickets/{ticket['id']}/attachments", attached)
    return attachment_id


def counted(town: Town, at: District) -> str:
    """A service record (人次)."""
    said = {"theme": "health", "persons": 3}
    record = town.done(at.people["community"], f"POST /api/v1/stations/{at.id}-station/service-records", said)
    return str(record["id"])


def uploaded(town: Town, who: Person) -> str:
    headers = {"Authorization": f"Bearer {who.token}", "Idempotency-Key": uuid4().hex}
    answer = town.clients["tickets"].post("/api/v1/attachments", content=pictures.photo(), headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["attachment_id"])


def booked(town: Town, at: District) -> dict[str, str]:
    """A place in tomorrow's clinic, for who called the station."""
    clinic, station = f"{at.id}-clinic", f"/api/v1/stations/{at.id}-station"
    town.done(at.people["station_head"], f"PUT {station}/appointment-services/{clinic}", CLINIC)
    slots = town.done(at.people["resident"], f"GET {station}/slots", date=town.tomorrow)["services"][0]["slots"]
    said = {"service_id": clinic, "start_at": slots[-1]["start_at"], "contact": CALLER}
    booking = town.done(at.people["station_head"], f"POST {station}/bookings", said)
    return {"service_id": clinic, "booking_id": booking["id"]}


def offer_of(town: Town, at: District, ticket: Document) -> str:
    offers = town.done(at.people["member"], "GET /api/v1/offers", limit="200")["items"]
    return next((str(offer["offer_id"]) for offer in offers if offer["ticket_id"] == ticket["id"]), "")


def claim_first(town: Town, at: District, ticket: Document) -> Document:
    offer_id = eventually(lambda: offer_of(town, at, ticket))
    return town.done(at.people["member"], f"POST /api/v1/offers/{offer_id}/claims")


def see(town: Town, at: District, ticket_id: str) -> Any:
    return town.done(at.people["community"], f"GET /api/v1/tickets/{ticket_id}")


def identities(things: Things) -> list[str]:
    """What stands for a district's things and nobody else could know; who files there hears who answers for it."""
    known = ("area_id", "compound_id", "station_id", "year", "person_id")
    told = [value for name, value in things.ids.items() if name not in known]
    return [
        *told, things.ticket["number"], things.solved["id"], things.solved["number"], things.ticket["reporter_id"],
    ]  # fmt: skip
