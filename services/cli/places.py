"""`doorstep places`: the county's tree from a file."""

import sys
from typing import IO

import click

from services.cli.installation import context_of
from services.cli.refusals import EXIT_REFUSED, explained
from services.tickets.places_file import PlacesFileRefused, load_places_file


@click.group()
def places() -> None:
    """Streets, communities, grids, compounds and stations."""


@places.command()
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Say what would change, change nothing.")
@click.option("--list", "listed", is_flag=True, help="Name every place that is new or changed.")
@explained()
def load(file: IO[bytes], dry_run: bool, listed: bool) -> None:
    """Load a places file (YAML; - is standard input). Loading it again changes nothing.

    deploy/demo/hequ.yml shows the format.
    """
    context = context_of("tickets")
    try:
        report = load_places_file(context.units, file.read(), dry_run=dry_run)
    except PlacesFileRefused as refused:
        for error in refused.errors:
            where = f"{file.name}:{error.line}: {error.field}".rstrip(": ")
            click.echo(f"{where}: {error.en} {error.zh}", err=True)
        click.echo(f"{len(refused.errors)} errors; nothing was changed.", err=True)
        sys.exit(EXIT_REFUSED)
    if listed:
        for word, names in (("new", report.created), ("changed", report.changed)):
            for name in names:
                click.echo(f"{word}  {name}")
    click.echo(
        f"{'would be ' if dry_run else ''}new: {len(report.created)}, changed: {len(report.changed)}, "
        f"unchanged: {report.unchanged}"
    )
    if report.absent:
        click.echo(f"known but not in the file, left as they are: {', '.join(report.absent)}")
