"""A volunteer gives his claim back while tickets has assigned it already, and volunteers has not heard so yet.

In which order things happen is driven by pausing the two workers, never by time.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest

from services.cli.demo.cast import Cast
from services.cli.demo.edge import Caller, Refused
from tests.e2e.test_the_whole_chain import SPRING, do, file, inbox, offer_of, points, see
from tests.e2e.whole import Whole
from tests.support.eventually import eventually

Document = dict[str, Any]


@contextmanager
def paused(doorstep: Whole, service: str) -> Iterator[None]:
    """Its worker neither hears nor publishes anything."""
    worker = doorstep.workers[service]
    worker.signal(SIGSTOP)
    try:
        yield
    finally:
        worker.signal(SIGCONT)


def given_back(doorstep: Whole, cast: Cast, *deeds: str) -> tuple[Document, Caller]:
    """A ticket whose claimant did that at tickets before he gave his claim back at volunteers; all is heard by now."""
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
        withdrawn = helper.post(f"/api/v1/claims/{claim['claim_id']}/withdraw").data
        assert (withdrawn["state"], withdrawn["reason"]) == ("released", "withdrawn")
    doorstep.comes_to_rest()
    assert helper.get(f"/api/v1/claims/{claim['claim_id']}")["state"] == "released"
    return ticket, helper


def in_hand(doorstep: Whole, member: Caller) -> tuple[int, int]:
    """How many tickets he has by volunteers, and by tickets."""
    claims, tickets = doorstep.contexts["volunteers"].db["claims"], doorstep.contexts["tickets"].db["tickets"]
    open_ones = {"assignee_id": member.person_id, "state": {"$in": ["assigned", "on_site", "planned"]}}
    counted = claims.count_documents({"person_id": member.person_id, "in_hand": True})
    return counted, tickets.count_documents(open_ones)


@pytest.mark.parametrize(("deeds", "state"), [((), "offered"), (("arrive",), "on_site")])
def test_who_gave_it_back_has_it_no_more_in_either_service(
    doorstep: Whole, cast: Cast, deeds: tuple[str, ...], state: str
) -> None:
    ticket, helper = given_back(doorstep, cast, *deeds)
    now = see(cast.communities[SPRING], ticket)
    assert (now["state"], now["assignee_id"]) == (state, None)
    assert in_hand(doorstep, helper) == (0, 0)
    for deed, body in (("reveal", {"reason": "look"}), ("resolve", {})):
        with pytest.raises(Refused) as refused:
            do(helper, ticket, deed, body)
        assert refused.value.status in (403, 404)
    assert inbox(cast.residents["grid-1"])[0].endswith("left_reporter")
    if state == "on_site":
        assert "ticket.handed_back.answerable" in inbox(cast.workers["grid-1"])
        worker = cast.workers["grid-1"]
        assert do(worker, ticket, "assign")["assignee_id"] == worker.person_id
    doorstep.comes_to_rest()
    doorstep.books_agree()


def test_what_he_had_solved_is_solved_and_earns_him_nothing(doorstep: Whole, cast: Cast) -> None:
    ticket, helper = given_back(doorstep, cast, "arrive", "resolve")
    had = points(helper)
    assert see(cast.communities[SPRING], ticket)["state"] == "resolved"
    assert do(cast.residents["grid-1"], ticket, "confirm", {"rating": 5})["state"] == "confirmed"
    doorstep.comes_to_rest()
    assert (points(helper), in_hand(doorstep, helper)) == (had, (0, 0))
    doorstep.books_agree()
