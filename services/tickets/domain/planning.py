"""How grave a matter is, and its plan: a date that is the promise from then on. See `actions` for everything else."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from services.tickets.domain import steps
from services.tickets.domain.calendars import WorkingDays
from services.tickets.domain.handled import had_in_hand, made_grave_by, merged_into_by, put_far_off_by, put_off_by
from services.tickets.domain.policy import PLANNED_SEVERITIES, SEVERITIES
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import (
    ASSIGNEE,
    OFFICES,
    STAFF,
    Actor,
    act,
    allowed,
    by_office,
    check_in_hand,
    check_level,
)


def reclassify(course: Course, actor: Actor, severity: str, reason: str | None, has_reason: bool) -> None:
    """Another severity, and other promises: a graver one by who has it in hand, at whatever level, since its time runs
    on, or by a superior. Lowering it needs the station head and a reason (domain.md, *(ours)*), at whatever level: it
    gives nobody more time. Where that drops a plan, an office does it as it moves one, and it counts as a moved plan:
    the date was promised. What other reports were merged into loses the promise to be solved by an office alone, as it
    is planned by one (`_check_grave`).

    Raises Refused: severity-unchanged, lowering-needs-station-head, dropping-needs-community, reason-required,
    graver-needs-staff, graver-needs-office, plan-needs-another, only-people, not-allowed, beneath-its-level.
    """
    state = allowed(course.ticket, "reclassify", actor, course.life)
    before = course.ticket.severity or SEVERITIES[0]
    if severity == before:
        raise Refused("severity-unchanged", severity=severity)
    dropped = course.ticket.planned_for is not None and severity not in PLANNED_SEVERITIES
    if SEVERITIES.index(severity) < SEVERITIES.index(before):
        if dropped and not actor.is_any(OFFICES):
            raise Refused("dropping-needs-community")
        if dropped:
            check_level(course.ticket, actor)
        if not dropped and "station_head" not in actor.parts:
            raise Refused("lowering-needs-station-head")
        if not has_reason:
            raise Refused("reason-required")
    else:
        check_in_hand(course.ticket, actor)
        _check_grave(course, actor, severity, before)
    detail = {"severity": severity, "previous": before, "reason": reason, "plan_dropped": dropped,
              **by_office(actor)}  # fmt: skip
    changes: dict[str, Any] = {"state": state}
    if dropped:
        changes = {"state": "on_site", "planned_for": None, "plan_moves": course.ticket.plan_moves + 1}
    course.take(steps.RECLASSIFIED, actor.person_id, detail, severity=severity, **changes)


def plan(course: Course, actor: Actor, planned_for: datetime, text: str | None) -> None:
    """A plan with a date, for a special or major matter, by who has it in hand or a superior; the date is then the
    promise. Far ahead, or later than was planned before in this round and dropped by a lower severity, an office plans,
    and none of its people who had it in hand or made it so grave, nor a program: nobody puts off for a year what he
    himself has to do. An office also plans what other reports were merged into, as it alone merges into what is
    planned: who has it in hand makes no place of his own for them. What stands at a level is planned there or above,
    whoever has it in hand: else the level's time would end by a date it never saw.

    Raises Refused: plan-needs-grave-matter, plan-in-the-past, plan-too-far, graver-needs-staff, plan-needs-office,
    plan-needs-another, only-people, not-allowed, beneath-its-level.
    """
    state = allowed(course.ticket, "plan", actor, course.life)
    check_level(course.ticket, actor)
    check_in_hand(course.ticket, actor)
    if course.ticket.severity not in PLANNED_SEVERITIES:
        raise Refused("plan-needs-grave-matter", severity=course.ticket.severity)
    check_staff_say(course.ticket, actor, course.ticket.severity)
    _check_date(planned_for, course.now)
    before = _planned_before(course.ticket)
    put_off = before is not None and planned_for > before
    far = course.life.plans_far(planned_for, course.now)
    if (far or put_off or course.ticket.duplicates) and not actor.is_any(OFFICES):
        raise Refused("plan-needs-office", days=course.life.own_plan_seconds // 86_400)
    if put_off:
        _check_another(course, actor, put_off_by(course.ticket))
    elif far:
        _check_another(course, actor, made_grave_by(course.ticket))
    elif course.ticket.duplicates:
        _check_another(course, actor)
    detail = {"planned_for": planned_for, "text": text, **by_office(actor)}
    act(course, actor, steps.PLANNED, detail, state=state, planned_for=planned_for)


def move_plan(course: Course, actor: Actor, planned_for: datetime, reason: str) -> None:
    """The community or an office above moves a planned date, and that is counted; what stands at a level, that level or
    above. Nobody puts off what he had in hand, merged others into, made so grave or planned himself; nor does a
    program.

    Raises Refused: beneath-its-level, plan-in-the-past, plan-too-far, plan-needs-another, only-people.
    """
    allowed(course.ticket, "move_plan", actor, course.life)
    check_level(course.ticket, actor)
    _check_date(planned_for, course.now)
    if course.ticket.planned_for is None or planned_for > course.ticket.planned_for:
        _check_another(course, actor, put_off_by(course.ticket))
    detail = {
        "planned_for": planned_for, "previous": course.ticket.planned_for, "reason": reason, **by_office(actor),
    }  # fmt: skip
    moves = course.ticket.plan_moves + 1
    course.take(steps.PLAN_MOVED, actor.person_id, detail, planned_for=planned_for, plan_moves=moves)


def planned_date(now: datetime, date: datetime | None, working_days: int | None, calendar: WorkingDays) -> datetime:
    """The date of a plan: given, or the end of so many Chinese working days after today.

    Raises Refused("calendar-year-unknown", year=…) rather than guess a calendar that is not published.
    """
    if date is not None:
        return steps.whole_second(date)
    return calendar.end_of(now, working_days or 0)


def _check_grave(course: Course, actor: Actor, severity: str, before: str) -> None:
    """That it goes by a plan from now on, and has no promise to be solved any more, people say, who saw it. Where
    others were merged into it an office says so, and nobody who merged them or had it in hand: else one person takes
    the promises of as many as he likes.

    Raises Refused: only-people, graver-needs-staff, graver-needs-office, plan-needs-another.
    """
    check_staff_say(course.ticket, actor, severity)
    if severity not in PLANNED_SEVERITIES:
        return
    if actor.is_program:
        raise Refused("only-people")
    if course.ticket.duplicates and before not in PLANNED_SEVERITIES:
        if not actor.is_any(OFFICES):
            raise Refused("graver-needs-office", severity=severity)
        _check_another(course, actor)


def check_staff_say(ticket: Ticket, actor: Actor, severity: str | None) -> None:
    """What is special or major has no promise to be solved, but goes by a plan: so say, and plan it, who is on duty
    there, not who has it by a claim alone. What he finds so grave he tells them. Raises Refused("graver-needs-staff").
    """
    by_claim = ticket.assignee_kind == "member" and actor.is_any(ASSIGNEE) and not actor.is_any(STAFF)
    if by_claim and severity in PLANNED_SEVERITIES:
        raise Refused("graver-needs-staff", severity=severity)


def _check_another(course: Course, actor: Actor, more: Collection[str] = ()) -> None:
    """Whoever had it in hand, or merged others into it, does not put it off, nor do `more`.

    Raises Refused("plan-needs-another").
    """
    own = had_in_hand(course.ticket, course.now) | merged_into_by(course.ticket) | set(more)
    if {actor.person_id, actor.answerable} & own:
        raise Refused("plan-needs-another", days=course.life.own_plan_seconds // 86_400)


def check_may_have(course: Course, actor: Actor, assignee_id: str) -> None:
    """Whoever put it far off in this round has it in hand by somebody else's word alone: else what nobody puts off for
    himself he would put off first and take in hand afterwards.

    Raises Refused("assign-needs-another").
    """
    himself = actor.is_program or assignee_id in (actor.person_id, actor.answerable)
    if himself and assignee_id in put_far_off_by(course.ticket, course.life):
        raise Refused("assign-needs-another")


def _planned_before(ticket: Ticket) -> datetime | None:
    """The date that was last planned in this round."""
    planned = (step for step in reversed(ticket.history) if step.kind in (steps.PLANNED, steps.PLAN_MOVED))
    last = next(planned, None)
    return last.detail["planned_for"] if last is not None and last.round == ticket.round else None


def _check_date(planned_for: datetime, now: datetime) -> None:
    if planned_for <= now:
        raise Refused("plan-in-the-past")
    if planned_for - now > timedelta(days=3 * 366):
        raise Refused("plan-too-far")
