"""docker-compose.yml: what every installation relies on, without starting it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.chassis.directory import SERVICES

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
PROCESSES = [f"{service}-{role}" for service in SERVICES for role in ("http", "worker")]


def test_only_the_edge_is_published_and_only_on_the_loopback_interface() -> None:
    published = {name: container["ports"] for name, container in CONTAINERS.items() if "ports" in container}
    assert list(published) == ["edge"]
    assert all(port.startswith("127.0.0.1:") for port in published["edge"])


@pytest.mark.parametrize("name", PROCESSES)
def test_every_process_runs_its_role_after_prepare_and_reports_its_health(name: str) -> None:
    container = CONTAINERS[name]
    assert container["command"] == name.split("-")
    assert container["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
    assert "/readyz" in container["healthcheck"]["test"][-1]


def test_every_container_that_stays_has_a_health_check() -> None:
    assert [name for name, container in CONTAINERS.items() if "healthcheck" not in container] == []


def test_every_secret_is_a_file_and_compose_refuses_to_start_without_the_folder() -> None:
    assert all(secret["file"].startswith("${DOORSTEP_SECRETS:?") for secret in COMPOSE["secrets"].values())


def test_prometheus_watches_every_process() -> None:
    targets = yaml.safe_load((ROOT / "deploy/prometheus/targets/services.json").read_text())
    assert {target["targets"][0] for target in targets} == {f"{name}:8000" for name in PROCESSES}
