"""What must be there before a service's first process starts: indexes, schema, exchanges and queues. Repeatable."""

import logging
from collections.abc import Iterable

from pymongo.database import Database

from services.chassis import batch, broker, clock_watch, deferred, inbox, journal, leases, outbox, timer_rows, topology
from services.chassis.clock import Document
from services.chassis.context import Context
from services.chassis.http import indexes as http_indexes
from services.chassis.migrations import migrate

log = logging.getLogger(__name__)


def prepare_database(context: Context) -> list[str]:
    """Bring the service's database to the version that this program needs. Returns the names of the steps applied."""
    create_chassis_indexes(context.db)
    create_collections(context.db, context.service.collections)
    applied = migrate(context.db, context.service.migrations, context.sealer)
    if context.service.prepare is not None:
        context.service.prepare(context)
    return [step.name for step in applied]


def prepare_broker(amqp_url: str, settling_seconds: float) -> None:
    """Declare every exchange and queue before any publisher starts."""
    connection = broker.connect(amqp_url, "doorstep prepare")
    try:
        topology.declare(connection, settling_seconds)
    finally:
        connection.close()


def create_collections(db: Database[Document], names: Iterable[str]) -> None:
    """Create those that are missing."""
    there = set(db.list_collection_names())
    for name in names:
        if name not in there:
            db.create_collection(name)


def create_chassis_indexes(db: Database[Document]) -> None:
    """The mechanism's own collections. Creating an index that is there changes nothing."""
    create_collections(db, ("relay_partitions", clock_watch.COLLECTION, journal.COLLECTION))
    outbox.create_indexes(db)
    inbox.create_indexes(db)
    deferred.create_indexes(db)
    timer_rows.create_indexes(db)
    batch.create_indexes(db)
    leases.create_indexes(db)
    journal.create_indexes(db)
    http_indexes.create_indexes(db)
