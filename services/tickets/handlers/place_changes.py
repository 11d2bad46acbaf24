"""Places are written, moved and removed, and told of; what hangs on them goes along."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts.types import NewEvent
from services.tickets.domain.places import Place
from services.tickets.domain.refused import Refused
from services.tickets.handlers.ports import Store


@dataclass(frozen=True, slots=True)
class Change:
    """A place that is new, or differs in these fields (name, before, after)."""

    place: Place
    before: Place | None = None
    differs: tuple[tuple[str, Any, Any], ...] = ()

    @property
    def moves(self) -> bool:
        return self.before is not None and self.before.area_path != self.place.area_path


def put(
    store: Store, changes: Sequence[Change], in_turns: Callable[[Iterable[Change]], Iterable[Change]] = iter
) -> None:
    """Write these places and tell of them; `in_turns` gives the same changes, with turns of others in between.

    Raises Refused("places-changed-meanwhile") when one is no longer as it was when the change was planned, or what it
    is to lie in is no more.
    """
    ids = [change.place.id for change in changes]
    together = frozenset(ids)
    known, removed = store.places_with_sequence(ids), store.removed_places(ids)
    written: list[tuple[Place, int]] = []
    for change in in_turns(changes):
        place, before = change.place, known.get(change.place.id)
        if (before[0] if before else None) != change.before:
            raise Refused("places-changed-meanwhile", id=place.id)
        _check_above(store, change, together)
        sequence = (before or removed.get(place.id) or (None, 0))[1] + 1
        events = [defined(place, sequence)]
        former = before or removed.get(place.id)
        if former is not None and former[0].area_path != place.area_path:  # also of what was removed, and comes back
            events.append(_moved(store, former[0], place, sequence + 1))
        store.publish(events)
        written.append((place, events[-1].sequence))
    store.put_places(written)


def remove(store: Store, places: Sequence[Place]) -> None:
    """Forget these places and tell of it.

    Raises Refused: place-has-tickets while something can still become of a ticket beneath one of them;
    place-still-followed while tickets may not have come along yet from where it lay; places-changed-meanwhile, also
    when something else lies beneath one of them, or names one of them.
    """
    ids = [place.id for place in places]
    known, together = store.places_with_sequence(ids), frozenset(ids)
    removed: list[tuple[Place, int]] = []
    for place in places:
        if known.get(place.id, (None, 0))[0] != place or not together.issuperset(store.ids_beneath(place.area_path)):
            raise Refused("places-changed-meanwhile", id=place.id)
        count = store.unended_at(place.area_path)
        if not count and store.is_followed(place.id):
            raise Refused("place-still-followed", id=place.id)
        if count:
            raise Refused("place-has-tickets", id=place.id, count=count)
        removed.append((place, known[place.id][1] + 1))
    others = store.naming(ids)
    if others:
        raise Refused("places-changed-meanwhile", id=others[0])
    store.remove_places(removed)
    store.publish([_event("area.removed", place, sequence) for place, sequence in removed])


def tell_again(store: Store, ids: Sequence[str]) -> int:
    """Tell of these places as they are; how many there are. Who has heard of them learns nothing new."""
    written = [(place, sequence + 1) for place, sequence in store.places_with_sequence(ids).values()]
    store.publish([defined(place, sequence) for place, sequence in written])
    store.put_places(written)
    return len(written)


def defined(place: Place, sequence: int) -> NewEvent:
    if place.level != "station":
        return _event("area.defined", place, sequence)
    more = {"state": place.state, "type": place.station_type, "parent": place.parent, "grid": place.grid}
    return NewEvent("station.defined", place.id, sequence, place.area_path, {"place": _about(place) | more})


def _check_above(store: Store, change: Change, together: frozenset[str]) -> None:
    """Changes of the tree exclude each other, since each writes the directory's stamp: what is there stays there."""
    place = change.place
    if place.level == "county" or (change.before is not None and not change.moves):
        return
    above = place.above.rstrip("/").rpartition("/")[2]
    if above not in together and store.place(above) is None:
        raise Refused("places-changed-meanwhile", id=place.id)


def _moved(store: Store, before: Place, place: Place, sequence: int) -> NewEvent:
    """What hangs on the place goes along: roles and rules at once, since the ladder and filing ask for them; tickets
    batch by batch."""
    store.move_staff(before.area_path, place.area_path)
    store.move_activations(before.area_path, place.area_path)
    if place.level not in ("compound", "building"):  # no ticket's path leads over them
        store.remember_relocation(before.area_path)
    return _event("area.moved", place, sequence, from_path=before.area_path)


def _event(name: str, place: Place, sequence: int, **more: Any) -> NewEvent:
    return NewEvent(name, place.id, sequence, place.area_path, {"place": _about(place), **more})


def _about(place: Place) -> dict[str, Any]:
    return {"id": place.id, "level": place.level, "name": place.name, "area_path": place.area_path}
