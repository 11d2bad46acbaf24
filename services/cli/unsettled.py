"""Queues without a leader: their node was killed in the second after they were declared (chassis/topology.py)."""

import logging
from collections.abc import Collection

from services.cli.management import Management

log = logging.getLogger(__name__)


def remove_unsettled(management: Management, names: Collection[str]) -> None:
    """Remove those of these queues that have no leader, so that they can be declared again.

    Only what is not bound yet is looked at. It is empty, since ours are bound once they are safe: of a queue that once
    was, a leader that takes its time could have messages.
    """
    suspect = {row["name"] for row in management.queues() if not row.get("messages")} & set(names)
    if suspect:
        suspect -= {row["destination"] for row in management.bindings() if row["source"]}
    for name in sorted(suspect):
        if not management.gives_from(name):
            log.warning("a queue without a leader is made again", extra={"queue": name})
            management.delete_queue(name)
