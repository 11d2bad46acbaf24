"""`doorstep database`: the database's administrator. All other users `doorstep prepare` makes."""

from typing import IO, Any

import click
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from pymongo.uri_parser import parse_uri

from services.chassis import mongo
from services.cli.database_users import MECHANISMS, administrator_url
from services.cli.refusals import explained, refuse

SHORTEST = 20


@click.group()
def database() -> None:
    """The administrator of the database, whom nobody but `doorstep prepare` needs."""


@database.command("change-password")
@click.option("--password-file", type=click.File("r", encoding="ascii"), required=True,
              help="The new password is the first line of this file; - is standard input.")  # fmt: skip
@explained()
def change_password(password_file: IO[str]) -> None:
    """Give the database's administrator a new password; said again, it changes nothing.

    The secret that holds it must be changed too, and the services started again: deploy/rotate-password.sh does all.
    """
    password = password_file.readline().strip()
    if len(password) < SHORTEST:
        refuse(f"the password has {len(password)} characters; at least {SHORTEST} are needed")
    url = administrator_url()
    if url is None:
        refuse("DOORSTEP_MONGO_URL_ADMIN is not set: in containers deploy/rotate-password.sh does all of this")
    user = parse_uri(url)["username"]
    try:
        with mongo.connect(url, "doorstep-database", mongo.OPERATORS_SECONDS) as client:
            client.admin.command("updateUser", user, pwd=password, mechanisms=list(MECHANISMS))
    except OperationFailure:
        if not _opens(url, user, password):
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
