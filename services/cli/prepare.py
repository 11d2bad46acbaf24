"""`doorstep prepare`: databases to the needed version, exchanges and queues declared. Safe to run again."""

from collections.abc import Mapping
from datetime import timedelta

import click
from amqp import AMQPError
from pymongo.errors import PyMongoError

from services.chassis import mongo
from services.chassis.clock_watch import ClockWatch
from services.chassis.context import Context
from services.chassis.migrations import SchemaMismatch, current_version, needed_version, pending
from services.chassis.prepare import prepare_database
from services.chassis.rights import PREPARE
from services.cli.broker_place import fill
from services.cli.database_users import administrator_url, make_users, user_urls
from services.cli.first_start import begin_demonstration, make_ready
from services.cli.installation import all_contexts
from services.cli.management import ManagementError
from services.cli.outside.keeping import keep_all
from services.cli.outside.settings import load_outside_settings, management_of
from services.cli.refusals import refuse


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@click.option("--first-start", is_flag=True,
              help="Also wait for database and broker, and make a fresh database a replica set with our user; "
              "from the database's own machine only.")  # fmt: skip
@click.option("--demonstration", type=click.FloatRange(min=0, max=24 * 31), default=0.0, metavar="HOURS",
              envvar="DOORSTEP_DEMONSTRATION_HOURS",
              help="Begin an empty installation as a demonstration, with business time so long ago.")  # fmt: skip
def prepare(dry_run: bool, first_start: bool, demonstration: float) -> None:
    """Bring the database's users, databases, exchanges and queues to what this program needs."""
    if dry_run and first_start:
        raise click.UsageError("--first-start cannot be tried out: leave --dry-run away")
    contexts = all_contexts(PREPARE)
    settings, admin_url = contexts["tickets"].settings, administrator_url()
    if first_start:
        make_ready(admin_url or settings.mongo_url, settings.amqp_url)
    try:
        if admin_url and not dry_run:
            _make_users(admin_url, settings.database_prefix)
        if demonstration and not dry_run:
            begin_demonstration(contexts["tickets"], demonstration)
        _prepare_all(contexts, dry_run)
    except (SchemaMismatch, ManagementError) as error:
        refuse(str(error))
    except PyMongoError as error:
        refuse(f"MongoDB does not answer as it should ({type(error).__name__})")
    except OSError as error:
        refuse(f"RabbitMQ cannot be reached ({type(error).__name__})")
    except AMQPError as error:
        refuse(
            f"RabbitMQ refuses ({type(error).__name__}): does DOORSTEP_AMQP_URL name a virtual host that is there, and "
            "a user who may configure it? Where DOORSTEP_RABBITMQ_MANAGEMENT_URL is set, this command makes them."
        )


def _prepare_all(contexts: Mapping[str, Context], dry_run: bool) -> None:
    """The broker before the databases: what preparing these tells, a relay that still runs publishes at once, and an
    event for which a queue is not bound yet would be lost to it."""
    for context in contexts.values():
        pending(context.db, context.service.migrations)  # where a database is newer, the broker is left alone too
    if not dry_run:
        _prepare_broker(contexts["tickets"])
    for name, context in contexts.items():
        _prepare_database(name, context, dry_run)
    if not dry_run:
        _keep_consumers(contexts["tickets"])


def _make_users(admin_url: str, prefix: str) -> None:
    with mongo.connect(admin_url, "doorstep-prepare", mongo.OPERATORS_SECONDS) as admin:
        names = make_users(admin, prefix, user_urls())
    click.echo(f"database: {', '.join(names)} have their passwords and rights")


def _prepare_database(name: str, context: Context, dry_run: bool) -> None:
    migrations = context.service.migrations
    steps = [step.name for step in pending(context.db, migrations)]
    if not dry_run:
        prepare_database(context)
    leap = ClockWatch(context.db).leap()
    if leap:
        days = abs(leap) / timedelta(days=1)
        said = f"{name}: the machine's clock is {days:.1f} days from what was last seen; nothing is erased until"
        click.echo(f"{said} `doorstep clock accept` confirms it", err=True)
    done = ", ".join(steps) if steps else "nothing to migrate"
    click.echo(f"{name}: schema {current_version(context.db)} of {needed_version(migrations)}; {done}")


def _prepare_broker(context: Context) -> None:
    managed = load_outside_settings(required=False).management_url
    fill(context, management_of(context) if managed else None)
    click.echo(f"broker: {'users, ' if managed else ''}exchanges and queues are there")


def _keep_consumers(context: Context) -> None:
    kept = keep_all(context, lambda: management_of(context), thorough=True)
    if kept.admitted:
        click.echo(f"broker: outside consumers {', '.join(kept.admitted)} have their users, rights and queues")
    for name, why in kept.failed.items():
        click.echo(f"broker: outside consumer {name} could not be given its place: {why}", err=True)
