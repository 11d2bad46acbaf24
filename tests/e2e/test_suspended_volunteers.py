"""A volunteer is suspended while he has a ticket in hand: over the real broker and databases, through the edge."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.cli.demo.cast import Cast
from services.cli.demo.edge import Caller, Refused
from tests.e2e.deeds import SPRING, Document, do, file, inbox, offer_of, points, see
from tests.e2e.in_hand import in_hand, paused
from tests.e2e.whole import Whole
from tests.support.eventually import eventually


def offered(cast: Cast, helper: Caller) -> tuple[Document, str]:
    """A ticket that stands open to him, and its offer."""
    worker = cast.workers["grid-1"]
    ticket = file(cast.residents["grid-1"], "grid-1")
    do(worker, ticket, "accept")
    do(worker, ticket, "offer", {"skills": []})
    return ticket, eventually(lambda: offer_of(helper, ticket))


def claim(helper: Caller, offer_id: str) -> Document:
    return helper.post(f"/api/v1/offers/{offer_id}/claims").data


@contextmanager
def suspended(cast: Cast, helper: Caller) -> Iterator[None]:
    """Approved again in the end: other tests have the same people."""
    community, member_id = cast.communities[SPRING], helper.get("/api/v1/members/me")["member_id"]
    community.post(f"/api/v1/members/{member_id}/suspend", {"reason_code": "safety"})
    try:
        yield
    finally:
        community.post(f"/api/v1/members/{member_id}/approve")


def does_nothing_with_it(helper: Caller, ticket: Document) -> None:
    for deed, body in (("reveal", {"reason": "look"}), ("arrive", {"severity": "ordinary"}), ("resolve", {})):
        with pytest.raises(Refused) as refused:
            do(helper, ticket, deed, body)
        assert refused.value.status in (403, 404)


@pytest.mark.parametrize(
    ("deeds", "state", "told"),
    [((), "offered", "ticket.offered.answerable"), (("arrive",), "on_site", "ticket.handed_back.answerable")],
)
def test_what_he_has_in_hand_goes_on_for_others(
    doorstep: Whole, cast: Cast, deeds: tuple[str, ...], state: str, told: str
) -> None:
    worker, helper = cast.workers["grid-1"], cast.members[SPRING][0]
    ticket, offer_id = offered(cast, helper)
    won = claim(helper, offer_id)
    eventually(lambda: see(worker, ticket)["assignee_id"] == helper.person_id)
    for deed in deeds:
        do(helper, ticket, deed, {"severity": "ordinary"})
    doorstep.comes_to_rest()
    heard = len(inbox(helper))
    with suspended(cast, helper):
        doorstep.comes_to_rest()
        does_nothing_with_it(helper, ticket)
        now, ended = see(worker, ticket), helper.get(f"/api/v1/claims/{won['claim_id']}")
        assert (now["state"], now["assignee_id"]) == (state, None)
        assert (ended["state"], ended["reason"]) == ("released", "taken_back")
        assert in_hand(doorstep, helper) == (0, 0)
        assert inbox(helper)[: len(inbox(helper)) - heard] == ["member.suspension_told.person"], "that, and no more"
        assert told in inbox(worker)
        assert inbox(cast.residents["grid-1"])[0].endswith("left_reporter")
    assert do(worker, ticket, "assign")["assignee_id"] == worker.person_id
    doorstep.comes_to_rest()
    doorstep.books_agree()


def test_suspended_before_tickets_hears_of_his_claim_he_has_nothing_and_another_has_it(
    doorstep: Whole, cast: Cast
) -> None:
    worker, helper, other = cast.workers["grid-1"], *cast.members[SPRING][:2]
    ticket, offer_id = offered(cast, helper)
    with paused(doorstep, "tickets"):
        won = claim(helper, offer_id)
        with suspended(cast, helper):
            assert helper.get(f"/api/v1/claims/{won['claim_id']}")["state"] == "won"
    doorstep.comes_to_rest()
    does_nothing_with_it(helper, ticket)
    assert helper.get(f"/api/v1/claims/{won['claim_id']}")["reason"] == "taken_back"
    assert in_hand(doorstep, helper) == (0, 0)
    claim(other, eventually(lambda: offer_of(other, ticket)))
    eventually(lambda: see(worker, ticket)["assignee_id"] == other.person_id)
    doorstep.comes_to_rest()
    doorstep.books_agree()


def test_what_he_solved_before_stays_and_is_paid(doorstep: Whole, cast: Cast) -> None:
    worker, helper = cast.workers["grid-1"], cast.members[SPRING][0]
    ticket, offer_id = offered(cast, helper)
    won = claim(helper, offer_id)
    eventually(lambda: see(worker, ticket)["assignee_id"] == helper.person_id)
    do(helper, ticket, "arrive", {"severity": "ordinary"})
    do(helper, ticket, "resolve")
    had = points(helper)
    with suspended(cast, helper):
        doorstep.comes_to_rest()
        with pytest.raises(Refused):
            do(helper, ticket, "reveal", {"reason": "look"})
        assert do(cast.residents["grid-1"], ticket, "confirm", {"rating": 5})["state"] == "confirmed"
        doorstep.comes_to_rest()
        assert helper.get(f"/api/v1/claims/{won['claim_id']}")["state"] == "confirmed"
        assert (points(helper), in_hand(doorstep, helper)) == (had + 10, (0, 0))
    doorstep.comes_to_rest()
    doorstep.books_agree()
