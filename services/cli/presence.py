"""`doorstep presence`: how much staff are to be present at stations (下沉驿站), where."""

from typing import IO

import click

from services.cli.installation import context_of
from services.cli.refusals import explained
from services.cli.versions import AREA, FILE, IN_AREA, OPERATOR, read_one, show_text, tell_activations, tell_change
from services.tickets.domain.presence_quotas import WEEK, Quota
from services.tickets.files.operators import read_quotas
from services.tickets.handlers.presence_quotas import (
    activate_quotas,
    deactivate_quotas,
    quotas_for,
)
from services.tickets.handlers.versions import Change
from services.tickets.house import house_of
from services.tickets.presences import FOLDER
from services.tickets.problems import PROBLEMS
from services.tickets.storage import Tickets
from services.tickets.storage.presence import Presences


@click.group()
def presence() -> None:
    """Quotas of presence by role and area, in versions; reports reckon by what holds when they are asked for.

    To change quotas, copy their file, raise `version`, activate it.
    """


@presence.command("list")
@IN_AREA
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
    tell_activations(given.activations(), context, max(house.quotas))


@presence.command()
@click.argument("pin")
@explained(PROBLEMS)
def show(pin: str) -> None:
    """Print a file of quotas, to be copied and changed. PIN is like presence/1."""
    show_text(
        pin, FOLDER.glob("*.yml"), read_quotas,
        lambda: Presences(context_of("tickets").units.read()).quotas, "presence",
    )  # fmt: skip


@presence.command()
@FILE
def check(file: IO[bytes]) -> None:
    """Say whether a file of quotas can be meant; needs no database."""
    quotas, _ = read_one(file, read_quotas)
    click.echo(f"{quotas.pin}: {len(quotas.quotas)} quotas: good")


@presence.command()
@FILE
@AREA
@explained(PROBLEMS)
def diff(file: IO[bytes], area: str) -> None:
    """What activating the file would change in an area."""
    tell_change(_activate(file, area, dry_run=True))


@presence.command()
@FILE
@AREA
@click.option("--dry-run", is_flag=True, help="The same as diff.")
@explained(PROBLEMS)
def activate(file: IO[bytes], area: str, dry_run: bool) -> None:
    """Have the quotas hold in an area and beneath it."""
    tell_change(_activate(file, area, dry_run=dry_run))
    click.echo("nothing was changed" if dry_run else f"holds in {area} from now on")


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


def _activate(file: IO[bytes], area: str, *, dry_run: bool) -> Change:
    _, given = read_one(file, read_quotas)
    context = context_of("tickets")
    house = house_of(context)
    return context.units.run(
        lambda unit: activate_quotas(
            Tickets(unit), Presences(unit).quotas, house, given, area, OPERATOR, unit.now, dry_run
        )
    )
