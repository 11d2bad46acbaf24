"""Roles follow the places for which they were given, when these move in the tree."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from services.accounts.domain.account import Account
from services.accounts.handlers.accounts import changed_event
from services.contracts.areas import moved
from services.contracts.types import Event, NewEvent


class MovingStore(Protocol):
    """Accounts beneath a place, and which of its moves was the last."""

    def last_move(self, place_id: str) -> int: ...
    def keep_move(self, place_id: str, sequence: int) -> None: ...
    def beneath_place(self, place_id: str, path: str) -> Sequence[Account]: ...
    def keep_moved(self, place_id: str, path: str, accounts: Sequence[Account]) -> None:
        """With one line in the audit trail for all of them."""

    def emit(self, *events: NewEvent) -> None: ...


def follow_place(store: MovingStore, event: Event) -> None:
    """area.moved: the accounts that belong beneath the place, or have a role there, do so at its new path. What is
    known to have been followed by a later move is left alone."""
    place = event.data["place"]
    if store.last_move(place["id"]) >= event.sequence:
        return
    store.keep_move(place["id"], event.sequence)
    pairs = [(account, _followed(account, place["id"], place["area_path"])) for account in
             store.beneath_place(place["id"], place["area_path"])]  # fmt: skip
    after = [new for old, new in pairs if new != old]
    store.keep_moved(place["id"], place["area_path"], after)
    store.emit(*map(changed_event, after))


def _followed(account: Account, place_id: str, to: str) -> Account:
    grants = {replace(grant, area_path=moved(grant.area_path, place_id, to)) for grant in account.grants}
    area_path = moved(account.area_path, place_id, to)
    if area_path == account.area_path and grants == set(account.grants):
        return account
    return replace(account, area_path=area_path, grants=tuple(sorted(grants)), revision=account.revision + 1)
