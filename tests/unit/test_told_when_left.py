"""Whoever was told that somebody took his matter up hears when nobody has it any more."""

from collections.abc import Callable

from services.notifications.domain.routing import told
from services.tickets.domain import actions
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import STAFF, SYSTEM, Actor
from services.tickets.handlers.life import do
from tests.unit.tickets.office import Office

HEAD = Actor("head", STAFF)


def test_its_reporters_hear_each_time_that_nobody_has_it_any_more_and_not_of_a_first_offer() -> None:
    office = Office()
    main, same = office.file(resident="chen"), office.file(resident="wu")
    office.merge(same, main)
    heard: list[tuple[str | None, str | None]] = []

    def step(deed: Callable[[Course, Rules], None]) -> None:
        do(office.shelf, office.house, office.ticket(main), office.now, deed)
        event = office.shelf.events[-1]
        as_told = {one.person_id: one.template for one in told(event.type, event.data)}
        heard.append((as_told.get("chen"), as_told.get("wu")))

    step(lambda c, r: actions.accept(c, HEAD))
    step(lambda c, r: actions.offer(c, HEAD, "offer-1", ()))
    assert heard == [(None, None)] * 2
    for number in ("2", "3"):
        step(lambda c, r, n=number: actions.win_claim(c, Actor(None, SYSTEM), n, "li"))  # type: ignore[misc]
        step(lambda c, r, n=number: actions.release_claim(c, Actor(None, SYSTEM), n, f"offer-{n}"))  # type: ignore[misc]
    assert heard[2:] == [("ticket.assigned.reporter",) * 2, ("ticket.offered.left_reporter",) * 2] * 2
