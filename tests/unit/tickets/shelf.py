"""A store in memory with the same promises as the real one, for handlers."""

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import count
from typing import Any

from services.contracts.areas import moved
from services.contracts.types import NewEvent
from services.tickets.domain.attachments import Photo
from services.tickets.domain.handing_back import DISABLED
from services.tickets.domain.places import Place
from services.tickets.domain.places_tree import parse_places
from services.tickets.domain.settle import Rules
from services.tickets.domain.stations import is_open
from services.tickets.domain.ticket import UNENDED_STATES, Ticket
from services.tickets.domain.years import OfficialYear
from services.tickets.handlers.places import load_places
from services.tickets.handlers.ports import Activation, House, Listing
from services.tickets.places import demonstration_county
from services.tickets.policies import shipped_policies
from services.tickets.workdays import published_years
from tests.unit.tickets.stories import OWNERS, SHANGHAI


class PolicyShelf:
    """Keeps policies in dictionaries."""

    def __init__(self) -> None:
        self.given: dict[str, tuple[Mapping[str, Any], str]] = {}
        self.holding: dict[tuple[str, str], Activation] = {}

    def active(self, kind: str, area_path: str) -> str | None:
        found = [one for one in self.holding.values() if one.kind == kind and area_path.startswith(one.area_path)]
        return max(found, key=lambda one: len(one.area_path)).pin if found else None

    def data(self, pin: str) -> Mapping[str, Any] | None:
        return self.given[pin][0] if pin in self.given else None

    def text(self, pin: str) -> str | None:
        return self.given[pin][1] if pin in self.given else None

    def put(self, pin: str, data: Mapping[str, Any], text: str) -> None:
        assert pin not in self.given
        self.given[pin] = data, text

    def activate(self, activation: Activation) -> None:
        self.holding[activation.area_path, activation.kind] = activation

    def deactivate(self, area_path: str, kind: str) -> bool:
        return self.holding.pop((area_path, kind), None) is not None

    def activations(self) -> Sequence[Activation]:
        return list(self.holding.values())


class YearShelf:
    """Keeps calendars in a dictionary."""

    def __init__(self) -> None:
        self.found: dict[int, frozenset[date]] = {}

    def known(self, shipped: Mapping[int, frozenset[date]]) -> Mapping[int, frozenset[date]]:
        return {**shipped, **self.found}

    def put(self, year: OfficialYear, at: datetime) -> None:
        self.found[year.year] = year.working_days


