"""A ticket came to the wrong grid: it is handed on, with the time that has gone."""

from services.tickets.domain import steps
from services.tickets.domain.handled import check_not_solved_before
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course, Placing
from services.tickets.domain.transitions import Actor, allowed, by_office, check_holder, check_level


def transfer(course: Course, actor: Actor, rules: Rules, to: Placing, reason: str) -> None:
    """Hand it to another place (转办) before anybody is on site; its clocks go on, and that it was moved is counted.

    Whoever had it in hand has not any more. What stands at a level of the ladder is handed on by that level or above:
    else who broke its promise takes it out of sight of those who were told. Raises Refused: same-place, other-county,
    solved-it-before, only-people, beneath-its-level.
    """
    before = course.ticket
    state = allowed(before, "transfer", actor, course.life)
    check_not_solved_before(before, actor)
    check_level(before, actor)
    check_holder(before, actor)
    if to == before.placing:
        raise Refused("same-place", id=to.grid_id)
    if to.area_path.split("/")[1] != before.area_path.split("/")[1]:
        raise Refused("other-county", id=to.grid_id)
    detail = {
        "from_grid": before.placing.grid_id,
        "to_grid": to.grid_id,
        "from_path": before.area_path,
        "reason": reason,
        **by_office(actor),
        **rules.duty_of(before.level, to.area_path, before.rated),
    }
    course.take(
        steps.TRANSFERRED, actor.person_id, detail, state=state, placing=to, transfers=before.transfers + 1,
        owner_id=rules.owner_of(before.level, to.area_path, before.rated), assignee_id=None,
        assignee_kind=None, claim_id=None, offer=None,
    )  # fmt: skip
