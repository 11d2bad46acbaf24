"""docker-compose.yml: what every installation relies on, without starting it."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography.fernet import Fernet

from services.chassis.directory import SERVICES
from services.chassis.rights import USERS
from services.cli.native.parts import KEYS

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCESSES = [f"{service}-{role}" for service in SERVICES for role in ("http", "worker")]


ENDING = {"prepare", "doorstep", "edge-folder", "journal-folder", "mail-folder", "demo"}
"""What runs once and ends."""
PUBLIC_URLS = {
    "DOORSTEP_RABBITMQ_MANAGEMENT_URL", "DOORSTEP_JWKS_URL", "DOORSTEP_OUTSIDE_AMQP_URL", "GF_SERVER_ROOT_URL",
    "DOORSTEP_PUBLIC_URL",
}  # fmt: skip
"""Addresses without a password."""
NOTING = {"accounts-worker", "tickets-worker"}
"""What notes outside of every back-up what a restore must not undo."""
MADE = set(re.findall(r"^make ([a-z_.]+) ", (ROOT / "deploy/make-secrets.sh").read_text(), re.MULTILINE))
PREFLIGHT = (ROOT / "deploy/preflight.sh").read_text()
DOORSTEP = (ROOT / "doorstep.sh").read_text()
IMAGES = (ROOT / "deploy/images/build.sh").read_text()


def test_only_the_edge_is_published_and_whoever_asks_for_it_amqps() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}
    assert set(published) == {"edge", "amqps"}
    assert all(port.startswith("${DOORSTEP_EDGE_ADDRESS:-127.0.0.1}:") for port in published["edge"])
    assert CONTAINERS["amqps"]["profiles"] == ["amqps"]


@pytest.mark.parametrize("name", PROCESSES)
def test_every_process_runs_its_role_after_prepare_and_reports_its_health(name: str) -> None:
    container = CONTAINERS[name]
    assert container["command"] == name.split("-")
    first = {"prepare", "journal-folder"} if name in NOTING else {"prepare"}
    assert container["depends_on"] == {each: {"condition": "service_completed_successfully"} for each in first}
    assert container["healthcheck"]["test"] == ["CMD", "healthy"]


def test_every_container_that_stays_has_a_health_check() -> None:
    without = {name for name, container in CONTAINERS.items() if "healthcheck" not in container}
    assert without == ENDING | {"mail"}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_runs_without_rights_and_within_bounds(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert container["mem_limit"]
    assert container["user"].startswith("0:") == name.endswith("-folder")


def test_every_image_has_a_version_and_can_be_built_here_under_another_name() -> None:
    for name, container in CONTAINERS.items():
        found = re.fullmatch(r"\$\{(DOORSTEP_[A-Z_]*IMAGE):-([a-z/-]+):(v?\d+\.\d+\.\d+\S*)\}", container["image"])
        assert found is not None, name
        assert found[1] in IMAGES, name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of secrets as `make secrets` makes it, beside a checkout of nothing else."""
    return _make_secrets(tmp_path_factory.mktemp("checkout"))


def _make_secrets(folder: Path) -> Path:
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    shutil.copy(ROOT / ".env.example", folder)
    subprocess.run([folder / "deploy" / "make-secrets.sh"], check=True, capture_output=True)
    return folder / "secrets"


def test_every_secret_is_a_file_that_is_made_and_compose_refuses_to_start_without_the_folder(made: Path) -> None:
    for secret in COMPOSE["secrets"].values():
        variable, _, file = secret["file"].rpartition("/")
        assert variable.startswith("${DOORSTEP_SECRETS:?")
        assert (made / file).is_file()


def test_every_user_of_the_database_has_a_password_of_its_own(made: Path) -> None:
    urls = {file.name.removeprefix("mongo_url_"): urlsplit(file.read_text()) for file in made.glob("mongo_url_*")}
    assert {who: url.username for who, url in urls.items()} == {
        "admin": "doorstep", **{user: f"doorstep_{user}" for user in USERS},
    }  # fmt: skip
    assert len({url.password for url in urls.values()}) == len(urls)


