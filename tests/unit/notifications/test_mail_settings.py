from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.chassis.config import SettingsError
from services.notifications.mail import MailServer
from services.notifications.settings import delivery_policy


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    delivery_policy.cache_clear()
    yield
    delivery_policy.cache_clear()


def test_mail_is_tried_five_times_within_73_minutes() -> None:
    waits = [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1)]
    assert list(delivery_policy().back_off) == waits


def test_waits_that_are_no_numbers_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_MAIL_RETRY_SECONDS", "soon")
    with pytest.raises(SettingsError, match="DOORSTEP_MAIL_RETRY_SECONDS"):
        delivery_policy()


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [("smtp://mail.example.org", 25, False), ("smtps://mail.example.org", 465, True), ("smtp://m:2525", 2525, False)],
)
def test_the_address_of_the_server_says_port_and_tls(url: str, port: int, tls: bool) -> None:
    server = MailServer.of(url, "station@doorstep.test")
    assert (server.port, server.tls) == (port, tls)


def test_a_password_may_hold_any_sign() -> None:
    server = MailServer.of("smtp://station%40x:p%2Fw%3A@mail.example.org", "s@doorstep.test")
    assert (server.user, server.password) == ("station@x", "p/w:")


@pytest.mark.parametrize("url", ["smtp://mail:notaport", "smtp://mail?starttls=maybe"])
def test_an_address_that_cannot_be_understood_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"port|starttls"):
        MailServer.of(url, "s@doorstep.test")
