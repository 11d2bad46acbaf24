"""Every queue in one place: who consumes what, and in which mode. Arguments of a queue never change."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.contracts.registry import EVENT_TYPES, published_by
from services.contracts.types import Mode, Queue

DEAD_LETTER_EXCHANGE = "doorstep.dead"
"""Direct exchange to which the broker hands what it gives up on; the routing key is the queue's name."""

DELIVERY_LIMIT = 1000
"""Deliveries after which a quorum queue gives a message to the dead letters. Every unacked delivery of a killed
process counts, so it stands far above the kills that we expect; our own attempts park a bad message long before."""
POLICY_NAME = "delivery-limit"
POLICY: Mapping[str, Any] = {
    "delivery-limit": DELIVERY_LIMIT,
    # A dead letter stays in its queue until the queue of the dead has confirmed it. RabbitMQ does so only where a queue
    # refuses what is too much for it rather than drop it; ours have no length at which they would do either.
    "dead-letter-strategy": "at-least-once",
    "overflow": "reject-publish",
}
"""Of every queue of ours; also in deploy/rabbitmq/definitions.json, for a broker that begins."""


def _all(publisher: str, mode: Mode) -> dict[str, Mode]:
    return {t.name: mode for t in published_by(publisher) if not t.private}


def _each(mode: Mode, names: Iterable[str]) -> dict[str, Mode]:
    return dict.fromkeys(names, mode)


_PLACES = {
    **_each(Mode.LATEST, ["area.defined", "station.defined", "area.removed"]),
    **_each(Mode.ADDITIVE, ["area.moved"]),
}
"""Where a place lies is what the latest says; of each move, what was given where it lay goes along."""

_DECLARED = (
    Queue("accounts.tickets", "accounts", ("tickets",), _PLACES),
    Queue("tickets.accounts", "tickets", ("accounts",), _all("accounts", Mode.LATEST)),
    Queue("tickets.volunteers", "tickets", ("volunteers",),
          _each(Mode.ADDITIVE, ["claim.won", "claim.withdrawn", "claim.revoked"])),
    Queue("volunteers.tickets", "volunteers", ("tickets",), {
        **_each(Mode.PAIRED, ["ticket.confirmed", "ticket.reopened"]),
        **_each(Mode.LATEST, ["ticket.offered", "ticket.assigned", "ticket.resolved", "ticket.closed",
                              "ticket.rejected", "ticket.cancelled", "ticket.transferred",
                              "ticket.merged", "ticket.relocated", "ticket.duplicate_added",
                              "ticket.handed_back"]),
        **_each(Mode.ADDITIVE, ["ticket.claim_declined", "ticket.withdrawal_declined"]),
    }),
    Queue("volunteers.places", "volunteers", ("tickets",), _PLACES),
    Queue("volunteers.accounts", "volunteers", ("accounts",), _all("accounts", Mode.LATEST)),
    Queue("notifications.tickets", "notifications", ("tickets",),
          _each(Mode.ADDITIVE, ["ticket.filed", "ticket.assigned", "ticket.escalated", "ticket.planned",
                                "ticket.plan_moved", "ticket.resolved", "ticket.reopened", "ticket.closed",
                                "ticket.rejected", "ticket.clock_breached", "ticket.paused", "ticket.transferred",
                                "ticket.merged", "ticket.verified", "ticket.accepted", "ticket.offered",
                                "ticket.arrived", "ticket.item_done", "ticket.session_held", "ticket.resumed",
                                "ticket.report_withdrawn", "ticket.handed_back", "ticket.duplicate_added",
                                "ticket.cancelled", "ticket.de_escalated", "ticket.relocated",
                                "ticket.slip_printed", "ticket.confirmed", "ticket.withdrawal_declined",
                                "booking.cancelled", "booking.outcome_recorded", "booking.affected"])),
    Queue("notifications.accounts", "notifications", ("accounts",), _all("accounts", Mode.LATEST)),
    Queue("notifications.volunteers", "notifications", ("volunteers",),
          _each(Mode.ADDITIVE, ["member.approved", "member.suspension_told", "claim.released", "points.awarded",
                                "points.reversed"])),
    Queue("notifications.recipients", "notifications", ("accounts", "tickets", "volunteers"),
          {"recipient.upserted": Mode.LATEST}),
    Queue("metrics.accounts", "metrics", ("accounts",), _all("accounts", Mode.ADDITIVE)),
    Queue("metrics.tickets", "metrics", ("tickets",), _all("tickets", Mode.ADDITIVE)),
    Queue("metrics.volunteers", "metrics", ("volunteers",), _all("volunteers", Mode.ADDITIVE)),
    Queue("metrics.notifications", "metrics", ("notifications",), _all("notifications", Mode.ADDITIVE)),
)  # fmt: skip

QUEUES: Mapping[str, Queue] = {queue.name: queue for queue in _DECLARED}


def bindings(queue: Queue) -> list[tuple[str, str]]:
    """(exchange, routing key) pairs by which `queue` gets its events."""
    return sorted(
        (EVENT_TYPES[name].exchange(publisher), name)
        for name in queue.modes
        for publisher in queue.publishers
        if publisher in EVENT_TYPES[name].publishers
    )


def arguments(queue: Queue) -> dict[str, Any]:
    """The fixed arguments of a queue; everything tunable is a broker policy."""
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": DEAD_LETTER_EXCHANGE,
        "x-dead-letter-routing-key": dead_letter_queue(queue.consumer),
    }


def dead_letter_queue(consumer: str) -> str:
    """Where the broker's dead letters of one service wait until its worker parks them."""
    return f"{consumer}.dead"


def is_consumed(event_type: str) -> bool:
    return any(event_type in queue.modes for queue in QUEUES.values())
