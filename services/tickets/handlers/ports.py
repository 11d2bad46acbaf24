"""What handlers need of the outside, by name: the store of one unit of work, and the house's rules and secrets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from services.contracts.types import NewEvent
from services.tickets.domain.attachments import Photo
from services.tickets.domain.calendars import Calendar, StationHours, Wall, WorkingDays
from services.tickets.domain.hours import from_plain
from services.tickets.domain.places import Place
from services.tickets.domain.policy import Policy
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Listing:
    """What lists and the timer need of a ticket, computed when it is saved."""

    due_at: datetime | None
    late: bool
    next_moment: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for. `beneath`: area paths; `of_person`: who reported it or has it in hand."""

    beneath: Sequence[str] | None = None
    of_person: str | None = None
    equal: Mapping[str, Any] = field(default_factory=dict)
    """Stored fields and the values that they must have."""
    states: Sequence[str] = ()


class Store(Protocol):
    """Tickets, places, staff and people in one unit of work."""

    def ticket(self, ticket_id: str) -> Ticket | None: ...
    def ticket_by_ref(self, key: str) -> Ticket | None: ...
    def free_number(self, day: date, draw: Callable[[], str]) -> str | None: ...
    def add(self, ticket: Ticket, listing: Listing) -> None: ...
    def save(self, ticket: Ticket, listing: Listing) -> None: ...
    def publish(self, events: Sequence[NewEvent]) -> None: ...
    def place(self, place_id: str) -> Place | None: ...
    def station_serving(self, compound_id: str) -> Place | None: ...
    def station_of_grid(self, grid_id: str) -> Place | None: ...
    def places_with_sequence(self) -> dict[str, tuple[Place, int]]: ...
    def put_place(self, place: Place, sequence: int) -> None: ...
    def owner_of(self, level: str, area_path: str) -> str | None: ...
    def is_staff(self, person_id: str, paths: Sequence[str]) -> bool: ...
    def put_account(self, account: Mapping[str, Any], sequence: int) -> None: ...
    def person_of(self, telephone_digest: str, fresh_id: str) -> str: ...
    def next_contact_sequence(self, person_id: str) -> int: ...
    def record_reveal(self, ticket_id: str, by: str, reason: str, at: datetime) -> None: ...
    def take_photo(self, attachment_id: str, ticket_id: str, by: str | None) -> Photo | None: ...


class Seal(Protocol):
    """Seals personal data and finds it again by a keyed digest."""

    def seal(self, value: Any) -> str: ...
    def unseal(self, token: str) -> Any: ...
    def seal_bytes(self, value: bytes) -> bytes: ...
    def unseal_bytes(self, token: bytes) -> bytes: ...
    def lookup(self, purpose: str, value: str) -> str: ...


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every ticket of the installation."""

    policies: Mapping[str, Policy]
    """By pin: `request-1341/1`."""
    zone: ZoneInfo
    years: Mapping[int, frozenset[date]]
    """The working days of the years whose official calendar is loaded."""
    seal: Seal
    new_id: Callable[[], str]
    random_below: Callable[[int], int]
    new_secret: Callable[[], str]

    @property
    def working_days(self) -> WorkingDays:
        return WorkingDays(self.years, self.zone)

    def newest_policy(self, kind: str) -> Policy:
        """Raises Refused("unknown-kind")."""
        of_kind = [policy for policy in self.policies.values() if policy.kind == kind]
        if not of_kind:
            raise Refused("unknown-kind", kind=kind, kinds=sorted({p.kind for p in self.policies.values()}))
        return max(of_kind, key=lambda policy: policy.version)

    def rules(self, store: Store, pin: str) -> Rules:
        """What a ticket with this pinned policy is judged by."""
        return Rules(self.policies[pin], self._calendar, store.owner_of)

    def _calendar(self, name: str, round_start: Step) -> Calendar:
        if name == "working_days":
            return self.working_days
        hours = round_start.detail.get("hours")
        if name == "station" and hours is not None:
            return StationHours(from_plain(hours), self.zone)
        return Wall()
