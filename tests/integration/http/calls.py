"""Calls of the specimen, many at once, and the problem that one is answered with."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx

from tests.integration.http.conftest import Specimen


def write(specimen: Specimen, text: str = "路灯不亮", key: str | None = None) -> httpx.Response:
    headers = specimen.worker(**{"Idempotency-Key": key or uuid4().hex})
    return specimen.http.post("/api/v1/notes", json={"text": text}, headers=headers)


def at_once(count: int, call: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    barrier = threading.Barrier(count)

    def one(number: int) -> httpx.Response:
        barrier.wait(10)
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def is_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{slug}"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["instance"] == f"urn:correlation:{answer.headers['X-Correlation-Id']}"
    return found
