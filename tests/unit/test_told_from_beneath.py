"""Who answers at the level that has a ticket hears what is done with it beneath him, and of a plan that others move."""

from datetime import timedelta

import pytest

from services.notifications.domain.notice import Channel
from services.notifications.domain.routing import told
from services.tickets.domain import planning
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.handlers.life import do
from tests.unit.notices import EVERYBODY, told_as
from tests.unit.tickets.office import Choice, Office
from tests.unit.tickets.stories import OWNERS

HEAD, WORKER = Actor("head", EVERYBODY), Actor("li", frozenset({"grid_worker", "assignee"}))
COMMUNITY = Actor("cadre", frozenset({"community", "assignee"}))


def done(who: Actor, *, lifted: bool) -> Office:
    """Accepted, lifted or not, and then all by one person."""
    office = Office()
    ticket_id = office.file(resident="chen")
    for deed, actor in (("accept", HEAD), *([("escalate", HEAD)] if lifted else []),
                        *((deed, who) for deed in ("assign", "arrive", "resolve"))):  # fmt: skip
        assert office.attempt(ticket_id, deed, actor, Choice(assignee=str(who.person_id))) is None
    return office


@pytest.mark.parametrize(("who", "lifted", "hears"), [
    (WORKER, True, True), (WORKER, False, False), (COMMUNITY, True, False), (HEAD, True, False),
])  # fmt: skip
def test_the_owner_of_its_level_hears_who_takes_and_solves_it_beneath_him(
    who: Actor, lifted: bool, hears: bool
) -> None:  # fmt: skip
    steps = {event.type: told_as(event) for event in done(who, lifted=lifted).shelf.events
             if event.type in ("ticket.assigned", "ticket.resolved")}  # fmt: skip
    owner = OWNERS["community" if lifted else "grid"]
    for step in ("ticket.assigned", "ticket.resolved"):
        assert steps[step].get(owner) == (f"{step}.owner" if hears else None)
        assert OWNERS["street"] not in steps[step]


def test_he_hears_it_in_his_inbox_and_once_also_where_he_reported_it() -> None:
    (resolved,) = (event for event in done(WORKER, lifted=True).shelf.events if event.type == "ticket.resolved")
    of_owner = [one for one in told(resolved.type, resolved.data) if one.person_id == OWNERS["community"]]
    assert [one.channels for one in of_owner] == [(Channel.INBOX,)]
    own = {**resolved.data, "ticket": {**resolved.data["ticket"], "reporter_id": OWNERS["community"]}}
    assert [one.template for one in told(resolved.type, own) if one.person_id == OWNERS["community"]] == [
        "ticket.resolved.reporter"
    ]


@pytest.mark.parametrize(("by", "hears"), [("somebody-else", True), (OWNERS["community"], False)])
def test_who_answers_for_it_hears_that_another_moved_its_plan(by: str, hears: bool) -> None:
    office = Office()
    ticket_id = office.file(resident="chen")
    for deed, severity in (("accept", ""), ("escalate", ""), ("assign", ""), ("arrive", "major"), ("plan", "")):
        assert office.attempt(ticket_id, deed, HEAD, Choice(assignee="head", severity=severity)) is None
    later = office.now + timedelta(days=9)
    do(office.shelf, office.house, office.ticket(ticket_id), office.now,
       lambda c, r: planning.move_plan(c, Actor(by, STAFF), later, "sealed"))  # fmt: skip
    heard = told_as(office.shelf.events[-1])
    assert heard == {"chen": "ticket.plan_moved.reporter",
                     **({OWNERS["community"]: "ticket.plan_moved.owner"} if hears else {})}  # fmt: skip
