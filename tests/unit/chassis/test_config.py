"""A process with wrong settings says everything that is wrong, at once, and shows no secret."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from services.chassis.config import CLI, KEEPER, SettingsError, load_settings, parse_roles

GOOD = {
    "MONGO_URL": "mongodb://127.0.0.1/?replicaSet=doorstep",
    "AMQP_URL": "amqp://127.0.0.1/",
    "HTTP_PORT": "8001",
    "SEALING_KEYS": Fernet.generate_key().decode(),
    "LOOKUP_KEY": "k" * 32,
    "EXCHANGE_KEYS": Fernet.generate_key().decode(),
    "SIGNING_KEYS": Fernet.generate_key().decode(),
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


def test_a_service_takes_its_own_secrets_before_those_for_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "lookup_key_tickets"
    own.write_text("t" * 40)
    monkeypatch.setenv("DOORSTEP_LOOKUP_KEY_TICKETS_FILE", str(own))
    monkeypatch.setenv("DOORSTEP_MONGO_URL_TICKETS", "mongodb://tickets@127.0.0.1/")
    tickets, operators = load_settings("tickets", "worker"), load_settings("tickets", CLI)
    assert (tickets.lookup_key, tickets.mongo_url) == ("t" * 40, "mongodb://tickets@127.0.0.1/")
    assert (operators.lookup_key, operators.mongo_url) == ("t" * 40, GOOD["MONGO_URL"]), "the user is the operators'"
    assert load_settings("tickets", CLI, "tickets").mongo_url == tickets.mongo_url
    assert load_settings("metrics", "worker").lookup_key == GOOD["LOOKUP_KEY"]


def test_a_service_reaches_the_broker_as_its_own_user_and_what_answers_requests_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOORSTEP_AMQP_URL_TICKETS", "amqp://tickets@127.0.0.1/")
    assert load_settings("tickets", "worker").amqp_url == "amqp://tickets@127.0.0.1/"
    assert load_settings("tickets", CLI).amqp_url == load_settings("metrics", "worker").amqp_url == GOOD["AMQP_URL"]
    monkeypatch.setenv("DOORSTEP_AMQP_URL_TICKETS_FILE", "/no/such/file")
    assert load_settings("tickets", "http").amqp_url == ""
    monkeypatch.delenv("DOORSTEP_AMQP_URL")
    with pytest.raises(SettingsError, match="DOORSTEP_AMQP_URL"):
        load_settings("metrics", "worker")


def test_the_keeper_of_the_broker_needs_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_MONGO_URL_KEEPER", "mongodb://keeper@127.0.0.1/")
    monkeypatch.setenv("DOORSTEP_LOOKUP_KEY_METRICS_FILE", "/no/such/file")
    monkeypatch.setenv("DOORSTEP_SEALING_KEYS_METRICS_FILE", "/no/such/file")
    keeper = load_settings("metrics", CLI, KEEPER)
    assert (keeper.mongo_url, keeper.sealing_keys, keeper.lookup_key) == ("mongodb://keeper@127.0.0.1/", (), "")


@pytest.mark.parametrize(
    ("service", "role", "needed"),
    [
        ("accounts", "http", {"exchange_keys", "signing_keys"}), ("accounts", CLI, {"exchange_keys", "signing_keys"}),
        ("accounts", "worker", {"exchange_keys"}), ("tickets", "http", {"exchange_keys"}),
        ("volunteers", "http", {"exchange_keys"}), ("notifications", "worker", {"exchange_keys"}),
        ("metrics", "http", set()), ("metrics", "worker", set()),
    ],
)  # fmt: skip
def test_only_who_needs_a_set_of_keys_reads_it(
    monkeypatch: pytest.MonkeyPatch, service: str, role: str, needed: set[str]
) -> None:
    settings = load_settings(service, role)
    assert {name for name in ("exchange_keys", "signing_keys") if getattr(settings, name)} == needed
    for name in ("EXCHANGE_KEYS", "SIGNING_KEYS"):
        monkeypatch.delenv(f"DOORSTEP_{name}")
    if not needed:
        load_settings(service, role)
        return
    with pytest.raises(SettingsError) as caught:
        load_settings(service, role)
    assert {fault.split(":")[0] for fault in caught.value.faults} == {f"DOORSTEP_{name.upper()}" for name in needed}


def test_an_empty_secret_of_the_mail_server_means_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = tmp_path / "smtp_url"
    empty.write_text("\n")
    monkeypatch.setenv("DOORSTEP_SMTP_URL_FILE", str(empty))
    assert load_settings("notifications", "worker").smtp_url is None
    empty.write_text("mail.example.org\n")
    with pytest.raises(SettingsError, match="DOORSTEP_SMTP_URL"):
        load_settings("notifications", "worker")


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
