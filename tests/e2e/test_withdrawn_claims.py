"""A volunteer wants to give his claim back while tickets has assigned it already, and volunteers has not heard so yet.

In which order things happen is driven by pausing the two workers, never by time.
"""

from contextlib import ExitStack

import pytest

from services.cli.demo.cast import Cast
from services.cli.demo.edge import Caller, Refused
from tests.e2e.deeds import SPRING, Document, do, file, inbox, offer_of, points, see
from tests.e2e.in_hand import in_hand, paused
from tests.e2e.whole import Whole
from tests.support.eventually import eventually


def given_back(doorstep: Whole, cast: Cast, *deeds: str) -> tuple[Document, Caller, Document]:
    """A ticket whose claimant did that at tickets before he wanted to give his claim back at volunteers, and what
    became of the claim; all is heard by now."""
    worker, helper = cast.workers["grid-1"], cast.members[SPRING][0]
    ticket = file(cast.residents["grid-1"], "grid-1")
    do(worker, ticket, "accept")
    do(worker, ticket, "offer", {"skills": []})
    offer_id = eventually(lambda: offer_of(helper, ticket))
    outbox = doorstep.contexts["volunteers"].db["outbox"]
    with ExitStack() as volunteers_hears_nothing:
        with paused(doorstep, "tickets"):
            claim = helper.post(f"/api/v1/offers/{offer_id}/claims").data
            eventually(lambda: outbox.count_documents({"unpublished": True}) == 0)
            volunteers_hears_nothing.enter_context(paused(doorstep, "volunteers"))
        eventually(lambda: see(worker, ticket)["assignee_id"] == helper.person_id)
        for deed in deeds:
            do(helper, ticket, deed, {"severity": "ordinary"} if deed == "arrive" else {})
        assert helper.post(f"/api/v1/claims/{claim['claim_id']}/withdraw").data["state"] == "withdrawing"
    doorstep.comes_to_rest()
    return ticket, helper, helper.get(f"/api/v1/claims/{claim['claim_id']}")


def test_who_gave_it_back_has_it_no_more_in_either_service(doorstep: Whole, cast: Cast) -> None:
    ticket, helper, claim = given_back(doorstep, cast)
    now = see(cast.communities[SPRING], ticket)
    assert (now["state"], now["assignee_id"], claim["state"]) == ("offered", None, "released")
    assert in_hand(doorstep, helper) == (0, 0)
    for deed, body in (("reveal", {"reason": "look"}), ("arrive", {"severity": "ordinary"}), ("resolve", {})):
        with pytest.raises(Refused) as refused:
            do(helper, ticket, deed, body)
        assert refused.value.status in (403, 404)
    assert inbox(cast.residents["grid-1"])[0].endswith("left_reporter")
    assert "ticket.offered.owner" in inbox(cast.workers["grid-1"])
    doorstep.books_agree()


def test_who_was_on_site_before_that_was_heard_has_it_as_before_in_both(doorstep: Whole, cast: Cast) -> None:
    ticket, helper, claim = given_back(doorstep, cast, "arrive")
    now = see(cast.communities[SPRING], ticket)
    assert (now["state"], now["assignee_id"], claim["state"]) == ("on_site", helper.person_id, "confirmed")
    assert in_hand(doorstep, helper) == (1, 1)
    assert "ticket.withdrawal_declined.assignee" in inbox(helper)
    worker = cast.workers["grid-1"]
    assert "ticket.withdrawal_declined.owner" in inbox(worker)
    assert do(worker, ticket, "assign")["assignee_id"] == worker.person_id
    doorstep.comes_to_rest()
    assert helper.get(f"/api/v1/claims/{claim['claim_id']}")["state"] == "released"
    doorstep.books_agree()


def test_what_he_had_solved_before_that_was_heard_is_solved_and_his_as_any_other(doorstep: Whole, cast: Cast) -> None:
    ticket, helper, claim = given_back(doorstep, cast, "arrive", "resolve")
    had = points(helper)
    assert (see(cast.communities[SPRING], ticket)["state"], claim["state"]) == ("resolved", "confirmed")
    assert do(cast.residents["grid-1"], ticket, "confirm", {"rating": 5})["state"] == "confirmed"
    doorstep.comes_to_rest()
    assert (points(helper), in_hand(doorstep, helper)) == (had + 10, (0, 0))
    doorstep.books_agree()