class Shelf:
    """Keeps everything in dictionaries."""

    def __init__(self) -> None:
        self.policies = PolicyShelf()
        self.routings = PolicyShelf()
        self.sheets = PolicyShelf()
        self.years = YearShelf()
        self.tickets: dict[str, Ticket] = {}
        self.listings: dict[str, Listing] = {}
        self.places: dict[str, tuple[Place, int]] = {}
        self.people: dict[str, str] = {}
        self.contacts: dict[str, int] = {}
        self.events: list[NewEvent] = []
        self.reveals: list[tuple[str, str]] = []
        self.photos: dict[str, Photo] = {}
        self.removed: dict[str, tuple[Place, int]] = {}
        self.moved_staff: list[tuple[str, str]] = []
        self.relocations: list[str] = []
        self.followed: set[str] = set()
        self.absent: dict[str, str] = {}
        """Who is there no more, and why."""
        self.roles: dict[str, Sequence[str]] = {}
        self.of_departments: Sequence[str] = ()

    def naming(self, ids: Sequence[str]) -> Sequence[str]:
        others = (place for place, _ in self.places.values() if place.id not in ids)
        return [p.id for p in others if {p.grid, *p.grids, *p.compounds} & set(ids)]

    def is_followed(self, place_id: str) -> bool:
        return place_id in self.followed

    @property
    def judged_by(self) -> dict[str, Rules]:
        """Every command asks anew: a shelf outlives them all."""
        return {}

    def ticket(self, ticket_id: str) -> Ticket | None:
        return self.tickets.get(ticket_id)

    def categories_of_departments(self, area_path: str) -> tuple[Sequence[str], bool]:
        return self.of_departments, True

    def is_of_departments(self, area_path: str, category: str) -> bool:
        return category in self.of_departments

    def ticket_by_ref(self, key: str) -> Ticket | None:
        return next((t for t in self.tickets.values() if key in [ref.key for ref in t.external_refs]), None)

    def like(self, ticket: Ticket, since: datetime) -> Sequence[Ticket]:
        return [
            other for other in self.tickets.values()
            if other.id != ticket.id and (other.kind, other.category, other.area_path) == (
                ticket.kind, ticket.category, ticket.area_path) and other.occurred_at >= since
            and other.is_open
        ]  # fmt: skip

    def free_number(self, day: date, draw: Callable[[], str]) -> str | None:
        taken = {ticket.number for ticket in self.tickets.values()}
        return next((number for number in (draw() for _ in range(5)) if number not in taken), None)

    def add(self, ticket: Ticket, listing: Listing) -> None:
        assert ticket.id not in self.tickets
        self.save(ticket, listing)

    def save(self, ticket: Ticket, listing: Listing) -> None:
        self.tickets[ticket.id], self.listings[ticket.id] = ticket, listing

    def publish(self, events: Sequence[NewEvent]) -> None:
        self.events.extend(events)

    def place(self, place_id: str) -> Place | None:
        return self.places[place_id][0] if place_id in self.places else None

    def station_serving(self, compound_id: str) -> Place | None:
        found = (p for p, _ in self.places.values() if p.level == "station" and compound_id in p.compounds)
        return next(found, None)

    def station_of_grid(self, grid_id: str) -> Place | None:
        return next((p for p, _ in self.places.values() if p.grid == grid_id and is_open(p)), None)

    def places_with_sequence(self, ids: Sequence[str] | None = None) -> dict[str, tuple[Place, int]]:
        return {id: self.places[id] for id in (self.places if ids is None else ids) if id in self.places}

    def put_places(self, places: Sequence[tuple[Place, int]]) -> None:
        self.places |= {place.id: (place, sequence) for place, sequence in places}

    def removed_places(self, ids: Sequence[str]) -> dict[str, tuple[Place, int]]:
        return {id: self.removed[id] for id in ids if id in self.removed}

    def remove_places(self, places: Sequence[tuple[Place, int]]) -> None:
        for place, sequence in places:
            del self.places[place.id]
            self.removed[place.id] = place, sequence

    def unended_at(self, area_path: str) -> int:
        return len(self.unended_beneath(area_path, None, len(self.tickets)))

    def unended_beneath(self, path: str, before: str | None, most: int) -> Sequence[Ticket]:
        beneath = (t for t in self.tickets.values() if any(one.startswith(path) for one in t.placing.paths))
        found = [t for t in beneath if t.state in UNENDED_STATES and (before is None or t.id < before)]
        return sorted(found, key=lambda t: t.id, reverse=True)[:most]

    def ids_beneath(self, area_path: str) -> Sequence[str]:
        return [id for id, (place, _) in self.places.items() if place.area_path.startswith(area_path)]

    def move_activations(self, from_path: str, to: str) -> None:
        for shelf in (self.policies, self.routings, self.sheets):
            followed = [replace(one, area_path=moved(one.area_path, from_path, to)) for one in shelf.activations()]
            shelf.holding = {(one.area_path, one.kind): one for one in followed}

    def move_staff(self, from_path: str, to: str) -> None:
        self.moved_staff.append((from_path, to))

    def remember_relocation(self, from_path: str) -> None:
        self.relocations.append(from_path)

    def write(self) -> None:
        """All is written at once."""

    def owner_of(self, level: str, area_path: str, rated: Collection[str] = (), /) -> str | None:
        named = (OWNERS[level], f"deputy-{level}")
        return next((person for person in named if person not in (*self.absent, *rated)), None)

    def gone(self, person_id: str, paths: Sequence[str], kind: str) -> str | None:
        return self.absent.get(person_id)

    def had_by(self, person_id: str, before: str | None, most: int) -> Sequence[Ticket]:
        had = (t for t in self.tickets.values() if t.is_open and person_id in (t.assignee_id, t.owner_id))
        found = sorted((t for t in had if before is None or t.id < before), key=lambda t: t.id, reverse=True)
        return found[:most]

    def duty_of(self, level: str, area_path: str, rated: Collection[str] = (), /) -> Mapping[str, Any]:
        return {}

    def is_staff(self, person_id: str, paths: Sequence[str]) -> bool:
        return person_id in OWNERS.values()

    def roles_over(self, person_id: str, paths: Sequence[str]) -> Sequence[str]:
        return self.roles.get(person_id, ())

    def is_disabled(self, person_id: str) -> bool:
        return self.absent.get(person_id) == DISABLED

    def put_account(self, account: Mapping[str, Any], sequence: int) -> None:
        raise AssertionError("no handler of a ticket writes accounts")

    def person_of(self, telephone_digest: str, fresh_id: str) -> str:
        return self.people.setdefault(telephone_digest, fresh_id)

    def take_photo(self, attachment_id: str, ticket_id: str, by: str | None) -> Photo | None:
        return self.photos.pop(attachment_id, None)

    def next_contact_sequence(self, person_id: str) -> int:
        self.contacts[person_id] = self.contacts.get(person_id, 0) + 1
        return self.contacts[person_id]

    def record_reveal(self, ticket_id: str, by: str, reason: str, at: datetime) -> None:
        self.reveals.append((ticket_id, by))


