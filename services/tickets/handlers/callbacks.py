"""A bad rating makes a callback (回访) one level above those who are rated (domain.md, "Completion")."""

from datetime import datetime

from services.tickets.domain.actions import file
from services.tickets.domain.handled import ended_since, handled_by, highest_office, rated_by
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import settle
from services.tickets.domain.steps import whole_second
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import SYSTEM, Actor
from services.tickets.handlers.contacts import pass_contact_on, report_of
from services.tickets.handlers.life import keep
from services.tickets.handlers.numbering import free_number
from services.tickets.handlers.placing import hours_now, placed_now
from services.tickets.handlers.ports import House, Store

BAD = frozenset({1, 2})
"""The lowest two of five grades."""


def call_back_when_bad(
    store: Store, house: House, rated: Ticket, now: datetime, rater: str | None = None
) -> Ticket | None:
    """In the transaction of the rating. It stands above the level at which the matter was solved and above the office
    of each who is rated; at the top, above which nobody is, with those of the top who are not.

    Who rated is called back: of several who reported the same, the one by what he said himself.
    """
    if rated.rating not in BAD:
        return None
    now = whole_second(now)
    said = report_of(store, rated, rater) or rated
    policy, placed = house.policy_for(store, "callback", rated.area_path), placed_now(store, rated.placing)
    highest = max(rated.level, highest_office(rated), key=LEVELS.index)
    level = policy.next_level(highest) or LEVELS[-1]
    ticket = Ticket(
        id=house.new_id(), number=free_number(store, house, now), kind=policy.kind, policy=policy.pin,
        channel="system", category=rated.category, placing=placed, urgent=False, occurred_at=now,
        recorded_at=now, reporter_id=said.reporter_id, parent_id=rated.id, level=level, sealed=said.sealed,
        telephone_digest=said.telephone_digest,
    )  # fmt: skip
    rules = house.rules(store, policy.pin)
    about = {"rated": list(rated_by(rated))}
    course = file(ticket, rules, Actor(None, SYSTEM), now, hours_now(store, placed), None, about)
    settle(course, rules)
    keep(store, course, rules, new=True)
    pass_contact_on(store, house, said, course.ticket)
    return course.ticket


CALLBACK = "callback_id"
"""Detail of a confirmation: the callback that it made."""


def follow_up(store: Store, house: House, course: Course, now: datetime, rater: str | None) -> None:
    """Call back about a bad rating that was just given, and say so in its step."""
    callback = call_back_when_bad(store, house, course.ticket, now, rater)
    if callback is not None:
        course.add({CALLBACK: callback.id})


def check_looked_into(store: Store, ticket: Ticket, actor: Actor) -> None:
    """Who dealt with the callback about a matter does not put it away when it is reopened.

    Raises Refused("solved-it-before").
    """
    made = [step.detail[CALLBACK] for step in ticket.history if step.detail.get(CALLBACK)]
    for callback in filter(None, map(store.ticket, made)):
        if actor.person_id in handled_by(callback):
            raise Refused("solved-it-before")


def check_callback(store: Store, callback: Ticket, actor: Actor) -> None:
    """What was rated badly may have been reopened: who then put it away does not look into the rating either.

    Raises Refused("rated-oneself").
    """
    rated = store.ticket(callback.parent_id) if callback.is_callback and callback.parent_id else None
    if rated is not None and actor.person_id in ended_since(rated, callback.recorded_at):
        raise Refused("rated-oneself")
