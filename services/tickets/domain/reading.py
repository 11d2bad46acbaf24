"""Who may read which words and see which photos of a ticket.

Words and photos are for who may have its reporter revealed, and for reporters: each reads his own words and what was
said to him, nobody another reporter's. A matter that several people reported is one ticket with words of several people
in its history. Who reported it by a ticket that was merged reads how it ended, from then on; who took his report back
reads nothing of what came later.
"""

from collections.abc import Collection
from typing import Protocol

from services.tickets.domain import steps
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import ASSIGNEE, AUTHOR, GRID_STAFF, OWNER, STAFF, STATION, Actor

_WORKS = STAFF | ASSIGNEE
_MAY_REVEAL = GRID_STAFF | STATION | ASSIGNEE | OWNER | {"community"}
_HOW_IT_ENDED = frozenset({steps.RESOLVED, steps.REJECTED})


def works_on_it(actor: Actor) -> bool:
    """Whether he is more than one of those who reported it."""
    return actor.is_any(_WORKS)


def sees_who_is_away(actor: Actor) -> bool:
    """Whether he learns which person was skipped, or had it taken from him, why, and until when: staff over its place.
    To who reported it, has it by a claim or is a partner's, it is no matter who is absent, and whose account is
    disabled."""
    return actor.is_any(STAFF)


def may_reveal(actor: Actor) -> bool:
    """Whether he may read in clear what people said in it, and who they are: who works on it near its place, has it in
    hand or answers for it. Offices above the community that do not answer for it may not, nor may partners."""
    return actor.person_id is not None and actor.is_any(_MAY_REVEAL)


class Somebody(Protocol):
    """Who reads: an `Actor`, or who calls."""

    @property
    def person_id(self) -> str | None: ...
    @property
    def answerable(self) -> str | None: ...
    @property
    def is_program(self) -> bool: ...


def asks_about(ticket: Ticket, reader: Somebody) -> bool:
    """Whether a callback asks the reporter about his work: what was said there, of him, is not for him. Nor is any of
    it for a program, which may be his."""
    return is_asked_about(ticket.is_callback, ticket.rated, reader)


def is_asked_about(is_callback: bool, rated: Collection[str], reader: Somebody) -> bool:
    """The same of a ticket of which no more is known."""
    return (is_callback and reader.is_program) or not readers(reader).isdisjoint(rated)


def readers(reader: Somebody) -> frozenset[str]:
    """Who reads: he himself, and who answers for a program's key."""
    return frozenset(one for one in (reader.person_id, reader.answerable) if one is not None)


def summary_for(ticket: Ticket, reader: Actor) -> str | None:
    """What staff wrote for the lists. Of a callback it may say what was said of whom it asks about; of a matter that
    several people reported, something of one of them: so it is for none who merely reported that, nor for a volunteer
    once one of them has taken his report back."""
    others = ticket.withdrawn_by if sees_reporters(reader) else (*ticket.also_reported_by, *ticket.withdrawn_by)
    hidden = bool(others) and not reader.is_any(STAFF | {"partner"})
    return None if hidden or asks_about(ticket, reader) else ticket.summary


def _words_are_for(ticket: Ticket, actor: Actor) -> bool:
    return may_reveal(actor) and not asks_about(ticket, actor)


def is_volunteer(actor: Actor) -> bool:
    """Whether he works on it by a claim alone."""
    return actor.is_any(ASSIGNEE) and not actor.is_any(STAFF)


def sees_own_reporter(ticket: Ticket, actor: Actor) -> bool:
    """Whether its own reporter is shown to who works on it: not to a volunteer once he has taken his report back, and
    it goes on for others."""
    return ticket.own_reporter_stands or ticket.reporter_id is None or not is_volunteer(actor)


def may_read(ticket: Ticket, actor: Actor, step: Step) -> bool:
    """Whether the words of a step are for this reader."""
    if _words_are_for(ticket, actor):
        return not (is_volunteer(actor) and _by(ticket, step) in ticket.withdrawn_by)
    return reads_as_reporter(ticket, actor, step)


def reads_as_reporter(ticket: Ticket, actor: Actor, step: Step) -> bool:
    """Whether the words of a step are for him as one of those who reported it, whatever else he is to it."""
    if not _is_for_reporter(ticket, actor, step):
        return False
    return _by(ticket, step) == actor.reports_as or actor.is_any(AUTHOR) or step.kind in _HOW_IT_ENDED


def sees_photo(ticket: Ticket, actor: Actor, step: Step) -> bool:
    """Whether the photo of a step is for this reader: it shows people and their doors, so it is for whom words are for.
    Partners, and offices that may not reveal it, have none, also not those that they added themselves."""
    if is_volunteer(actor) and _by(ticket, step) in ticket.withdrawn_by:
        return False
    return _words_are_for(ticket, actor) or _is_for_reporter(ticket, actor, step)


def sees_photo_as_reporter(ticket: Ticket, actor: Actor, step: Step) -> bool:
    """Whether the photo of a step is for him as one of those who reported it, whatever else he is to it."""
    return _is_for_reporter(ticket, actor, step)


def is_listed(ticket: Ticket, actor: Actor, step: Step) -> bool:
    """Whether a reader learns that there is this photo: partners and all staff do, though they may not see it."""
    return works_on_it(actor) or actor.reports_as is None or sees_photo(ticket, actor, step)


def _is_for_reporter(ticket: Ticket, actor: Actor, step: Step) -> bool:
    """Whether he took the step as its reporter, or it was taken while he was one, by nobody who reported it too."""
    whom = actor.reports_as
    if whom is None or is_of_another_reporter(ticket, actor, step):
        return False
    return _by(ticket, step) == whom or _is_told(ticket, actor, step)


def sees_reporters(actor: Actor) -> bool:
    """Whether he is more than one of those who reported it: these learn nothing of each other."""
    return works_on_it(actor) or actor.reports_as is None


def shown_by(ticket: Ticket, actor: Actor, step: Step) -> str | None:
    """Who took a step, as this reader is told: to one reporter no other is named."""
    hidden = not sees_reporters(actor) and is_of_another_reporter(ticket, actor, step)
    return None if hidden else step.by


def is_of_another_reporter(ticket: Ticket, actor: Actor, step: Step) -> bool:
    by = _by(ticket, step)
    return by in ticket.reported_by and by != actor.reports_as


def _by(ticket: Ticket, step: Step) -> str | None:
    """Who took a step. What nobody known did in filing, its own reporter did, who had no account; whose photo it is
    that came by a secret, the step says."""
    if step.kind == steps.ATTACHED and "reporter_id" in step.detail:
        return str(step.detail["reporter_id"])
    return ticket.reporter_id if step.by is None and step.kind in _FILING else step.by


_FILING = frozenset({steps.FILED, steps.ATTACHED})


def _is_told(ticket: Ticket, actor: Actor, step: Step) -> bool:
    """Whether he was a reporter of it when the step was taken."""
    told = actor.is_any(AUTHOR)
    for one in ticket.history:
        if one is step:
            break
        if one.kind == steps.DUPLICATE_ADDED and actor.reports_as in one.detail.get("reporters", ()):
            told = True
        if one.kind == steps.REPORT_WITHDRAWN and one.detail.get("person_id") == actor.reports_as:
            told = False
    return told
