"""Staff who try out telephones at a station learn nothing of a slot that is full, and are recorded and bounded else."""

from uuid import uuid4

from tests.integration.tickets.accesses import read
from tests.integration.tickets.appointments import CALLER, Office, office, other_slots, resident
from tests.integration.tickets.conftest import Document, done, refused
from tests.integration.tickets.towns import Desk, town

__all__ = ["office", "town"]
DEED = "book-for-telephone"


def somebody() -> Document:
    return {"telephone": f"137{uuid4().int % 10**8:08}"}


def those_who_may_not_reveal(office: Office) -> list[Desk]:
    """Of the street, of the district, of another grid of the community."""
    county = f"/{office.town.id}/"
    found = []
    for role, area in (("street", f"{county}{office.town.id}-street/"), ("district", county)):
        found.append(Desk(office.town, role))
        found[-1].headers = office.house.tokens.headers((role, area), person_id=found[-1].id)
    return [*found, Desk(office.town, "grid_worker", f"{office.town.id}-elsewhere/")]


def recorded(office: Office, who: Desk) -> Document:
    sums: Document = {}
    for (action, _), times in read(office.house, who.id, f"/{office.town.id}/").items():
        sums[action] = sums.get(action, 0) + times
    return sums


def told(answer: Document) -> Document:
    return {name: answer[name] for name in ("type", "title", "detail", "status")}


def test_of_a_full_slot_nobody_learns_whose_place_it_is_and_nobody_is_looked_at(office: Office) -> None:
    done(office.offer(capacity=1))
    done(office.book(office.head, contact=CALLER), 201)
    before = list(office.house.db["people"].find())
    for who in those_who_may_not_reveal(office):
        right, wrong = (refused(office.book(who, contact=named), 409, "slot-full") for named in (CALLER, somebody()))
        assert told(right) == told(wrong)
        assert recorded(office, who) == {}
    refused(office.book(office.head, contact=CALLER), 409, "slot-full")
    assert recorded(office, office.head) == {DEED: 1}
    assert list(office.house.db["people"].find()) == before


def test_who_has_a_place_in_a_full_slot_himself_is_told_so(office: Office) -> None:
    done(office.offer(capacity=1))
    done(office.book(office.resident), 201)
    refused(office.book(office.resident), 409, "booked-already")
    refused(office.book(resident(office)), 409, "slot-full")
    refused(office.book(office.resident, contact=CALLER), 409, "booked-already")


def test_what_a_telephones_owner_is_refused_for_is_recorded_and_told_to_who_may_reveal_there_alone(
    office: Office,
) -> None:
    busy, at = somebody(), other_slots(office, 6)
    for moment in at[:5]:
        done(office.book(office.head, moment, contact=busy), 201)
    refused(office.book(office.head, at[0], contact=busy), 409, "booked-already")
    refused(office.book(office.head, at[5], contact=busy), 409, "too-many-bookings")
    assert recorded(office, office.head) == {DEED: 7}
    for who in those_who_may_not_reveal(office):
        answers = [refused(office.book(who, moment, contact=busy), 409, "not-for-this-telephone")
                   for moment in (at[0], at[5])]  # fmt: skip
        assert told(answers[0]) == told(answers[1])
        assert recorded(office, who) == {DEED: 2}
        done(office.book(who, at[5], contact=somebody()), 201)
        assert recorded(office, who) == {DEED: 3}
        done(office.offer(capacity=5))


def test_what_is_refused_before_anybody_is_looked_at_is_no_record(office: Office) -> None:
    who = those_who_may_not_reveal(office)[0]
    refused(office.book(who, office.now, contact=CALLER), 422, "appointment-in-past")
    refused(office.book(who, contact={"telephone": "12"}), 422, "telephone-malformed")
    refused(office.book(who, contact={"name": "王小明"}), 422, "telephone-required")
    assert recorded(office, who) == {}


def test_nobody_tries_out_telephones_by_booking_and_residents_are_not_meant(office: Office) -> None:
    who = those_who_may_not_reveal(office)[0]
    answers = [office.book(who, office.now, contact={"telephone": f"138{number:08d}"}) for number in range(241)]
    codes = [answer.status_code for answer in answers]
    assert codes.index(429) >= 120, "120 an hour, of which two may begin meanwhile"
    assert set(codes) == {422, 429}
    named = [office.book(office.resident, office.now, contact=CALLER).status_code for _ in range(121)]
    assert set(named) == {422}, "who books for himself, whomever he names"
    refused(office.book(who, office.now), 422, "appointment-in-past")
