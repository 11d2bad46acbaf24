"""A reporter's word on a ticket: whose it is, whose it is not, and how it came."""

from typing import Any

from services.tickets.domain.handled import worked_in_round
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import CONFIRMED, REOPENED, Step
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import ACCOUNT, SECRET, Actor


def check_word(ticket: Ticket, actor: Actor) -> None:
    """The last word belongs to who reported this very ticket, as long as it goes on for him: anybody can file the same
    once more, and have it merged. Raises Refused("word-of-another")."""
    if ticket.own_reporter_stands and (actor.reports_as or actor.person_id) != ticket.reporter_id:
        raise Refused("word-of-another")


def not_own_work(ticket: Ticket, *people: str | None) -> None:
    """Raises Refused("own-work") where one of them worked on it in this round, also if somebody else solved it."""
    if worked_in_round(ticket) & set(people):
        raise Refused("own-work")


def check_confirmed_nothing_himself(ticket: Ticket) -> None:
    """Who has confirmed a round of it by his own account or secret is asked himself: his word is neither replaced nor
    undone by staff, by what they write down, or by a slip, which passed through their hands.
    Raises Refused("confirmed-himself")."""
    if any(_said_himself(step) for step in ticket.history if step.kind == CONFIRMED):
        raise Refused("confirmed-himself")


def check_judges_himself(ticket: Ticket) -> None:
    """Who has confirmed a round by his own account or secret, or had one reopened so, says himself whether it is better
    now: nobody confirms it for him. Raises Refused("confirmed-himself")."""
    check_confirmed_nothing_himself(ticket)
    if any(_said_himself(step) and step.detail.get("word_of") == ticket.reporter_id
           for step in ticket.history if step.kind == REOPENED):  # fmt: skip
        raise Refused("confirmed-himself")


def _said_himself(step: Step) -> bool:
    return step.detail.get("way") in (ACCOUNT, SECRET)


def last_confirmed(ticket: Ticket) -> Step | None:
    """By which it was confirmed last, in whatever round."""
    return next((step for step in reversed(ticket.history) if step.kind == CONFIRMED), None)


def word(actor: Actor, said_at: str | None) -> dict[str, Any]:
    """How the reporter's word came, and whose it is; nothing where an office speaks for itself."""
    whose = {"word_of": actor.reports_as} if actor.way is not None else {}
    return {"way": actor.way, **whose, **({"said_at": said_at} if said_at else {})}