def test_every_user_of_the_broker_has_a_password_of_its_own(made: Path) -> None:
    urls = {file.name: urlsplit(file.read_text()) for file in made.glob("amqp_url*")}
    assert {name: url.username for name, url in urls.items()} == {
        "amqp_url": "doorstep", **{f"amqp_url_{service}": f"doorstep_{service}" for service in SERVICES},
    }  # fmt: skip
    assert len({url.password for url in urls.values()}) == len(urls)
    assert {url.path for url in urls.values()} == {"/doorstep"}
    assert urls["amqp_url"].password == (made / "rabbitmq_password").read_text()


def test_keys_that_all_services_once_shared_still_open_and_find_what_they_sealed(tmp_path: Path) -> None:
    """As after an upgrade: the new key seals, the old one opens; digests in accounts and tickets are found again."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "sealing_keys").write_text("the-old-key")
    (secrets / "lookup_key").write_text("the-old-lookup-key")
    _make_secrets(tmp_path)
    keys = [(secrets / f"sealing_keys_{service}").read_text().split(",") for service in SERVICES]
    assert all(old == "the-old-key" for _, old in keys)
    assert len({new for new, _ in keys}) == len(SERVICES)
    found = {service for service in SERVICES if (secrets / f"lookup_key_{service}").read_text() == "the-old-lookup-key"}
    assert found == {"accounts", "tickets"}


def test_an_empty_folder_in_the_place_of_a_secret_is_replaced_and_a_full_one_is_named(tmp_path: Path) -> None:
    """Docker makes one where a file is missing that a container mounts."""
    secrets = _make_secrets(tmp_path)
    for name in ("mongo_url_keeper", "amqp_url_tickets"):
        (secrets / name).unlink()
        (secrets / name).mkdir()
    (secrets / "amqp_url_tickets" / "note").write_text("somebody's")
    command = [tmp_path / "deploy" / "make-secrets.sh"]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "amqp_url_tickets is a folder, not a secret" in refused.stderr
    (secrets / "amqp_url_tickets" / "note").unlink()
    subprocess.run(command, check=True, capture_output=True)
    assert (secrets / "mongo_url_keeper").read_text().startswith("mongodb://doorstep_keeper:")
    assert (secrets / "amqp_url_tickets").read_text().startswith("amqp://doorstep_tickets:")


def test_no_password_stands_in_the_environment_of_a_container() -> None:
    """`docker inspect` shows it to whoever may speak to the engine: a secret is a file."""
    for name, container in CONTAINERS.items():
        for setting, value in (container.get("environment") or {}).items():
            secret = re.search(r"URL|KEY|PASSWORD|SECRET|TOKEN", setting)
            told = re.fullmatch(r"\$\{\w+:-(/run/secrets/\w+)\}|(\$\$__file\{)?/run/secrets/\w+\}?", value or "")
            assert not secret or told or setting in PUBLIC_URLS, f"{name}: {setting}={value}"
            assert value is not None, f"{name} passes {setting} on from whoever starts it"


def test_the_mail_server_of_an_earlier_version_moves_from_the_settings_to_the_secrets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DOORSTEP_SMTP_URL=smtps://me:secret@mail.example.org\n")
    assert (_make_secrets(tmp_path) / "smtp_url").read_text() == "smtps://me:secret@mail.example.org"


def test_without_a_mail_server_the_secret_is_empty(made: Path) -> None:
    assert (made / "smtp_url").read_text() == ""


def test_every_set_of_keys_is_another(made: Path) -> None:
    assert len({(made / name).read_text() for name in KEYS}) == len(KEYS)
    for name in ("exchange_keys", "signing_keys", *(f"sealing_keys_{service}" for service in SERVICES)):
        Fernet((made / name).read_text())


def test_nobody_is_given_a_secret_that_he_does_not_need() -> None:
    given = {name: set(_names(container.get("secrets", ()))) for name, container in CONTAINERS.items()}
    users = {"mongo_url_admin", *(f"mongo_url_{user}" for user in USERS)}
    brokers = {"amqp_url", *(f"amqp_url_{service}" for service in SERVICES)}
    operators = {"mongo_url_operator", "authority"}
    assert {name: secrets for name, secrets in given.items() if secrets} == {
        "rabbitmq": {"rabbitmq_definitions"}, "mongodb": {"mongodb_key"}, "grafana": {"grafana_password"},
        "amqps": {"amqps_certificate"}, "prepare": {*brokers, *KEYS, *users},
        "keeper": {*brokers, "mongo_url_keeper"},
        "demo": {"amqp_url", *KEYS, *operators}, "doorstep": {"amqp_url", *KEYS, *operators},
        **{name: {f"mongo_url_{name.partition('-')[0]}", *_others_of(name)} for name in PROCESSES},
    }  # fmt: skip


def _others_of(process: str) -> set[str]:
    """Keys of its service, those that sign tokens only where tokens are signed; the broker where events are published
    or consumed, the mail server where mail is sent."""
    service = process.partition("-")[0]
    keys = {name for name, owners in KEYS.items() if service in owners}
    if process == "accounts-worker":
        keys.remove("signing_keys")
    working = {f"amqp_url_{service}"} if process.endswith("-worker") else set()
    return keys | working | ({"smtp_url"} if process == "notifications-worker" else set())


@pytest.mark.parametrize("name", [*PROCESSES, "prepare", "keeper", "doorstep", "demo"])
def test_every_secret_that_is_given_is_read_from_where_it_lies(name: str) -> None:
    container = CONTAINERS[name]
    read = {
        Path(value.rstrip("}")).name
        for value in container["environment"].values()
        if value and "/run/secrets/" in value
    }
    assert set(container["secrets"]) - {"authority"} <= read  # which is public, and only printed


def _names(secrets: Sequence[str | dict[str, str]]) -> list[str]:
    return [secret if isinstance(secret, str) else secret["source"] for secret in secrets]


def test_prometheus_watches_every_process() -> None:
    targets = yaml.safe_load((ROOT / "deploy/prometheus/targets/services.json").read_text())
    assert {target["targets"][0] for target in targets} == {f"{name}:8000" for name in PROCESSES}


def _reached(name: str) -> set[str]:
    """Containers that one shares a network with. Who uses another's network stands at that one's address."""
    own = set(_networks(name))
    return {other for other in CONTAINERS if other != name and own & set(_networks(other))}


def _networks(name: str) -> list[str]:
    container = CONTAINERS[name]
    mode = container.get("network_mode", "")
    if mode.startswith("service:"):
        return _networks(mode.removeprefix("service:"))
    assert mode == "none" or container.get("networks"), f"{name} would be in the network of everybody"
    return [] if mode == "none" else list(container["networks"])


HTTP, WORKERS = ([name for name in PROCESSES if name.endswith(role)] for role in ("-http", "-worker"))


def test_the_edge_reaches_what_it_passes_requests_to_and_neither_database_nor_broker() -> None:
    assert _reached("edge") == {*HTTP, "grafana", "prometheus", "amqps", "demo"}


def test_the_database_is_reached_by_who_has_a_user_there_and_by_the_broker_that_is_prepared_with_it() -> None:
    assert _reached("mongodb") == {*PROCESSES, "keeper", "doorstep", "demo", "prepare", "rabbitmq"}


def test_the_broker_is_reached_by_who_publishes_or_consumes_and_not_by_what_answers_requests() -> None:
    assert _reached("rabbitmq") == {*WORKERS, "keeper", "doorstep", "demo", "prepare", "mongodb", "prometheus", "amqps"}


def test_only_what_must_speak_to_the_world_has_a_way_out() -> None:
    leading_out = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    out = {name for name in CONTAINERS if leading_out & set(_networks(name))}
    assert out == {
        "edge", "amqps", "notifications-worker", "mail", "demo", "prometheus", "alertmanager", "grafana",
        "node-exporter",
    }  # fmt: skip


def test_a_restore_replaces_every_volume_but_the_journal() -> None:
    said = dict(re.findall(r'^(kept_volumes|replaced_volumes)="(.*)"$', DOORSTEP, re.MULTILINE))
    replaced = said["replaced_volumes"].replace("$kept_volumes", said["kept_volumes"]).split()
    assert {*replaced, "journal"} == set(COMPOSE["volumes"])
    assert "journal" not in replaced


def test_the_journal_is_written_by_those_who_note_and_read_by_operators() -> None:
    mounted = {name: volume for name, container in CONTAINERS.items()
               for volume in container.get("volumes", ()) if "DOORSTEP_JOURNAL_FOLDER" in volume}  # fmt: skip
    assert set(mounted) == {*NOTING, "doorstep", "journal-folder"}
    for name in NOTING:
        assert mounted[name].endswith(f":{CONTAINERS[name]['environment']['DOORSTEP_JOURNAL']}")
    assert mounted["doorstep"].endswith(f":{CONTAINERS['doorstep']['environment']['DOORSTEP_JOURNAL']}:ro")
