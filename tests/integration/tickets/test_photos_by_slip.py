"""A photo that came by a slip says so, and is none of who printed the slip and then has the matter in hand."""

from tests.integration.tickets.conftest import RESIDENT, WORKER, House, done, refused
from tests.integration.tickets.photos import attach, uploaded


def test_it_is_told_from_what_its_reporter_shows_himself(house: House) -> None:
    ticket = house.filed()
    slip = done(house.do(ticket, "follow-up-slip", WORKER))["follow_up_secret"]
    done(attach(house, ticket, None, uploaded(house, None), follow_up_secret=slip))
    done(attach(house, ticket, RESIDENT, uploaded(house)))
    steps = done(house.get(f"/api/v1/tickets/{ticket['id']}/history", WORKER))["steps"]
    shown = [step["detail"] for step in steps if step["kind"] == "attached"]
    assert [one["way"] for one in shown] == ["slip", "account"]
    assert not {"printed_by", "side"} & {name for one in shown for name in one}
    assert [event["data"]["way"] for event in house.events(ticket)[-2:]] == ["slip", "account"]


def test_who_printed_it_and_took_the_matter_in_hand_shows_nothing_in_its_reporters_name(house: House) -> None:
    ticket = house.filed()
    slip = done(house.do(ticket, "follow-up-slip", WORKER))["follow_up_secret"]
    done(house.do(ticket, "accept", WORKER))
    done(house.do(ticket, "assign", WORKER))
    photo = uploaded(house, None)
    refused(attach(house, ticket, None, photo, follow_up_secret=slip), 403, "slip-of-the-solver")
    done(house.do(ticket, "arrive", WORKER, {"severity": "ordinary"}))
    done(house.do(ticket, "resolve", WORKER))
    refused(attach(house, ticket, None, photo, follow_up_secret=slip), 403, "slip-of-the-solver")
