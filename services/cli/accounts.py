"""`doorstep admin` and `doorstep accounts`: the first administrator, lost passwords, signing keys."""

from typing import IO

import click

from services.accounts.administration import (
    AdministratorExists,
    create_first_admin,
    is_known,
    reset_password,
    rotate_signing_key,
    suspended_keys,
)
from services.accounts.problems import PROBLEMS
from services.accounts.signing import PUBLISHED_BEFORE_USE
from services.cli.installation import context_of
from services.cli.refusals import explained, refuse

_PASSWORD_FILE = click.option(
    "--password-file",
    type=click.File("r", encoding="utf-8"),
    help="Read the password from the first line of this file; - is standard input. Without it you are asked.",
)


@click.group()
def admin() -> None:
    """The first administrator."""


@admin.command()
@click.option("--login", required=True, help="A name, telephone number or e-mail address; case does not matter.")
@click.option("--area", required=True, help="The area that he administers, with all beneath it: /hequ/.")
@click.option("--force", is_flag=True, help="Even though there is an active administrator already.")
@_PASSWORD_FILE
@explained(PROBLEMS)
def create(login: str, area: str, force: bool, password_file: IO[str] | None) -> None:
    """Open the first administrator's account; he opens all others over the API."""
    context = context_of("accounts")
    try:
        account = create_first_admin(context, login, _password(password_file), area, forced=force)
    except AdministratorExists:
        refuse(
            "there is an active administrator already, who can open accounts by POST /api/v1/accounts; "
            "to open one from here all the same, say --force"
        )
    click.echo(f"account {account.account_id} is administrator of {account.area_path}")
    if not is_known(context, account.area_path):
        click.echo(
            f"There is no place {account.area_path} yet, or accounts has not heard of it: nobody else gets an account "
            "there before `doorstep places load`."
        )


@admin.command("reset-password")
@click.option("--login", required=True, help="Whose password.")
@_PASSWORD_FILE
@explained(PROBLEMS)
def reset(login: str, password_file: IO[str] | None) -> None:
    """Give an account a new password, and forget the failed attempts for which its owner would wait."""
    context = context_of("accounts")
    try:
        reset_password(context, login, _password(password_file))
    except LookupError:
        refuse("there is no account with this login")
    click.echo("the password is changed")


@click.group()
def accounts() -> None:
    """Signing keys of the tokens, API keys that are suspended."""


@accounts.command("suspended-keys")
@explained(PROBLEMS)
def list_suspended() -> None:
    """List the API keys that open nothing because who issued them may not give their roles any more.

    An administrator of the area adopts one by POST /api/v1/accounts/ACCOUNT/keys/KEY/adopt, or revokes it.
    """
    found = suspended_keys(context_of("accounts"))
    for key, account in found:
        click.echo(f"account {account.account_id}  key {key.key_id}  {account.area_path}  issued by {key.issued_by}")
    click.echo(f"{len(found)} suspended")


@accounts.command("rotate-keys")
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@explained(PROBLEMS)
def rotate_keys(dry_run: bool) -> None:
    """Sign tokens with a new key. Tokens that were given out stay good until they expire."""
    wait = int(PUBLISHED_BEFORE_USE.total_seconds())
    context = context_of("accounts")
    if dry_run:
        count = context.db["signing_keys"].count_documents({})
        click.echo(f"there are {count} keys; a new one would sign after {wait} s")
        return
    key_id = rotate_signing_key(context)
    click.echo(f"key {key_id} stands in the JWKS now and signs in {wait} s")


def _password(file: IO[str] | None) -> str:
    """From the file's first line, else asked for twice; never from the command line, where others can read it."""
    if file is not None:
        return file.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
