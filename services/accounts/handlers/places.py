"""Places as accounts hears of them: roles are given at those alone, and follow them when they move in the tree."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from services.accounts.domain.account import Account, Refused
from services.accounts.handlers.accounts import changed_event
from services.contracts.areas import Whereabouts, heard, moved
from services.contracts.types import Event, NewEvent


class KnownPlaces(Protocol):
    """Where places lie."""

    def unknown(self, area_paths: Iterable[str]) -> Sequence[str]:
        """Those at which no place lies now. The others stay where they are until the unit ends."""


def check_places(places: KnownPlaces, account: Account, before: Account | None = None) -> None:
    """An account belongs to a place, and has roles at places. What it has already, it keeps.

    Raises Refused("unknown-place"), also for a place of which only tickets knows yet.
    """
    wanted = {account.area_path, *(grant.area_path for grant in account.grants)}
    kept = {before.area_path, *(grant.area_path for grant in before.grants)} if before else set()
    for area_path in places.unknown(wanted - kept):
        raise Refused("unknown-place", area_path=area_path)


class PlaceStore(Protocol):
    """Where places lie, and the accounts there."""

    def place(self, place_id: str) -> Whereabouts | None: ...
    def keep_place(self, place: Whereabouts) -> None: ...
    def beneath(self, area_path: str) -> Sequence[Account]:
        """Accounts that belong there or beneath it, or have a role there."""

    def keep_moved(self, place: Whereabouts, accounts: Sequence[Account]) -> None:
        """With a line in the audit trail of each of them."""

    def emit(self, *events: NewEvent) -> None: ...


def hear_of_place(store: PlaceStore, event: Event) -> None:
    """Keep where it lies. After a move the accounts that belong where it lay, or have a role there, do so where it lies
    now: events come in any order, and it may have moved on. Nothing else moves, whatever the last part of its path."""
    before = store.place(event.data["place"]["id"])
    place = heard(before, event)
    if place != before:
        store.keep_place(place)
    if event.type == "area.moved":
        _follow(store, event.data["from_path"], place)


def _follow(store: PlaceStore, from_path: str, place: Whereabouts) -> None:
    pairs = [(account, _followed(account, from_path, place.area_path)) for account in store.beneath(from_path)]
    after = [new for old, new in pairs if new != old]
    store.keep_moved(place, after)
    store.emit(*map(changed_event, after))


def _followed(account: Account, from_path: str, to: str) -> Account:
    grants = {replace(grant, area_path=moved(grant.area_path, from_path, to)) for grant in account.grants}
    area_path = moved(account.area_path, from_path, to)
    if area_path == account.area_path and grants == set(account.grants):
        return account
    followed = replace(account, area_path=area_path, grants=tuple(sorted(grants)), revision=account.revision + 1)
    # Who answers for a key of it may administer the new place no more: the program exchanges its key again.
    return replace(followed, tokens_from=followed.revision) if account.kind == "service" else followed
