"""Use cases over a store in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from services.contracts.registry import EVENT_TYPES
from services.notifications.domain.routing import told as told_of
from services.tickets.domain import actions, planning, withdrawing
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules
from services.tickets.domain.standing_in import stand_in
from services.tickets.domain.steps import MARKS
from services.tickets.domain.ticket import UNPUBLISHED, Course, Ticket
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.handlers.claims import answer_claim, answer_withdrawal
from services.tickets.handlers.filing import Filer, person_digest
from services.tickets.handlers.life import do, settle_due
from services.tickets.handlers.merging import merge_into
from services.tickets.handlers.ports import House
from services.tickets.handlers.publishing import _TYPES
from services.tickets.handlers.revealing import reveal
from tests.unit.tickets.filing import filed
from tests.unit.tickets.shelf import Shelf, county, house, with_hours
from tests.unit.tickets.stories import at

WORKER = Actor("worker", STAFF | {"assignee"})


def offered(shelf: Shelf, inside: House) -> Ticket:
    ticket = filed(shelf, inside).ticket
    ticket = do(shelf, inside, ticket, at("09:01"), lambda course, rules: actions.accept(course, WORKER))
    return do(shelf, inside, ticket, at("09:02"), lambda course, rules: actions.offer(course, WORKER, "offer", ("x",)))


def answers(shelf: Shelf) -> list[tuple[str, str]]:
    return [(e.type, e.data["claim_id"]) for e in shelf.events if e.data.get("claim_id")]


def test_every_kind_of_step_is_told_or_knowingly_not() -> None:
    for name, _ in _TYPES.values():
        assert name in EVENT_TYPES
    assert set(_TYPES) >= MARKS - UNPUBLISHED


def test_a_number_that_is_taken_is_drawn_again() -> None:
    shelf, inside = county(), house(draws=[111_111, 111_111, 222_222])
    first, second = filed(shelf, inside).ticket, filed(shelf, inside).ticket
    assert (first.number[7:14], second.number[7:14]) == ("111-111", "222-222")


def test_the_day_in_a_number_is_the_local_one() -> None:
    assert filed(county(), house(), when="03-03 00:30").ticket.number.startswith("260303-")


def test_the_stations_hours_are_pinned_when_a_round_begins() -> None:
    shelf, inside = county(), house()
    ticket = filed(shelf, inside, when="08:30").ticket
    with_hours(shelf, "station-001", hours={"daily": ["20:00-21:00"]})
    settle_due(shelf, inside, ticket.id, at("08:41"))
    assert shelf.tickets[ticket.id].level == "community", "due at 08:40 by the hours that it was filed under"
    later = filed(shelf, inside, when="08:30").ticket
    assert shelf.listings[later.id].due_at == at("20:10")


def test_the_timer_is_set_to_the_next_thing_that_can_happen() -> None:
    shelf, inside = county(), house()
    ticket = filed(shelf, inside).ticket
    for expected in ("09:05", "09:08", "09:10:01"):
        assert shelf.listings[ticket.id].next_moment == at(expected)
        settle_due(shelf, inside, ticket.id, at(expected))
    assert [e.type for e in shelf.events] == [
        "ticket.filed", "ticket.clock_warned", "ticket.clock_warned", "ticket.clock_breached", "ticket.escalated",
    ]  # fmt: skip


def test_settling_again_publishes_nothing() -> None:
    shelf, inside = county(), house()
    ticket = filed(shelf, inside).ticket
    for _ in range(3):
        settle_due(shelf, inside, ticket.id, at("09:11"))
    assert len(shelf.events) == len({(e.aggregate_id, e.sequence) for e in shelf.events}) == 5


def test_a_clock_that_lags_behind_does_not_turn_history_back() -> None:
    shelf, inside = county(), house()
    ticket = filed(shelf, inside).ticket
    ticket = do(shelf, inside, ticket, at("09:01"), lambda course, rules: actions.accept(course, WORKER))
    ticket = do(shelf, inside, ticket, at("09:00:59"), lambda course, rules: actions.assign(course, WORKER, "worker"))
    moments = [step.at for step in ticket.history]
    assert moments == sorted(moments)


def test_what_staff_discover_has_no_reporter_and_no_secret() -> None:
    found = filed(county(), house())
    assert (found.ticket.reporter_id, found.follow_up_secret) == (None, None)


def test_a_resident_with_an_account_needs_no_secret() -> None:
    found = filed(county(), house(), Filer("resident", False))
    assert (found.ticket.reporter_id, found.follow_up_secret) == ("resident", None)


@pytest.mark.parametrize("field", ["summary", "origin", "late_reason", "channel"])
def test_a_resident_cannot_fill_in_what_is_for_staff(field: str) -> None:
    with pytest.raises(Refused) as refused:
        filed(county(), house(), Filer("resident", False), **{field: "x"})
    assert refused.value.params == {"field": field}


def test_the_same_reference_twice_in_one_filing_is_refused() -> None:
    with pytest.raises(Refused, match="external-ref-twice"):
        filed(county(), house(), external_refs=[{"system": "s", "id": "1"}, {"system": "s", "id": "1"}])


def test_contact_data_goes_out_sealed_and_numbered_per_person() -> None:
    shelf, inside = county(), house()
    for _ in range(2):
        filed(shelf, inside, reporter={"name": "n", "telephone": "13800005678", "locale": "en"})
    told = [event for event in shelf.events if event.type == "recipient.upserted"]
    assert [event.sequence for event in told] == [1, 2]
    assert len({event.aggregate_id for event in told}) == 1
    assert told[0].data["sealed"] == {
        "sealed": {"name": "n", "telephone": "13800005678", "email": None, "locale": "en"}
    }


def test_an_address_is_said_for_its_ticket_only_with_the_secret_of_who_did_not_file_himself() -> None:
    shelf, inside = county(), house()
    mail = {"telephone": "13800005678", "email": "a@example.org"}
    for_somebody = filed(shelf, inside, reporter=mail)
    by_himself = filed(shelf, inside, Filer(None, False), reporter=mail)
    told = [event.data for event in shelf.events if event.type == "recipient.upserted"]
    assert [one["ticket_id"] for one in told] == [for_somebody.ticket.id, by_himself.ticket.id]
    assert [one["sealed"]["sealed"].get("follow_up_secret") for one in told] == ["a-secret", None]
    assert (for_somebody.follow_up_secret, by_himself.follow_up_secret) == (None, "a-secret")
    assert for_somebody.ticket.slip_by == "clerk", "the address was typed by staff: it may be anybody's"


def test_how_reporters_are_reached_goes_with_a_merged_ticket_but_for_who_took_it_back() -> None:
    shelf, inside = county(), house()
    one, same, main = (filed(shelf, inside, reporter={"telephone": f"1380000567{n}"}).ticket for n in range(3))
    merge_into(shelf, inside, one, same, replace(WORKER, person_id="colleague"), at("09:05"))
    same = do(
        shelf, inside, shelf.tickets[same.id], at("09:06"),
        lambda course, rules: withdrawing.cancel(course, stand_in(course.ticket, WORKER), None, "desk"),
    )  # fmt: skip
    merge_into(shelf, inside, same, main, WORKER, at("09:07"))
    told = [event.data for event in shelf.events if event.type == "recipient.upserted"][3:]
    assert [(it["person_id"], it["ticket_id"]) for it in told] == [
        (one.reporter_id, same.id), (one.reporter_id, main.id)
    ]  # fmt: skip


def test_a_telephone_is_one_person_in_one_county_and_another_in_the_next() -> None:
    inside = house()
    one, same, other = (
        person_digest(inside, path, "13800005678") for path in ("/hequ/a/", "/hequ/b/c/", "/pianguan/a/")
    )
    assert one == same != other


def test_of_many_claims_in_any_number_of_deliveries_each_is_answered_once() -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    for claim in ("one", "two", "one", "three", "two", "one"):
        answer_claim(shelf, inside, ticket.id, claim, "offer", f"volunteer-{claim}", at("09:03"))
    assert answers(shelf) == [
        ("ticket.assigned", "one"), ("ticket.claim_declined", "two"), ("ticket.claim_declined", "three"),
    ]  # fmt: skip
    assert shelf.tickets[ticket.id].assignee_id == "volunteer-one"


def test_a_claim_on_an_offer_of_an_earlier_time_is_declined() -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    answer_claim(shelf, inside, ticket.id, "claim", "another-offer", "volunteer", at("09:03"))
    assert answers(shelf) == [("ticket.claim_declined", "claim")]


def test_given_back_after_it_was_won_the_claim_gets_no_second_answer() -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    answer_claim(shelf, inside, ticket.id, "claim", "offer", "volunteer", at("09:03"))
    answer_withdrawal(shelf, inside, ticket.id, "claim", at("09:04"))
    answer_claim(shelf, inside, ticket.id, "claim", "offer", "volunteer", at("09:05"))
    assert answers(shelf) == [("ticket.assigned", "claim")]
    after = shelf.tickets[ticket.id]
    assert (after.state, after.assignee_id, after.offer and after.offer.skills) == ("offered", None, ("x",))


CLAIMANT, IN_CHARGE = Actor("volunteer", frozenset({"assignee"})), Actor("head", frozenset({"grid_head"}))
MEANWHILE: dict[str, tuple[Callable[[Course, Rules], None], ...]] = {
    "on_site": (lambda course, rules: actions.arrive(course, CLAIMANT, "complex"),),
    "planned": (
        lambda course, rules: actions.arrive(course, CLAIMANT, "complex"),
        lambda course, rules: planning.reclassify(course, IN_CHARGE, "special", None, has_reason=False),
        lambda course, rules: planning.plan(course, IN_CHARGE, at("03-20 09:00"), None),
    ),
}


def meanwhile(shelf: Shelf, inside: House, ticket: Ticket, *deeds: Callable[[Course, Rules], None]) -> Ticket:
    """His claim was heard, and he did that, before it was heard that he wants to give it back; as it was before."""
    answer_claim(shelf, inside, ticket.id, "claim", "offer", "volunteer", at("09:03"))
    for deed in deeds:
        do(shelf, inside, shelf.tickets[ticket.id], at("09:04"), deed)
    before = shelf.tickets[ticket.id]
    for _ in range(2):
        answer_withdrawal(shelf, inside, ticket.id, "claim", at("09:05"))
    return before


@pytest.mark.parametrize("state", MEANWHILE)
def test_who_has_begun_with_it_does_not_give_it_back_and_he_and_who_answers_for_it_are_told(state: str) -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    before = meanwhile(shelf, inside, ticket, *MEANWHILE[state])
    after = shelf.tickets[ticket.id]
    assert (after.state, after.assignee_id, after.claim_id) == (state, "volunteer", "claim")
    assert (after.claims, len(after.history)) == ({"claim": "kept"}, len(before.history) + 1)
    (told,) = [event for event in shelf.events if event.type == "ticket.withdrawal_declined"]
    assert (told.data["claim_id"], told.data["reason"]) == ("claim", "under-way")
    hear = {one.person_id: one.template.rpartition(".")[2] for one in told_of(told.type, told.data)}
    assert hear == {ticket.owner_id: "owner", "volunteer": "assignee"}


def test_who_answers_for_what_a_volunteer_gave_back_is_told_and_of_an_offer_that_staff_made_he_is_not() -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    meanwhile(shelf, inside, ticket)
    by_staff, given_back = [event for event in shelf.events if event.type == "ticket.offered"]
    hear = {one.person_id: one.template.rpartition(".")[2] for one in told_of("ticket.offered", given_back.data)}
    assert hear == {ticket.owner_id: "owner", "volunteer": "former_assignee"}
    assert ticket.owner_id not in {one.person_id for one in told_of("ticket.offered", by_staff.data)}


def test_who_wanted_to_give_it_back_and_went_on_has_the_clocks_of_whoever_did_not() -> None:
    clocks = []
    for wants_to in (False, True):
        shelf, inside = county(), house()
        ticket = offered(shelf, inside)
        if wants_to:
            meanwhile(shelf, inside, ticket, *MEANWHILE["on_site"])
        else:
            answer_claim(shelf, inside, ticket.id, "claim", "offer", "volunteer", at("09:03"))
            do(shelf, inside, shelf.tickets[ticket.id], at("09:04"), MEANWHILE["on_site"][0])
        now = shelf.tickets[ticket.id]
        clocks.append([(c.name, c.due_at, c.state) for c in inside.rules(shelf, now.policy).clocks(now, at("09:30"))])
    assert clocks[0] == clocks[1]


def test_what_he_had_solved_before_that_was_heard_is_solved_by_his_claim_and_nobody_is_bothered() -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    meanwhile(
        shelf, inside, ticket, *MEANWHILE["on_site"], lambda course, rules: actions.resolve(course, CLAIMANT, None)
    )
    after = shelf.tickets[ticket.id]
    assert (after.state, after.solver_id, after.claims) == ("resolved", "volunteer", {"claim": "kept"})
    assert shelf.events[-1].data["reason"] == "over"
    assert list(told_of("ticket.withdrawal_declined", shelf.events[-1].data)) == []
    resident = Actor("chen", frozenset({"reporter"}), "chen")
    do(shelf, inside, after, at("09:06"), lambda course, rules: actions.confirm(course, resident, 5))
    assert shelf.events[-1].data["solver_claim_id"] == "claim"


def test_a_withdrawal_that_comes_after_others_have_it_changes_nothing_for_them() -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    answer_claim(shelf, inside, ticket.id, "claim", "offer", "volunteer", at("09:03"))
    do(shelf, inside, shelf.tickets[ticket.id], at("09:04"), MEANWHILE["on_site"][0])
    head = Actor("head", STAFF)
    do(shelf, inside, shelf.tickets[ticket.id], at("09:04"), lambda course, rules: actions.assign(course, head, "w"))
    answer_withdrawal(shelf, inside, ticket.id, "claim", at("09:05"))
    after = shelf.tickets[ticket.id]
    assert (after.assignee_id, after.claims) == ("w", {"claim": "kept"})
    assert shelf.events[-1].data["reason"] == "over"


def test_given_back_twice_before_it_was_heard_of_the_claim_still_gets_its_answer() -> None:
    shelf, inside = county(), house()
    ticket = offered(shelf, inside)
    for _ in range(2):
        answer_withdrawal(shelf, inside, ticket.id, "claim", at("09:03"))
    for _ in range(2):
        answer_claim(shelf, inside, ticket.id, "claim", "offer", "volunteer", at("09:04"))
    assert answers(shelf) == [("ticket.claim_declined", "claim")]


def test_a_claim_on_a_ticket_that_nobody_knows_is_put_aside() -> None:
    with pytest.raises(Refused, match="not-found"):
        answer_claim(county(), house(), "nowhere", "claim", "offer", "volunteer", at("09:03"))


def test_only_who_works_on_a_ticket_has_it_revealed() -> None:
    shelf, inside = county(), house()
    ticket = filed(shelf, inside, description="secret").ticket
    assert reveal(shelf, inside, ticket, WORKER, "call", at("09:01"))["description"] == "secret"
    with pytest.raises(Refused, match="not-allowed"):
        reveal(shelf, inside, ticket, Actor("street-office", frozenset({"street"})), "look", at("09:02"))
    assert shelf.reveals == [(ticket.id, "worker")]


def test_entered_late_a_month_ago_is_too_old() -> None:
    early = at("09:00") - timedelta(days=30, seconds=1)
    with pytest.raises(Refused, match="late-entry-too-old"):
        filed(county(), house(), occurred_at=early, late_reason="paper")
