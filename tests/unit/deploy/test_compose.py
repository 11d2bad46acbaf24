"""docker-compose.yml: what every installation relies on, without starting it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.chassis.directory import SERVICES

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCESSES = [f"{service}-{role}" for service in SERVICES for role in ("http", "worker")]


ENDING = {"prepare", "doorstep", "edge-folder", "mail-folder", "demo"}
"""What runs once and ends."""
MADE = set(re.findall(r"^make ([a-z_.]+) ", (ROOT / "deploy/make-secrets.sh").read_text(), re.MULTILINE))
PREFLIGHT = (ROOT / "deploy/preflight.sh").read_text()
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
    assert container["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
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


def test_every_secret_is_a_file_that_is_made_and_checked_and_compose_refuses_to_start_without_the_folder() -> None:
    for secret in COMPOSE["secrets"].values():
        variable, _, file = secret["file"].rpartition("/")
        assert variable.startswith("${DOORSTEP_SECRETS:?")
        assert file in MADE
        assert file in PREFLIGHT


def test_nobody_is_given_a_secret_that_he_does_not_need() -> None:
    given = {name: set(_names(container.get("secrets", ()))) for name, container in CONTAINERS.items()}
    ours = {"mongo_url", "amqp_url", "sealing_keys", "lookup_key"}
    assert {name: secrets for name, secrets in given.items() if secrets and secrets != ours} == {
        "rabbitmq": {"rabbitmq_definitions"}, "mongodb": {"mongodb_key"}, "grafana": {"grafana_password"},
        "amqps": {"amqps_certificate"}, "doorstep": {*ours, "authority"},
    }  # fmt: skip
    assert {name for name, secrets in given.items() if secrets == ours} == {*PROCESSES, "prepare", "keeper", "demo"}


def _names(secrets: Sequence[str | dict[str, str]]) -> list[str]:
    return [secret if isinstance(secret, str) else secret["source"] for secret in secrets]


def test_prometheus_watches_every_process() -> None:
    targets = yaml.safe_load((ROOT / "deploy/prometheus/targets/services.json").read_text())
    assert {target["targets"][0] for target in targets} == {f"{name}:8000" for name in PROCESSES}
