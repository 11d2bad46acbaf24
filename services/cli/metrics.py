"""`doorstep metrics`: hold the totals against the services' own databases."""

import sys

import click
from pymongo.errors import PyMongoError

from services.cli.installation import all_contexts
from services.metrics.recount import recount


@click.group()
def metrics() -> None:
    """Totals and what they are held against."""


@metrics.command("recount")
def recount_totals() -> None:
    """Count again from every service's database; status 1 when a number differs.

    What is still on its way while this runs shows up as a difference: run it again once the queues are empty.
    """
    contexts = all_contexts()
    try:
        differences = recount({name: context.db for name, context in contexts.items()})
    except PyMongoError as error:
        click.echo(f"doorstep: MongoDB does not answer as it should ({type(error).__name__})", err=True)
        sys.exit(2)
    for difference in differences:
        click.echo(str(difference))
    if differences:
        click.echo(f"{len(differences)} numbers differ.", err=True)
        sys.exit(1)
    click.echo("The totals agree with every service's database.")
