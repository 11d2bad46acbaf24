"""`doorstep database change-password`: a user of its own, so that the other tests keep theirs."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from services.cli.database_users import MECHANISMS
from tests.support.namespaces import Namespace
from tests.support.processes import Processes

OLD, NEW = "old-password-for-tests-1", "new-password-for-tests-2"


@pytest.fixture
def user_url(namespace: Namespace) -> Iterator[str]:
    mechanisms = list(MECHANISMS)
    namespace.mongo.admin.command("createUser", namespace.prefix, pwd=OLD, roles=["root"], mechanisms=mechanisms)
    parts = urlsplit(namespace.mongo_url)
    yield urlunsplit(parts._replace(netloc=f"{namespace.prefix}:{OLD}@{parts.hostname}:{parts.port}"))
    namespace.mongo.admin.command("dropUser", namespace.prefix)


def test_the_old_password_ends_and_saying_it_again_changes_nothing(
    processes: Processes, user_url: str, tmp_path: Path
) -> None:
    def change(url: str, password: str = NEW) -> tuple[int, str]:
        file = tmp_path / "password"
        file.write_text(f"{password}\n")
        words = ("database", "change-password", "--password-file", str(file))
        done = processes.cli(*words, check=False, DOORSTEP_MONGO_URL_ADMIN=url)
        return done.returncode, done.stdout + done.stderr

    assert change(user_url, "short")[0] == 1
    assert change(user_url) == (0, "the database knows the new password\n")
    assert change(user_url) == (0, "the database knows the new password\n"), "as after an interruption"
    status, told = change(user_url, "a-third-password-of-nobody")
    assert status != 0
    assert "MongoDB" in told
    assert change(user_url.replace(OLD, NEW), OLD)[0] == 0
