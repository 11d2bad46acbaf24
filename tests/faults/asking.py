"""Asking over HTTP through every fault: the same request with the same key, until there is a definite answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from services.cli.demo.edge import Body, Caller, Refused, ServiceDown, sent
from tests.faults.journal import Journal

Document = dict[str, Any]
PATIENCE_SECONDS = 120.0
"""Longer than any fault lasts: who gets no answer for so long has found something."""
_PAUSE_SECONDS = 0.5
_LONGEST_WAIT = 15.0
"""A caller who is told to come back later than this gives up: that is a refusal."""
_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Told:
    """A definite answer, or None as status when there was none. `uncertain`: an earlier try may have done it."""

    status: int | None
    data: Document
    uncertain: bool
    tries: int

    @property
    def done(self) -> bool:
        return self.status is not None and self.status < 300

    @property
    def slug(self) -> str:
        return str(self.data.get("type", f"status {self.status}")).removeprefix("/problems/")


class Asker:
    """Safe to be used by many threads."""

    def __init__(self, url: str, journal: Journal) -> None:
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        self._http = httpx.Client(
            base_url=url, timeout=httpx.Timeout(30, pool=60), trust_env=False, limits=limits,
            headers={"Accept-Language": "zh-CN"}, verify=False,
        )  # fmt: skip
        self._journal = journal

    def close(self) -> None:
        self._http.close()

    def post(self, caller: Caller | None, path: str, body: Body, key: str) -> Told:
        return self._until_definite("POST", path, caller, body, {"Idempotency-Key": key})

    def get(self, caller: Caller, path: str, **params: str) -> Told:
        return self._until_definite("GET", path, caller, None, {}, params)

    def _until_definite(
        self, method: str, path: str, caller: Caller | None, body: Body | None, headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
    ) -> Told:  # fmt: skip
        deadline = time.monotonic() + PATIENCE_SECONDS
        uncertain, tries = False, 0
        while time.monotonic() < deadline:
            try:
                bearer = {"Authorization": f"Bearer {caller.bearer()}"} if caller else {}
            except (ServiceDown, Refused):
                time.sleep(_PAUSE_SECONDS)
                continue
            tries += 1
            try:
                answer = self._http.request(method, path, headers={**headers, **bearer}, params=params, **sent(body))
            except (httpx.ConnectError, httpx.PoolTimeout):  # nothing was sent
                time.sleep(_PAUSE_SECONDS)
                continue
            except httpx.TransportError:
                uncertain = True
                continue
            wait = self._wait(answer, method, path)
            if wait is None:
                return Told(answer.status_code, _document(answer), uncertain, tries)
            uncertain = uncertain or answer.is_server_error
            time.sleep(wait)
        return Told(None, {}, uncertain, tries)

    def _wait(self, answer: httpx.Response, method: str, path: str) -> float | None:
        """How long to wait before asking again; None when the answer is definite."""
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait = float(answer.headers.get("Retry-After", "1"))
            return wait if wait <= _LONGEST_WAIT else None
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the token ended on the way
            return _PAUSE_SECONDS
        if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:
            self._journal.surprise(f"{method} {path} was answered 500: {answer.text}")
        return _PAUSE_SECONDS if answer.is_server_error else None


def _document(answer: httpx.Response) -> Document:
    try:
        data: Document = answer.json()
    except ValueError:
        return {}
    return data
