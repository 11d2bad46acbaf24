"""Roles follow the places for which they were given, and nothing but these."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from services.accounts.domain.account import Account, Grant, Kind
from services.accounts.handlers.places import hear_of_place
from services.contracts.areas import Whereabouts
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Event, NewEvent

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FORMER, PLACE, LATER = "/c/s/m1/g1/", "/c/s/m2/g1/", "/c/s/m3/g1/"
WORKER = Grant("grid_worker", FORMER)


class Shelf:
    """Keeps accounts in a dictionary."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {account.account_id: account for account in accounts}
        self.places: dict[str, Whereabouts] = {}
        self.audited: list[tuple[str, ...]] = []
        self.events: list[NewEvent] = []

    def place(self, place_id: str) -> Whereabouts | None:
        return self.places.get(place_id)

    def keep_place(self, place: Whereabouts) -> None:
        self.places[place.place_id] = place

    def beneath(self, area_path: str) -> Sequence[Account]:
        return list(self.accounts.values())

    def keep_moved(self, place: Whereabouts, accounts: Sequence[Account]) -> None:
        self.accounts |= {account.account_id: account for account in accounts}
        self.audited.append(tuple(account.account_id for account in accounts))

    def emit(self, *events: NewEvent) -> None:
        self.events.extend(events)


def account(id: str, area_path: str, *grants: Grant) -> Account:
    return Account(id, f"person-{id}", "person", "active", area_path, tuple(grants), 3, NOW)


def told(event_type: str, sequence: int, path: str, from_path: str | None = None) -> Event:
    data = {"place": {"id": "g1", "level": "grid", "name": "G1", "area_path": path}, "from_path": from_path}
    return Event("e", event_type, "tickets", "1.0", sequence, "g1", path, NOW, NOW,
                 EVENT_TYPES[event_type].schema().load(data))  # fmt: skip


def moved(sequence: int, path: str = PLACE, from_path: str = FORMER) -> Event:
    return told("area.moved", sequence, path, from_path)


def test_the_grid_worker_keeps_the_grid() -> None:
    shelf = Shelf(account("w", FORMER, WORKER, Grant("member", "/c/s/m1/")))
    hear_of_place(shelf, moved(3))
    after = shelf.accounts["w"]
    assert after.area_path == PLACE
    assert after.grants == (Grant("grid_worker", PLACE), Grant("member", "/c/s/m1/"))
    (event,) = shelf.events
    assert (event.type, event.sequence, event.area_path) == ("account.changed", 4, PLACE)
    assert {"role": "grid_worker", "area_path": PLACE} in event.data["account"]["grants"]
    assert shelf.audited == [("w",)]


@pytest.mark.parametrize(("kind", "tokens_from"), [("person", 0), ("service", 4)])
def test_a_program_whose_place_moved_exchanges_its_key_again_and_a_person_stays_signed_in(
    kind: Kind, tokens_from: int
) -> None:
    """Who answers for the key may administer where it lies now no more; a role that followed its place is not lost."""
    shelf = Shelf(replace(account("w", FORMER, WORKER), kind=kind))
    hear_of_place(shelf, moved(3))
    assert shelf.accounts["w"].tokens_from == tokens_from


@pytest.mark.parametrize("path", ["/c/s/x/g1/", "/c/s/m1/x/g1/", "/c/s/m1/", "/d/s/m1/g1/", "/c/g1/"])
def test_a_role_at_a_path_where_the_place_never_lay_stays_there(path: str) -> None:
    """Though the last part is its id: an administrator of s1 could else have himself a role in the street beside."""
    stranger = account("a", path, Grant("admin", path))
    shelf = Shelf(stranger)
    for event in (told("area.defined", 1, FORMER), moved(3), moved(5, LATER, PLACE)):
        hear_of_place(shelf, event)
    assert shelf.accounts["a"] == stranger
    assert shelf.events == []


def test_a_role_at_a_path_where_the_place_lies_no_more_stays_there() -> None:
    """Given past us, after the place had gone: by another issuer, or before there was a list of places."""
    shelf = Shelf()
    hear_of_place(shelf, moved(3))
    shelf.accounts["late"] = account("late", "/c/s/m1/", Grant("admin", FORMER))
    hear_of_place(shelf, moved(5, LATER, PLACE))
    assert shelf.accounts["late"].grants == (Grant("admin", FORMER),)


STORY = (
    told("area.defined", 1, FORMER), told("area.defined", 2, PLACE), moved(3), told("area.defined", 4, FORMER),
    moved(5, FORMER, PLACE), told("area.removed", 6, FORMER), told("area.defined", 7, LATER), moved(8, LATER, FORMER),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_in_whatever_order_and_however_often_they_come_roles_hold_where_the_place_lies(seed: int) -> None:
    shelf = Shelf(account("w", FORMER, WORKER))
    for event in random.Random(seed).choices(STORY, k=30) + random.Random(seed).sample(STORY, len(STORY)):
        hear_of_place(shelf, event)
    assert shelf.places["g1"] == Whereabouts("g1", LATER, 8, is_there=True)
    assert shelf.accounts["w"].grants == (Grant("grid_worker", LATER),)
    assert shelf.accounts["w"].area_path == LATER


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_place_that_was_removed_is_not_there_whatever_came_last(order: Sequence[int]) -> None:
    shelf, story = Shelf(), (told("area.defined", 1, FORMER), moved(3), told("area.removed", 4, PLACE))
    for index in order:
        hear_of_place(shelf, story[index])
    assert shelf.places["g1"] == Whereabouts("g1", PLACE, 4, is_there=False)


def test_two_roles_that_become_the_same_are_one() -> None:
    shelf = Shelf(account("w", "/c/", WORKER, Grant("grid_worker", PLACE)))
    hear_of_place(shelf, moved(3))
    assert shelf.accounts["w"].grants == (Grant("grid_worker", PLACE),)
