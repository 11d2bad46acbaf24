"""The street office that fills duty posts, with people of its own."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.tickets.conftest import (
    COMMUNITY,
    House,
    done,
)
from tests.support.eventually import eventually

Grants = tuple[tuple[str, str], ...]
DIRECTOR: Grants = (("street", "/hequ/qingxi/"),)


class Office:
    """The street office that fills posts, and people of its own for one test."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.made: list[str] = []
        self.people: set[str] = set()

    def call(self, method: str, path: str, body: Any = None, grants: Grants = DIRECTOR, who: str | None = None,
             seen: str = "*") -> httpx.Response:  # fmt: skip
        signed = self.house.tokens.headers(*grants, person_id=who or "01920c5e-0000-7000-8000-0000000000c1")
        return self.house.api.http.request(
            method, f"/api/v1/{path}", json=body,
            headers={**signed, "Accept-Language": "en", "Idempotency-Key": uuid4().hex, "If-Match": seen},
        )  # fmt: skip

    def account(self, *grants: tuple[str, str], person: str | None = None, state: str = "active", at: int = 1) -> str:
        """Somebody with these roles, known to tickets."""
        person = person or str(uuid4())
        self.people.add(person)
        held = [{"role": role, "area_path": path} for role, path in grants]
        event = self.house.publishing.write("account.changed", person, at, account={
            "account_id": person, "person_id": person, "kind": "person", "state": state, "grants": held,
        })  # fmt: skip
        self.house.publishing.send([event])
        eventually(lambda: self.house.db["staff"].find_one({"_id": person, "sequence": at}))
        return person

    def post(self, place: str, *holders: str, duty: str = "serve", **more: Any) -> dict[str, Any]:
        said = {"place": place, "code": f"c{uuid4().hex[:8]}", "duty": duty, "name": "岗", "holders": list(holders)}
        post = done(self.call("POST", "posts", {**said, **more}), 201)
        self.made.append(post["id"])
        return post

    def away(self, person: str, **ahead: int) -> httpx.Response:
        until = (self.house.clock.now() + timedelta(**ahead)).isoformat()
        return self.call("POST", "absences", {"person_id": person, "until": until, "reason": "sick"})

    def vacancy(self, place: str) -> dict[str, Any]:
        found = done(self.call("GET", f"posts/vacancies?area={COMMUNITY}&limit=200"))["items"]
        return next((one for one in found if one["place"] == place), {})


@pytest.fixture
def office(house: House) -> Iterator[Office]:
    office = Office(house)
    yield office
    for post_id in office.made:
        office.call("DELETE", f"posts/{post_id}")
    for person in office.people:
        office.account(person=person, state="disabled", at=9)
