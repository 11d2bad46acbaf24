"""A reporter takes back what he reported (撤回)."""

from services.tickets.domain import steps
from services.tickets.domain.handled import had_to_do_with, stood_for
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.refused import Refused
from services.tickets.domain.reporters_word import word
from services.tickets.domain.ticket import GRID, Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, BY_STAFF, SECRET, SLIP, Actor, allowed, check_level


def cancel(course: Course, actor: Actor, reason: str | None, said_at: str | None = None) -> None:
    """A reporter takes back what he reported. The last one's word ends it; while others reported it too, or staff found
    it themselves, it goes on for them. `said_at`: where staff were told so, who write it down.

    Raises Refused: not-allowed, rated-oneself; of staff answers-for-it, beneath-its-level, taken-back-above;
    slip-cannot-cancel, reopened-it.
    """
    state, ticket = allowed(course.ticket, "cancel", actor, course.life), course.ticket
    if actor.way == BY_STAFF:
        _check_colleague(ticket, actor)
        check_level(ticket, actor)
        _check_above(ticket, actor)
    if actor.way == SLIP and (ticket.level != GRID or actor.slip_by in had_to_do_with(ticket)):
        raise Refused("slip-cannot-cancel")  # he could use it himself
    whom, detail = actor.reports_as or actor.person_id, {"reason": reason, **word(actor, said_at)}
    _check_not_reopened(ticket, whom)
    if ticket.reporter_id is not None and not set(ticket.reporters) - {whom}:
        course.take(steps.CANCELLED, actor.person_id, detail, state=state, waiting_for=None)
        return
    if whom is None or whom not in ticket.reporters:
        raise Refused("not-allowed")
    course.take(
        steps.REPORT_WITHDRAWN, actor.person_id, {**detail, "person_id": whom},
        also_reported_by=tuple(person for person in ticket.also_reported_by if person != whom),
        withdrawn_by=(*ticket.withdrawn_by, whom),
    )  # fmt: skip


def _check_not_reopened(ticket: Ticket, whom: str | None) -> None:
    """Who had it reopened by his own word stays in that round until it is solved again and he is asked: else he has a
    volunteer's points taken back, and another's rating with them, and leaves a round that nobody wants.

    Raises Refused("reopened-it").
    """
    last = next((step for step in reversed(ticket.history) if step.kind == steps.REOPENED), None)
    if last is not None and last.detail.get("way") in (ACCOUNT, SECRET) and last.detail.get("word_of") == whom:
        raise Refused("reopened-it")


def _check_above(ticket: Ticket, actor: Actor) -> None:
    """What stands at a level, a callback too, is taken back on its reporter's word by an office above: whoever is of
    that level decides who answers there, by its posts and absences, and would answer for nothing himself. Above the
    district there is none.

    Raises Refused("taken-back-above").
    """
    above = LEVELS[LEVELS.index(ticket.level) + 1 :]
    if ticket.level != GRID and above and not actor.is_any(frozenset(above)):
        raise Refused("taken-back-above", level=ticket.level)


def _check_colleague(ticket: Ticket, actor: Actor) -> None:
    """Whose promise it is, or was before he passed it on, does not write down that nobody wants it kept.

    Raises Refused("answers-for-it").
    """
    if actor.person_id in stood_for(ticket):
        raise Refused("answers-for-it")
