"""The management interface of RabbitMQ: users, rights, policies, what AMQP itself cannot do."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

Document = dict[str, Any]
_TIMEOUT_SECONDS = 10.0


class ManagementError(Exception):
    """The interface cannot be reached, or refused; the message says what was asked and what it answered."""


class Management:
    """One virtual host of a broker, by the administrator of an AMQP URL."""

    def __init__(self, url: str, amqp_url: str) -> None:
        parts = urlsplit(amqp_url)
        self.vhost = unquote(parts.path[1:]) or "/"
        self._vhost = quote(self.vhost, safe="")
        auth = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/", auth=auth, timeout=_TIMEOUT_SECONDS, trust_env=False
        )

    # Users

    def put_user(self, user: str, password_hash: str) -> None:
        body = {
            "password_hash": password_hash, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "",
        }  # fmt: skip
        self._request("PUT", f"users/{_q(user)}", body)

    def delete_user(self, user: str) -> None:
        self._request("DELETE", f"users/{_q(user)}", missing_ok=True)

    def permit(self, user: str, permissions: Mapping[str, str], topic: Mapping[str, str]) -> None:
        self._request("PUT", f"permissions/{self._vhost}/{_q(user)}", dict(permissions))
        self._request("PUT", f"topic-permissions/{self._vhost}/{_q(user)}", dict(topic))

    def limit(self, user: str, name: str, value: int) -> None:
        self._request("PUT", f"user-limits/{_q(user)}/{name}", {"value": value})

    def close_connections(self, user: str) -> int:
        """Close what is connected as `user`, also what was opened just now. Returns how many there were."""
        path = f"connections/username/{_q(user)}"
        open_now = len(self._request("GET", path).json())
        self._request("DELETE", path, missing_ok=True)
        return open_now

    def connections(self) -> list[Document]:
        """As the broker last counted them: some seconds late."""
        return list(self._request("GET", f"vhosts/{self._vhost}/connections").json())

    # Exchanges, bindings, queues, policies

    def put_exchange(self, name: str, kind: str) -> None:
        self._request("PUT", f"exchanges/{self._vhost}/{_q(name)}", {"type": kind, "durable": True})

    def delete_exchange(self, name: str) -> None:
        self._request("DELETE", f"exchanges/{self._vhost}/{_q(name)}", missing_ok=True)

    def bind(self, source: str, target: str, key: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Have an exchange get from another what has this key, or these headers."""
        self._request(
            "POST", f"bindings/{self._vhost}/e/{_q(source)}/e/{_q(target)}",
            {"routing_key": key, "arguments": dict(arguments or {})},
        )  # fmt: skip

    def queues(self) -> list[Document]:
        return list(self._request("GET", f"queues/{self._vhost}").json())

    def delete_queue(self, name: str) -> None:
        self._request("DELETE", f"queues/{self._vhost}/{_q(name)}", missing_ok=True)

    def put_policy(self, name: str, policy: Mapping[str, Any]) -> None:
        self._request("PUT", f"policies/{self._vhost}/{_q(name)}", dict(policy))

    def delete_policy(self, name: str) -> None:
        self._request("DELETE", f"policies/{self._vhost}/{_q(name)}", missing_ok=True)

    def _request(
        self, method: str, path: str, body: Document | None = None, *, missing_ok: bool = False
    ) -> httpx.Response:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise ManagementError(f"RabbitMQ's management cannot be reached ({type(error).__name__})") from error
        if answer.is_error and not (missing_ok and answer.status_code == httpx.codes.NOT_FOUND):
            raise ManagementError(f"RabbitMQ's management refused {method} {path}: {answer.status_code} {answer.text}")
        return answer


def hash_password(password: str) -> str:
    """As RabbitMQ keeps passwords: base64 of a salt of four bytes and SHA-256 over salt and password
    (rabbitmq.com/docs/passwords)."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _q(name: str) -> str:
    return quote(name, safe="")
