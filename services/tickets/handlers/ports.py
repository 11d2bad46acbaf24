"""What handlers need of the outside, by name: the store of one unit of work, and the house's rules and secrets."""

from collections.abc import Callable, Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from services.contracts.types import NewEvent
from services.tickets.domain.attachments import Photo
from services.tickets.domain.calendars import Calendar, StationHours, Wall, WorkingDays
from services.tickets.domain.hours import from_plain
from services.tickets.domain.places import Place
from services.tickets.domain.policy import Policy
from services.tickets.domain.policy_file import parse_policy
from services.tickets.domain.presence_quotas import QuotaSet
from services.tickets.domain.refused import Refused
from services.tickets.domain.routing import RuleSet
from services.tickets.domain.routing_file import parse_rule_set
from services.tickets.domain.settle import Rules
from services.tickets.domain.sheets import Sheet
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.years import OfficialYear


@dataclass(frozen=True, slots=True)
class Listing:
    """What lists and the timer need of a ticket, computed when it is saved."""

    due_at: datetime | None
    late: bool
    next_moment: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; whatever is given must hold."""

    beneath: Sequence[str] | None = None
    """Area paths, one of which must be above it."""
    of_person: str | None = None
    """Who reported it or has it in hand."""
    serving: Sequence[str] = ()
    """Of that person: the area paths beneath which they are staff. What they have in hand as staff elsewhere is
    theirs no more."""
    owner_id: str | None = None
    assignee_id: str | None = None
    telephone_digest: str | None = None
    text: str | None = None
    """To be found in its summary, however it is spelt; such a list is always the newest first. Of a person's own list
    only what he works on, or alone reported: else a summary may be about another."""
    unless_about: Collection[str] = ()
    """With a text: left out are callbacks that ask about one of these, since their summary is not for them."""
    no_callbacks: bool = False
    """With a text: left out are all callbacks, whose summaries are not for programs."""
    equal: Mapping[str, Any] = field(default_factory=dict)
    """Stored fields and the values that they must have."""
    one_of: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Stored fields and the values of which they must have one."""
    states: Sequence[str] = ()
    due_after: datetime | None = None
    """Due then or later."""
    due_before: datetime | None = None
    """Due earlier than then; what has no due time is not due before anything."""


RATED = "rated"
"""In a row of an export: whom a callback asks about; other tickets have none."""


@dataclass(frozen=True, slots=True)
class Activation:
    """Which policy holds for a kind, in an area and beneath it until a narrower one says otherwise."""

    area_path: str
    kind: str
    pin: str
    at: datetime
    by: str


class PolicyStore(Protocol):
    """Policies that operators gave, and where they hold. What is stored under a pin never changes."""

    def active(self, kind: str, area_path: str) -> str | None:
        """The pin of the nearest activation at or above the area; None: what comes with the program holds."""

    def data(self, pin: str) -> Mapping[str, Any] | None: ...
    def put(self, pin: str, data: Mapping[str, Any], text: str) -> None: ...
    def activate(self, activation: Activation) -> None: ...
    def deactivate(self, area_path: str, kind: str) -> bool: ...
    def activations(self) -> Sequence[Activation]: ...
    def text(self, pin: str) -> str | None: ...


class YearStore(Protocol):
    """Official calendars that operators loaded."""

    def known(self, shipped: Mapping[int, frozenset[date]]) -> Mapping[int, frozenset[date]]:
        """Working days by year, of those and what was loaded in their place."""

    def put(self, year: OfficialYear, at: datetime) -> None: ...


class Store(Protocol):
    """Tickets, places, staff and people in one unit of work."""

    @property
    def policies(self) -> PolicyStore: ...
    @property
    def routings(self) -> PolicyStore: ...
    @property
    def sheets(self) -> PolicyStore: ...
    @property
    def years(self) -> YearStore: ...
    @property
    def judged_by(self) -> MutableMapping[str, Rules]:
        """What tickets are judged by in this unit of work, by pin: with it are kept the last folds of their clocks."""

    def ticket(self, ticket_id: str) -> Ticket | None: ...
    def roles_over(self, person_id: str, paths: Sequence[str]) -> Sequence[str]:
        """What somebody is over one of these places."""

    def ticket_by_ref(self, key: str) -> Ticket | None: ...
    def like(self, ticket: Ticket, since: datetime) -> Sequence[Ticket]:
        """Others of the kind and category in the same grid that occurred since and have not ended, at most 50."""

    def free_number(self, day: date, draw: Callable[[], str]) -> str | None: ...
    def add(self, ticket: Ticket, listing: Listing) -> None: ...
    def save(self, ticket: Ticket, listing: Listing) -> None: ...
    def publish(self, events: Sequence[NewEvent]) -> None: ...
    def place(self, place_id: str) -> Place | None: ...
    def categories_of_departments(self, area_path: str) -> tuple[Collection[str], bool]:
        """What departments there and above answer for, of each place so much as it may have now; and whether that is
        all. Places have more only from before they were bounded."""

    def is_of_departments(self, area_path: str, category: str) -> bool:
        """Whether any department there or above answers for it, however many there are."""

    def station_serving(self, compound_id: str) -> Place | None: ...
    def station_of_grid(self, grid_id: str) -> Place | None: ...
    def places_with_sequence(self, ids: Sequence[str] | None = None) -> dict[str, tuple[Place, int]]: ...
    def put_places(self, places: Sequence[tuple[Place, int]]) -> None: ...
    def removed_places(self, ids: Sequence[str]) -> dict[str, tuple[Place, int]]: ...
    def remove_places(self, places: Sequence[tuple[Place, int]]) -> None: ...
    def unended_at(self, area_path: str) -> int: ...
    def ids_beneath(self, area_path: str) -> Sequence[str]:
        """Of the places beneath an area, itself included."""

    def move_staff(self, from_path: str, to: str) -> None: ...
    def move_activations(self, from_path: str, to: str) -> None:
        """Whatever rules in versions hold at a place that moved, or beneath it, hold where it lies now."""

    def naming(self, ids: Sequence[str]) -> Sequence[str]:
        """Other places that name one of these as their grid or compound."""

    def is_followed(self, place_id: str) -> bool: ...
    def remember_relocation(self, from_path: str) -> None:
        """Have the tickets beneath a path that is no more looked after, if nobody does it before."""

    def owner_of(self, level: str, area_path: str, rated: Collection[str] = (), /) -> str | None: ...
    def duty_of(self, level: str, area_path: str, rated: Collection[str] = (), /) -> Mapping[str, Any]: ...
    def is_staff(self, person_id: str, paths: Sequence[str]) -> bool: ...
    def is_disabled(self, person_id: str) -> bool: ...
    def put_account(self, account: Mapping[str, Any], sequence: int) -> None: ...
    def person_of(self, telephone_digest: str, fresh_id: str) -> str: ...
    def next_contact_sequence(self, person_id: str) -> int: ...
    def record_reveal(self, ticket_id: str, by: str, reason: str, at: datetime) -> None: ...
    def take_photo(self, attachment_id: str, ticket_id: str, by: str | None) -> Photo | None: ...


