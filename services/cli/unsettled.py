"""Queues without a leader: their node was killed in the second after they were declared (chassis/topology.py)."""

import logging
from collections.abc import Collection

from services.cli.management import Management

log = logging.getLogger(__name__)


def remove_unsettled(management: Management, names: Collection[str]) -> None:
    """Remove those of these queues that have no leader, so that they can be declared again.

    Only what is not bound yet is removed. It is empty, since ours are bound once they are safe: of a queue that once
    was, a leader that takes its time could have messages. That is looked at again after the seconds for which one
    without a leader was waited for: another keeper may have found it safe meanwhile.
    """
    for name in sorted(_unbound(management, names)):
        if not management.gives_from(name) and _unbound(management, [name]):
            log.warning("a queue without a leader is made again", extra={"queue": name})
            management.delete_queue(name)


def _unbound(management: Management, names: Collection[str]) -> set[str]:
    """Those that are there, empty and bound to nothing."""
    found = {row["name"] for row in management.queues() if not row.get("messages")} & set(names)
    return found - {row["destination"] for row in management.bindings() if row["source"]} if found else found
