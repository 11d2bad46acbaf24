"""Members follow the place to which they belong, when it moves in the tree."""

from typing import Protocol

from services.contracts.types import Event


class MovingStore(Protocol):
    """Members beneath a place, and which of its moves was the last."""

    def last_move(self, place_id: str) -> int: ...
    def move_members(self, place_id: str, path: str, sequence: int) -> None: ...


def follow_place(store: MovingStore, event: Event) -> None:
    """area.moved: what is known to have been followed by a later move is left alone."""
    place = event.data["place"]
    if store.last_move(place["id"]) < event.sequence:
        store.move_members(place["id"], place["area_path"], event.sequence)
