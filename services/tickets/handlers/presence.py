"""Staff check in and out at stations; what share of their quota they attained."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from services.tickets.domain.places import Place
from services.tickets.domain.presence import (
    CHECKED_OUT,
    FORGOTTEN,
    Stay,
    closing,
    entered_late,
    free_of,
    local_day,
)
from services.tickets.domain.presence_quotas import Quota, QuotaSet
from services.tickets.domain.presence_shares import Share, monday, share
from services.tickets.domain.refused import Refused
from services.tickets.domain.stations import is_open
from services.tickets.domain.steps import whole_second
from services.tickets.handlers.ports import House, PolicyStore, Store
from services.tickets.handlers.presence_quotas import quotas_for


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who holds a role in an area: present or not, the share is reckoned."""

    person_id: str
    role: str
    area_path: str


class Presences(Protocol):
    """Stays in one unit of work."""

    @property
    def quotas(self) -> PolicyStore: ...
    def alone(self, person_id: str) -> None:
        """Have no other command on this person's presence commit beside this one."""

    def open_stay(self, person_id: str) -> Stay | None:
        """The one that nobody has ended."""

    def stays_of(self, person_id: str, day: date) -> Sequence[Stay]: ...
    def stays_at(self, station_ids: Sequence[str], first: date, last: date) -> Iterable[Stay]: ...
    def add(self, stay: Stay) -> None: ...
    def save(self, stay: Stay) -> None: ...
    def expected(self, area_path: str, roles: Sequence[str]) -> Sequence[Expected]: ...


@dataclass(frozen=True, slots=True)
class Late:
    """A presence that is entered afterwards."""

    from_at: datetime
    until_at: datetime
    reason: str | None


def check_in(
    stays: Presences, house: House, station: Place, who: tuple[str, str], late: Late | None, now: datetime
) -> Stay:
    """`who` is a person and the role. Being at one station ends a stay at another: people walk over and forget.

    Raises Refused: station-not-open, already-checked-in, presence-overlaps, too-many-check-ins, and what
    `entered_late` does.
    """
    now = whole_second(now)
    if late is None and not is_open(station):
        raise Refused("station-not-open", id=station.id)
    stays.alone(who[0])
    from_at = whole_second(late.from_at) if late else now
    closes_at, day_ends_at = closing(station.hours, from_at, house.zone)
    stay = Stay(
        id=house.new_id(), station_id=station.id, person_id=who[0], role=who[1],
        day=local_day(from_at, house.zone), from_at=from_at, closes_at=closes_at, day_ends_at=day_ends_at,
        recorded_at=now,
    )  # fmt: skip
    if late is not None:
        longest = quotas_for(stays.quotas, house, station.area_path).late_entry_seconds
        stay = entered_late(stay, whole_second(late.until_at), late.reason, longest, now)
    else:
        _leave(stays, stay, now)
    free_of(stay, stays.stays_of(stay.person_id, stay.day), now)
    stays.add(stay)
    return stay


def _leave(stays: Presences, stay: Stay, now: datetime) -> None:
    """End the stay in which the person was found until now."""
    before = stays.open_stay(stay.person_id)
    if before is None:
        return
    before = before.as_of(now)
    if before.until_at is None and before.station_id == stay.station_id:
        raise Refused("already-checked-in", id=stay.station_id)
    stays.save(before if before.until_at else before.left_for_another(now))


def check_out(stays: Presences, station: Place, person_id: str, now: datetime) -> Stay:
    """Until the local day is over, also after closing: who stays late, stays late. Raises Refused("not-checked-in")."""
    now = whole_second(now)
    stays.alone(person_id)
    stay = stays.open_stay(person_id)
    if stay is None or stay.station_id != station.id or stay.as_of(now).until_at is not None:
        raise Refused("not-checked-in", id=station.id)
    ended = replace(stay, until_at=now, ended_by=CHECKED_OUT)
    stays.save(ended)
    return ended


@dataclass(frozen=True, slots=True)
class PersonShare:
    """What one person attained in one role."""

    person_id: str
    role: str
    pin: str
    quota: Quota | None
    share: Share
    seconds: int
    forgotten: int
    """How many stays the rule had to end."""


def attained(
    store: Store, stays: Presences, house: House, stations: Mapping[str, Place], expected: Sequence[Expected],
    period: tuple[date, date], now: datetime,
) -> list[PersonShare]:  # fmt: skip
    """Of all who stayed at one of the stations in the period, and of all who are expected, by person and role."""
    first, last = period
    found: dict[tuple[str, str], list[Stay]] = {(one.person_id, one.role): [] for one in expected}
    for stay in stays.stays_at(sorted(stations), monday(first), last):
        found.setdefault((stay.person_id, stay.role), []).append(stay.as_of(now))
    where = {(one.person_id, one.role): one.area_path for one in expected}
    known: dict[str, QuotaSet] = {}
    working, today = house.working_days(store), local_day(now, house.zone)
    answer = []
    for (person_id, role), theirs in sorted(found.items()):
        path = where.get((person_id, role)) or stations[theirs[0].station_id].area_path
        if path not in known:
            known[path] = quotas_for(stays.quotas, house, path)
        quota = known[path].of(role)
        result = share(quota, _by_day(theirs, now), first, last, today, working.is_working)
        inside = [stay for stay in theirs if stay.day >= (result.days[0].date if result.days else first)]
        if not inside and (person_id, role) not in where:
            continue
        answer.append(PersonShare(
            person_id, role, known[path].pin, quota, result, sum(stay.seconds(now) for stay in inside),
            sum(stay.ended_by == FORGOTTEN for stay in inside),
        ))  # fmt: skip
    return answer


def _by_day(stays: Sequence[Stay], now: datetime) -> dict[date, int]:
    seconds: dict[date, int] = {}
    for stay in stays:
        seconds[stay.day] = seconds.get(stay.day, 0) + stay.seconds(now)
    return seconds


def by_role(people: Sequence[PersonShare]) -> dict[str, tuple[int, int, int]]:
    """Of each role: how many people, attained, due."""
    sums: dict[str, tuple[int, int, int]] = {}
    for one in people:
        count, reached, due = sums.get(one.role, (0, 0, 0))
        sums[one.role] = (count + 1, reached + one.share.attained, due + one.share.due)
    return dict(sorted(sums.items()))


LONGEST_PERIOD = timedelta(days=92)
"""Of a report: a quarter."""
