"""Whoever begins many requests and ends none of them keeps nobody from signing in."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from services.accounts.api.base import HASHING
from services.cli.native.ports import LOOPBACK
from tests.integration.accounts.conftest import ADMIN_LOGIN, Accounts
from tests.support.eventually import eventually

_BEGINNING = (
    b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{"
)
_IN_FLIGHT = "doorstep_http_requests_in_flight{"


@pytest.fixture
def unfinished(accounts: Accounts) -> Iterator[int]:
    """As many requests as the door of passwords has room for, and some more, of several addresses."""
    with ExitStack() as stack:
        for number in range(HASHING.most + HASHING.by_address):
            line = stack.enter_context(
                socket.create_connection((LOOPBACK, accounts.process.port), 5, (f"127.0.2.{1 + number % 3}", 0))
            )
            line.sendall(_BEGINNING)
        eventually(lambda: in_flight(accounts) > HASHING.most + HASHING.by_address)  # the question itself is one, too
        yield HASHING.most + HASHING.by_address


def in_flight(accounts: Accounts) -> float:
    shown = accounts.process.http.get("/metrics").text
    return sum(float(line.split()[-1]) for line in shown.splitlines() if line.startswith(_IN_FLIGHT))


def test_requests_that_are_never_ended_take_no_room_from_who_signs_in(accounts: Accounts, unfinished: int) -> None:
    assert unfinished > HASHING.most
    assert accounts.sign_in(ADMIN_LOGIN).status_code == 200
