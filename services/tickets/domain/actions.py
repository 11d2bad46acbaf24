"""What people do to a ticket. Each checks the table of transitions and its own rule, then writes one step."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from services.tickets.domain import steps
from services.tickets.domain.handled import check_not_solved_before, merged_into_by, solved_by
from services.tickets.domain.pausing import resume_by_itself
from services.tickets.domain.planning import check_may_have, check_staff_say
from services.tickets.domain.policy import LEVELS, PLANNED_SEVERITIES
from services.tickets.domain.refused import Refused
from services.tickets.domain.reopening import check_may_reopen, is_merged, speaks_himself
from services.tickets.domain.reporters_word import check_judges_himself, check_word, not_own_work, word
from services.tickets.domain.settle import Rules, comes_back, has_used_up, level_below, lift, move
from services.tickets.domain.ticket import Course, Offer, Ticket
from services.tickets.domain.told_times import is_late
from services.tickets.domain.transitions import (
    ASSIGNEE,
    BY_STAFF,
    OFFICE,
    SLIP,
    STAFF,
    Actor,
    act,
    allowed,
    by_office,
    check_holder,
    check_level,
    check_not_rated,
    check_not_taken,
    held_by_office,
    stands_beneath,
)

IN_SESSION = ("reached", "failed")
"""Outcomes of what the parties were brought together for."""
Hours = Mapping[str, Any] | None
"""The station's hours in plain form, pinned by the step that begins a round; None: no station."""


