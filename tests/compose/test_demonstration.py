"""`./doorstep.sh demo`: the demo's scenario, played against the edge of containers; then what its dashboards show."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

from services.cli.native.ports import free_port
from tests.compose.installation import Installation, docker, make_installation

pytestmark = pytest.mark.timeout(900)
DASHBOARDS = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"
MAY_BE_EMPTY = {'ALERTS{alertstate="firing"}'}
"""Nothing is wrong."""


@pytest.fixture(scope="module")
def played(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str]]:
    """A demonstration whose day is over, and what it printed."""
    made = make_installation(tmp_path_factory.mktemp("demonstration"), images, f"doorstep-played-{uuid4().hex[:8]}")
    ports = {"DOORSTEP_DEMO_PORT": str(free_port()), "DOORSTEP_DEMO_TLS_PORT": str(free_port())}
    made = replace(
        made, environment={**ports, "DOORSTEP_DEMONSTRATION_HOURS": "6", "DOORSTEP_DEMONSTRATION_MINUTES": "2"}
    )
    try:
        yield made, made.sh("demo", seconds=600)
    finally:
        made.sh("demo", "down", check=False)


def test_every_figure_agrees(played: tuple[Installation, str]) -> None:
    _, told = played
    assert "All figures agree" in told


def test_a_day_is_played_once(played: tuple[Installation, str]) -> None:
    installation, _ = played
    again = installation.run(["./doorstep.sh", "demo"], check=False)
    assert again.returncode != 0
    assert "its day has been played" in again.stdout


def _queries() -> list[str]:
    boards = [json.loads(file.read_text("utf-8")) for file in sorted(DASHBOARDS.glob("*.json"))]
    return [target["expr"] for board in boards for panel in board["panels"] for target in panel.get("targets", ())]


@pytest.mark.parametrize("query", _queries())
def test_every_panel_shows_something_after_a_day(played: tuple[Installation, str], query: str) -> None:
    installation, _ = played
    demonstration = replace(installation, environment={"COMPOSE_PROJECT_NAME": f"{installation.project}-demo"})
    url = f"http://127.0.0.1:9090/api/v1/query?query={quote(query)}"
    answer = json.loads(docker("exec", demonstration.container("prometheus"), "wget", "-q", "-O", "-", url))
    assert answer["status"] == "success"
    assert answer["data"]["result"] or query in MAY_BE_EMPTY
