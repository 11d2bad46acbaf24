"""`doorstep sheets`: the themes under which services are counted, and the standards by which stations score."""

from typing import IO

import click

from services.cli.installation import context_of
from services.cli.operator_files import found, opened, read_all
from services.cli.policy import AREA, OPERATOR
from services.cli.refusals import explained, refuse
from services.tickets.domain.sheets import Sheet, Themes
from services.tickets.handlers.policies import Change, Given
from services.tickets.handlers.sheets import activate_sheet, deactivate_sheet, standards, themes_for
from services.tickets.house import house_of
from services.tickets.operator_files import read_sheet
from services.tickets.problems import PROBLEMS
from services.tickets.sheets import FOLDER
from services.tickets.storage import Tickets

FILE = click.argument("file", type=click.File("rb"))


@click.group()
def sheets() -> None:
    """Themes of services (人次) and standards that score stations; by area, in versions.

    A record and an inspection keep the version that they were made under. To change one, copy its file, raise
    `version`, activate it.
    """


@sheets.command("list")
@click.option("--area", metavar="PATH", help="What holds in this area; without it: everything that was activated.")
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
    for activation in store.sheets.activations():
        at = activation.at.astimezone(context.settings.timezone)
        click.echo(f"{activation.area_path}  {activation.kind}  {activation.pin}  since {at:%Y-%m-%d %H:%M}")
    click.echo(f"everywhere else: {', '.join(sorted(house.sheets))}")


@sheets.command()
@click.argument("pin")
@explained(PROBLEMS)
def show(pin: str) -> None:
    """Print a file, to be copied and changed. PIN is like two-five-n/1."""
    for file in sorted(FOLDER.glob("*.yml")):
        if read_all(found([file]), read_sheet)[0][0][0].pin == pin:
            click.echo(file.read_text("utf-8"), nl=False)
            return
    text = Tickets(context_of("tickets").units.read()).sheets.text(pin)
    if text is None:
        refuse(f"there is no {pin}; `doorstep sheets list` names them")
    click.echo(text, nl=False)


@sheets.command()
@FILE
def check(file: IO[bytes]) -> None:
    """Say whether a file can be meant; needs no database."""
    ((sheet, _), _) = read_all(opened([file]), read_sheet)[0]
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
    _tell(_activate(file, area, dry_run=True))


@sheets.command()
@FILE
@AREA
@click.option("--dry-run", is_flag=True, help="The same as diff.")
@explained(PROBLEMS)
def activate(file: IO[bytes], area: str, dry_run: bool) -> None:
    """Have the file hold in an area from now on. What was recorded before keeps what it has."""
    _tell(_activate(file, area, dry_run=dry_run))
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
    ((_, data), raw) = read_all(opened([file]), read_sheet)[0]
    given = Given(data, raw.decode("utf-8-sig"))
    context = context_of("tickets")
    house = house_of(context)
    return context.units.run(
        lambda unit: activate_sheet(Tickets(unit), house, given, area, OPERATOR, unit.now, dry_run)
    )


def _tell(change: Change) -> None:
    if change.before is None:
        click.echo(f"{change.kind}: {change.after} (new there)")
    elif change.before == change.after:
        click.echo(f"{change.kind}: {change.after} (holds already)")
    else:
        click.echo(f"{change.kind}: {change.before} -> {change.after}")
    for field, before, after in change.differs:
        click.echo(f"  {field}: {before or '-'} -> {after or '-'}")
