"""Who handled a ticket as staff does not get it as a volunteer, and who has it as one keeps it until he is told."""

from dataclasses import replace

import pytest

from services.tickets.api.answers import history_answer
from services.tickets.domain import actions, planning
from services.tickets.domain.handing_back import hand_back
from services.tickets.domain.handled import handled_by
from services.tickets.domain.refused import Refused
from services.tickets.domain.responsibility import by_hands
from services.tickets.domain.transitions import ACCOUNT, STAFF, SYSTEM, Actor
from tests.unit.tickets.office import Choice, Office
from tests.unit.tickets.stories import RESIDENT, Story

CLERK, HEAD = Actor("clerk", STAFF), Actor("head", STAFF)
POST = Actor(None, SYSTEM)
VOLUNTEER = Actor("li", frozenset({"assignee"}))


def own_word(story: Story) -> Actor:
    return Actor(RESIDENT, frozenset({"reporter"}), RESIDENT, ACCOUNT)


def claimed() -> Story:
    story = Story("09:00")
    story.do("09:01", actions.accept, by=CLERK)
    story.do("09:02", actions.offer, "offer-1", (), by=HEAD)
    return story.do("09:03", actions.win_claim, "claim-1", "li", by=POST)


def test_who_accepted_offered_or_had_it_in_hand_is_named_and_the_volunteer_is_not() -> None:
    story = claimed()
    story.do("09:04", actions.arrive, "ordinary", by=VOLUNTEER).do("09:05", actions.resolve, None, by=VOLUNTEER)
    filer = story.ticket.history[0].by
    assert handled_by(story.ticket) == (filer, "clerk", "head")
    story.do("09:06", actions.reopen, story.rules, None, None, by=own_word(story))
    story.do("09:07", actions.assign, "zhao", by=HEAD)
    assert handled_by(story.ticket) == (filer, "clerk", "head", "zhao")


def test_what_he_did_with_it_in_hand_as_a_volunteer_is_no_work_of_staff_but_what_he_did_before_is() -> None:
    story = claimed().do("09:04", actions.arrive, "ordinary", by=VOLUNTEER)
    story.do("09:05", planning.reclassify, "major", None, False, by=Actor("li", STAFF | {"assignee"}))
    assert "li" not in handled_by(story.ticket)
    story.do("09:06", actions.escalate, story.rules, "sealed", by=Actor("sun", STAFF))
    assert "sun" in handled_by(story.ticket)


def test_what_a_volunteer_can_do_as_staff_alone_is_work_of_staff_though_he_has_it_in_hand() -> None:
    story = claimed().do(
        "09:04", actions.escalate, Story("09:00").rules, "sealed", by=Actor("li", STAFF | {"assignee"})
    )
    assert "li" in handled_by(story.ticket), "or he lifts it, is paid, and the level above has it"


def test_a_volunteer_keeps_it_when_who_answers_for_it_is_gone() -> None:
    story = claimed()
    story.do("09:04", lambda c, a: hand_back(c, story.rules, "disabled", from_hands=False, from_owner=True))
    story.do("09:05", actions.arrive, "ordinary", by=VOLUNTEER).do("09:06", actions.resolve, None, by=VOLUNTEER)
    assert story.ticket.solver_kind == "member"
    assert "li" not in handled_by(story.ticket)
    assert [held.by for held in by_hands(story.ticket)] == ["li"]


@pytest.mark.parametrize("deed", ["accept", "offer"])
def test_who_handled_it_is_declined_when_volunteers_has_not_heard_of_it_and_it_is_offered_anew(deed: str) -> None:
    office = Office()
    ticket_id = office.file()
    accepts, offers = (Actor("li", STAFF), HEAD) if deed == "accept" else (HEAD, Actor("li", STAFF))
    assert office.attempt(ticket_id, "accept", accepts, Choice()) is None
    assert office.attempt(ticket_id, "offer", offers, Choice()) is None
    before = office.ticket(ticket_id).offer
    assert before is not None
    office.hear_claim(ticket_id, "claim-1", before.id, "li")
    after = office.ticket(ticket_id)
    assert (after.state, after.claims, after.offer == before) == ("offered", {"claim-1": "declined"}, False)
    assert office.shelf.events[-2].data["reason"] == "handled-it"


def test_what_a_volunteer_has_in_hand_is_not_offered_over_his_head() -> None:
    story = claimed()
    with pytest.raises(Refused, check=lambda error: error.slug == "volunteer-has-it"):
        story.do("09:04", actions.offer, "offer-2", (), by=HEAD)
    story.do("09:05", actions.assign, "zhao", by=HEAD).do("09:06", actions.offer, "offer-2", (), by=HEAD)
    assert story.ticket.state == "offered"


