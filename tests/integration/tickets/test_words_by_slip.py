"""A word that came by a printed slip passed through staff: the one whose word it is said to be hears of it, and what he
said himself stands."""

import httpx

from services.notifications.domain.routing import told
from tests.integration.tickets.conftest import CADRE, HEAD, RESIDENT, WORKER, Document, House, done, refused
from tests.integration.tickets.posts import Office, office

__all__ = ["office"]
AT_THE_GRID = (("grid_worker", "/hequ/qingxi/qingyuan/grid-001/"),)


def printed(house: House, ticket: Document, by: str = HEAD) -> str:
    return str(done(house.do(ticket, "follow-up-slip", by))["follow_up_secret"])


def by_slip(house: House, ticket: Document, deed: str, slip: str, **said: object) -> httpx.Response:
    return house.do(ticket, deed, None, {"follow_up_secret": slip, **said})


def solved(house: House, ticket: Document) -> None:
    done(house.do(ticket, "assign", WORKER))
    done(house.do(ticket, "arrive", WORKER, {"severity": "ordinary"}))
    done(house.do(ticket, "resolve", WORKER))


def test_its_reporter_hears_that_it_was_confirmed_and_reopened_by_it(house: House) -> None:
    ticket = house.filed()
    slip = printed(house, ticket)
    done(house.do(ticket, "accept", WORKER))
    solved(house, ticket)
    done(by_slip(house, ticket, "confirm", slip, rating=5))
    done(by_slip(house, ticket, "reopen", slip, reason="again"))
    for event, template in zip(house.events(ticket)[-2:], ("ticket.confirmed", "ticket.reopened"), strict=True):
        heard = {one.person_id: one.template for one in told(event["type"], event["data"])}
        assert heard[RESIDENT] == f"{template}.slip_speaker"


def test_a_round_that_he_had_opened_himself_is_his_to_judge(house: House) -> None:
    ticket = house.filed()
    slip = printed(house, ticket)
    done(house.do(ticket, "accept", WORKER))
    solved(house, ticket)
    done(house.do(ticket, "reopen", RESIDENT, {"reason": "no"}))
    solved(house, ticket)
    refused(by_slip(house, ticket, "confirm", slip, rating=5), 409, "confirmed-himself")
    refused(house.do(ticket, "confirm", HEAD, {"rating": 5, "on_behalf": "telephone"}), 409, "confirmed-himself")
    assert done(house.do(ticket, "confirm", RESIDENT, {"rating": 1}))["rating"] == 1


def test_that_it_is_no_better_the_community_says_as_well(house: House) -> None:
    ticket = house.filed()
    done(house.do(ticket, "accept", WORKER))
    solved(house, ticket)
    done(house.do(ticket, "reopen", RESIDENT, {"reason": "no"}))
    for speaks in ({"reason": "inspected"}, {"reason": "he called", "on_behalf": "telephone"}):
        solved(house, ticket)
        done(house.do(ticket, "reopen", CADRE, speaks))


def test_the_slip_of_somebody_whose_account_is_disabled_opens_nothing(house: House, office: Office) -> None:
    printer = office.account(("grid_worker", "/hequ/qingxi/qingyuan/grid-001/"))
    ticket = house.filed()
    path = f"tickets/{ticket['id']}/follow-up-slip"
    slip = done(office.call("POST", path, {}, AT_THE_GRID, printer))["follow_up_secret"]
    looked = {"number": ticket["number"], "follow_up_secret": slip}
    done(house.post("/api/v1/tickets/follow-up", None, looked))
    office.account(("grid_worker", "/hequ/qingxi/qingyuan/grid-001/"), person=printer, state="disabled", at=2)
    refused(house.post("/api/v1/tickets/follow-up", None, looked), 403, "slip-ended")
    refused(by_slip(house, ticket, "cancel", slip), 403, "slip-ended")
    done(house.do(ticket, "cancel", RESIDENT))
