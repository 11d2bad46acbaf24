"""How many posts a place may have, and how many absences a person that are not over."""

from concurrent.futures import ThreadPoolExecutor

from services.tickets.domain.absences import MOST_OPEN
from services.tickets.domain.posts import MOST_AT_PLACE
from tests.integration.tickets.conftest import GRID, House, done, refused
from tests.integration.tickets.posts import Office, office

__all__ = ["office"]


def test_a_person_has_only_so_many_absences_that_are_not_over(house: House, office: Office) -> None:
    person = office.account(("grid_worker", GRID))
    first = done(office.away(person, days=1), 201)
    for _ in range(MOST_OPEN - 3):
        done(office.away(person, days=1), 201)
    with ThreadPoolExecutor(4) as hands:
        codes = list(hands.map(lambda _: office.away(person, days=2).status_code, range(4)))
    assert sorted(codes) == [201] * 2 + [409] * 2
    assert refused(office.away(person, days=1), 409, "too-many-absences")["most"] == MOST_OPEN
    done(office.call("POST", f"absences/{first['id']}/end"))
    done(office.away(person, days=1), 201)


def test_a_place_has_only_so_many_posts(house: House, office: Office) -> None:
    there = house.db["posts"].count_documents({"place_id": "grid-002"})
    for _ in range(MOST_AT_PLACE - there):
        office.post("grid-002")
    more = {"place": "grid-002", "code": "more", "duty": "serve", "name": "岗", "holders": []}
    assert refused(office.call("POST", "posts", more), 409, "too-many-posts")["most"] == MOST_AT_PLACE
    assert office.call("DELETE", f"posts/{office.made.pop()}").status_code == 204
    done(office.call("POST", "posts", more), 201)
    office.made.append("grid-002.more")
