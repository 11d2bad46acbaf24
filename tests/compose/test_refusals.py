"""What an operator gets wrong: said plainly, before anything is lost."""

import socket

import pytest

from tests.compose.installation import Installation

pytestmark = pytest.mark.timeout(600)


def test_without_secrets_nothing_starts(fresh: Installation) -> None:
    (fresh.folder / ".env").unlink()
    assert "make secrets" in fresh.sh("up", check=False)
    refused = fresh.run(["docker-compose", "config", "--quiet"], check=False)
    assert refused.returncode != 0
    assert "make secrets" in refused.stdout
    assert "FAIL  settings: there is no .env" in fresh.sh("preflight", check=False)


def test_preflight_finds_what_would_fail_later(fresh: Installation) -> None:
    assert "FAIL" not in fresh.sh("preflight")
    folder = fresh.folder / "secrets"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(fresh.settings["DOORSTEP_EDGE_PORT"])))
        listener.listen()
        (folder / "lookup_key_tickets").unlink()
        (folder / "grafana_password").chmod(0o644)
        (folder / "grafana_password").write_text("short")
        (folder / "amqp_url").chmod(0o600)
        folder.chmod(0o755)
        (fresh.folder / "deploy" / "caddy" / "Caddyfile").chmod(0o600)
        fresh.write_settings(DOORSTEP_TIMEZONE="Asia/Nowhere", DOORSTEP_EDGE_TLS_PORT="eighty")
        done = fresh.run(["./doorstep.sh", "preflight"], check=False)
    failures = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    for expected in (
        f"port {fresh.settings['DOORSTEP_EDGE_PORT']}, meant for edge, is in use", '"eighty" is no number',
        "Asia/Nowhere is unknown", "others may look into", "lookup_key_tickets is missing",
        "grafana_password is too short", "amqp_url has mode 600", "may not read deploy/caddy/Caddyfile",
    ):  # fmt: skip
        assert any(expected in line for line in failures), (expected, done.stdout)
    assert done.returncode == 1


def test_a_weak_key_is_refused_by_name_before_anything_starts(fresh: Installation) -> None:
    key = fresh.folder / "secrets" / "lookup_key_tickets"
    key.chmod(0o644)
    key.write_text("1234")
    told = fresh.sh("up", check=False)
    assert "DOORSTEP_LOOKUP_KEY" in told
    assert "1234" not in told
    assert set(fresh.containers()) & {"tickets-http", "edge"} == set()


def test_a_taken_port_is_told(fresh: Installation) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(fresh.settings["DOORSTEP_EDGE_PORT"])))
        listener.listen()
        fresh.write_settings(COMPOSE_PROFILES="")
        done = fresh.run(["./doorstep.sh", "up"], check=False)
    assert done.returncode == 1
    assert "already in use" in done.stdout or "already allocated" in done.stdout
    fresh.sh("up")
    assert fresh.unhealthy() == {}
