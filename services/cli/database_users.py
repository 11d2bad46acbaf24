"""The users of services/chassis/rights.py in the server, with the passwords of their connection strings. Repeatable.

Only the administrator can make them: whom `first start` makes, and whose connection string `doorstep prepare` alone
is given.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure
from pymongo.uri_parser import parse_uri

from services.chassis.rights import USERS, Right, rights_of, role_of, setting_of
from services.cli.installation import given

Client = MongoClient[dict[str, Any]]
MECHANISMS = ("SCRAM-SHA-256",)
_ALREADY_THERE = (51002, 51003)
"""A role, a user of that name."""


def administrator_url() -> str | None:
    """The administrator's connection string; None where this process is not given it. Raises SettingsError."""
    return given({"admin": "MONGO_URL_ADMIN"}).get("admin")


def user_urls() -> dict[str, str]:
    """The connection string of every user whose own this process is given. Raises SettingsError."""
    return given({user: setting_of(user) for user in USERS})


def make_users(admin: Client, prefix: str, urls: Mapping[str, str]) -> Sequence[str]:
    """Have every user of `urls` exist with exactly its rights and its password. Returns their names in the server."""
    return [_make_user(admin, role_of(user, prefix), rights_of(user, prefix), url) for user, url in urls.items()]


def _make_user(admin: Client, role: str, rights: Sequence[Right], url: str) -> str:
    privileges = [right.privilege for right in rights]
    _create_or_update(admin, "Role", role, privileges=privileges, roles=[])
    parsed = parse_uri(url)
    name: str = parsed["username"]
    _create_or_update(admin, "User", name, pwd=parsed["password"], roles=[role], mechanisms=list(MECHANISMS))
    return name


def _create_or_update(admin: Client, kind: str, name: str, **values: Any) -> None:
    try:
        admin.admin.command(f"create{kind}", name, **values)
    except OperationFailure as error:
        if error.code not in _ALREADY_THERE:
            raise
        admin.admin.command(f"update{kind}", name, **values)
