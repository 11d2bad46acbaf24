"""Run one deed on a ticket: first settle what was due before now, then the deed, then what it made due."""

from collections.abc import Callable
from datetime import datetime

from services.tickets.domain.settle import Rules, is_late, next_due, next_moment, settle
from services.tickets.domain.steps import whole_second
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.handlers.ports import House, Listing, Store
from services.tickets.handlers.publishing import events_of

Deed = Callable[[Course, Rules], None]


def do(
    store: Store, house: House, ticket: Ticket, now: datetime, deed: Deed, answerable: str | None = None
) -> Ticket:  # fmt: skip
    """The ticket after `deed`; `answerable`: who answers for the program that does it. Raises what the deed refuses;
    then nothing is kept."""
    rules = house.rules(store, ticket.policy)
    course = Course(ticket, _not_before(ticket, now), rules.policy.life, answerable=answerable)
    settle(course, rules)
    deed(course, rules)
    settle(course, rules)
    keep(store, course, rules)
    return course.ticket


def settle_due(store: Store, house: House, ticket_id: str, now: datetime) -> None:
    """Fire what is due, before each command, in a transaction of its own. A stranger is ignored."""
    ticket = store.ticket(ticket_id)
    if ticket is not None:
        settle_ticket(store, house, ticket, now)


def settle_ticket(store: Store, house: House, ticket: Ticket, now: datetime) -> None:
    """Fire what is due of the ticket, and keep it with its next moment."""
    rules = house.rules(store, ticket.policy)
    course = Course(ticket, _not_before(ticket, now), rules.policy.life)
    settle(course, rules)
    keep(store, course, rules)


def settled(store: Store, house: House, ticket: Ticket, now: datetime) -> Ticket:
    """The ticket as it stands, whether or not a timer has come round to it yet; nothing is kept."""
    rules = house.rules(store, ticket.policy)
    course = Course(ticket, _not_before(ticket, now), rules.policy.life)
    settle(course, rules)
    return course.ticket


def keep(store: Store, course: Course, rules: Rules, *, new: bool = False) -> None:
    """Save the ticket with its timer and publish its steps."""
    ticket, now = course.ticket, course.now
    listing = Listing(next_due(rules.clocks(ticket, now), ticket), is_late(ticket), next_moment(ticket, rules, now))
    if new:
        store.add(ticket, listing)
    else:
        store.save(ticket, listing)
    store.publish(events_of(course, rules))


def _not_before(ticket: Ticket, now: datetime) -> datetime:
    """Replicas read the business clock up to a second apart; a history never runs backwards for that."""
    now = whole_second(now)
    return max(now, ticket.history[-1].at) if ticket.history else now
