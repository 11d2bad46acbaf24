"""The users of services/chassis/broker_rights.py in the broker, with the passwords of their connection strings.

Whoever fills an emptied broker makes them too: `doorstep prepare` and the keeper are given all of these strings.
"""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from services.chassis.broker_rights import broker_rights_of, broker_setting_of
from services.chassis.directory import SERVICES
from services.cli.installation import given
from services.cli.management import Management, hash_password


def broker_urls() -> dict[str, str]:
    """The connection string of every service whose own this process is given. Raises SettingsError."""
    return given({service: broker_setting_of(service) for service in SERVICES})


def make_broker_users(management: Management, urls: Mapping[str, str]) -> None:
    """Have every user of `urls` exist with exactly its rights and its password. Repeatable; who is connected stays."""
    for service, url in urls.items():
        name, password = _login(url)
        management.put_user(name, hash_password(password))
        management.permit(name, broker_rights_of(service))


def missing_user(management: Management, urls: Mapping[str, str]) -> str | None:
    """One that is not there, or has other rights."""
    there = management.permissions()
    for service, url in urls.items():
        name, _ = _login(url)
        if there.get(name) != dict(broker_rights_of(service)):
            return name
    return None


def _login(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")
