"""Acts of those who administer (places, stations, posts, departments and the like) as the trail keeps them: ids, areas
and what changed, never the words that somebody wrote."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.tickets.domain.absences import Absence
from services.tickets.domain.appointments import Appointable, Booking
from services.tickets.domain.departments import Department
from services.tickets.domain.hours import written
from services.tickets.domain.places import Place
from services.tickets.domain.posts import Post
from services.tickets.domain.six_parties import Organisation, Register

OPERATOR = "operator"
"""Who acts by a command on the machine."""
MOST_IDS = 50
"""Ids that one row names; it says of how many."""
_KEPT = frozenset(
    {"area_path", "state", "type", "parent", "grid", "grids", "compound", "compounds", "hours", "position", "demo"}
)
"""Fields of a place whose values are kept; names and other words are not. Of exceptions the days and hours are."""
Differs = Iterable[tuple[str, Any, Any]]
"""(field, before, after), in the words of the places file."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was done to which place, post or the like, over which areas."""

    action: str
    subject: str
    areas: tuple[str, ...]
    detail: Mapping[str, Any] = field(default_factory=dict)


def loaded(changes: Sequence[tuple[Place, Place | None, Differs]], removed: Sequence[Place] = ()) -> list[Act]:
    """Of one load, as (place, what it was, what differs): a row for the load, over its county, and one for each place
    that was changed, over where it lies and lay. Empty where nothing changes."""
    touched = [place for place, _, _ in changes] or list(removed)
    if not touched:
        return []
    county = touched[0].area_path.split("/")[1]
    created = [place.id for place, before, _ in changes if before is None]
    changed = [place.id for place, before, _ in changes if before is not None]
    gone = [place.id for place in removed]
    hours = [place.id for place, before, differs in changes if before is not None and _hours_differ(differs)]
    told = {"created": created, "changed": changed, "removed": gone, "hours_changed": hours}
    detail = {name: {"count": len(ids), "ids": ids[:MOST_IDS]} for name, ids in told.items()}
    rows = [_changed(place, before, differs) for place, before, differs in changes if before is not None]
    removals = [Act("place-removed", place.id, (place.area_path,), {"level": place.level}) for place in removed]
    return [Act("places-loaded", county, (f"/{county}/",), detail), *rows, *removals]


def _hours_differ(differs: Differs) -> bool:
    return any(name in ("hours", "exceptions") for name, _, _ in differs)


def _changed(place: Place, before: Place, differs: Differs) -> Act:
    found = list(differs)
    values = [
        {"field": name, "before": _plain(name, old), "after": _plain(name, new)}
        for name, old, new in found
        if name in _KEPT or name == "exceptions"
    ]
    areas = tuple(sorted({before.area_path, place.area_path}))
    detail = {"level": place.level, "fields": sorted(name for name, _, _ in found), "changes": values}
    return Act("place-changed", place.id, areas, detail)


def _plain(name: str, value: Any) -> Any:
    """Without the reasons of exceptions."""
    if name != "exceptions" or value is None:
        return value
    return [{key: said for key, said in one.items() if key != "reason"} for one in value]


def moved_on(station: Place, state: str | None) -> Act:
    """A station that came to another state."""
    return Act("station-state", station.id, (station.area_path,), {"before": station.state, "after": state})


def post_act(action: str, post: Post, before: Post | None = None) -> Act:
    """`action`: post-defined, post-held, post-loaded, post-removed."""
    holders = {"before": list(before.holders) if before else [], "after": list(post.holders)}
    detail = {"place": post.place_id, "duty": post.duty, "level": post.level, "holders": holders}
    return Act(action, post.id, (post.area_path,), detail)


def register_act(compound_id: str, area_path: str, before: Register, after: Register) -> Act:
    """How many organisations a new register left out of each party, and took in, and who spoke for them; no names."""
    was, became = ([(party, one) for party, found in register.parties.items() for one in found]
                   for register in (before, after))  # fmt: skip
    detail = {
        "revision": after.revision, "missing": {"before": before.missing, "after": after.missing},
        "left_out": _organisations([one for one in was if one not in became]),
        "taken_in": _organisations([one for one in became if one not in was]),
    }  # fmt: skip
    return Act("parties-defined", compound_id, (area_path,), detail)


def _organisations(found: Sequence[tuple[str, Organisation]]) -> dict[str, Any]:
    contacts = sorted({one.contact_id for _, one in found if one.contact_id is not None})
    return {"parties": dict(Counter(party for party, _ in found)), "contacts": contacts[:MOST_IDS]}


def department_act(action: str, one: Department, before: Department | None = None) -> Act:
    """`action`: department-registered, department-described, department-removed."""
    contacts = {"before": list(before.contacts) if before else [], "after": list(one.contacts)}
    detail = {"place": one.place_id, "kind": one.kind, "categories": list(one.categories), "contacts": contacts}
    return Act(action, one.id, (one.area_path,), detail)


def offered_act(service: Appointable, before: Appointable | None, station: Place) -> Act:
    """What a station offers by appointment, and when."""
    was, now = (_as_offered(before) if before else {}), _as_offered(service)
    values = {name: {"before": was.get(name), "after": value} for name, value in now.items()}
    detail = {"service": service.id, "revision": service.revision, **values}
    return Act("appointments-offered", station.id, (station.area_path,), detail)


def _as_offered(service: Appointable) -> dict[str, Any]:
    plain = ("offered", "slot_minutes", "capacity", "ahead_days", "cancel_minutes")
    week = [[written(opening) for opening in day] for day in service.week]
    return {"week": week, **{name: getattr(service, name) for name in plain}}


def cancelled_act(booking: Booking, station: Place) -> Act:
    """Somebody else's appointment, cancelled by staff; the words that they added are not kept here."""
    return Act(
        "booking-cancelled", booking.id, (station.area_path,), _whose(booking) | {"reason_code": booking.reason_code}
    )


def outcome_act(booking: Booking, before: Booking, station: Place) -> Act:
    """Whether somebody came to his appointment, as it was recorded or corrected."""
    states = {"before": before.state, "after": booking.state}
    return Act("booking-outcome", booking.id, (station.area_path,), _whose(booking) | {"outcome": states})


def _whose(booking: Booking) -> dict[str, Any]:
    slot = booking.slot
    return {
        "station": slot.station_id, "service": slot.service_id, "start_at": slot.start_at.isoformat(),
        "person_id": booking.person_id,
    }  # fmt: skip


def absence_act(action: str, absence: Absence) -> Act:
    """`action`: absence-recorded, absence-ended; of somebody else. When and why is gone with the absence itself."""
    return Act(action, absence.id, absence.areas, {"person_id": absence.person_id})
