"""Passwords that change, a back-up that brings back what was, and an older version on a newer one's data."""

import secrets
from pathlib import Path

import pytest

from tests.compose.installation import Installation, wait_for

pytestmark = pytest.mark.timeout(1200)
"""It starts everything again and again: beside other tests, on a slow machine, 600 s were too few."""


def test_a_password_edited_after_the_first_start_is_told_and_a_new_one_is_given_by_rotating(
    fresh: Installation,
) -> None:
    fresh.settings["COMPOSE_PROFILES"] = ""
    fresh.write_settings()
    fresh.sh("up")
    url = fresh.folder / "secrets" / "mongo_url_admin"
    good = url.read_text()
    url.chmod(0o644)
    url.write_text(good.replace(good.split(":")[2].split("@")[0], secrets.token_urlsafe(24)))
    fresh.sh("down")
    told = fresh.sh("up", check=False)
    assert "The database was set up with another password" in told
    url.write_text(good)
    _a_change_was_interrupted(fresh)
    folder = fresh.folder / "secrets"
    for name, changed in (
        ("database", ("mongo_url_admin", "mongo_url_tickets")),
        ("broker", ("amqp_url", "amqp_url_tickets")),
    ):
        before = [(folder / file).read_text() if (folder / file).exists() else good for file in changed]
        done = fresh.run(["deploy/rotate-password.sh", name])
        assert f"The {name} has new passwords." in done.stdout
        assert all((folder / file).read_text() != old for file, old in zip(changed, before, strict=True))
        assert fresh.unhealthy() == {}
    assert "0 not yet published" in fresh.sh("events", "count")
    _a_back_up_brings_back_what_was(fresh, fresh.folder.parent / "back up")
    _a_newer_schema_is_told(fresh)


def _a_change_was_interrupted(fresh: Installation) -> None:
    """As by a power cut when the server knows the new password, the secret is gone and everything is down."""
    folder = fresh.folder / "secrets"
    (folder / "mongodb_password.next").write_text(secrets.token_urlsafe(24))
    fresh.compose("up", "--detach", "mongodb")
    wait_for("the database is healthy", lambda: fresh.unhealthy() == {})
    given = (folder / "mongodb_password.next").read_text()
    change = ("database", "change-password", "--password-file", "-")
    run = ("compose", "run", "--rm", "-T", "--no-deps", "--entrypoint", "doorstep", "prepare")
    fresh.sh(*run, *change, given=given)
    (folder / "mongo_url_admin").unlink()
    (folder / "mongo_url_tickets").unlink()
    (folder / ".mongodb_password.new").touch(0o444)
    fresh.sh("down")


def _a_back_up_brings_back_what_was(fresh: Installation, folder: Path) -> None:
    """The word typed into a question is asked for; a damaged back-up throws nothing away."""
    password = secrets.token_urlsafe(15)
    admin = ("admin", "create", "--force", "--area", "/hequ/", "--password-file", "-", "--login")
    fresh.sh(*admin, "before", given=password)
    assert "try a restore" in fresh.sh("backup", str(folder))
    assert folder.stat().st_mode & 0o077 == 0
    assert "is not empty" in fresh.sh("backup", str(folder), check=False)
    fresh.sh(*admin, "after", given=password)
    assert "nothing was changed" in fresh.run(["./doorstep.sh", "restore", str(folder)], check=False).stdout
    volume = folder / "rabbitmq.tgz"
    whole = volume.read_bytes()
    volume.write_bytes(whole[:-1])
    assert "damaged" in fresh.sh("restore", str(folder), "--yes", check=False)
    assert fresh.unhealthy() == {}
    volume.write_bytes(whole)
    told = fresh.sh("restore", str(folder), "--yes")
    assert "Restored" in told
    assert "first-administrator-opened" in told, "what was done since then stands in the journal, which stays"
    again = fresh.run(["./doorstep.sh", *admin, "before"], given=password, check=False)
    assert again.returncode == 1, "what was there when it was backed up is there again"
    fresh.sh(*admin, "after", given=password)


def _a_newer_schema_is_told(fresh: Installation) -> None:
    """As when an older version is started on a newer one's data."""
    program = (
        "from services.cli.installation import context_of; "
        "context_of('tickets').db['migrations'].insert_one({'_id': 99, 'name': 'of a later version'})"
    )
    fresh.compose("run", "--rm", "-T", "--entrypoint", "python", "doorstep", "-c", program)
    fresh.sh("down")
    told = fresh.sh("up", check=False)
    assert "is at schema 99, newer than this program's" in told
    assert "tickets-http" not in fresh.containers()
