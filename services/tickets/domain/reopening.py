"""Who has a matter begin anew. Each round has all its promised time once more: it is given on a reporter's word, and by
the community in its own right, but not to who worked on it, nor without end."""

from services.tickets.domain.handled import had_part, solved_by, stood_for
from services.tickets.domain.refused import Refused
from services.tickets.domain.reporters_word import (
    check_confirmed_nothing_himself,
    check_word,
    last_confirmed,
    not_own_work,
)
from services.tickets.domain.steps import REOPENED, Step
from services.tickets.domain.ticket import GRID, Ticket
from services.tickets.domain.transitions import ACCOUNT, BY_STAFF, REPORTER, SECRET, SLIP, Actor, check_level

ROUNDS_OF_STAFF, ROUNDS_OF_MERGED = 5, 3
"""How many rounds of a ticket staff open, and each reporter by a merged ticket *(ours)*. The own reporter is free."""
NOT_BAD = frozenset({3, 4, 5})
"""Ratings upon which nobody is called back: an office that has such a one reopened blanks nothing bad."""
_THEIR_OWN = (ACCOUNT, SECRET)
_COMMUNITY = frozenset({"community"})


def check_may_reopen(ticket: Ticket, actor: Actor) -> None:
    """What each way of reopening asks for.

    Raises Refused: own-work, word-of-another, slip-of-the-solver, slip-cannot-reopen, beneath-its-level, not-allowed,
    confirmed-himself, confirmed-by-account, staff-rounds-used-up, merged-rounds-used-up.
    """
    if speaks_himself(actor):
        _check_reporter(ticket, actor)
    else:
        _check_staff(ticket, actor)
    if not speaks_himself(actor) or actor.way == SLIP:
        if not _for_another(ticket, actor):
            check_confirmed_nothing_himself(ticket)
        if sum(_by_staff(step) for step in ticket.history) >= ROUNDS_OF_STAFF:
            raise Refused("staff-rounds-used-up", most=ROUNDS_OF_STAFF)


def speaks_himself(actor: Actor) -> bool:
    """Whether this is a reporter's word by himself, or by who has his slip; else staff write it down, or the community
    speaks for itself."""
    return actor.is_any(REPORTER) and actor.way != BY_STAFF


def is_merged(ticket: Ticket, actor: Actor) -> bool:
    """Whether he reported it by a ticket that was merged into this one."""
    return speaks_himself(actor) and (actor.reports_as or actor.person_id) != ticket.reporter_id


def _check_staff(ticket: Ticket, actor: Actor) -> None:
    """On his behalf one's own work was asked for already (`stand_in`)."""
    if actor.way != BY_STAFF and actor.person_id in had_part(ticket) | solved_by(ticket):
        raise Refused("own-work")
    check_level(ticket, actor)  # it begins anew at the grid
    if actor.way != BY_STAFF and not actor.is_any(_COMMUNITY) and not _for_another(ticket, actor):
        raise Refused("not-allowed")  # an office above stands in for the community where somebody else is not heard


def _for_another(ticket: Ticket, actor: Actor) -> bool:
    """Whether an office reopens, in its own right, what one reporter confirmed by account, with a rating that is not
    bad, while it goes on for another, who has no other way without an account. Else who wants to be done with a matter
    has a friend with an account report it first, who is content, and the neighbours are merged into that."""
    said = last_confirmed(ticket)
    if speaks_himself(actor) or actor.way == BY_STAFF or ticket.state != "confirmed" or said is None:
        return False
    if said.detail.get("way") != ACCOUNT or said.detail["rating"] not in NOT_BAD:
        return False
    return any(person != said.by for person in ticket.also_reported_by)


def _check_reporter(ticket: Ticket, actor: Actor) -> None:
    """Whoever reported it too is heard as long, also when its own reporter has confirmed: else who wants to be done
    with a matter has a friend report it first, who is content. But a secret may be that of a report which somebody made
    up to have it merged: without an account it does not stand against a word by account."""
    not_own_work(ticket, actor.person_id, actor.reports_as)
    if actor.way == SLIP and actor.slip_by in stood_for(ticket):
        raise Refused("slip-of-the-solver")  # a round more would give him all his time anew
    if actor.way == SLIP and actor.slip_by is not None and ticket.level != GRID:
        raise Refused("slip-cannot-reopen", level=ticket.level)  # who printed it may stand beneath that level
    if ticket.state == "confirmed" and actor.way not in _THEIR_OWN:
        check_word(ticket, actor)
    if not is_merged(ticket, actor):
        return
    whom, said = actor.reports_as or actor.person_id, last_confirmed(ticket)
    by_account = ticket.state == "confirmed" and said is not None and said.detail.get("way") == ACCOUNT
    if by_account and actor.way in (SECRET, SLIP) and said is not None and said.by != whom:
        raise Refused("confirmed-by-account")
    if sum(_who_by_merged(step) == whom for step in ticket.history) >= ROUNDS_OF_MERGED:
        raise Refused("merged-rounds-used-up", most=ROUNDS_OF_MERGED)


def _by_staff(step: Step) -> bool:
    """In their own right, on behalf, or by a slip, which passed through their hands."""
    return step.kind == REOPENED and step.detail.get("way") not in _THEIR_OWN


def _who_by_merged(step: Step) -> str | None:
    """Steps from before `person_id` was kept name who spoke, unless he sent a secret along with his token."""
    if step.kind != REOPENED:
        return None
    by = step.by if step.detail.get("way") in (ACCOUNT, SECRET, SLIP) else None
    return str(found) if (found := step.detail.get("person_id", by)) is not None else None
