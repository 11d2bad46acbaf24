"""Answers to volunteers' claims: exactly one per claim, whatever the order and number of deliveries."""

from datetime import datetime

from services.tickets.domain.actions import decline_claim, decline_withdrawal, offer_again, release_claim, win_claim
from services.tickets.domain.handing_back import take_from_suspended
from services.tickets.domain.handled import handled_by, has_begun
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import SYSTEM, Actor
from services.tickets.handlers.life import do
from services.tickets.handlers.ports import House, Store

_SYSTEM = Actor(None, SYSTEM)


def answer_claim(
    store: Store, house: House, ticket_id: str, claim_id: str, offer_id: str, person_id: str, now: datetime
) -> None:
    """`ticket.assigned` when the offer still stands, else `ticket.claim_declined`.

    Volunteers may not have heard yet that the claimant reported the same by a ticket that was merged into this one,
    that he handled it as staff, or that his account is disabled: he is declined, and since that closes his offer, the
    ticket is offered to the others anew.
    """

    def answer(course: Course, rules: Rules) -> None:
        known = course.ticket.claims.get(claim_id)
        if known == "withdrawn":
            decline_claim(course, claim_id, offer_id, "released")
        elif known is None and not _stands(course.ticket, offer_id):
            decline_claim(course, claim_id, offer_id, "not-open")
        elif known is None and (barred := _barred(store, course.ticket, person_id)):
            decline_claim(course, claim_id, offer_id, barred)
            offer_again(course, _SYSTEM, house.new_id())
        elif known is None:
            win_claim(course, _SYSTEM, claim_id, person_id, store.roles_over(person_id, course.ticket.placing.paths))

    do(store, house, _ticket(store, ticket_id), now, answer)


def answer_withdrawal(store: Store, house: House, ticket_id: str, claim_id: str, now: datetime) -> None:
    """A volunteer wants to give his claim back: `ticket.offered` to others while he has done nothing about it, else
    `ticket.withdrawal_declined`, and he has it as before.

    Only here is it known what he did with it meanwhile. Where the claim itself is yet to come, it is declined then.
    """

    def answer(course: Course, rules: Rules) -> None:
        ticket = course.ticket
        known = ticket.claims.get(claim_id)
        if known is None:
            course.remember_claim(claim_id, "withdrawn")
        elif known != "assigned":
            return  # answered before
        elif ticket.claim_id == claim_id and ticket.state == "assigned" and not has_begun(ticket):
            release_claim(course, _SYSTEM, claim_id, house.new_id())
        else:
            decline_withdrawal(course, claim_id)

    do(store, house, _ticket(store, ticket_id), now, answer)


def answer_revocation(store: Store, house: House, ticket_id: str, claim_id: str, now: datetime) -> None:
    """A volunteer is suspended: what he has in hand by this claim goes on for others. What is solved or ended stays.

    Where the claim itself is yet to come, it is declined then. Whether he asked to give it back as well makes no
    difference, nor what is heard first.
    """

    def answer(course: Course, rules: Rules) -> None:
        ticket = course.ticket
        if claim_id not in ticket.claims:
            course.remember_claim(claim_id, "withdrawn")
        elif ticket.is_open and ticket.claim_id == claim_id:
            take_from_suspended(course, rules, house.new_id())

    do(store, house, _ticket(store, ticket_id), now, answer)


def _barred(store: Store, ticket: Ticket, person_id: str) -> str | None:
    """Why he could do nothing with it, or would earn nothing by it, and so does not get it; None: he may."""
    if store.is_disabled(person_id):
        return "account-disabled"
    if person_id in ticket.reported_by:
        return "own-report"
    return "handled-it" if person_id in handled_by(ticket) else None


def _stands(ticket: Ticket, offer_id: str) -> bool:
    offer = ticket.offer
    return ticket.state == "offered" and offer is not None and offer.id == offer_id and offer.round == ticket.round


def _ticket(store: Store, ticket_id: str) -> Ticket:
    ticket = store.ticket(ticket_id)
    if ticket is None:
        raise Refused("not-found")
    return ticket
