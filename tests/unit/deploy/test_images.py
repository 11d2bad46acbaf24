"""`./doorstep.sh pin` and what preflight says of images. A stand-in for the engine says what it holds."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "a1" * 32
ENGINE = f"""#!/bin/sh
case "$*" in
*"RepoDigests"*" rabbitmq:"*) echo "rabbitmq@{DIGEST}"; exit 0 ;;
"image inspect"*" doorstep/"*) exit 0 ;;
esac
exit 1
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """RabbitMQ's image was pulled, our own was built, the others are not there."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    for name in ("doorstep.sh", "docker-compose.yml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".env").write_text("DOORSTEP_SECRETS=./secrets\nCOMPOSE_PROFILES=monitoring,grafana\n")
    engine = tmp_path / "bin" / "docker"
    engine.parent.mkdir()
    engine.write_text(ENGINE)
    engine.chmod(0o755)
    return tmp_path


def run(checkout: Path, word: str) -> str:
    environment = {"PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"}
    command = ["./doorstep.sh", word]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_what_was_pulled_is_taken_by_its_digest_from_then_on(checkout: Path) -> None:
    told = run(checkout, "pin")
    assert f"DOORSTEP_RABBITMQ_IMAGE=rabbitmq@{DIGEST}\n" in (checkout / ".env").read_text()
    assert "doorstep/services:" in told
    assert "built or loaded here" in told
    assert "DOORSTEP_CADDY_IMAGE is not pulled" in told


def test_pinning_again_changes_nothing(checkout: Path) -> None:
    run(checkout, "pin")
    pinned = (checkout / ".env").read_text()
    assert f"DOORSTEP_RABBITMQ_IMAGE is rabbitmq@{DIGEST} already" in run(checkout, "pin")
    assert (checkout / ".env").read_text() == pinned
    assert "COMPOSE_PROFILES=monitoring,grafana" in pinned


def test_preflight_names_what_is_taken_by_a_tag(checkout: Path) -> None:
    def by_tag() -> str:
        return next(line for line in run(checkout, "preflight").splitlines() if " images: " in line)

    assert "rabbitmq:" in by_tag()
    assert "doorstep/services" not in by_tag()
    run(checkout, "pin")
    assert "rabbitmq" not in by_tag()
    names = re.findall(r"image: \$\{(DOORSTEP_\w+):-", (checkout / "docker-compose.yml").read_text())
    with (checkout / ".env").open("a") as settings:
        settings.writelines(f"{name}=somewhere/image@{DIGEST}\n" for name in names)
    assert by_tag().startswith("ok ")
