"""`doorstep presence`: how much staff are to be present at stations (下沉驿站), where."""

from typing import IO

import click

from services.cli.installation import context_of
from services.cli.operator_files import opened, read_all
from services.cli.policy import AREA, OPERATOR
from services.cli.refusals import explained, refuse
from services.tickets.domain.presence_quotas import WEEK, Quota
from services.tickets.handlers.policies import Change, Given
from services.tickets.handlers.presence_quotas import (
    activate_quotas,
    deactivate_quotas,
    quotas_for,
)
from services.tickets.house import house_of
from services.tickets.operator_files import read_quotas
from services.tickets.presences import FOLDER
from services.tickets.problems import PROBLEMS
from services.tickets.storage import Tickets
from services.tickets.storage_presence import Presences

FILE = click.argument("file", type=click.File("rb"))


@click.group()
def presence() -> None:
    """Quotas of presence by role and area, in versions; reports reckon by what holds when they are asked for.

    To change quotas, copy their file, raise `version`, activate it.
    """


@presence.command("list")
@click.option("--area", metavar="PATH", help="What holds in this area; without it: everything that was activated.")
@explained(PROBLEMS)
def list_quotas(area: str | None) -> None:
    """What holds where."""
    context = context_of("tickets")
    given, house = Presences(context.units.read()).quotas, house_of(context)
    if area is not None:
        holds = quotas_for(given, house, area)
        for quota in holds.quotas:
            click.echo(f"{quota.role:14} {_said(quota)}")
        click.echo(holds.pin)
        return
    for activation in given.activations():
        at = activation.at.astimezone(context.settings.timezone)
        click.echo(f"{activation.area_path}  {activation.pin}  since {at:%Y-%m-%d %H:%M}")
    click.echo(f"everywhere else: {max(house.quotas)}")


@presence.command()
@click.argument("pin")
@explained(PROBLEMS)
def show(pin: str) -> None:
    """Print a file of quotas, to be copied and changed. PIN is like presence/1."""
    file = FOLDER / f"{pin.replace('/', '-')}.yml"
    if file.parent == FOLDER and file.is_file():
        click.echo(file.read_text("utf-8"), nl=False)
        return
    text = Presences(context_of("tickets").units.read()).quotas.text(pin)
    if text is None:
        refuse(f"there are no quotas {pin}; `doorstep presence list` names them")
    click.echo(text, nl=False)


@presence.command()
@FILE
def check(file: IO[bytes]) -> None:
    """Say whether a file of quotas can be meant; needs no database."""
    ((quotas, _), _) = read_all(opened([file]), read_quotas)[0]
    click.echo(f"{quotas.pin}: {len(quotas.quotas)} quotas: good")


@presence.command()
@FILE
@AREA
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@explained(PROBLEMS)
def activate(file: IO[bytes], area: str, dry_run: bool) -> None:
    """Have the quotas hold in an area and beneath it."""
    ((_, data), raw) = read_all(opened([file]), read_quotas)[0]
    given = Given(data, raw.decode("utf-8-sig"))
    context = context_of("tickets")
    house = house_of(context)
    _tell(context.units.run(
        lambda unit: activate_quotas(
            Tickets(unit), Presences(unit).quotas, house, given, area, OPERATOR, unit.now, dry_run
        )
    ))  # fmt: skip
    click.echo("nothing was changed" if dry_run else f"holds in {area}")


@presence.command()
@AREA
@explained(PROBLEMS)
def deactivate(area: str) -> None:
    """Let what holds above an area hold in it again."""
    context = context_of("tickets")
    house = house_of(context)
    pin = context.units.run(lambda unit: deactivate_quotas(Presences(unit).quotas, house, area))
    click.echo(f"{area}: {pin}")


def _said(quota: Quota) -> str:
    often = f"{quota.days} days of each week" if quota.each == WEEK else "each working day"
    return f"{often}, at least {quota.at_least_seconds // 60} min a day"


def _tell(change: Change) -> None:
    same = change.before == change.after
    click.echo(f"{change.after} (holds already)" if same else f"{change.before} -> {change.after}")
    for field, before, after in change.differs:
        click.echo(f"  {field}: {before or '-'} -> {after or '-'}")
