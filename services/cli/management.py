"""The management interface of RabbitMQ: users, rights, policies, what AMQP itself cannot do."""

import base64
import copy
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

import httpx

Document = dict[str, Any]
_TIMEOUT_SECONDS = 10.0
_ANSWER_SECONDS = 3.0
"""The broker itself gives a queue up after five."""


class ManagementError(Exception):
    """The interface cannot be reached, or refused; the message says what was asked and what it answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """Of its answer; None: there was none."""


class Management:
    """One virtual host of a broker, by the administrator of an AMQP URL."""

    def __init__(self, url: str, amqp_url: str) -> None:
        parts = urlsplit(amqp_url)
        self.vhost = unquote(parts.path[1:]) or "/"
        self._vhost = quote(self.vhost, safe="")
        self._user = unquote(parts.username or "")
        auth = (self._user, unquote(parts.password or ""))
        # To read all the world's authorities takes longer than what is asked, and is for TLS only.
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/", auth=auth, timeout=_TIMEOUT_SECONDS, trust_env=False,
            verify=url.startswith("https:"),
        )  # fmt: skip

    def at(self, vhost: str) -> Self:
        """The same broker's other virtual host."""
        other = copy.copy(self)
        other.vhost, other._vhost = vhost, quote(vhost, safe="")
        return other

    def close(self) -> None:
        """Also that of its other virtual hosts."""
        self._client.close()

    # Virtual hosts

    def put_vhost(self) -> None:
        """Make it, if it is not there, and let ourselves in."""
        self._request("PUT", f"vhosts/{self._vhost}", {})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self._request("PUT", f"permissions/{self._vhost}/{_q(self._user)}", everything)

    def delete_vhost(self) -> None:
        self._request("DELETE", f"vhosts/{self._vhost}", missing_ok=True)

    def limit_vhost(self, name: str, value: int) -> None:
        self._request("PUT", f"vhost-limits/{self._vhost}/{name}", {"value": value})

    # Users

    def put_user(self, user: str, password_hash: str) -> None:
        body = {
            "password_hash": password_hash, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": "",
        }  # fmt: skip
        self._request("PUT", f"users/{_q(user)}", body)

    def delete_user(self, user: str) -> None:
        self._request("DELETE", f"users/{_q(user)}", missing_ok=True)

    def permit(self, user: str, permissions: Mapping[str, str], topic: Mapping[str, str] | None = None) -> None:
        self._request("PUT", f"permissions/{self._vhost}/{_q(user)}", dict(permissions))
        if topic is not None:
            self._request("PUT", f"topic-permissions/{self._vhost}/{_q(user)}", dict(topic))

    def permissions(self) -> dict[str, Document]:
        """What each user may configure, write and read here."""
        rows = self._request("GET", f"vhosts/{self._vhost}/permissions").json()
        return {row["user"]: {right: row[right] for right in ("configure", "write", "read")} for row in rows}

    def admits(self, user: str) -> bool:
        """Whether a user may sign in here."""
        answer = self._request("GET", f"permissions/{self._vhost}/{_q(user)}", missing_ok=True)
        return answer.status_code == httpx.codes.OK

    def limit(self, user: str, name: str, value: int) -> None:
        self._request("PUT", f"user-limits/{_q(user)}/{name}", {"value": value})

    def close_connections(self, user: str) -> int:
        """Close what is connected as `user`, also what was opened just now. Returns how many there were."""
        path = f"connections/username/{_q(user)}"
        open_now = len(self._request("GET", path).json())
        self._request("DELETE", path, missing_ok=True)
        return open_now

    def connections(self, user: str) -> list[Document]:
        """What is connected as `user`."""
        return list(self._request("GET", f"connections/username/{_q(user)}").json())

    # Exchanges, bindings, queues, policies, shovels

    def has_exchange(self, name: str, kind: str) -> bool:
        """Whether it is there and is of this kind, without arguments."""
        answer = self._request("GET", f"exchanges/{self._vhost}/{_q(name)}", missing_ok=True)
        found = answer.json() if answer.status_code == httpx.codes.OK else {}
        as_wanted = {"type": kind, "durable": True, "auto_delete": False, "internal": False, "arguments": {}}
        return {key: found.get(key) for key in as_wanted} == as_wanted

    def exchanges(self) -> list[str]:
        """Names of those that somebody declared."""
        names = (row["name"] for row in self._request("GET", f"exchanges/{self._vhost}").json())
        return [name for name in names if name and not name.startswith("amq.")]

    def put_exchange(self, name: str, kind: str) -> None:
        """One of the same name that is another is replaced, and loses its bindings."""
        if not self.has_exchange(name, kind):
            self.delete_exchange(name)
            self._request("PUT", f"exchanges/{self._vhost}/{_q(name)}", {"type": kind, "durable": True})

    def delete_exchange(self, name: str) -> None:
        self._request("DELETE", f"exchanges/{self._vhost}/{_q(name)}", missing_ok=True)

    def bind(self, source: str, target: str, key: str) -> None:
        """Have an exchange get from another what has this key."""
        body = {"routing_key": key, "arguments": {}}
        self._request("POST", f"bindings/{self._vhost}/e/{_q(source)}/e/{_q(target)}", body)

    def bind_queue(self, source: str, queue: str, key: str, arguments: Mapping[str, Any]) -> None:
        """Have a queue get from an exchange what has this key, or these headers."""
        body = {"routing_key": key, "arguments": dict(arguments)}
        self._request("POST", f"bindings/{self._vhost}/e/{_q(source)}/q/{_q(queue)}", body)

    def bindings(self) -> list[Document]:
        return list(self._request("GET", f"bindings/{self._vhost}").json())

    def bindings_from(self, exchange: str) -> list[Document]:
        return list(self._request("GET", f"exchanges/{self._vhost}/{_q(exchange)}/bindings/source").json())

    def bindings_to(self, exchange: str) -> list[Document]:
        return list(self._request("GET", f"exchanges/{self._vhost}/{_q(exchange)}/bindings/destination").json())

    def queues(self) -> list[Document]:
        """None where there is no such virtual host."""
        answer = self._request("GET", f"queues/{self._vhost}", missing_ok=True)
        return list(answer.json()) if answer.status_code == httpx.codes.OK else []

    def has_queue(self, name: str) -> bool:
        answer = self._request("GET", f"queues/{self._vhost}/{_q(name)}", missing_ok=True)
        return answer.status_code == httpx.codes.OK

    def put_queue(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """A durable queue. Returns whether it was not there. Raises ManagementError where one is that has other
        arguments."""
        body = {"durable": True, "arguments": dict(arguments)}
        answer = self._request("PUT", f"queues/{self._vhost}/{_q(name)}", body)
        return answer.status_code == httpx.codes.CREATED

    def gives_from(self, queue: str) -> bool:
        """Whether somebody who asks for a message of it gets one, or hears in time that there is none. One that he gets
        goes back to it. Of a queue without a leader the broker says that it fails, or nothing.

        Raises ManagementError where that is not said of the queue: the broker is away, or does not let us in.
        """
        body = {"count": 1, "ackmode": "ack_requeue_true", "encoding": "base64", "truncate": 1}
        path = f"queues/{self._vhost}/{_q(queue)}/get"
        try:
            self._request("POST", path, body, timeout=_ANSWER_SECONDS)
        except ManagementError as error:
            fails = error.status is not None and error.status not in (401, 403)
            if fails or isinstance(error.__cause__, httpx.ReadTimeout):
                return False
            raise
        return True

    def delete_queue(self, name: str) -> None:
        self._request("DELETE", f"queues/{self._vhost}/{_q(name)}", missing_ok=True)

    def put_policy(self, name: str, policy: Mapping[str, Any]) -> None:
        self._request("PUT", f"policies/{self._vhost}/{_q(name)}", dict(policy))

    def policies(self) -> set[str]:
        """Their names."""
        return {row["name"] for row in self._request("GET", f"policies/{self._vhost}").json()}

    def delete_policy(self, name: str) -> None:
        self._request("DELETE", f"policies/{self._vhost}/{_q(name)}", missing_ok=True)

    def put_shovel(self, name: str, definition: Mapping[str, Any]) -> None:
        """One that is there as it is wanted goes on undisturbed."""
        path = f"parameters/shovel/{self._vhost}/{_q(name)}"
        there = self._request("GET", path, missing_ok=True)
        if there.status_code != httpx.codes.OK or there.json().get("value") != dict(definition):
            self._request("PUT", path, {"value": dict(definition)})

    def delete_shovel(self, name: str) -> None:
        self._request("DELETE", f"parameters/shovel/{self._vhost}/{_q(name)}", missing_ok=True)

    def _request(
        self, method: str, path: str, body: Document | None = None, *, missing_ok: bool = False,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> httpx.Response:  # fmt: skip
        try:
            answer = self._client.request(method, path, json=body, timeout=timeout)
        except httpx.TransportError as error:
            raise ManagementError(f"RabbitMQ's management cannot be reached ({type(error).__name__})") from error
        if answer.is_error and not (missing_ok and answer.status_code == httpx.codes.NOT_FOUND):
            said = f"RabbitMQ's management refused {method} {path}: {answer.status_code} {answer.text}"
            raise ManagementError(said, answer.status_code)
        return answer


def hash_password(password: str) -> str:
    """As RabbitMQ keeps passwords: base64 of a salt of four bytes and SHA-256 over salt and password
    (rabbitmq.com/docs/passwords)."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _q(name: str) -> str:
    return quote(name, safe="")