def file(
    ticket: Ticket, rules: Rules, actor: Actor, now: datetime, hours: Hours, reason: str | None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Course:  # fmt: skip
    """Begin the history. `reason` says why it is entered late; a sealed text. `more` is kept with the first step.

    Raises Refused: occurred-in-future, late-entry-needs-reason, late-entry-too-old.
    """
    if ticket.occurred_at > now:
        raise Refused("occurred-in-future")
    if is_late(ticket.occurred_at, now):
        _check_late(ticket, rules, now, reason)
    course = Course(ticket, now, answerable=actor.answerable)
    promised = steps.whole_second(ticket.external_due_at) if ticket.external_due_at else None
    detail = {
        "urgent": ticket.urgent, "hours": hours, "recorded_at": now, "late_reason": reason, "external_due_at": promised,
        "promised_for": ticket.promised_for, "level": ticket.level, **more,
    }  # fmt: skip
    owner = rules.owner_of(ticket.level, ticket.area_path, more.get("rated", ()))
    detail |= rules.duty_of(ticket.level, ticket.area_path, more.get("rated", ()))
    course.take(steps.FILED, actor.person_id, detail, at=ticket.occurred_at, owner_id=owner)
    return course


def _check_late(ticket: Ticket, rules: Rules, now: datetime, reason: str | None) -> None:
    if reason is None:
        raise Refused("late-entry-needs-reason")
    oldest = rules.policy.late_entry_seconds
    if now - ticket.occurred_at > timedelta(seconds=oldest):
        raise Refused("late-entry-too-old", days=oldest // 86400)


def accept(course: Course, actor: Actor, summary: str | None = None) -> None:
    """Take it in; staff may put it into a few words of their own, where who filed it, if it was somebody else, has not
    done so: what he wrote would be gone without a trace.

    Raises Refused("summary-stands").
    """
    ticket = course.ticket
    state = allowed(ticket, "accept", actor, course.life)
    if summary and ticket.summary not in (None, summary) and ticket.history[0].by != actor.person_id:
        raise Refused("summary-stands")
    act(course, actor, steps.ACCEPTED, by_office(actor), state=state, summary=summary or ticket.summary)


def assign(course: Course, actor: Actor, assignee_id: str, office: str | None = None) -> None:
    """Give it to a member of staff, of which `office` another is; once somebody is on site the state stays and only the
    hands change.

    Raises Refused: rated-oneself where it looks into that person's work; beneath-its-level, taken from somebody there;
    assign-needs-another; assignee-reported-it, since who reported it judges it: whoever is to be rated would else have
    it solved in his hands.
    """
    check_not_rated(course.ticket, assignee_id)
    if assignee_id in course.ticket.reported_by:
        raise Refused("assignee-reported-it")
    on_site = course.ticket.state in ("on_site", "planned")
    state = allowed(course.ticket, "hand_over" if on_site else "assign", actor, course.life)
    check_not_taken(course.ticket, actor)
    check_may_have(course, actor, assignee_id)
    his = held_by_office(actor) if assignee_id == actor.person_id else {OFFICE: office} if office else {}
    _put_in_hand(course, actor, state, assignee_id, "staff", None, his)


def offer(course: Course, actor: Actor, offer_id: str, skills: tuple[str, ...]) -> None:
    """Open it to volunteers.

    Raises Refused: volunteer-has-it, since it is assigned to staff first, of which he is told; beneath-its-level.
    """
    state = allowed(course.ticket, "offer", actor, course.life)
    check_not_taken(course.ticket, actor)
    if course.ticket.assignee_kind == "member":
        raise Refused("volunteer-has-it")
    _offer(course, actor, state, offer_id, skills)


def win_claim(
    course: Course, system: Actor, claim_id: str, person_id: str, roles: Collection[str] = ()
) -> None:  # fmt: skip
    """A claim answers for the level at which the ticket stands, unless the volunteer serves there, by `roles`, beneath
    that level, which did not offer it itself: then it is as if he had assigned it to himself."""
    state = allowed(course.ticket, "win_claim", system, course.life)
    claims = {**course.ticket.claims, claim_id: "assigned"}
    claimant = replace(system, person_id=person_id)
    himself = Actor(person_id, STAFF & frozenset(roles))
    is_beneath = himself.parts and stands_beneath(course.ticket, himself) and not _offered_by_level(course.ticket)
    beneath = {steps.BENEATH: True} if is_beneath else {}
    _put_in_hand(
        course, claimant, state, person_id, "member", claim_id, {**beneath, **by_office(himself)}, claims=claims
    )


def _offered_by_level(ticket: Ticket) -> bool:
    """Whether who stands at its level, or above, opened it to volunteers since it came there."""
    kinds = (steps.OFFERED, steps.LIFTED, steps.LOWERED)
    last = next((step for step in reversed(ticket.history) if step.kind in kinds), None)
    return (
        last is not None and last.kind == steps.OFFERED and last.by is not None and not last.detail.get(steps.BENEATH)
    )


def decline_claim(course: Course, claim_id: str, offer_id: str, reason: str) -> None:
    """Answer a claim that cannot win; whatever the state, nothing else changes."""
    detail = {"claim_id": claim_id, "offer_id": offer_id, "reason_code": reason}
    course.take(steps.CLAIM_DECLINED, None, detail, claims={**course.ticket.claims, claim_id: "declined"})


def decline_withdrawal(course: Course, claim_id: str) -> None:
    """Its volunteer wants to give it back, too late: he is under way with it, or it is not in his hands any more.
    Nothing else changes: it is for staff to put it in other hands."""
    his = course.ticket.is_open and course.ticket.claim_id == claim_id
    detail = {"claim_id": claim_id, "reason_code": "under-way" if his else "over"}
    course.take(steps.WITHDRAWAL_DECLINED, None, detail, claims={**course.ticket.claims, claim_id: "kept"})


def release_claim(
    course: Course, system: Actor, claim_id: str, offer_id: str, why: Mapping[str, Any] = MappingProxyType({})
) -> None:  # fmt: skip
    """The volunteer gave it back, or it is taken from him, and then the step says `why`: open it again, under a new
    offer. If he let it wait, its time runs again: nobody has it in hand any more, and what waits nobody can claim."""
    before = course.ticket.offer
    state = allowed(course.ticket, "release_claim", system, course.life)
    claims = {**course.ticket.claims, claim_id: "released"}
    resume_by_itself(course)
    _offer(course, system, state, offer_id, before.skills if before else (), why, claims=claims)


def offer_again(course: Course, system: Actor, offer_id: str) -> None:
    """A claim that could not win closed the offer: another takes its place."""
    before = course.ticket.offer
    state = allowed(course.ticket, "offer_again", system, course.life)
    _offer(course, system, state, offer_id, before.skills if before else ())


def arrive(course: Course, actor: Actor, severity: str | None) -> None:
    """On site (到达现场); who arrives sets the severity, in kinds that tell severities apart. Who merged others into it
    does not say by that that they all wait for a plan.

    Raises Refused: severity-required, severity-not-in-this-kind, graver-needs-staff, graver-needs-office.
    """
    state = allowed(course.ticket, "arrive", actor, course.life)
    if course.life.severities != (severity is not None):
        raise Refused("severity-required" if severity is None else "severity-not-in-this-kind", kind=course.ticket.kind)
    check_staff_say(course.ticket, actor, severity)
    if severity in PLANNED_SEVERITIES and actor.person_id in merged_into_by(course.ticket):
        raise Refused("graver-needs-office", severity=severity)
    detail = {"severity": severity, **by_office(actor)}
    act(course, actor, steps.ARRIVED, detail, state=state, severity=severity, arrived_at=course.now)


def resolve(course: Course, actor: Actor, text: str | None, outcome: str | None = None) -> None:
    """Solved, says who has it in hand; a superior may record it, the solver stays who had it in hand.

    Who has it not in hand stands no lower than it does, nor than the office of who has it, whoever gave it to him: else
    somebody names an officer who never saw it as the one who solved it. A callback is ended by nobody beneath it. What
    is dealt with in sessions came to an agreement, or to none, in one of them.
    Raises Refused: outcome-required, items-open, session-required, beneath-its-level.
    """
    state = allowed(course.ticket, "resolve", actor, course.life)
    if course.ticket.is_callback or not actor.is_any(ASSIGNEE):
        check_level(course.ticket, actor)
    check_holder(course.ticket, actor, named=True)
    ticket, outcomes = course.ticket, course.life.outcomes
    if outcome not in (outcomes or (None,)):
        raise Refused("outcome-required" if outcomes else "outcome-not-in-this-kind", outcomes=list(outcomes))
    if missing := [code for code, done_at in ticket.items.items() if done_at is None]:
        raise Refused("items-open", items=missing)
    if outcome in IN_SESSION and course.life.sessions and not _met(ticket):
        raise Refused("session-required", outcome=outcome)
    solver, kind = ticket.assignee_id or actor.person_id, ticket.assignee_kind or "staff"
    detail = {"solver_id": solver, "solver_kind": kind, "text": text, "outcome": outcome, **by_office(actor)}
    act(
        course, actor, steps.RESOLVED, detail, state=state, resolved_at=course.now, resolved_by=actor.person_id,
        solver_id=solver, solver_kind=kind, outcome=outcome, waiting_for=None,
    )  # fmt: skip


def _met(ticket: Ticket) -> bool:
    return any(step.kind == steps.SESSION_HELD and step.round == ticket.round for step in ticket.history)


def confirm(course: Course, actor: Actor, rating: int, said_at: str | None = None) -> None:
    """The resident confirms and rates (评单), 1 to 5; `said_at`: where staff were told so, who write it down.

    Nobody confirms what they worked on, nor does anybody with a slip that came from who worked on it, in any round, nor
    staff for who rated an earlier round himself, nor a slip in his stead.

    Raises Refused: own-work, word-of-another, slip-of-the-solver, confirmed-himself.
    """
    state = allowed(course.ticket, "confirm", actor, course.life)
    not_own_work(course.ticket, actor.person_id, actor.reports_as)
    check_word(course.ticket, actor)
    if actor.way in (BY_STAFF, SLIP):
        check_judges_himself(course.ticket)
    if actor.way == SLIP and actor.slip_by in solved_by(course.ticket):
        raise Refused("slip-of-the-solver")
    detail = {"rating": rating, "solver_id": course.ticket.solver_id, "solver_kind": course.ticket.solver_kind,
              **word(actor, said_at)}  # fmt: skip
    course.take(steps.CONFIRMED, actor.person_id, detail, state=state, rating=rating, confirmed_at=course.now)


def reopen(
    course: Course, actor: Actor, rules: Rules, hours: Hours, reason: str | None, said_at: str | None = None
) -> None:
    """Not content: back to where it was filed, the grid but for callbacks, with a new round of clocks, in the window.

    A partner's date that is still ahead holds for the new round too; one that is over was judged in the round before.
    Who may have it reopened, and how often, says `reopening.py`.

    Raises Refused: reopen-window-over, and what `check_may_reopen` raises.
    """
    state = allowed(course.ticket, "reopen", actor, course.life)
    before, start = course.ticket, course.ticket.filed_level
    check_may_reopen(before, actor)
    since = before.confirmed_at or before.resolved_at or course.now
    if course.now - since > timedelta(seconds=rules.policy.reopen_seconds):
        raise Refused("reopen-window-over", days=rules.policy.reopen_seconds // 86400)
    detail = {"urgent": before.urgent, "hours": hours, "reason": reason, "previous_round": before.round,
              "solver_id": before.solver_id, "external_due_at": _still_ahead(before.external_due_at, course.now),
              "promised_for": _still_ahead(before.promised_for, course.now),
              "level": start, **rules.duty_of(start, before.area_path, before.rated),
              **_whose(before, actor, said_at)}  # fmt: skip
    course.take(
        steps.REOPENED, actor.person_id, detail, state=state, round=before.round + 1, level=start,
        owner_id=rules.owner_of(start, before.area_path, before.rated), severity=None, assignee_id=None,
        assignee_kind=None, claim_id=None, offer=None, arrived_at=None, planned_for=None, resolved_at=None,
        resolved_by=None, solver_id=None, solver_kind=None, confirmed_at=None, rating=None, outcome=None,
        waiting_for=None, items=dict.fromkeys(before.items),
    )  # fmt: skip


def _whose(ticket: Ticket, actor: Actor, said_at: str | None) -> dict[str, Any]:
    """How the word came; where by a merged ticket, also whose it is: whoever is signed in may send a secret along."""
    if not speaks_himself(actor) and actor.way != BY_STAFF:
        return {"way": None}  # the community speaks for itself, also where it once took back a report of its own
    whom = {"person_id": actor.reports_as or actor.person_id} if is_merged(ticket, actor) else {}
    return {**word(actor, said_at), **whom}


def _still_ahead(date: datetime | None, now: datetime) -> datetime | None:
    """A date that somebody promised, unless it is over."""
    due = steps.whole_second(date) if date else None
    return due if due is not None and due > now else None


def reject(course: Course, actor: Actor, reason: str) -> None:
    """Do not take it. Raises Refused: beneath-its-level, solved-it-before."""
    state = allowed(course.ticket, "reject", actor, course.life)
    check_level(course.ticket, actor)
    check_not_solved_before(course.ticket, actor)
    course.take(steps.REJECTED, actor.person_id, {"reason": reason}, state=state, waiting_for=None)


def escalate(course: Course, actor: Actor, rules: Rules, reason: str) -> None:
    """Lift it by hand, one level; from a level that level or above does. Raises Refused: top-of-ladder,
    beneath-its-level."""
    allowed(course.ticket, "escalate", actor, course.life)
    check_level(course.ticket, actor)
    if rules.policy.next_level(course.ticket.level) is None:
        raise Refused("top-of-ladder", level=course.ticket.level)
    lift(course, rules, "manual", actor.person_id, {"reason": reason, **by_office(actor)})


def de_escalate(course: Course, actor: Actor, rules: Rules, reason: str) -> None:
    """Hand it back down one level; the office that has it, or one above, does that.

    A level that has used up its time in this round does not get it back: it would come up again at once. Nor does the
    grid once every promise that could lift it again was broken: nobody would hear of it any more.

    Raises Refused: foot-of-ladder, not-allowed, level-used-up.
    """
    allowed(course.ticket, "de_escalate", actor, course.life)
    level = course.ticket.level
    below = level_below(rules.policy, level)
    if below is None or level == course.ticket.filed_level:
        raise Refused("foot-of-ladder", level=level)
    if not actor.is_any(frozenset(LEVELS[LEVELS.index(level) :])):
        raise Refused("not-allowed")
    if has_used_up(course.ticket, rules, below, course.now) or not comes_back(course.ticket, rules, below, course.now):
        raise Refused("level-used-up", level=below)
    move(course, rules, steps.LOWERED, below, "manual", actor.person_id, {"reason": reason, **by_office(actor)})


def _put_in_hand(
    course: Course, by: Actor, state: str, assignee_id: str, kind: str, claim_id: str | None,
    more: Mapping[str, Any], **changes: Any,
) -> None:  # fmt: skip
    detail = {"assignee_id": assignee_id, "assignee_kind": kind, "claim_id": claim_id, **more}
    act(
        course, by, steps.ASSIGNED, detail, state=state, assignee_id=assignee_id, assignee_kind=kind, claim_id=claim_id,
        **changes,
    )  # fmt: skip


def _offer(
    course: Course, by: Actor, state: str, offer_id: str, skills: tuple[str, ...],
    more: Mapping[str, Any] = MappingProxyType({}), **changes: Any,
) -> None:  # fmt: skip
    act(
        course, by, steps.OFFERED, {"offer_id": offer_id, "skills": list(skills), **more}, state=state,
        offer=Offer(offer_id, course.ticket.round, skills), assignee_id=None, assignee_kind=None, claim_id=None,
        **changes,
    )  # fmt: skip
