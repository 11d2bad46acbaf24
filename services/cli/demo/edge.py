"""The public HTTP API as a person or another service uses it: sign in, ask, try again while that makes sense."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import uuid4

import httpx

from services.chassis.clock import system_now

Document = dict[str, Any]
Body = Document | bytes
"""Of a request: JSON, or a photo as it is."""
_PATIENCE_SECONDS = 45.0
"""How long one call is tried again while the system is busy or away."""
_RENEW_BEFORE = timedelta(seconds=45)
_TRY_AGAIN = frozenset({429, 502, 503, 504})


class ServiceDown(Exception):
    """The system did not answer for a while; the message names the call and what to do."""


class Refused(Exception):
    """The system refused: `status` and `slug` of its problem."""

    def __init__(self, status: int, slug: str, what: str) -> None:
        super().__init__(f"{what}: {status} {slug}")
        self.status = status
        self.slug = slug


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    data: Document
    headers: Mapping[str, str]


class Edge:
    """The one door. Safe to be used by many threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        limits = httpx.Limits(max_connections=40, max_keepalive_connections=40)
        self._http = httpx.Client(
            base_url=url,
            timeout=30,
            trust_env=False,
            limits=limits,
            headers={"Accept-Language": "zh-CN"},
            verify=url.startswith("https:"),
        )

    def close(self) -> None:
        self._http.close()

    def ask(
        self, method: str, path: str, body: Body | None = None, *, token: str | None = None, key: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """One call. Each POST has an Idempotency-Key, so that trying again has no second effect.

        Raises Refused for what the system refuses, ServiceDown when it stays away.
        """
        headers = {"Idempotency-Key": key or uuid4().hex} if method == "POST" else {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = self._once(method, path, body, headers, params)
            if not isinstance(answer, httpx.Response):
                why, wait = answer, 1.0
            elif answer.status_code in _TRY_AGAIN:
                why, wait = _slug(answer), min(_retry_after(answer), _PATIENCE_SECONDS)
            else:
                return _read(answer, f"{method} {path}")
            if time.monotonic() + wait > deadline:
                raise ServiceDown(f"{method} {path}: {why}. `make status` shows what does not run, `make logs` why.")
            time.sleep(wait)

    def _once(
        self, method: str, path: str, body: Body | None, headers: Mapping[str, str],
        params: Mapping[str, str] | None,
    ) -> httpx.Response | str:  # fmt: skip
        """The response, or what the network said."""
        try:
            return self._http.request(method, path, headers=headers, params=params, **sent(body))
        except httpx.TransportError as error:
            return type(error).__name__


def sent(body: Body | None) -> dict[str, Any]:
    """As httpx takes it."""
    return {"content": body} if isinstance(body, bytes) else {"json": body}


def _read(response: httpx.Response, what: str) -> Answer:
    if response.is_error:
        raise Refused(response.status_code, _slug(response), what)
    data = response.json() if response.content else {}
    return Answer(response.status_code, data, response.headers)


def _slug(response: httpx.Response) -> str:
    try:
        return str(response.json()["type"]).removeprefix("/problems/")
    except (ValueError, KeyError, TypeError):
        return f"status {response.status_code}"


def _retry_after(response: httpx.Response) -> float:
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else 1.0


@dataclass(slots=True)
class Caller:
    """Somebody who signs in when it is needed, by password or by API key, and again before the token expires."""

    edge: Edge
    name: str
    """What he is to the demonstration: `grid worker of grid-012`."""
    login: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    person_id: str = ""
    _token: str | None = field(default=None, repr=False)
    _expires_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def get(self, path: str, **params: str) -> Document:
        return self._ask("GET", path, None, None, params).data

    def post(self, path: str, body: Body | None = None, key: str | None = None) -> Answer:
        return self._ask("POST", path, body if body is not None else {}, key, None)

    def sign_in(self) -> None:
        """Beforehand, so that the first call is as quick as the others."""
        self.bearer()

    def _ask(
        self, method: str, path: str, body: Body | None, key: str | None, params: Mapping[str, str] | None
    ) -> Answer:
        key = key or uuid4().hex
        try:
            return self.edge.ask(method, path, body, token=self.bearer(), key=key, params=params)
        except Refused as refused:
            if refused.slug != "token-expired":
                raise
        self._expires_at = None
        return self.edge.ask(method, path, body, token=self.bearer(), key=key, params=params)

    def bearer(self) -> str:
        """A token that is good for a while yet. Raises Refused, ServiceDown."""
        with self._lock:
            over = self._expires_at is None or self._expires_at - system_now() < _RENEW_BEFORE
            if self._token is None or over:
                self._sign_in()
            return self._token or ""

    def _sign_in(self) -> None:
        if self.api_key:
            answer = self.edge.ask("POST", "/api/v1/tokens", {"api_key": self.api_key})
        else:
            answer = self.edge.ask("POST", "/api/v1/sessions", {"login": self.login, "password": self.password})
        self._token = answer.data["token"]
        self._expires_at = datetime.fromisoformat(answer.data["expires_at"])
        self.person_id = answer.data["person_id"]
