"""Who is told of what (通知谁): one row per event type. A new rule is a new row, not new code.

From the field: 五必办 (001) owes the resident a notice at each step; 对账销号 (002) asks the reporter before a ticket
is struck off the list; a breach is the business of who answers for the ticket.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.notifications.domain.notice import Channel


class Audience(StrEnum):
    """In which capacity somebody is told."""

    REPORTER = "reporter"
    OWNER = "owner"
    ASSIGNEE = "assignee"
    SOLVER = "solver"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Route:
    audience: Audience
    channels: tuple[Channel, ...] = (Channel.INBOX, Channel.EMAIL)
    each_step: bool = False
    """Only where the ticket is one whose reporter hears of each step (受理问题跟踪办, by its routing rule)."""


@dataclass(frozen=True, slots=True)
class Told:
    """One person to be told, with the template that speaks to him in his capacity."""

    person_id: str
    template: str
    channels: tuple[Channel, ...]


_REPORTER, _OWNER = Route(Audience.REPORTER), Route(Audience.OWNER)
_STEP = Route(Audience.REPORTER, each_step=True)
_ASSIGNEE, _SOLVER, _PERSON = Route(Audience.ASSIGNEE), Route(Audience.SOLVER), Route(Audience.PERSON)

ROUTES: Mapping[str, Sequence[Route]] = {
    "ticket.filed": (_REPORTER, _OWNER),
    "ticket.verified": (_STEP,),
    "ticket.accepted": (_STEP,),
    "ticket.offered": (_STEP,),
    "ticket.assigned": (_ASSIGNEE, _REPORTER),
    "ticket.arrived": (_STEP,),
    "ticket.item_done": (_STEP,),
    "ticket.session_held": (_STEP,),
    "ticket.escalated": (_OWNER, _REPORTER),
    "ticket.planned": (_REPORTER,),
    "ticket.plan_moved": (_REPORTER,),
    "ticket.paused": (_REPORTER,),
    "ticket.resumed": (_STEP,),
    "ticket.merged": (_REPORTER,),
    "ticket.transferred": (_OWNER,),
    "ticket.slip_printed": (_REPORTER,),
    "ticket.resolved": (_REPORTER,),
    "ticket.reopened": (_OWNER, _SOLVER),
    "ticket.closed": (_REPORTER,),
    "ticket.rejected": (_REPORTER,),
    "ticket.clock_breached": (_OWNER, _ASSIGNEE),
    "member.approved": (_PERSON,),
    "claim.released": (_PERSON,),
    "points.awarded": (_PERSON,),
    "points.reversed": (_PERSON,),
}


def template_name(event_type: str, audience: Audience) -> str:
    return f"{event_type}.{audience}"


def told(event_type: str, data: Mapping[str, Any]) -> Iterator[Told]:
    """Whom an event concerns, each person once: who is reporter and owner in one is told in the first capacity.

    What was entered after the fact (`replayed_late`) raises no alarm.
    """
    if data.get("replayed_late"):
        return
    seen: set[str] = set()
    routes = [route for route in ROUTES[event_type] if not route.each_step or data["ticket"].get("told_each_step")]
    for route in routes:
        for person_id in _people(route.audience, data):
            if person_id not in seen:
                seen.add(person_id)
                yield Told(person_id, template_name(event_type, route.audience), route.channels)


def _people(audience: Audience, data: Mapping[str, Any]) -> Iterator[str]:
    """With the reporter all those who reported the same (merged duplicates)."""
    ticket = data.get("ticket", {})
    if audience is Audience.PERSON:
        found = _subject(data).get("person_id")
    else:
        found = data.get("solver_id") if audience is Audience.SOLVER else ticket.get(f"{audience}_id")
    if found:
        yield str(found)
    if audience is Audience.REPORTER:
        yield from ticket.get("also_reported_by", ())


def _subject(data: Mapping[str, Any]) -> Mapping[str, Any]:
    member: Mapping[str, Any] = data.get("member", data)
    return member
