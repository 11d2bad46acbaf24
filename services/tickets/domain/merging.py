"""Several people report the same matter: all but one ticket are merged into that one, and everybody hears its end.

Whoever reported it by a ticket that was merged is a reporter of the one that goes on: he sees it, but not what another
reporter said; he adds to it, reopens what is not solved, whoever has confirmed it, or takes his own report back, and
then it goes on for the others. He confirms and rates it once it has no reporter of its own any more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.tickets.domain import steps
from services.tickets.domain.clocks import Clock
from services.tickets.domain.handled import (
    MERGED_OFFICE,
    check_not_solved_before,
    had_in_hand,
    had_part,
    handled_by,
    highest_office,
    merged_into_by,
    put_off_by,
    solved_by,
    took_in,
    worked,
)
from services.tickets.domain.policy import LEVELS, PLANNED_SEVERITIES, Policy
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import GRID, OPEN_STATES, Course, Ticket
from services.tickets.domain.transitions import OFFICES, Actor, allowed, by_office, check_level, check_not_rated

Clocks = Sequence[Clock]
MOST_MERGED, MOST_REPORTERS = 500, 2_000
"""Of one ticket *(ours)*: it is kept and read whole, each with a step of its own."""


def merge(course: Course, actor: Actor, into: Ticket, due_at: datetime | None = None) -> None:
    """End the duplicate; what it promised is waived, its reporters are kept by `into` (see `take_over`), and told when
    the next promise of that is `due_at`.

    Raises Refused: merge-into-itself, merge-into-ended (which also keeps two from being merged into each other),
    beneath-its-level, solved-it-before, only-people, rated-oneself; not-in-this-kind of a callback: each resident is to
    be heard.
    """
    state = allowed(course.ticket, "merge", actor, course.life)
    if into.id == course.ticket.id:
        raise Refused("merge-into-itself")
    for one in (course.ticket, into):
        if one.is_callback:
            raise Refused("not-in-this-kind", action="merge", kind=one.kind)
    _check_goes_on(into)
    check_level(course.ticket, actor)
    check_not_solved_before(course.ticket, actor)
    if into.area_path.split("/")[1] != course.ticket.area_path.split("/")[1]:
        raise Refused("other-county", id=into.number)
    detail = {"into_id": into.id, "into_number": into.number, "into_due_at": due_at}
    course.take(
        steps.MERGED, actor.person_id, detail, state=state, merged_into=into.id, owner_id=None, assignee_id=None,
        assignee_kind=None, claim_id=None, offer=None, waiting_for=None,
    )  # fmt: skip


def check_promises(duplicate: Ticket, promised: Clocks, into: Ticket, goes_on: Clocks, policy: Policy) -> None:
    """A merge gives no promise new time: what goes on has each clock that runs for the duplicate, due no later, or
    will have it, where a later step than filing begins it; and stands no lower on the ladder, where its level has to
    act no later. What is broken already keeps nobody's promise, unless a level above was told of it. `policy` is that
    of what goes on: where it knows partners' dates, one that runs for the duplicate is not asked for, since it goes
    along (see `take_over`); one that is broken was judged, and goes on with the level that was told of it.
    Nor does it take the word from who reported it first: what goes on was recorded no later, or whoever is to be rated
    files the same once more.

    `promised` are those of the duplicate as if nobody had it in hand and it did not wait (`time_left.freed`): who takes
    it in hand, or lets it wait, for a second does not take its promises out of the comparison. What goes on and waits
    has no date to compare, and nobody else's matter waits with it.

    Of what has been dealt with in part the promise is kept already. Therefore it has to be the same matter as far as
    that can be told: what was ordered is the same, what is urgent goes into what is, and nobody becomes a party to
    others' dispute.

    Raises Refused: merge-into-later, merge-into-waiting, merge-into-lower-level, merge-into-younger,
    merge-of-another-matter.
    """
    if LEVELS.index(into.level) < LEVELS.index(duplicate.level):
        raise Refused("merge-into-lower-level", number=into.number, level=duplicate.level)
    theirs, taken_over = [clock for clock in goes_on if clock.round == into.round], _partners_dates(policy)
    lifted = into.level != duplicate.level
    running = [clock for clock in promised if clock.is_open and clock.round == duplicate.round]
    for clock in running:
        if clock.level is not None and lifted:
            continue
        same = [other for other in theirs if (other.base, other.level) == (clock.base, clock.level)]
        held = any(_keeps(other, clock, lifted) for other in same)
        begins_yet = not same and not _by_filing(clock, duplicate) and _knows(policy, clock)
        goes_along = clock.base in taken_over and (clock.breached_at is None or duplicate.level != GRID)
        if not held and not begins_yet and not goes_along:
            waits = into.waiting_for is not None and any(other.is_open for other in same)
            slug = "merge-into-waiting" if waits else "merge-into-later"
            raise Refused(slug, number=into.number, clock=clock.base)
    if into.recorded_at > duplicate.recorded_at:
        raise Refused("merge-into-younger", number=into.number)
    if duplicate.service != into.service or (duplicate.urgent and not into.urgent) or policy.life.sessions:
        raise Refused("merge-of-another-matter", number=into.number)


def _keeps(one: Clock, other: Clock, lifted: bool) -> bool:
    """Whether by keeping the one the other is kept."""
    if one.level is not None and one.state == "met":
        return True
    broken = one.is_open and one.breached_at is not None and other.breached_at is None
    return _no_later(one, other) and (lifted or not broken)


def _by_filing(clock: Clock, ticket: Ticket) -> bool:
    """Whether filing, or reopening, began it; what a later step began, another step will begin as well."""
    begun = next(step for step in reversed(ticket.history) if step.kind in steps.ROUND_STARTS)
    return clock.started_at == begun.at


def _knows(policy: Policy, clock: Clock) -> bool:
    return any(rule.name == clock.base for rule in policy.clocks)


def _no_later(one: Clock, other: Clock) -> bool:
    """Where the other's due time is not known, by a year without calendar, what began first is due first."""
    if other.due_at is None:
        return one.started_at <= other.started_at
    return one.due_at is not None and one.due_at <= other.due_at


