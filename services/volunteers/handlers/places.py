"""Places as volunteers hears of them: members belong to those alone, and follow them when they move in the tree."""

from typing import Protocol

from services.contracts.areas import Whereabouts, heard
from services.contracts.types import Event
from services.volunteers.domain.refusals import Refused


class KnownPlaces(Protocol):
    """Where places lie."""

    def is_known(self, area_path: str) -> bool:
        """Whether a place lies there now. If so, it stays there until the unit ends."""


def check_place(places: KnownPlaces, area_path: str) -> None:
    """A member belongs to a place. Raises Refused("unknown-place"), also for one of which only tickets knows yet."""
    if not places.is_known(area_path):
        raise Refused("unknown-place", area_path=area_path)


class PlaceStore(Protocol):
    """Where places lie, and the members there."""

    def place(self, place_id: str) -> Whereabouts | None: ...
    def keep_place(self, place: Whereabouts) -> None: ...
    def move_members(self, from_path: str, to: str) -> None: ...


def hear_of_place(store: PlaceStore, event: Event) -> None:
    """Keep where it lies. After a move, members of where it lay belong where it lies now: events come in any order, and
    it may have moved on."""
    before = store.place(event.data["place"]["id"])
    place = heard(before, event)
    if place != before:
        store.keep_place(place)
    if event.type == "area.moved" and event.data["from_path"] != place.area_path:
        store.move_members(event.data["from_path"], place.area_path)
