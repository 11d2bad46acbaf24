"""`doorstep places`: the county's tree from files and back into files."""

import json
import sys
from collections.abc import Sequence
from typing import IO, Any

import click

from services.chassis.context import Context
from services.cli.installation import context_of
from services.cli.places_coverage import coverage
from services.cli.refusals import EXIT_REFUSED, explained, refuse
from services.tickets.domain.places import Place
from services.tickets.files.errors import FileError, PlacesFileRefused
from services.tickets.files.places import BATCH, load_places_files
from services.tickets.files.places_export import TABLES, county_as_yaml, table
from services.tickets.handlers.place_changes import Change
from services.tickets.handlers.places import LoadReport
from services.tickets.preparing import tell_all_again
from services.tickets.problems import PROBLEMS
from services.tickets.relocating import relocate_all
from services.tickets.storage import Tickets

_SHOWN_ERRORS = 1_000


@click.group()
def places() -> None:
    """Streets, communities, grids, compounds and stations."""


places.add_command(coverage)


@places.command()
@click.argument("files", type=click.File("rb"), nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="List what would change, change nothing.")
@click.option("--remove-absent", is_flag=True, help="Remove what the file does not name and where no ticket is open.")
@click.option("--list", "listed", is_flag=True, help="Name every place that is new or changed.")
@explained(PROBLEMS)
def load(files: Sequence[IO[bytes]], dry_run: bool, remove_absent: bool, listed: bool) -> None:
    """Load a places file in YAML (- is standard input), or one or two tables in CSV. Loading it again changes nothing.

    deploy/demo/hequ.yml shows the format; `doorstep places export` writes what is known in each. A table of areas or of
    stations may come alone: what the other would say stays as it is. A load that was interrupted goes on when it is
    run again.
    """
    context = context_of("tickets")
    named = [(file.name, file.read()) for file in files]
    try:
        report = load_places_files(
            context.units, named, dry_run=dry_run, removing=remove_absent, progress=_tell_progress
        )
    except PlacesFileRefused as refused:
        _tell_errors(refused.errors, files[0].name)
        sys.exit(EXIT_REFUSED)
    if dry_run or listed:
        _tell_changes(report)
    click.echo(
        f"{'would be ' if dry_run else ''}new: {len(report.created)}, changed: {len(report.changed)}, "
        f"unchanged: {report.unchanged}"
    )
    if not dry_run:
        _bring_along(context, report)
    if report.removals:
        click.echo(f"{'would be ' if dry_run else ''}removed: {', '.join(report.absent)}")
    elif report.absent:
        click.echo(f"known but not in the file, left as they are: {', '.join(report.absent)}")


@places.command()
@click.option("--format", "form", type=click.Choice(["yaml", "csv"]), default="yaml", show_default=True)
@click.option("--table", "kind", type=click.Choice(list(TABLES)), help="Which table, with --format csv.")
@click.option("--county", metavar="ID", help="Which county, where there are several.")
@explained(PROBLEMS)
def export(form: str, kind: str | None, county: str | None) -> None:
    """Print the places of a county as a file that loads again unchanged.

    CSV is UTF-8 with a byte order mark, as Excel opens it; `places load` also reads what Excel saves (GB18030).
    """
    if (form == "csv") != (kind is not None):
        raise click.UsageError("--format csv goes with --table areas or --table stations")
    found = _of_county(county)
    if kind is None:
        click.echo(county_as_yaml(found), nl=False)
    else:
        sys.stdout.buffer.write(table(kind, found))


@places.command("tell-again")
@explained(PROBLEMS)
def tell_again() -> None:
    """Tell the other services of every place once more, as it is now.

    For a database of accounts or volunteers that is younger than the places: accounts are opened and members taken in
    only at places of which these services have heard. Changes nothing else; it may be repeated.
    """
    told = tell_all_again(context_of("tickets"))
    click.echo(f"told of {told} places; the others know them as soon as the events have arrived")


def _of_county(county: str | None) -> list[Place]:
    known = [place for place, _ in Tickets(context_of("tickets").units.read()).places_with_sequence().values()]
    counties = sorted(place.id for place in known if place.level == "county")
    if county is None and len(counties) != 1:
        refuse(f"say which --county: {', '.join(counties) or 'none is loaded'}")
    chosen = county or counties[0]
    if chosen not in counties:
        refuse(f"there is no county {chosen}; there are: {', '.join(counties) or 'none'}")
    return [place for place in known if place.area_path.startswith(f"/{chosen}/")]


def _tell_errors(errors: Sequence[FileError], file: str) -> None:
    for error in errors[:_SHOWN_ERRORS]:
        where = f"{error.file or file}:{error.line}: {error.field}".rstrip(": ")
        click.echo(f"{where}: {error.en} {error.zh}", err=True)
    if len(errors) > _SHOWN_ERRORS:
        click.echo(f"... and {len(errors) - _SHOWN_ERRORS} more", err=True)
    click.echo(f"{len(errors)} errors; nothing was changed.", err=True)


def _bring_along(context: Context, report: LoadReport) -> None:
    """The open tickets of what moved; the worker of tickets does the same where this is interrupted."""
    for change in report.moves:
        if change.before is not None and change.place.level not in ("compound", "building"):
            moved = relocate_all(context, change.before.area_path, _tell_moved)
            click.echo(f"moved to {change.place.area_path}: {moved} tickets went along")


def _tell_moved(done: int) -> None:
    click.echo(f"{done} tickets moved", err=True)


def _tell_progress(done: int, of: int) -> None:
    if of > BATCH:
        click.echo(f"{done} of {of} written", err=True)


def _tell_changes(report: LoadReport) -> None:
    for change in report.changes:
        word = "new    " if change.before is None else "changed"
        click.echo(f"{word}  {change.place.id}  {change.place.name}")
        _tell_differences(change)
    for name in report.absent:
        click.echo(f"{'removed' if report.removals else 'absent '}  {name}")


def _tell_differences(change: Change) -> None:
    for name, before, after in change.differs:
        click.echo(f"         {name}: {_short(before)} -> {_short(after)}")


def _short(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
