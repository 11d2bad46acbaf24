"""A callback is for people: no program does anything to one, by whatever route, since it may be theirs who are rated;
and every step that a program does take says who answers for its key."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.chassis.directory import find_service
from services.chassis.http.entrypoints import routes_of
from services.tickets.domain.transitions import STAFF
from tests.integration.tickets.conftest import CADRE, COMMUNITY, RESIDENT, WORKER, Document, House, done
from tests.support import pictures

ROLES = (*((role, COMMUNITY) for role in sorted(STAFF)), ("partner", COMMUNITY))
REASON: Document = {"reason": "x"}
ON_BEHALF: Document = {"on_behalf": "telephone", **REASON}
BODIES: dict[str, list[Document]] = {
    "verify": [{}], "accept": [{"summary": "x"}], "assign": [{}, {"assignee_id": WORKER}], "offer": [{"skills": []}],
    "tick": [{"item": "x"}], "hold-session": [{}], "pause": [{"reason_code": "resident_away"}], "resume": [{}],
    "transfer": [{"grid_id": "grid-002", **REASON}], "merge": [{"into": "<other>"}], "arrive": [{}],
    "reclassify": [{"severity": "major"}], "plan": [{"working_days": 3}], "move-plan": [{"working_days": 3, **REASON}],
    "resolve": [{}], "confirm": [{"rating": 5}, {"rating": 5, "on_behalf": "telephone"}],
    "reopen": [REASON, ON_BEHALF], "reject": [REASON], "cancel": [REASON, ON_BEHALF], "escalate": [REASON],
    "de-escalate": [REASON], "follow-up-slip": [{}], "reveal": [REASON], "attachments": [{"attachment_id": "<photo>"}],
}  # fmt: skip
"""Of each command on a ticket what is sent."""
REFUSED = {"only-people", "not-allowed", "rated-oneself"}
PREFIX = "/api/v1/tickets/<ticket_id>/"


def commands() -> set[str]:
    routes = routes_of(find_service("tickets").api)
    return {route.url.removeprefix(PREFIX) for route in routes if route.method != "GET" and PREFIX in route.url}


def test_every_command_on_a_ticket_is_tried() -> None:
    assert commands() == set(BODIES)


def sent(house: House, path: str, who: str, answerable: str, **body: Any) -> httpx.Response:
    signed = house.tokens.headers(*ROLES, person_id=who, kind="service", api_key="k", answerable=answerable)
    headers = {**signed, "Accept-Language": "en", "Idempotency-Key": uuid4().hex}
    if "content" in body:
        headers["Content-Type"] = "image/jpeg"
    return house.api.http.post(f"/api/v1/{path}", headers=headers, **body)


def photo_of(house: House, program: str, answerable: str) -> str:
    answer = sent(house, "attachments", program, answerable, content=pictures.photo())
    return str(done(answer, 201)["attachment_id"])


@pytest.fixture
def callback(house: House) -> Document:
    """The worker is rated in it."""
    badly = house.resolved()
    done(house.do(badly, "confirm", RESIDENT, {"rating": 1}))
    found: Document | None = house.db["tickets"].find_one({"parent_id": badly["id"]})
    assert found is not None
    assert WORKER in found["history"][0]["detail"]["rated"]
    return found


@pytest.mark.parametrize("answerable", [WORKER, "somebody-else"])
def test_a_program_does_nothing_to_a_callback(house: House, callback: Document, answerable: str) -> None:
    program, other = str(uuid4()), house.filed()["id"]
    photo, before = photo_of(house, program, answerable), house.stored({"id": callback["_id"]})
    asked = {"<other>": other, "<photo>": photo}
    for name, bodies in BODIES.items():
        for body in bodies:
            given = {key: asked.get(str(value), value) for key, value in body.items()}
            answer = sent(house, f"tickets/{callback['_id']}/{name}", program, answerable, json=given)
            assert answer.status_code == 403, (name, answer.text)
            assert answer.json()["type"].removeprefix("/problems/") in REFUSED, (name, answer.text)
    merged = sent(house, f"tickets/{other}/merge", program, answerable, json={"into": callback["_id"]})
    assert merged.status_code in (403, 409), merged.text
    assert house.stored({"id": callback["_id"]}) == before
    again = sent(house, f"tickets/{other}/attachments", program, answerable, json={"attachment_id": photo})
    assert done(again)["id"] == other, "what was refused is not used up"


SAID: Document = {"kind": "wish", "grid_id": "grid-001", "description": "dark"}
LIVES: list[list[tuple[str, Document]]] = [
    [("attachments", {"attachment_id": "<photo>"}), ("accept", {}), ("offer", {"skills": []}),
     ("assign", {"assignee_id": WORKER}), ("pause", {"reason_code": "resident_away", **REASON}), ("resume", {}),
     ("escalate", REASON), ("de-escalate", REASON), ("transfer", {"grid_id": "grid-002", **REASON}),
     ("assign", {"assignee_id": CADRE}), ("resolve", {})],
    [("reject", REASON)],
]  # fmt: skip
"""What a program does to a wish that it filed, one after the other."""


@pytest.mark.parametrize("life", LIVES)
def test_each_step_of_a_program_says_who_answers_for_its_key(house: House, life: list[tuple[str, Document]]) -> None:
    program, issuer = str(uuid4()), str(uuid4())
    asked = {"<photo>": photo_of(house, program, issuer)}
    filed = {**SAID, "attachments": [photo_of(house, program, issuer)]}
    ticket = done(sent(house, "tickets", program, issuer, json=filed), 201)
    for name, body in life:
        given = {key: asked.get(str(value), value) for key, value in body.items()}
        done(sent(house, f"tickets/{ticket['id']}/{name}", program, issuer, json=given))
    his = [step for step in house.stored({"id": ticket["id"]})["history"] if step["by"] == program]
    assert len(his) >= len(life) + 2
    assert {step["detail"].get("answerable") for step in his} == {issuer}


def test_who_answers_for_a_program_is_shown_to_nobody_with_its_photos(house: House) -> None:
    program, issuer, ticket = str(uuid4()), str(uuid4()), house.filed()
    photo = {"attachment_id": photo_of(house, program, issuer)}
    done(sent(house, f"tickets/{ticket['id']}/attachments", program, issuer, json=photo))
    for person in (WORKER, RESIDENT):
        (listed,) = done(house.get(f"/api/v1/tickets/{ticket['id']}/attachments", person))["attachments"]
        assert set(listed) == {"attachment_id", "at", "by", "size", "width", "height"}
    assert issuer not in str(done(house.get(f"/api/v1/tickets/{ticket['id']}/history", RESIDENT)))
