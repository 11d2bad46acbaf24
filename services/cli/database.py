"""`doorstep database`: the database's own user."""

from typing import IO, Any

import click
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from pymongo.uri_parser import parse_uri

from services.cli.installation import context_of
from services.cli.refusals import explained, refuse

SHORTEST = 20


@click.group()
def database() -> None:
    """The user by whom all services reach the database."""


@database.command("change-password")
@click.option("--password-file", type=click.File("r", encoding="ascii"), required=True,
              help="The new password is the first line of this file; - is standard input.")  # fmt: skip
@explained()
def change_password(password_file: IO[str]) -> None:
    """Give the database's user a new password; said again, it changes nothing.

    The secret that holds it must be changed too, and the services started again: deploy/rotate-password.sh does all.
    """
    password = password_file.readline().strip()
    if len(password) < SHORTEST:
        refuse(f"the password has {len(password)} characters; at least {SHORTEST} are needed")
    context = context_of("tickets")
    user = parse_uri(context.settings.mongo_url)["username"]
    try:
        context.client.admin.command("updateUser", user, pwd=password)
    except OperationFailure:
        if not _opens(context.settings.mongo_url, user, password):
            raise
    click.echo("the database knows the new password")


def _opens(url: str, user: str, password: str) -> bool:
    """Whether it is the password already, as after this was interrupted."""
    try:
        with MongoClient[dict[str, Any]](
            url, username=user, password=password, serverSelectionTimeoutMS=4000
        ) as client:
            client.admin.command("connectionStatus")
            return True
    except OperationFailure:
        return False
