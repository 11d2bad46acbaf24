"""Was every committed event published and applied exactly once by each that should, and by nobody else?"""

from collections import Counter, defaultdict

from services.contracts.queues import QUEUES, dead_letter_queue
from tests.faults.evidence import Document, Evidence, Finding, Findings, few

EVENT_OF_STEP = {
    "filed": "ticket.filed", "accepted": "ticket.accepted", "assigned": "ticket.assigned", "offered": "ticket.offered",
    "claim_declined": "ticket.claim_declined", "arrived": "ticket.arrived", "reclassified": "ticket.reclassified",
    "planned": "ticket.planned", "plan_moved": "ticket.plan_moved", "resolved": "ticket.resolved",
    "confirmed": "ticket.confirmed", "reopened": "ticket.reopened", "closed": "ticket.closed",
    "rejected": "ticket.rejected", "cancelled": "ticket.cancelled", "lifted": "ticket.escalated",
    "lowered": "ticket.de_escalated", "warned": "ticket.clock_warned", "breached": "ticket.clock_breached",
    "met": "ticket.clock_met", "verified": "ticket.verified", "item_done": "ticket.item_done",
    "session_held": "ticket.session_held", "paused": "ticket.paused", "resumed": "ticket.resumed",
    "transferred": "ticket.transferred", "merged": "ticket.merged", "attached": "ticket.attached",
    "duplicate_added": "ticket.duplicate_added", "relocated": "ticket.relocated",
    "report_withdrawn": "ticket.report_withdrawn", "handed_back": "ticket.handed_back",
    "withdrawal_declined": "ticket.withdrawal_declined",
    "slip_printed": "ticket.slip_printed",
}  # fmt: skip
"""Written down here once more, so that a step that is told as something else is found."""
UNTOLD = {"passed", "erased"}


def every_event_was_published(evidence: Evidence) -> Findings:
    """No row waits for the relay, and each aggregate's events are numbered without a gap."""
    numbers: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for event in evidence.events:
        numbers[event["source"], event["subject"]].append(int(event["sequence"]))
        if event.get("unpublished"):
            yield Finding(f"{event['type']} of {event['source']} is not published", (event["_id"],))
    for (source, subject), found in numbers.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield Finding(f"events of {source} about {subject} are numbered {sorted(found)}", (subject,))


def every_step_was_told(evidence: Evidence) -> Findings:
    """The history of each ticket and its events say the same, in the same order."""
    for ticket_id, row in evidence.tickets.items():
        steps = [EVENT_OF_STEP[s["kind"]] for s in row["history"] if s["kind"] not in UNTOLD]
        told = [event["type"] for event in evidence.events_of_ticket.get(ticket_id, ())]
        if steps != told:
            yield Finding(f"history says {steps}, events say {told}", (ticket_id,))


def every_event_took_effect_once_in_each_consumer(evidence: Evidence) -> Findings:
    """Each queue's inbox holds the events that are bound to it, no less and no more."""
    for queue in QUEUES.values():
        due = {
            event["_id"]: event
            for event in evidence.events
            if event["type"] in queue.modes and event["source"] in queue.publishers
        }
        taken = evidence.taken_at.get(queue.name, {})
        lost = [event for identity, event in due.items() if identity not in taken]
        if lost:
            yield Finding(f"{queue.name} has not applied {_types(lost)}", few(event["_id"] for event in lost))
        if strange := set(taken) - set(due):
            yield Finding(f"{queue.name} applied what nobody published", few(strange))


def nothing_is_under_way(evidence: Evidence) -> Findings:
    """Queues and dead letters are empty, nothing waits for another try, no timer that is due has not fired."""
    ours = [*QUEUES, *{dead_letter_queue(queue.consumer) for queue in QUEUES.values()}]
    for name in sorted(ours):
        if name not in evidence.queue_lengths:
            yield Finding("a queue is gone", (name,))
        elif evidence.queue_lengths[name]:
            yield Finding(f"{evidence.queue_lengths[name]} messages are left in a queue", (name,))
    for service, db in evidence.databases.items():
        waiting = [str(row["_id"]) for row in db["deferred"].find({"state": "waiting"}, {"_id": 1})]
        if waiting:
            yield Finding(f"{service} has deferred events", few(waiting))
        due = {"lane": "timers", "basis": "business", "due_at": {"$lte": evidence.now}}
        late = [str(row["_id"]) for row in db["timers"].find(due, {"_id": 1})]
        if late:
            yield Finding(f"{service} has timers that are due", few(late))


def only_the_poison_is_parked(evidence: Evidence) -> Findings:
    """What was put into the queues and can never be read is parked, each once; nothing else is. What an emptied broker
    may have held of it is in no log: nobody can send it again."""
    parked: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    for service, db in evidence.databases.items():
        for row in db["deferred"].find({"state": "parked"}):
            identity = str(row["event_id"] or row["_id"])
            parked[identity] += 1
            reasons[identity] = f"{service}, {row['queue']}, {row['type']}, {row['reason']}"
    for identity, number in parked.items():
        if identity not in evidence.poison | evidence.lost_poison:
            yield Finding(f"parked without being poison: {reasons[identity]}", (identity,))
        elif number > 1:
            yield Finding(f"poison is parked {number} times", (identity,))
    for identity in sorted(evidence.poison - set(parked)):
        yield Finding("poison is not parked", (identity,))


def _types(events: list[Document]) -> str:
    return ", ".join(f"{number} {name}" for name, number in Counter(e["type"] for e in events).most_common())
