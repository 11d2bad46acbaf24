"""`doorstep calendar`: the official calendars of Chinese working days, by year."""

from typing import IO

import click

from services.cli.installation import context_of
from services.cli.operator_files import opened, read_all
from services.cli.refusals import explained
from services.tickets.files.operators import read_year
from services.tickets.storage import Tickets
from services.tickets.workdays import first_unknown, published_years


@click.group()
def calendar() -> None:
    """Official calendars of working days (with 调休). A year that is not loaded is unknown and never guessed."""


@calendar.command("list")
@explained()
def list_years() -> None:
    """The years that are known, and from when on nothing is."""
    context = context_of("tickets")
    years = Tickets(context.units.read()).years
    known, loaded = years.known(published_years()), years.loaded()
    for year in sorted(known):
        origin = "loaded" if year in loaded else "comes with the program"
        click.echo(f"{year}  {len(known[year])} working days  {origin}")
    click.echo(f"unknown from {first_unknown(known.keys()):%Y-%m-%d} on")


@calendar.command()
@click.argument("files", type=click.File("rb"), nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Check the files and say what would change, change nothing.")
@explained()
def load(files: tuple[IO[bytes], ...], dry_run: bool) -> None:
    """Load the calendar of a year (YAML; - is standard input), in place of what was known of it.

    \b
    year: 2027
    source: 国办发明电〔2026〕…号
    holidays: [2027-01-01, …]     # every day off, weekends among them or not; days of last December amend that year
    made_up: [2027-02-07, …]      # Saturdays and Sundays on which work is made up for

    Promises that reach into the year are reckoned anew: at once where they are shown, within a day where they warn.
    """
    context = context_of("tickets")
    for year, _ in read_all(opened(files), read_year):
        if not dry_run:
            context.units.run(lambda unit, year=year: Tickets(unit).years.put(year, unit.now))  # type: ignore[misc]
        also = len(year.before) + len(year.made_up_before)
        amends = f"; amends {also} day(s) at the end of {year.year - 1}" if also else ""
        click.echo(
            f"{'would load' if dry_run else 'loaded'} {year.year}: {len(year.working_days)} working days{amends}"
        )
