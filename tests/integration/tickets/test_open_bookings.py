"""How many appointments yet to come a person may have, whoever books them and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from tests.integration.tickets.appointments import Office, office, other_slots, resident
from tests.integration.tickets.conftest import done, refused
from tests.integration.tickets.towns import town

__all__ = ["office", "town"]


def test_a_person_has_only_so_many_places_in_slots_yet_to_come(office: Office) -> None:
    who, at = resident(office), other_slots(office, 7)
    booked = [done(office.book(who, at[number]), 201) for number in range(5)]
    answer = refused(office.book(who, at[5]), 409, "too-many-bookings")
    assert answer["most"] == 5
    assert "5 appointments" in answer["detail"]
    assert office.free(at[5]) == [1, 2, 2, 2]
    done(office.does(who, booked[0], "cancel"))
    done(office.book(who, at[5]), 201)
    refused(office.book(who, at[6]), 409, "too-many-bookings")
    done(office.book(resident(office), at[6]), 201)


def test_what_staff_book_for_a_telephone_counts_for_it_and_what_others_book_naming_it_for_them_alone(
    office: Office,
) -> None:
    """Anybody may name anybody's telephone: its owner, who rings up the station, would get no place."""
    who, at = resident(office), other_slots(office, 12)
    caller = {"name": "李小红", "telephone": f"137{uuid4().int % 10**8:08}"}
    for number in range(5):
        done(office.book(who, at[number], contact=caller), 201)
    refused(office.book(who, at[5], contact=caller), 409, "too-many-bookings")
    for number in range(5, 10):
        done(office.book(office.head, at[number], contact=caller), 201)
    refused(office.book(office.head, at[10], contact={**caller, "telephone": f"+86 {caller['telephone']}"}), 409,
            "too-many-bookings")  # fmt: skip
    done(office.book(office.head, at[11], contact={"name": "别人", "telephone": f"136{uuid4().int % 10**8:08}"}), 201)


def test_of_many_bookings_at_once_a_person_gets_no_more_than_that(office: Office) -> None:
    who, at = resident(office), other_slots(office, 8)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda moment: office.book(who, moment).status_code, at))
    assert sorted(answers) == [201] * 5 + [409] * 3
    done_with = [one for one in done(who.get("/api/v1/bookings/mine"))["items"] if one["state"] == "booked"]
    assert len(done_with) == 5
