"""Calls of the register of departments."""

from typing import Any
from uuid import uuid4

import httpx

from tests.integration.tickets.conftest import House

STREET, OTHER_STREET = "/hequ/qingxi/", "/hequ/wangshan/"


def call(house: House, method: str, path: str, body: Any = None, area: str = STREET, role: str = "street",
         seen: str | None = None) -> httpx.Response:  # fmt: skip
    headers = {**house.tokens.headers((role, area)), "Accept-Language": "en"}
    headers |= {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
    headers |= {"If-Match": seen} if seen else {}
    return house.api.http.request(method, f"/api/v1/departments{path}", json=body, headers=headers)
