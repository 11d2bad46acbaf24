"""Load places: say what would change, or change it, and tell of what changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from services.tickets.domain.place_plain import differences
from services.tickets.domain.place_reading import Reading
from services.tickets.domain.places import Place, PlaceError
from services.tickets.domain.places_tree import read_places
from services.tickets.domain.stations import FOLLOWS, OPEN
from services.tickets.handlers.place_changes import Change, put
from services.tickets.handlers.ports import Store

MOVING = ("grid", "compound", "building", "station")
T = TypeVar("T")
Known = Mapping[str, tuple[Place, int]]
"""Places by id, each with the sequence of its latest event."""
_NONE: Known = {}


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changes. With errors nothing is changed."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    absent: tuple[str, ...] = ()
    """Known places of the county that the data do not name; they stay as they are, unless they are to be removed."""
    errors: tuple[PlaceError, ...] = field(default=())
    changes: tuple[Change, ...] = ()
    removals: tuple[Place, ...] = ()
    """What is to be removed, what lies beneath first."""

    @property
    def moves(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.moves)


class Manners(Protocol):
    """How long work leaves room to others of the same process."""

    def aside(self, work: Callable[[], T]) -> T:
        """Compute something, touching nothing that others share."""

    def in_turns(self, items: Iterable[T]) -> Iterator[T]:
        """The same items, with turns of others in between."""


class Unhurried:
    """Where nobody else waits."""

    def aside(self, work: Callable[[], T]) -> T:
        return work()

    def in_turns(self, items: Iterable[T]) -> Iterator[T]:
        return iter(items)


def load_places(store: Store, data: Any, *, dry_run: bool = False) -> LoadReport:
    """Bring the places to what `data` says; loading the same again changes nothing."""
    return load_read(store, read_places(data), Unhurried(), dry_run=dry_run)


def load_read(store: Store, reading: Reading, manners: Manners, *, dry_run: bool) -> LoadReport:
    """The same with what was read from the data."""
    removed, known = store.removed_places(list(reading.places)), store.places_with_sequence()
    report = manners.aside(lambda: plan(reading, known, removed))
    if not dry_run and not report.errors:
        put(store, report.changes, manners.in_turns)
    return report


def plan(reading: Reading, known: Known, removed: Known = _NONE, *, remove: bool = False) -> LoadReport:
    """What loading would change; with `remove` what the data do not name is to be removed."""
    errors = reading.errors or _impossible(reading, known, removed)
    if errors:
        return LoadReport(errors=tuple(errors))
    changes = _changes([_with_state(place, known) for place in reading.places.values()], known)
    created = tuple(change.place.id for change in changes if change.place.id not in known)
    changed = tuple(change.place.id for change in changes if change.place.id in known)
    absent = _absent(reading, known)
    removals = sorted((known[id][0] for id in absent), key=_leaving)
    return LoadReport(
        created, changed, len(reading.places) - len(changes), absent, changes=tuple(changes),
        removals=tuple(removals) if remove else (),
    )  # fmt: skip


def _leaving(place: Place) -> tuple[int, int, str]:
    """What lies beneath goes first, and what names another before that one."""
    rank = {"station": 0, "compound": 1}.get(place.level, 2)
    return -place.area_path.count("/"), rank, place.id


def _changes(places: Sequence[Place], known: Known) -> list[Change]:
    changes = []
    for place in places:
        if place.id not in known:
            changes.append(Change(place))
        elif known[place.id][0] != place:
            changes.append(Change(place, known[place.id][0], tuple(differences(known[place.id][0], place))))
    return changes


def _with_state(place: Place, known: Known) -> Place:
    """A station whose state the data do not say stays as it is; a new one is open."""
    if place.level != "station" or place.state is not None:
        return place
    return replace(place, state=known[place.id][0].state if place.id in known else OPEN)


def _absent(reading: Reading, known: Known) -> tuple[str, ...]:
    county = next(iter(reading.places.values())).area_path
    of_county = (place for place, _ in known.values() if place.area_path.startswith(county))
    return tuple(sorted(place.id for place in of_county if place.id not in reading.places))


def _impossible(reading: Reading, known: Known, removed: Known) -> list[PlaceError]:
    """What no place may become, nor one that comes again: of another level, elsewhere than it may go; nor in a state
    that cannot follow."""
    errors = []
    for place in reading.places.values():
        entry = known.get(place.id) or removed.get(place.id)
        if entry is None:
            continue
        before, where = entry[0], reading.said_at[place.id]
        if before.level != place.level or not _may_lie(before, place):
            moved = {"id": place.id, "from": before.area_path, "to": place.area_path}
            errors.append(PlaceError((*where, "id"), "moved", moved))
        elif place.id in known and not _may_follow(before, place):
            states = {"now": str(before.state), "state": str(place.state)}
            errors.append(PlaceError((*where, "state"), "state-cannot-follow", states))
    return errors


def _may_lie(before: Place, after: Place) -> bool:
    """What lies beneath communities moves within its county; what lies above stays where it is (ADR 16)."""
    if before.area_path == after.area_path:
        return True
    return before.level in MOVING and before.area_path.split("/")[1] == after.area_path.split("/")[1]


def _may_follow(before: Place, after: Place) -> bool:
    return after.state in (None, before.state) or after.state in FOLLOWS[before.state or OPEN]