class PlainSeal:
    """Seals so that a test can see what was sealed."""

    @property
    def exchange(self) -> "PlainSeal":
        return self

    def seal(self, value: Any) -> Any:
        return {"sealed": value}

    def unseal(self, token: Any) -> Any:
        return token["sealed"]

    def seal_bytes(self, value: bytes) -> bytes:
        return b"sealed " + value

    def unseal_bytes(self, token: bytes) -> bytes:
        return token.removeprefix(b"sealed ")

    def lookup(self, purpose: str, value: str) -> str:
        return f"digest of {purpose} {value}"


def house(draws: Sequence[int] = ()) -> House:
    """The house with predictable identities; `draws` are the random digits of numbers, then they count up."""
    identities, drawn, more = count(1), iter(draws), count(1)
    return House(
        policies=shipped_policies(), zone=SHANGHAI, years=published_years(), seal=PlainSeal(),
        new_id=lambda: f"id-{next(identities)}", random_below=lambda below: next(drawn, None) or next(more),
        new_secret=lambda: "a-secret",
    )  # fmt: skip


def county() -> Shelf:
    """A shelf with the demonstration county on it, its loading forgotten."""
    shelf = Shelf()
    shelf.places.update(_demonstration_places())
    return shelf


@functools.cache
def _demonstration_places() -> Mapping[str, tuple[Place, int]]:
    """As a shelf has them once they are loaded, which takes longer than most stories that are told there."""
    shelf = Shelf()
    assert load_places(shelf, demonstration_county()).errors == ()
    return shelf.places


def with_hours(shelf: Shelf, station_id: str, **hours: Any) -> None:
    """Give a station other hours."""
    place, sequence = shelf.places[station_id]
    data = demonstration_county()
    data["streets"] = [{**data["streets"][0], "communities": [data["streets"][0]["communities"][0]]}]
    station = next(s for s in data["streets"][0]["communities"][0]["stations"] if s["id"] == station_id)
    for key in ("hours", "late", "exceptions"):
        station.pop(key, None)
    station.update(hours)
    places, errors = parse_places(data)
    assert errors == []
    fresh = next(p for p in places if p.id == station_id)
    shelf.places[station_id] = replace(place, hours=fresh.hours), sequence + 1
