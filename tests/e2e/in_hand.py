"""Who has what in hand, by volunteers and by tickets; and a worker that hears nothing for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGCONT, SIGSTOP

from services.cli.demo.edge import Caller
from tests.e2e.whole import Whole


@contextmanager
def paused(doorstep: Whole, service: str) -> Iterator[None]:
    """Its worker neither hears nor publishes anything."""
    worker = doorstep.workers[service]
    worker.signal(SIGSTOP)
    try:
        yield
    finally:
        worker.signal(SIGCONT)


def in_hand(doorstep: Whole, member: Caller) -> tuple[int, int]:
    """How many tickets he has by volunteers, and by tickets."""
    claims, tickets = doorstep.contexts["volunteers"].db["claims"], doorstep.contexts["tickets"].db["tickets"]
    open_ones = {"assignee_id": member.person_id, "state": {"$in": ["assigned", "on_site", "planned"]}}
    counted = claims.count_documents({"person_id": member.person_id, "in_hand": True})
    return counted, tickets.count_documents(open_ones)
