"""Who administers a town: what he changes there, and the trail of acts that he reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.integration.tickets.conftest import done
from tests.integration.tickets.towns import Town, places

ACTS = "/api/v1/tickets/acts"


@dataclass
class Admin:
    """An administrator of a county, of one test."""

    town: Town
    area: str = ""
    id: str = field(default_factory=lambda: str(uuid4()))
    role: str = "admin"

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> httpx.Response:
        signed = self.town.house.tokens.headers((self.role, self.area or f"/{self.town.id}/"), person_id=self.id)
        more = {"Accept-Language": "en", "Idempotency-Key": uuid4().hex} if method == "POST" else {}
        return self.town.house.api.http.request(
            method, path.replace("~", self.town.id), json=body, params=params,
            headers={**signed, **more, "If-Match": "*"},
        )  # fmt: skip

    def acts(self, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = done(self.call("GET", ACTS, **asked))["items"]
        return found

    def load(self, hours: Mapping[str, Any], **params: str) -> httpx.Response:
        """The county as it is, but for the hours of the quay's station."""
        return self.call("POST", "/api/v1/places", changed(self.town, hours), **params)


def changed(town: Town, hours: Mapping[str, Any]) -> dict[str, Any]:
    data = places(town.id, town.quay["lat"])
    [quay] = [one for one in data["streets"][0]["communities"][0]["stations"] if one["id"].endswith("-quay")]
    quay["hours"] = hours
    return data
