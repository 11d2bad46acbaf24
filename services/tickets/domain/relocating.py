"""The tree changed under a ticket: its grid or its station lies elsewhere now, and the ticket goes with it."""

from services.tickets.domain import steps
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course, Placing


def relocate(course: Course, rules: Rules, to: Placing) -> None:
    """Whoever has it in hand keeps it, its clocks go on; who answers for it is found anew, at the same level.

    Nobody took this step: what somebody saw of the ticket before is not stale by it.
    """
    before = course.ticket
    detail = {"from_path": before.area_path, "to_path": to.area_path, "cause": "place-moved"}
    detail |= rules.duty_of(before.level, to.area_path, before.rated)
    course.take(
        steps.RELOCATED, None, detail, placing=to, owner_id=rules.owner_of(before.level, to.area_path, before.rated)
    )  # fmt: skip
