"""What only some kinds know: somebody else looks first, papers are ticked off, parties meet."""

from services.tickets.domain import steps
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import Actor, act, allowed, by_office, check_holder


def verify(course: Course, actor: Actor) -> None:
    """It is as reported (核实); this also takes it in. What is not there is rejected, with a reason.

    Raises Refused("own-report"): nobody verifies what they reported (domain.md), or wrote down for somebody else, also
    by a ticket that was merged into it.
    """
    state = allowed(course.ticket, "verify", actor, course.life)
    merged = (step.detail.get("filed_by") for step in course.ticket.history if step.kind == steps.DUPLICATE_ADDED)
    filed = course.ticket.history[0]
    if actor.person_id in (*course.ticket.reported_by, filed.by, filed.detail.get(steps.ANSWERABLE), *merged):
        raise Refused("own-report")
    act(course, actor, steps.VERIFIED, state=state, verified_at=course.now)


def tick(course: Course, actor: Actor, item: str) -> None:
    """An item of the checklist (材料) is there. Raises Refused: no-such-item, item-done."""
    allowed(course.ticket, "tick", actor, course.life)
    items = course.ticket.items
    if item not in items:
        raise Refused("no-such-item", item=item, items=list(items))
    if items[item] is not None:
        raise Refused("item-done", item=item)
    act(course, actor, steps.ITEM_DONE, {"item": item}, items={**items, item: course.now})


def hold_session(course: Course, actor: Actor, text: str | None) -> None:
    """The parties met (调解一次); `text` is sealed. Raises Refused("beneath-its-level") of an office's own."""
    state = allowed(course.ticket, "hold_session", actor, course.life)
    check_holder(course.ticket, actor)
    act(course, actor, steps.SESSION_HELD, {"text": text, **by_office(actor)}, state=state)
