"""Roles follow the places for which they were given."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.accounts.domain.account import Account, Grant
from services.accounts.handlers.moving import follow_place
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Event, NewEvent

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FORMER, PLACE = "/c/s/m1/g1/", "/c/s/m2/g1/"


class Shelf:
    """Keeps accounts in a dictionary."""

    def __init__(self, *accounts: Account) -> None:
        self.accounts = {account.account_id: account for account in accounts}
        self.moves: dict[str, int] = {}
        self.audited: list[tuple[str, ...]] = []
        self.events: list[NewEvent] = []

    def last_move(self, place_id: str) -> int:
        return self.moves.get(place_id, 0)

    def keep_move(self, place_id: str, sequence: int) -> None:
        self.moves[place_id] = sequence

    def beneath_place(self, place_id: str, path: str) -> Sequence[Account]:
        return list(self.accounts.values())

    def keep_moved(self, place_id: str, path: str, accounts: Sequence[Account]) -> None:
        self.accounts |= {account.account_id: account for account in accounts}
        self.audited.append(tuple(account.account_id for account in accounts))

    def emit(self, *events: NewEvent) -> None:
        self.events.extend(events)


def account(id: str, area_path: str, *grants: Grant) -> Account:
    return Account(id, f"person-{id}", "person", "active", area_path, tuple(grants), 3, NOW)


def moved(sequence: int, path: str = PLACE) -> Event:
    place = {"id": "g1", "level": "grid", "name": "G1", "area_path": path}
    data = EVENT_TYPES["area.moved"].schema().load({"place": place, "from_path": FORMER})
    return Event("e", "area.moved", "tickets", "1.0", sequence, "g1", path, NOW, NOW, data)


def test_the_grid_worker_keeps_the_grid() -> None:
    shelf = Shelf(account("w", FORMER, Grant("grid_worker", FORMER), Grant("member", "/c/s/m1/")))
    follow_place(shelf, moved(3))
    after = shelf.accounts["w"]
    assert after.area_path == PLACE
    assert after.grants == (Grant("grid_worker", PLACE), Grant("member", "/c/s/m1/"))
    (event,) = shelf.events
    assert (event.type, event.sequence, event.area_path) == ("account.changed", 4, PLACE)
    assert {"role": "grid_worker", "area_path": PLACE} in event.data["account"]["grants"]
    assert shelf.audited == [("w",)]


def test_whoever_has_nothing_to_do_with_the_place_is_left_alone() -> None:
    others = (account("a", "/c/s/m1/", Grant("community", "/c/s/m1/")), account("b", "/d/s/m1/g1/"))
    shelf = Shelf(*others)
    follow_place(shelf, moved(3))
    assert tuple(shelf.accounts.values()) == others
    assert shelf.events == []


def test_of_two_moves_the_later_holds_in_whatever_order_they_arrive() -> None:
    shelf = Shelf(account("w", FORMER, Grant("grid_worker", FORMER)))
    follow_place(shelf, moved(5, "/c/s/m3/g1/"))
    follow_place(shelf, moved(3))
    follow_place(shelf, moved(5, "/c/s/m3/g1/"))
    assert shelf.accounts["w"].grants == (Grant("grid_worker", "/c/s/m3/g1/"),)
    assert len(shelf.events) == 1


def test_two_roles_that_become_the_same_are_one() -> None:
    shelf = Shelf(account("w", "/c/", Grant("grid_worker", FORMER), Grant("grid_worker", PLACE)))
    follow_place(shelf, moved(3))
    assert shelf.accounts["w"].grants == (Grant("grid_worker", PLACE),)