def test_the_step_that_takes_it_from_him_names_his_claim() -> None:
    office = Office()
    ticket_id = office.file()
    for deed in ("accept", "offer"):
        assert office.attempt(ticket_id, deed, HEAD, Choice()) is None
    offer = office.ticket(ticket_id).offer
    assert offer is not None
    office.hear_claim(ticket_id, "claim-1", offer.id, "li")
    assert office.shelf.events[-1].data["former_claim_id"] is None
    assert office.attempt(ticket_id, "assign", HEAD, Choice(assignee="zhao")) is None
    taken = office.shelf.events[-1].data
    assert (taken["former_claim_id"], taken["former_assignee_id"]) == ("claim-1", "li")


# What was merged into it


def both() -> tuple[Office, str, str]:
    """Two tickets of the same matter; the older is offered."""
    office = Office()
    older, younger = office.file(resident="wang"), office.file(resident="chen")
    for deed in ("accept", "offer"):
        assert office.attempt(older, deed, HEAD, Choice()) is None
    return office, older, younger


HANDLED: dict[str, tuple[tuple[str, Actor, Choice], ...]] = {
    "accepted it": (("accept", Actor("li", STAFF), Choice()),),
    "had it in hand": (("accept", HEAD, Choice()), ("assign", HEAD, Choice(assignee="li"))),
    "passed it on": (("accept", HEAD, Choice()), ("assign", HEAD, Choice(assignee="li")),
                     ("assign", HEAD, Choice(assignee="zhao"))),
    "lifted it": (("escalate", Actor("li", STAFF), Choice()), ("de_escalate", HEAD, Choice())),
}  # fmt: skip


@pytest.mark.parametrize("how", HANDLED)
def test_who_handled_what_was_merged_into_it_is_named_from_then_on_and_declined(how: str) -> None:
    """Else staff have it merged, and are paid for the same matter as volunteers."""
    office, older, younger = both()
    for deed in HANDLED[how]:
        assert office.attempt(younger, *deed) is None
    assert "li" not in handled_by(office.ticket(older))
    assert office.merge(younger, older) is None
    (told,) = (event for event in office.shelf.events if event.type == "ticket.duplicate_added")
    assert "li" in told.data["ticket"]["handler_ids"]
    offer = office.ticket(older).offer
    assert offer is not None
    office.hear_claim(older, "claim-1", offer.id, "li")
    assert office.shelf.events[-2].data["reason"] == "handled-it"
    assert office.ticket(older).assignee_id is None


def test_also_when_that_was_merged_into_another_first() -> None:
    office, older, younger = both()
    assert office.attempt(younger, "accept", Actor("li", STAFF), Choice()) is None
    between = office.file(resident="zhou")
    assert office.merge(younger, between) is None
    assert office.merge(between, older) is None
    assert "li" in handled_by(office.ticket(older))


def test_who_filed_a_duplicate_for_its_reporter_handled_it_and_its_reporter_did_not() -> None:
    office, older, _ = both()
    younger = office.file()
    assert office.merge(younger, older) is None
    named = handled_by(office.ticket(older))
    assert "person-clerk" in named
    assert not {"wang", office.ticket(younger).reporter_id} & set(named)


def test_a_volunteer_who_had_the_duplicate_in_hand_handled_neither() -> None:
    office, older, younger = both()
    for deed in ("accept", "offer"):
        assert office.attempt(younger, deed, HEAD, Choice()) is None
    offer = office.ticket(younger).offer
    assert offer is not None
    office.hear_claim(younger, "claim-1", offer.id, "li")
    assert office.merge(younger, older) is None
    assert "li" not in handled_by(office.ticket(older))


def test_of_what_was_merged_before_this_was_kept_nobody_is_named() -> None:
    office, older, younger = both()
    assert office.attempt(younger, "accept", Actor("li", STAFF), Choice()) is None
    assert office.merge(younger, older) is None
    ticket = office.ticket(older)
    *before, last = ticket.history
    kept = {name: value for name, value in last.detail.items() if name not in ("handlers", "solvers")}
    assert "li" not in handled_by(replace(ticket, history=(*before, replace(last, detail=kept))))


def test_another_reporter_does_not_read_who_had_to_do_with_the_duplicate() -> None:
    office, older, younger = both()
    assert office.attempt(younger, "accept", Actor("li", STAFF), Choice()) is None
    assert office.merge(younger, older) is None
    ticket = office.ticket(older)
    reads = history_answer(office.house, ticket, Actor("wang", frozenset({"reporter", "author"}), "wang", ACCOUNT))
    assert reads["steps"][-1]["detail"] == {"duplicate_id": younger, "duplicate_number": office.ticket(younger).number}
    assert history_answer(office.house, ticket, HEAD)["steps"][-1]["detail"]["handlers"] == ["li"]
