"""Who reported a matter hears that somebody has it in hand: whenever other hands have it, and not else."""

from services.notifications.domain.routing import told
from services.tickets.domain.transitions import Actor
from tests.unit.notices import EVERYBODY, told_as
from tests.unit.tickets.office import Choice, Office

STEPS = (
    ("accept", ""), ("assign", "li"), ("assign", "li"), ("assign", "zhao"), ("assign", "zhao"), ("offer", ""),
    ("assign", "zhao"), ("arrive", ""), ("assign", "zhao"), ("assign", "li"),
)  # fmt: skip


def test_who_reported_it_hears_of_other_hands_and_not_of_the_same_again() -> None:
    office = Office()
    ticket_id = office.file(resident="chen")
    for deed, assignee in STEPS:
        assert office.attempt(ticket_id, deed, Actor("zhao", EVERYBODY), Choice(assignee=assignee)) is None
    assigned = [event for event in office.shelf.events if event.type == "ticket.assigned"]
    assert ["chen" in told_as(event) for event in assigned] == [True, False, True, False, True, False, True]
    of_before = {**assigned[1].data, "assignee_changed": None}
    assert "chen" in {one.person_id for one in told("ticket.assigned", of_before)}, "what does not say so is told"
