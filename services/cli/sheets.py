"""`doorstep sheets`: the themes under which services are counted, and the standards by which stations score."""

from typing import IO

import click

from services.cli.installation import context_of
from services.cli.refusals import explained
from services.cli.versions import AREA, FILE, IN_AREA, OPERATOR, read_one, show_text, tell_activations, tell_change
from services.tickets.domain.sheets import Sheet, Themes
from services.tickets.files.operators import read_sheet
from services.tickets.handlers.sheets import activate_sheet, deactivate_sheet, standards, themes_for
from services.tickets.handlers.versions import Change
from services.tickets.house import house_of
from services.tickets.problems import PROBLEMS
from services.tickets.sheets import FOLDER
from services.tickets.storage import Tickets


@click.group()
def sheets() -> None:
    """Themes of services (人次) and standards that score stations; by area, in versions.

    A record and an inspection keep the version that they were made under. To change one, copy its file, raise
    `version`, activate it.
    """


@sheets.command("list")
@IN_AREA
@explained(PROBLEMS)
def list_sheets(area: str | None) -> None:
    """What holds where."""
    context = context_of("tickets")
    store, house = Tickets(context.units.read()), house_of(context)
    if area is not None:
        held: list[Sheet] = [themes_for(store, house, area), *standards(store, house, area)]
        for one in held:
            click.echo(f"{one.kind:26} {one.pin:24} {one.title.zh}  {one.title.en}")
        return
    tell_activations(store.sheets.activations(), context, ", ".join(sorted(house.sheets)))


@sheets.command()
@click.argument("pin")
@explained(PROBLEMS)
def show(pin: str) -> None:
    """Print a file, to be copied and changed. PIN is like two-five-n/1."""
    show_text(
        pin, FOLDER.glob("*.yml"), read_sheet,
        lambda: Tickets(context_of("tickets").units.read()).sheets, "sheets",
    )  # fmt: skip


@sheets.command()
@FILE
def check(file: IO[bytes]) -> None:
    """Say whether a file can be meant; needs no database."""
    sheet, _ = read_one(file, read_sheet)
    what = (
        f"{len(sheet.themes)} themes" if isinstance(sheet, Themes) else f"{len(sheet.items)} items, {sheet.most} points"
    )
    click.echo(f"{sheet.pin}: {what}: good")


@sheets.command()
@FILE
@AREA
@explained(PROBLEMS)
def diff(file: IO[bytes], area: str) -> None:
    """What activating the file would change in an area."""
    tell_change(_activate(file, area, dry_run=True))


@sheets.command()
@FILE
@AREA
@click.option("--dry-run", is_flag=True, help="The same as diff.")
@explained(PROBLEMS)
def activate(file: IO[bytes], area: str, dry_run: bool) -> None:
    """Have the file hold in an area from now on. What was recorded before keeps what it has."""
    tell_change(_activate(file, area, dry_run=dry_run))
    click.echo("nothing was changed" if dry_run else f"holds in {area} from now on")


@sheets.command()
@click.argument("kind")
@AREA
@explained(PROBLEMS)
def deactivate(kind: str, area: str) -> None:
    """Let what holds above an area hold in it again. KIND as `list` names it: themes, standard:six-haves."""
    context = context_of("tickets")
    house = house_of(context)
    pin = context.units.run(lambda unit: deactivate_sheet(Tickets(unit), house, kind, area))
    click.echo(f"{kind} in {area}: {pin or 'holds nowhere above'}")


def _activate(file: IO[bytes], area: str, *, dry_run: bool) -> Change:
    _, given = read_one(file, read_sheet)
    context = context_of("tickets")
    house = house_of(context)
    return context.units.run(
        lambda unit: activate_sheet(Tickets(unit), house, given, area, OPERATOR, unit.now, dry_run)
    )