def _partners_dates(policy: Policy) -> set[str]:
    return {rule.name for rule in policy.clocks if rule.until_external}


def check_same(duplicate: Ticket, into: Ticket, actor: Actor) -> None:
    """A service is for whom it was ordered, so that another order of the same person alone is the same. Of anything
    else what was filed in another category or at another place is the same by an office's word: who merges it on the
    spot would end what nobody looked at. Who chose no category left that to whoever accepts it.

    Raises Refused: merge-of-another-matter.
    """
    ordered = duplicate.service is not None
    if ordered and (duplicate.reporter_id is None or duplicate.reporter_id != into.reporter_id):
        raise Refused("merge-of-another-matter", number=into.number)
    elsewhere = duplicate.area_path != into.area_path or duplicate.category not in (None, into.category)
    if elsewhere and not actor.is_any(OFFICES):
        raise Refused("merge-of-another-matter", number=into.number)


def take_over(
    course: Course, actor: Actor, duplicate: Ticket, policy: Policy | None = None,
    left: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Keep the duplicate's reporters, each once, so that they hear the outcome; who handled it, and who worked on it
    when it was solved before; what its promises had `left` that nobody counts now (`time_left.py`); and a partner's
    date that is still ahead, where the `policy` of what goes on knows such dates and has none that is earlier.

    Raises Refused: merge-into-ended, also when silence has just closed it: settling comes before; rated-oneself,
    too-many-merged, and what `_check_puts_off` does.
    """
    ticket = course.ticket
    check_not_rated(ticket, actor.person_id)
    _check_goes_on(ticket)
    _check_puts_off(course, actor, duplicate)
    joining = [person for person in duplicate.reporters if person not in ticket.reporters]
    if len(ticket.duplicates) >= MOST_MERGED or len(ticket.reporters) + len(joining) > MOST_REPORTERS:
        raise Refused("too-many-merged", number=ticket.number, most=MOST_MERGED, most_reporters=MOST_REPORTERS)
    more = tuple(person for person in joining if person != ticket.reporter_id)
    gone = dict.fromkeys((*ticket.withdrawn_by, *duplicate.withdrawn_by))
    staying = {*ticket.reporters, *joining}
    detail: dict[str, Any] = {
        "duplicate_id": duplicate.id, "duplicate_number": duplicate.number, "reporters": joining,
        "filed_by": duplicate.history[0].by, "handlers": list(handled_by(duplicate)),
        "solvers": sorted(solved_by(duplicate)), "workers": sorted(had_part(duplicate, course.now)),
        "worked": sorted(worked(duplicate)),
        "took_in": sorted(took_in(duplicate)), "holders": sorted(had_in_hand(duplicate, course.now)),
        "mergers": sorted(merged_into_by(duplicate)),
        **by_office(actor),
    }  # fmt: skip
    if left:
        detail[steps.LEFT] = dict(left)
    if (office := highest_office(duplicate, course.now)) != GRID:
        detail[MERGED_OFFICE] = office
    date, changes = brought_date(ticket, duplicate, course.now, policy), dict[str, Any]()
    if date is not None:
        detail["external_due_at"] = changes["external_due_at"] = date
    course.take(
        steps.DUPLICATE_ADDED, actor.person_id, detail, also_reported_by=(*ticket.also_reported_by, *more),
        withdrawn_by=tuple(person for person in gone if person not in staying),
        duplicates=(*ticket.duplicates, duplicate.id), **changes,
    )  # fmt: skip


def _check_puts_off(course: Course, actor: Actor, duplicate: Ticket) -> None:
    """What has a planned date takes in what has none, or an earlier one, by an office alone, as it plans far ahead: who
    made the plan does not put off the next ones who report it. Nor does who calls his own matter grave, so that it
    has no promise to be solved any more, and no plan yet: by an office alone does that take in anything. And of an
    office by somebody else than who would gain by it.

    Raises Refused: merge-into-planned, merge-into-grave, merge-needs-another.
    """
    into = course.ticket
    put_off = into.planned_for is not None and (
        duplicate.planned_for is None or duplicate.planned_for < into.planned_for
    )
    if put_off and not actor.is_any(OFFICES):
        raise Refused("merge-into-planned", number=into.number)
    unplanned = into.severity in PLANNED_SEVERITIES and into.planned_for is None
    if unplanned and not actor.is_any(OFFICES):
        raise Refused("merge-into-grave", number=into.number, severity=into.severity)
    if put_off or unplanned:
        _check_another(course, actor, duplicate)


def _check_another(course: Course, actor: Actor, duplicate: Ticket) -> None:
    """Nobody merges what he had in hand, nor into what he had in hand, filed, made so grave or planned himself, where
    that puts off what was promised.

    Raises Refused("merge-needs-another").
    """
    into, now = course.ticket, course.now
    own = had_in_hand(duplicate, now) | had_in_hand(into, now) | put_off_by(into) | {into.history[0].by}
    if ({actor.person_id, actor.answerable} - {None}) & own:
        raise Refused("merge-needs-another", number=into.number)


def brought_date(into: Ticket, duplicate: Ticket, now: datetime, policy: Policy | None) -> datetime | None:
    """A partner's date that what goes on has by the merge, if any. In the very second it is not broken yet: it comes
    along, and is broken there, unless it is solved in that second."""
    date = duplicate.external_due_at
    if date is None or policy is None or not _partners_dates(policy):
        return None
    due = steps.whole_second(date)
    is_over = due < steps.whole_second(now)
    return None if is_over or (into.external_due_at is not None and into.external_due_at <= due) else due


def _check_goes_on(into: Ticket) -> None:
    """What is solved promises nothing any more: who is merged into it would never be heard."""
    if into.state not in OPEN_STATES:
        raise Refused("merge-into-ended", number=into.number, state=into.state)