class ExchangeSeal(Protocol):
    """Seals what notifications alone can open."""

    def seal(self, value: Any) -> str: ...


class Seal(Protocol):
    """Seals personal data and finds it again by a keyed digest."""

    @property
    def exchange(self) -> ExchangeSeal: ...

    def seal(self, value: Any) -> str: ...
    def unseal(self, token: str) -> Any: ...
    def seal_bytes(self, value: bytes) -> bytes: ...
    def unseal_bytes(self, token: bytes) -> bytes: ...
    def lookup(self, purpose: str, value: str) -> str: ...


ROUTING = "routing"
"""Under which rule sets are activated: an area has one."""


class PolicyMissing(Exception):
    """A ticket names a policy that is neither in the program nor in the database."""


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every ticket of the installation."""

    policies: Mapping[str, Policy]
    """Those that come with the program, by pin: `request-1341/1`."""
    zone: ZoneInfo
    years: Mapping[int, frozenset[date]]
    """The working days of the years whose official calendar comes with the program."""
    seal: Seal
    new_id: Callable[[], str]
    random_below: Callable[[int], int]
    new_secret: Callable[[], str]
    routings: Mapping[str, RuleSet] = field(default_factory=dict)
    """The rule sets that come with the program, by pin: `routing-wubiban/1`."""
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    """Themes of services and station standards that come with the program, by pin."""
    quotas: Mapping[str, QuotaSet] = field(default_factory=dict)
    """The quotas of presence that come with the program, by pin: `presence/1`."""
    _given: dict[str, Policy] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Those of operators that were read already; what is stored under a pin never changes."""
    _given_rules: dict[str, RuleSet] = field(default_factory=dict, init=False, repr=False, compare=False)

    def working_days(self, store: Store) -> WorkingDays:
        """What was loaded holds, where it differs from what comes with the program."""
        return WorkingDays(store.years.known(self.years), self.zone)

    def policy_for(self, store: Store, kind: str, area_path: str) -> Policy:
        """What holds for a kind there: the nearest activation, else the newest that comes with the program.

        Raises Refused("unknown-kind").
        """
        pin = store.policies.active(kind, area_path)
        if pin is not None:
            return self.policy(store, pin)
        of_kind = [policy for policy in self.policies.values() if policy.kind == kind]
        if not of_kind:
            raise Refused("unknown-kind", kind=kind, kinds=sorted({p.kind for p in self.policies.values()}))
        return max(of_kind, key=lambda policy: policy.version)

    def policy(self, store: Store, pin: str) -> Policy:
        """By its pin. Raises PolicyMissing, which is our own failure: what a ticket names is never removed."""
        known = self.policies.get(pin) or self._given.get(pin)
        if known is None:
            data = store.policies.data(pin)
            if data is None:
                raise PolicyMissing
            known = self._given[pin] = parse_policy(data)
        return known

    def rule_set_for(self, store: Store, area_path: str) -> RuleSet | None:
        """By which rules a matter is handled there: the nearest activation, else the newest that comes with us."""
        pin = store.routings.active(ROUTING, area_path)
        if pin is not None:
            return self.rule_set(store, pin)
        return max(self.routings.values(), key=lambda rules: rules.version, default=None)

    def rule_set(self, store: Store, pin: str) -> RuleSet:
        """By its pin. Raises PolicyMissing: what a ticket names is never removed."""
        known = self.routings.get(pin) or self._given_rules.get(pin)
        if known is None:
            data = store.routings.data(pin)
            if data is None:
                raise PolicyMissing
            known = self._given_rules[pin] = parse_rule_set(data)
        return known

    def rules(self, store: Store, pin: str) -> Rules:
        """What a ticket with this pinned policy is judged by."""
        known = store.judged_by.get(pin)
        if known is None:
            known = Rules(self.policy(store, pin), partial(self._calendar, store), store.owner_of, store.duty_of)
            store.judged_by[pin] = known
        return known

    def _calendar(self, store: Store, name: str, round_start: Step) -> Calendar:
        if name == "working_days":
            return self.working_days(store)
        hours = round_start.detail.get("hours")
        if name == "station" and hours is not None:
            return StationHours(from_plain(hours), self.zone)
        return Wall()
