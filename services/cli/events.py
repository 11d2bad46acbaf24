"""`doorstep events`: the event log and its replay."""

from datetime import datetime
from typing import Any

import click

from services.chassis import outbox
from services.chassis.clock import to_milliseconds
from services.chassis.replay import query_of
from services.chassis.replay import replay as replay_events
from services.cli.installation import all_contexts, context_of
from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES, PUBLISHERS

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
def events() -> None:
    """The event log."""


@events.command()
def count() -> None:
    """Count the events of each publisher, and those that wait for the relay."""
    for name, context in all_contexts().items():
        rows = context.db[outbox.COLLECTION]
        waiting = rows.count_documents({"unpublished": True})
        click.echo(f"{name}: {rows.count_documents({})} events, {waiting} not yet published")


@events.command()
@click.option("--from", "publisher", type=click.Choice(PUBLISHERS), required=True, help="Whose log.")
@click.option("--to", "queue", type=click.Choice(sorted(QUEUES)), required=True, help="Which queue.")
@click.option("--since", type=_MOMENT, help="Recorded at or after, in local time unless a zone is given.")
@click.option("--until", type=_MOMENT, help="Recorded before.")
@click.option("--type", "types", multiple=True, type=click.Choice(sorted(EVENT_TYPES)), help="Only these types.")
@click.option("--dry-run", is_flag=True, help="Count, send nothing.")
def replay(
    publisher: str,
    queue: str,
    since: datetime | None,
    until: datetime | None,
    types: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Resend events to one queue with their original identities.

    What has taken effect before does so only once; a replay never sends notices.
    """
    wanted = [name for name in QUEUES[queue].modes if publisher in EVENT_TYPES[name].publishers]
    if types:
        wanted = [name for name in wanted if name in types]
    if not wanted:
        raise click.UsageError(f"{queue} takes no such events from {publisher}")
    context = context_of(publisher)
    zone = context.settings.timezone
    query = query_of(wanted, _moment(since, zone), _moment(until, zone))
    total = context.db[outbox.COLLECTION].count_documents(query)
    if dry_run:
        click.echo(f"would resend {total} events to {queue}")
        return
    with click.progressbar(length=total, label=f"resending to {queue}") as bar:
        result = replay_events(context, query, queue, bar.update)
    click.echo(f"resent {result.sent} events")
    if result.blanked:
        click.echo(f"{result.blanked} private events were blanked after publishing and are not resent")


def _moment(value: datetime | None, zone: Any) -> datetime | None:
    if value is None:
        return None
    return to_milliseconds(value if value.tzinfo else value.replace(tzinfo=zone))
