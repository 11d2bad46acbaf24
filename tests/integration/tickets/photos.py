"""Photos: uploaded, attached to a ticket, and whether one is gone."""

from uuid import uuid4

import httpx

from tests.integration.tickets.conftest import (
    RESIDENT,
    Document,
    House,
    done,
)
from tests.support import pictures

PATH = "/api/v1/attachments"


def upload(house: House, person: str | None, content: bytes, key: str | None = None, **more: str) -> httpx.Response:
    sent = house.headers(person, **{"Idempotency-Key": key or uuid4().hex, "Content-Type": "image/jpeg", **more})
    return house.api.http.post(PATH, content=content, headers=sent)


def uploaded(house: House, person: str | None = RESIDENT, content: bytes | None = None) -> str:
    return str(done(upload(house, person, content or pictures.photo()), 201)["attachment_id"])


def attach(house: House, ticket: Document, person: str | None, attachment_id: str, **more: str) -> httpx.Response:
    return house.do(ticket, "attachments", person, {"attachment_id": attachment_id, **more})


def row_of(house: House, attachment_id: str) -> Document | None:
    return house.db["attachments"].find_one({"_id": attachment_id})


def is_gone(house: House, attachment_id: str) -> bool:
    """Row, content and timer."""
    return not (
        row_of(house, attachment_id)
        or house.db["photos.files"].count_documents({"_id": attachment_id})
        or house.db["photos.chunks"].count_documents({"files_id": attachment_id})
        or house.db["timers"].count_documents({"_id": f"attachment:{attachment_id}"})
    )
