"""`doorstep events`: the event log, its replay, and what to do when a queue has lost events."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

import click
from amqp import AMQPError

from services.chassis import outbox, repair
from services.chassis.clock import system_now
from services.chassis.context import Context
from services.chassis.replay import query_of
from services.chassis.replay import replay as replay_events
from services.cli.installation import all_contexts, context_of
from services.cli.management import ManagementError
from services.cli.moments import MOMENT, local
from services.cli.outside.repairing import repair_outsiders
from services.cli.refusals import EXIT_UNAVAILABLE, explained, refuse
from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES, PUBLISHERS
from services.contracts.types import Queue

NOTICE_DAYS = 3.0
"""A loss of Friday evening is seen on Monday morning; and a reporter has 7 days to confirm or reopen before his silence
closes the ticket, of which the greater part is then left."""


@click.group()
def events() -> None:
    """The event log."""


@events.command()
@explained()
def count() -> None:
    """Count the events of each publisher, and those that wait for the relay."""
    for name, context in all_contexts().items():
        rows = context.db[outbox.COLLECTION]
        waiting = rows.count_documents({"unpublished": True})
        click.echo(f"{name}: {rows.count_documents({})} events, {waiting} not yet published")


@events.command()
@click.option("--from", "publisher", type=click.Choice(PUBLISHERS), required=True, help="Whose log.")
@click.option("--to", "queue", type=click.Choice(sorted(QUEUES)), required=True, help="Which queue.")
@click.option("--since", type=MOMENT, help="Recorded at or after, in local time unless a zone is given.")
@click.option("--until", type=MOMENT, help="Recorded before.")
@click.option("--type", "types", multiple=True, type=click.Choice(sorted(EVENT_TYPES)), help="Only these types.")
@click.option("--dry-run", is_flag=True, help="Count, send nothing.")
@explained()
def replay(
    publisher: str,
    queue: str,
    since: datetime | None,
    until: datetime | None,
    types: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Resend events to one queue with their original identities.

    What has taken effect before does so only once; a replay never sends notices. After a loss use `doorstep events
    repair`, which does: an event that came first by a replay tells nobody any more.
    """
    wanted = [name for name in QUEUES[queue].modes if publisher in EVENT_TYPES[name].publishers]
    if types:
        wanted = [name for name in wanted if name in types]
    if not wanted:
        raise click.UsageError(f"{queue} takes no such events from {publisher}")
    context = context_of(publisher)
    query = query_of(wanted, _moment(since, context), _moment(until, context))
    total = context.db[outbox.COLLECTION].count_documents(query)
    if dry_run:
        click.echo(f"would resend {total} events to {queue}")
        return
    with _broker_explained(), click.progressbar(length=total, label=f"resending to {queue}") as bar:
        result = replay_events(context, query, queue, bar.update)
    click.echo(f"resent {result.sent} events")
    if result.blanked:
        click.echo(f"{result.blanked} private events were blanked after publishing and are not resent")


@events.command("repair")
@click.option("--since", type=MOMENT, required=True, help="Published at or after; local time unless a zone is given.")
@click.option("--until", type=MOMENT, help="Published before; the default is now.")
@click.option("--from", "publisher", type=click.Choice(PUBLISHERS), help="Only this log.")
@click.option("--to", "queue", type=click.Choice(sorted(QUEUES)), help="Only this queue.")
@click.option("--notice-days", type=click.FloatRange(0), default=NOTICE_DAYS, show_default=True,
              help="Notices are made up for when they are at most so many days late; 0: none.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what is missing, send nothing.")
@explained()
def repair_events(
    since: datetime, until: datetime | None, publisher: str | None, queue: str | None, notice_days: float, dry_run: bool
) -> None:
    """Make up for events that queues have lost, in all queues of Doorstep, including their notices.

    Choose --since well before the loss. Missing queues are declared. Then, for each publisher and queue, this looks
    for events that were published and have not taken effect, and sends those again, as for the first time. It may be
    repeated, and may run while everything else does. What still waits in a queue, or is parked, counts as missing
    here; sent twice it takes effect once.

    Outside consumers get their users and queues back, and everything once more that was published for them in that
    time, unless --from or --to is given: what took effect at them nobody here knows.

    People are told late rather than never, unless that is later than --notice-days: of older events nobody is told,
    only records and figures are set right.
    """
    contexts, now = all_contexts(), system_now()
    begin, end = _moment(since, contexts["tickets"]), _moment(until, contexts["tickets"])
    loss = repair.Loss(begin or now, min(end or now, now), now - timedelta(days=notice_days))
    routes = [
        (source, target)
        for source, target in repair.routes()
        if publisher in (None, source) and queue in (None, target.name)
    ]
    if not routes:
        raise click.UsageError(f"{queue} takes nothing from {publisher}")
    connected = nullcontext() if dry_run else repair.sending(contexts["tickets"].settings)
    with _broker_explained(), connected as sender:
        found = [_repair_route(contexts, source, target, loss, sender) for source, target in routes]
        outside = repair_outsiders(contexts, loss, dry_run=dry_run) if publisher is None and queue is None else 0
    missing, blanked = sum(one.sent for one in found), sum(one.blanked for one in found)
    click.echo(f"{missing} events {'are missing' if dry_run else 'were sent again'}")
    if outside:
        click.echo(f"{outside} events {'would be' if dry_run else 'were'} sent once more to outside consumers")
    if blanked:
        click.echo(
            f"{blanked} events with contact data are missing and can no longer be sent: whom they concern must state "
            "their contact data again"
        )


def _repair_route(
    contexts: dict[str, Context], source: str, queue: Queue, loss: repair.Loss, sender: repair.Sender | None
) -> repair.Repaired:
    """One line on what was found, and what became of it; a progress bar before, on a terminal."""
    log = contexts[source]
    total = log.db[outbox.COLLECTION].count_documents(repair.published(log, queue, loss))
    with click.progressbar(length=total, label=f"{source} → {queue.name}") as bar:
        result = repair.repair(log, contexts[queue.consumer], queue, loss, sender, bar.update)
    line = f"{result.published} published, {result.sent} {'missing' if sender is None else 'sent again'}"
    if result.untold:
        line += f", {result.untold} of them too old to tell anybody"
    click.echo(f"{source} → {queue.name}: {line}")
    return result


@contextmanager
def _broker_explained() -> Iterator[None]:
    try:
        yield
    except ManagementError as error:
        refuse(str(error), EXIT_UNAVAILABLE)
    except (OSError, AMQPError) as error:
        refuse(f"RabbitMQ does not answer as it should ({type(error).__name__}): repeat this later", EXIT_UNAVAILABLE)


def _moment(value: datetime | None, context: Context) -> datetime | None:
    return local(value, context) if value is not None else None
