from services.contracts.queues import QUEUES
from services.notifications.domain.notice import Channel
from services.notifications.domain.routing import ROUTES, told
from tests.unit.notifications.examples import OWNER, REPORTER, arrived


def test_every_event_that_notifications_consumes_has_a_row_in_the_routing_table() -> None:
    consumed = {*QUEUES["notifications.tickets"].modes, *QUEUES["notifications.volunteers"].modes}
    assert set(ROUTES) == consumed


EACH_STEP = {name for name, routes in ROUTES.items() if any(route.each_step for route in routes)}


def test_every_consumed_event_tells_somebody_in_its_example() -> None:
    silent = {name for name in ROUTES if not list(told(name, arrived(name).data))}
    assert silent - EACH_STEP == {"ticket.confirmed"}, "told where staff wrote it down; the example is his own word"
    assert silent >= EACH_STEP, "these only where the rules of routing say so"


def test_who_is_to_hear_of_each_step_hears_of_each_and_of_none_twice() -> None:
    """受理问题跟踪办 (report 001)."""
    for name in EACH_STEP:
        event = arrived(name, ticket={"told_each_step": True})
        assert [(one.person_id, one.template) for one in told(name, event.data)] == [(REPORTER, f"{name}.reporter")]
    filed = arrived("ticket.filed", ticket={"told_each_step": True})
    assert [one.person_id for one in told("ticket.filed", filed.data)] == [REPORTER, OWNER]


def test_a_new_ticket_is_told_to_its_reporter_and_its_owner_through_both_channels() -> None:
    found = list(told("ticket.filed", arrived("ticket.filed").data))
    assert [(one.person_id, one.template) for one in found] == [
        (REPORTER, "ticket.filed.reporter"),
        (OWNER, "ticket.filed.owner"),
    ]
    assert {channel for one in found for channel in one.channels} == {Channel.INBOX, Channel.EMAIL}


def test_who_reported_the_same_hears_what_the_reporter_hears_and_nobody_twice() -> None:
    also = {"also_reported_by": ["another", REPORTER, "a-third", "another"]}
    closed = arrived("ticket.closed", ticket=also)
    assert [(one.person_id, one.template) for one in told("ticket.closed", closed.data)] == [
        (person, "ticket.closed.reporter") for person in (REPORTER, "another", "a-third")
    ]
    resolved = arrived("ticket.resolved", ticket=also)
    assert {one.person_id: one.template for one in told("ticket.resolved", resolved.data)} == {
        REPORTER: "ticket.resolved.reporter",
        "another": "ticket.resolved.also_reporter",
        "a-third": "ticket.resolved.also_reporter",
    }, "he alone is asked to confirm"


def test_who_is_reporter_and_owner_in_one_is_told_once() -> None:
    event = arrived("ticket.filed", ticket={"owner_id": REPORTER})
    assert [one.template for one in told("ticket.filed", event.data)] == ["ticket.filed.reporter"]


def test_a_ticket_without_reporter_is_told_to_its_owner_alone() -> None:
    event = arrived("ticket.filed", ticket={"reporter_id": None})
    assert [one.person_id for one in told("ticket.filed", event.data)] == [OWNER]


def test_a_breach_that_was_entered_after_the_fact_raises_no_alarm() -> None:
    assert list(told("ticket.clock_breached", arrived("ticket.clock_breached").data)) != []
    assert list(told("ticket.clock_breached", arrived("ticket.clock_breached", replayed_late=True).data)) == []


def test_points_and_claims_and_membership_are_told_to_the_person() -> None:
    for name in ("points.awarded", "points.reversed", "claim.released", "member.approved", "member.suspension_told"):
        assert [one.person_id for one in told(name, arrived(name).data)] == ["01920c5e-0000-7000-8000-0000000000ee"]


def test_who_is_approved_again_after_a_suspension_is_told_so_and_once() -> None:
    for after_suspension, template in ((False, "member.approved.person"), (True, "member.approved.returning")):
        event = arrived("member.approved", after_suspension=after_suspension)
        assert [one.template for one in told("member.approved", event.data)] == [template]
