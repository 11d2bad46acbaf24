"""Load places: say what would change, or change it, and tell of what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.contracts.types import NewEvent
from services.tickets.domain.places import Place, PlaceError, parse_places
from services.tickets.handlers.ports import Store


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changes. With errors nothing is changed."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    absent: tuple[str, ...] = ()
    """Known places that the file does not name; they stay as they are."""
    errors: tuple[PlaceError, ...] = field(default=())


def load_places(store: Store, data: Any, *, dry_run: bool = False) -> LoadReport:
    """Bring the places to what `data` says; loading the same again changes nothing."""
    places, errors = parse_places(data)
    known = store.places_with_sequence()
    errors = errors or _moved(places, known)
    if errors:
        return LoadReport(errors=tuple(errors))
    named = {place.id for place in places}
    fresh = [place for place in places if place.id not in known]
    changed = [place for place in places if place.id in known and known[place.id][0] != place]
    if not dry_run:
        for place in (*fresh, *changed):
            _put(store, place, known[place.id][1] + 1 if place.id in known else 1)
    return LoadReport(
        tuple(place.id for place in fresh), tuple(place.id for place in changed),
        len(places) - len(fresh) - len(changed), tuple(sorted(set(known) - named)),
    )  # fmt: skip


def _moved(places: Sequence[Place], known: Mapping[str, tuple[Place, int]]) -> list[PlaceError]:
    """A place does not change its level or its path while tickets point at it."""
    return [
        PlaceError((place.id,), "moved", {"id": place.id, "from": known[place.id][0].area_path, "to": place.area_path})
        for place in places
        if place.id in known
        and (known[place.id][0].area_path, known[place.id][0].level) != (place.area_path, place.level)
    ]


def _put(store: Store, place: Place, sequence: int) -> None:
    store.put_place(place, sequence)
    about = {"id": place.id, "level": place.level, "name": place.name, "area_path": place.area_path}
    name = "station.defined" if place.level == "station" else "area.defined"
    store.publish([NewEvent(name, place.id, sequence, place.area_path, {"place": about})])
