"""Green, yellow from the first warning, red when breached; a new round begins green."""

from datetime import timedelta

from services.tickets.domain.colours import colour
from services.tickets.domain.ticket import Ticket
from tests.unit.tickets.office import Choice, Office


def colour_of(ticket: Ticket) -> str:
    return colour(((step.kind, step.round) for step in ticket.history), ticket.round)


def test_the_arrival_clock_turns_it_yellow_at_half_of_its_time_and_red_when_it_is_broken() -> None:
    office = Office()
    ticket_id, seen = office.file(), []
    for minutes in (4, 1, 5, 1):
        office.now += timedelta(minutes=minutes)
        office.settle(ticket_id)
        seen.append(colour_of(office.ticket(ticket_id)))
    assert seen == ["green", "yellow", "yellow", "red"], "at 4, 5, 10 and 11 minutes of 10: equal is kept"


def test_a_kept_promise_leaves_the_warning_and_a_new_round_begins_green() -> None:
    office = Office()
    ticket_id = office.file()
    office.now += timedelta(minutes=6)
    for deed, part in (
        ("accept", "grid_head"),
        ("assign", "grid_head"),
        ("arrive", "assignee"),
        ("resolve", "assignee"),
    ):
        assert office.attempt(ticket_id, deed, office.actor(ticket_id, part), Choice()) is None
    assert colour_of(office.ticket(ticket_id)) == "yellow"
    assert office.attempt(ticket_id, "reopen", office.actor(ticket_id, "reporter"), Choice()) is None
    assert colour_of(office.ticket(ticket_id)) == "green"


def test_what_had_passed_before_a_late_entry_counts_although_nobody_was_told() -> None:
    office = Office()
    warned = office.ticket(office.file(late_by=timedelta(minutes=6)))
    broken = office.ticket(office.file(late_by=timedelta(minutes=11)))
    assert (colour_of(warned), colour_of(broken)) == ("yellow", "red")
