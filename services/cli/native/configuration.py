"""Configuration of the edge, Prometheus and Alertmanager: the files of `deploy/`, with this machine's addresses."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from services.chassis.directory import SERVICES
from services.cli.native.addresses import ROLES
from services.cli.native.layout import ROOT, Layout
from services.cli.native.ports import LOOPBACK

_DEPLOY = ROOT / "deploy"


def edge_environment(ports: Mapping[str, int], docs: Path) -> dict[str, str]:
    """What `deploy/caddy/Caddyfile` takes from the environment."""
    upstreams = {f"DOORSTEP_{s.upper()}_ADDRESS": f"{LOOPBACK}:{ports[f'{s}_http']}" for s in SERVICES}
    return {
        "DOORSTEP_EDGE_HOST": LOOPBACK,
        "DOORSTEP_EDGE_PORT": str(ports["edge"]),
        "DOORSTEP_EDGE_SITE": f"http://:{ports['edge']}",
        "DOORSTEP_DOCS": str(docs),
        **upstreams,
    }


def prometheus_file(layout: Layout) -> Path:
    return layout.run / "prometheus" / "prometheus.yml"


def alertmanager_file(layout: Layout) -> Path:
    return layout.run / "alertmanager.yml"


def write_prometheus(layout: Layout, ports: Mapping[str, int]) -> None:
    """`deploy/prometheus` beside the targets of this installation."""
    file = prometheus_file(layout)
    shutil.rmtree(file.parent, ignore_errors=True)
    (file.parent / "targets").mkdir(parents=True)
    shutil.copy(_DEPLOY / "prometheus" / "prometheus.yml", file)
    shutil.copytree(_DEPLOY / "prometheus" / "rules", file.parent / "rules")
    for job, targets in _targets(ports).items():
        (file.parent / "targets" / f"{job}.json").write_text(json.dumps(targets, indent=1) + "\n")


def write_alertmanager(layout: Layout) -> None:
    shutil.copy(_DEPLOY / "alertmanager" / "alertmanager.yml", alertmanager_file(layout))


def _targets(ports: Mapping[str, int]) -> dict[str, list[dict[str, object]]]:
    return {
        "services": [
            _target(ports[f"{service}_{role}"], service=service, role=role) for service in SERVICES for role in ROLES
        ],
        "rabbitmq": [_target(ports["rabbitmq_prometheus"])],
        "prometheus": [_target(ports["prometheus"])],
        "alertmanager": [_target(ports["alertmanager"])],
        "node": [],  # nothing watches the machine natively
    }


def _target(port: int, **labels: str) -> dict[str, object]:
    return {"targets": [f"{LOOPBACK}:{port}"], "labels": labels}
