"""A process with wrong settings says everything that is wrong, at once, and shows no secret."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from services.chassis.config import SettingsError, load_settings, parse_roles

GOOD = {
    "MONGO_URL": "mongodb://127.0.0.1/?replicaSet=doorstep",
    "AMQP_URL": "amqp://127.0.0.1/",
    "HTTP_PORT": "8001",
    "SEALING_KEYS": Fernet.generate_key().decode(),
    "LOOKUP_KEY": "k" * 32,
    "JWKS_URL": "http://127.0.0.1:8002/api/v1/jwks.json",
}


@pytest.fixture(autouse=True)
def good_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(f"DOORSTEP_{name}", value)


def test_good_settings_are_read() -> None:
    settings = load_settings("tickets", "worker")
    assert settings.roles == ("consumers", "timers", "relay")
    assert settings.database == "doorstep_tickets"
    assert str(settings.timezone) == "Asia/Shanghai"
    assert settings.retry_delays == (5, 30, 300, 1800)


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOORSTEP_MONGO_URL")
    monkeypatch.setenv("DOORSTEP_HTTP_PORT", "70000")
    monkeypatch.setenv("DOORSTEP_TIMEZONE", "Mars/Olympus")
    monkeypatch.setenv("DOORSTEP_SEALING_KEYS", "short")
    with pytest.raises(SettingsError) as caught:
        load_settings("tickets", "http")
    named = {fault.split(":")[0] for fault in caught.value.faults}
    assert named == {
        "DOORSTEP_MONGO_URL", "DOORSTEP_HTTP_PORT", "DOORSTEP_TIMEZONE", "DOORSTEP_SEALING_KEYS"
    }  # fmt: skip


def test_a_wrong_secret_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_SEALING_KEYS", "hunter2-is-no-key")
    monkeypatch.setenv("DOORSTEP_LOOKUP_KEY", "hunter2")
    with pytest.raises(SettingsError) as caught:
        load_settings("tickets", "http")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("sender", ["not an address", "站@example.org", "Doorstep <>", "station@-x.org"])
def test_a_sender_that_no_mail_can_come_from_is_named_at_the_start(
    monkeypatch: pytest.MonkeyPatch, sender: str
) -> None:
    monkeypatch.setenv("DOORSTEP_MAIL_FROM", sender)
    with pytest.raises(SettingsError, match=r"DOORSTEP_MAIL_FROM: .*no sender"):
        load_settings("notifications", "worker")


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "lookup_key"
    secret.write_text("f" * 40 + "\n")
    monkeypatch.delenv("DOORSTEP_LOOKUP_KEY")
    monkeypatch.setenv("DOORSTEP_LOOKUP_KEY_FILE", str(secret))
    assert load_settings("tickets", "http").lookup_key == "f" * 40


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOORSTEP_LOOKUP_KEY_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="DOORSTEP_LOOKUP_KEY_FILE"):
        load_settings("tickets", "http")


def test_http_never_shares_a_process_with_another_role() -> None:
    assert parse_roles("relay,timers") == ("timers", "relay")
    with pytest.raises(SettingsError):
        parse_roles("http,timers")
    with pytest.raises(SettingsError):
        parse_roles("everything")
