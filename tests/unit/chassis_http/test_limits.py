"""Whose call it is, and in which window it counts."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from services.chassis.config import LOOPBACK
from services.chassis.http.limits import client_address, window
from services.chassis.http.routes import ANYONE, Limit, checked

OWN = [ip_network(network) for network in LOOPBACK]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 127.0.0.1", "198.51.100.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", " , ,", "127.0.0.1"),
        ("::ffff:127.0.0.1", "2001:db8::1", "2001:db8::/64"),
        ("2001:db8::1:2:3:4", None, "2001:db8::/64"),
        ("::ffff:192.0.2.7", None, "192.0.2.7"),
    ],
)
def test_a_forwarded_address_counts_only_from_our_own_edge(peer: str, forwarded: str | None, client: str) -> None:
    assert client_address(peer, forwarded, OWN) == client


def test_windows_follow_each_other_without_gap() -> None:
    limit = Limit("x", 3, timedelta(minutes=5))
    moment = datetime(2026, 11, 22, 1, 7, 3, 500_000, UTC)
    start, end = window(limit, moment)
    assert (start, end) == (datetime(2026, 11, 22, 1, 5, tzinfo=UTC), datetime(2026, 11, 22, 1, 10, tzinfo=UTC))
    assert window(limit, end)[0] == end


@pytest.mark.parametrize("roles", [(), "admin", None, ["admin"], ("",)])
def test_a_route_that_does_not_say_who_may_is_no_route(roles: object) -> None:
    with pytest.raises(TypeError):
        checked(roles)  # type: ignore[arg-type]
    assert checked(ANYONE) is ANYONE
