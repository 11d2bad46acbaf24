"""The services' users of the broker get their passwords and rights by `prepare`, and back by the keeper."""

from collections.abc import Iterator
from dataclasses import dataclass

import amqp
import pytest

from services.chassis import broker
from services.chassis.broker_rights import broker_rights_of
from services.cli.native.rabbit import Login
from tests.support.namespaces import Namespace
from tests.support.processes import Processes


@dataclass(frozen=True)
class OneUser:
    """A user of tickets of this test alone; those of the run are everybody's."""

    namespace: Namespace
    processes: Processes

    @property
    def name(self) -> str:
        return f"{self.namespace.vhost}_tickets"

    def url(self, password: str) -> str:
        return self.namespace.rabbit.url_of(Login(self.name, password), self.namespace.vhost)

    def run(self, password: str, *command: str) -> str:
        """An operators' command, told this password."""
        return self.processes.cli(*command, DOORSTEP_AMQP_URL_TICKETS=self.url(password)).stdout

    def enters(self, password: str) -> bool:
        try:
            broker.connect(self.url(password), "test").close()
        except (amqp.AccessRefused, amqp.NotAllowed):
            return False
        return True

    def rights(self) -> dict[str, str]:
        rabbit, vhost = self.namespace.rabbit, self.namespace.vhost
        row = rabbit._request("GET", f"permissions/{vhost}/{self.name}").json()
        return {right: row[right] for right in ("configure", "write", "read")}


@pytest.fixture
def tickets(namespace: Namespace, processes: Processes) -> Iterator[OneUser]:
    one = OneUser(namespace, processes)
    yield one
    namespace.rabbit._request("DELETE", f"users/{one.name}")


def test_a_start_with_another_password_gives_it_to_the_user(tickets: OneUser) -> None:
    said = tickets.run("first", "prepare")
    assert "broker: users, exchanges and queues are there" in said
    assert tickets.enters("first")
    tickets.run("second", "prepare")
    assert tickets.enters("second")
    assert not tickets.enters("first")
    assert tickets.rights() == broker_rights_of("tickets")


def test_the_keeper_makes_the_users_of_an_emptied_broker_again(tickets: OneUser) -> None:
    tickets.run("first", "prepare")
    tickets.namespace.empty_broker(admitted=False)
    tickets.namespace.rabbit._request("DELETE", f"users/{tickets.name}")
    assert not tickets.enters("first")
    tickets.run("first", "broker", "keep", "--once")
    assert tickets.enters("first")
    assert tickets.rights() == broker_rights_of("tickets")


def test_the_keeper_takes_back_what_somebody_gave_a_user_by_hand(tickets: OneUser) -> None:
    tickets.run("first", "prepare")
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    vhost = tickets.namespace.vhost
    tickets.namespace.rabbit._request("PUT", f"permissions/{vhost}/{tickets.name}", dict(everything))
    assert tickets.rights() == everything
    tickets.run("first", "broker", "keep", "--once")
    assert tickets.rights() == broker_rights_of("tickets")


def test_no_password_is_told(tickets: OneUser) -> None:
    assert "a-password-of-this-test" not in tickets.run("a-password-of-this-test", "prepare")
    told = tickets.run("a-password-of-this-test", "broker", "keep", "--once")
    assert "a-password-of-this-test" not in told
