"""Places for photos are counted by person: nobody uses up those of the others; who has no part any more takes none."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from services.tickets.domain import erasing
from services.tickets.domain.attachments import BY_CLAIM, KEPT_FOR_EACH, MOST, PLACES, Photo, attach, may_see
from services.tickets.domain.attachments import MERGED as MERGED_ONE
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, REPORTER, SECRET, Actor
from tests.unit.tickets.adding_photos import MERGED, add, reported
from tests.unit.tickets.stories import RESIDENT, Story

OWN = Actor(RESIDENT, frozenset({"reporter", "author"}), RESIDENT, ACCOUNT)
STAFF = Actor("head", frozenset({"station_head"}))
PARTNER = Actor("partner", frozenset({"partner"}))


def merged(number: int, way: str = SECRET) -> Actor:
    """Who reported the same by a ticket that was merged, or made up such a report."""
    return Actor(MERGED[number] if way == ACCOUNT else None, REPORTER, MERGED[number], way)


def volunteer(number: int = 0) -> Actor:
    return Actor(f"volunteer-{number}", ASSIGNEE)


def claimed(story: Story, number: int | None) -> None:
    """The volunteer has it in hand by a claim of his; None: nobody has."""
    claim = None if number is None else f"claim-{number}"
    story.course.ticket = replace(story.ticket, claim_id=claim, state="filed" if claim is None else "assigned")


EACH = {"own": OWN, "merged": merged(0), "another": merged(1), "staff": STAFF, "volunteer": volunteer(),
        "partner": PARTNER, "colleague": Actor("another partner", frozenset({"partner"}))}  # fmt: skip
ALONE = {"own": 15, "merged": 5, "another": 5, "staff": 5, "volunteer": 5, "partner": 5}
AFTERWARDS = {
    # who fills up all that he may, and how many the others may add then, each by himself
    "own": {"merged": 5, "another": 5, "staff": 5, "volunteer": 5, "partner": 5},
    "merged": {"own": 10, "another": 5, "staff": 5, "volunteer": 5, "partner": 5},
    "another": {"own": 10, "merged": 5, "staff": 5, "volunteer": 5, "partner": 5},
    "staff": {"own": 15, "merged": 5, "another": 5, "volunteer": 5, "partner": 5},
    "volunteer": {"own": 15, "merged": 5, "another": 5, "staff": 5, "partner": 5},
    "partner": {"own": 10, "merged": 5, "another": 5, "staff": 5, "volunteer": 5, "colleague": 5},
}


@pytest.mark.parametrize(("first", "then"), [(a, b) for a, others in AFTERWARDS.items() for b in others])
def test_who_may_add_how_many_after_whom(first: str, then: str) -> None:
    story = reported(by=2)
    claimed(story, 0)
    assert add(story, EACH[first]) == ALONE[first]
    assert add(story, EACH[then]) == AFTERWARDS[first][then]
    assert add(story, EACH[first]) == 0


@pytest.mark.parametrize("order", list(permutations(["own", "merged", "another", "staff", "partner"])))
def test_whoever_comes_first_each_reporter_has_five_of_his_own_and_staff_have_five(order: Sequence[str]) -> None:
    story = reported(by=2)
    claimed(story, 0)
    taken = {who: add(story, EACH[who]) for who in order}
    assert min(taken.values()) >= KEPT_FOR_EACH
    assert all(number == KEPT_FOR_EACH for who, number in taken.items() if who != "own")
    assert sum(taken.values()) <= MOST + 3 * KEPT_FOR_EACH


@pytest.mark.parametrize("way", [ACCOUNT, SECRET])
def test_what_a_merged_reporter_added_who_withdrew_takes_nobodys_place(way: str) -> None:
    story = reported(by=1)
    assert add(story, merged(0, way)) == 5
    story.course.ticket = replace(story.ticket, also_reported_by=(), withdrawn_by=MERGED[:1])
    assert (add(story, OWN), add(story, STAFF)) == (15, 5)


def test_who_comes_back_has_his_five_no_second_time() -> None:
    story = reported(by=1)
    assert add(story, merged(0)) == 5
    story.course.ticket = replace(story.ticket, also_reported_by=(), withdrawn_by=MERGED[:1])
    story.course.ticket = replace(story.ticket, also_reported_by=MERGED[:1], withdrawn_by=())
    assert add(story, merged(0)) == 0


@pytest.mark.parametrize("ended", ["given back", "solved", "reopened"])
def test_what_a_volunteer_added_takes_nobodys_place_after_his_claim(ended: str) -> None:
    story = reported()
    claimed(story, 0)
    assert (add(story, volunteer()), add(story, OWN)) == (5, 15)
    if ended == "solved":
        story.course.ticket = replace(story.ticket, state="resolved")
    else:
        claimed(story, None if ended == "given back" else 1)
    assert (add(story, STAFF), add(story, PARTNER)) == (5, 5)


def test_one_volunteer_after_the_other_leaves_room_for_staff_and_for_its_reporter() -> None:
    story, taken = reported(), 0
    for number in range(20):
        claimed(story, number)
        taken += add(story, volunteer(number))
    claimed(story, None)
    assert taken == PLACES[BY_CLAIM]
    assert (add(story, STAFF), add(story, OWN)) == (5, 15)


@pytest.mark.parametrize("withdrawn", [False, True])
def test_reports_that_somebody_made_up_leave_room_for_staff_and_for_its_own_reporter(withdrawn: bool) -> None:
    """Each was filed without an account and merged; taken back or not, they fill up nothing for good."""
    story = reported(by=9)
    taken = sum(add(story, merged(number)) for number in range(9))
    assert taken == PLACES[MERGED_ONE]
    if withdrawn:
        story.course.ticket = replace(story.ticket, also_reported_by=(), withdrawn_by=MERGED)
    assert (add(story, STAFF), add(story, OWN)) == (5, 15 if withdrawn else 5)


def test_staff_and_own_reporter_stay_within_all_places() -> None:
    story = reported(by=3)
    assert (add(story, OWN), add(story, STAFF)) == (15, 5)
    assert [add(story, merged(number)) for number in range(3)] == [5, 5, 5]
    assert (add(story, OWN), add(story, STAFF), add(story, PARTNER)) == (0, 0, 5)


def test_what_staff_found_has_five_for_each_who_reported_it_too() -> None:
    story = reported(by=2)
    story.course.ticket = replace(story.ticket, reporter_id=None)
    assert (add(story, STAFF), add(story, merged(0)), add(story, merged(1))) == (5, 5, 5)


def test_a_photo_that_came_by_the_secret_of_a_merged_ticket_is_his_who_reported_that() -> None:
    """It is not shown to who reported it first, and goes when its reporter has his words erased."""
    story = reported(by=2)
    for speaker in (merged(0), replace(merged(1), person_id="somebody")):
        story.do("09:01", attach, [Photo(f"p-{speaker.reports_as}", 1, 1, 1, "d")], by=speaker)
    for whom in MERGED[:2]:
        assert not may_see(story.ticket, OWN, f"p-{whom}")
        assert may_see(story.ticket, STAFF, f"p-{whom}")
        assert erasing.photos_of(story.ticket, whom) == (f"p-{whom}",)
    assert erasing.photos_of(story.ticket, RESIDENT) == ()
