"""`doorstep prepare`: databases to the needed version, exchanges and queues declared. Safe to run again."""

import sys

import click
from pymongo.errors import PyMongoError

from services.chassis.migrations import SchemaMismatch, current_version, needed_version, pending
from services.chassis.prepare import prepare_broker, prepare_database
from services.cli.installation import all_contexts
from services.cli.management import ManagementError
from services.cli.outside.installed import readmit_all
from services.cli.outside.settings import management_of


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
def prepare(dry_run: bool) -> None:
    """Bring databases, exchanges and queues to what this program needs."""
    contexts = all_contexts()
    try:
        for name, context in contexts.items():
            migrations = context.service.migrations
            steps = [step.name for step in pending(context.db, migrations)]
            if not dry_run:
                prepare_database(context)
            done = ", ".join(steps) if steps else "nothing to migrate"
            version = current_version(context.db)
            click.echo(f"{name}: schema {version} of {needed_version(migrations)}; {done}")
        if not dry_run:
            prepare_broker(contexts["tickets"].settings.amqp_url)
            click.echo("broker: exchanges and queues are declared")
            readmitted = readmit_all(contexts["tickets"], lambda: management_of(contexts["tickets"]))
            if readmitted:
                click.echo(f"broker: outside consumers {', '.join(readmitted)} have their users and rights")
    except (SchemaMismatch, ManagementError) as error:
        click.echo(f"doorstep: {error}", err=True)
        sys.exit(1)
    except PyMongoError as error:
        click.echo(f"doorstep: MongoDB does not answer as it should ({type(error).__name__})", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"doorstep: RabbitMQ cannot be reached ({type(error).__name__})", err=True)
        sys.exit(1)
