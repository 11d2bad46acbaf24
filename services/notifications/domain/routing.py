"""Who is told of what (通知谁): one row per event type. A new rule is a new row, not new code.

From the field: 五必办 (001) owes the resident a notice at each step; 对账销号 (002) asks the reporter before a ticket
is struck off the list; a breach is the business of who answers for the ticket. Whoever gains or loses a ticket, by
whatever step, is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.notifications.domain.notice import Channel


class Audience(StrEnum):
    """In which capacity somebody is told."""

    REPORTER = "reporter"
    ALSO_REPORTER = "also_reporter"
    """Who reported the same, while the ticket has a reporter of its own: he is heard, but does not confirm it."""
    OTHER_REPORTER = "other_reporter"
    """Who reported it, where another of those who did has spoken."""
    CONCERNED = "concerned"
    """Who reported it, where an office has spoken in its own right."""
    SPEAKER = "speaker"
    """Who said it himself, by a secret of his own."""
    SLIP_SPEAKER = "slip_speaker"
    """Whose word came by a slip: it passed through staff, and may not be his."""
    LEFT_REPORTER = "left_reporter"
    """Who reported what nobody has in hand any more, though somebody had taken it up."""
    OWNER = "owner"
    ASSIGNEE = "assignee"
    SOLVER = "solver"
    FORMER_OWNER = "former_owner"
    FORMER_ASSIGNEE = "former_assignee"
    ANSWERABLE = "answerable"
    """The owner, or where nobody answers at that level, the owner at the nearest level above."""
    PERSON = "person"
    RETURNING = "returning"
    """Who may help again, after he was suspended."""


@dataclass(frozen=True, slots=True)
class Route:
    audience: Audience
    channels: tuple[Channel, ...] = (Channel.INBOX, Channel.EMAIL)
    each_step: bool = False
    """Only where the ticket is one whose reporter hears of each step (受理问题跟踪办, by its routing rule)."""
    own: bool = False
    """Only the ticket's own reporter, not those of tickets that were merged into it."""
    if_new: bool = False
    """Only an owner who was not the owner before this step."""
    if_other_hands: bool = False
    """Only where somebody else has it in hand than before this step; also where the event does not say."""
    but_by: bool = False
    """Not who took the step himself: he knows."""
    by_another: bool = False
    """Only when the event names somebody else who took the step."""
    by_staff: bool = False
    """Only where staff wrote down what he told them."""
    by_secret: bool = False
    """Only where it was said by a secret that the reporter alone was given."""
    but_by_account: bool = False
    """Not where it was said by account: whose it is knows what he did."""
    of_another: bool = False
    """Only where it is known which of the reporters has spoken, and it was another than he."""
    of_office: bool = False
    """Only where no reporter has spoken."""
    given_back: bool = False
    """Only where a volunteer gave his claim back."""
    from_beneath: bool = False
    """Only where who took the step stood beneath the level at which the ticket stands."""
    but_reasons: frozenset[str] = frozenset()
    """Not for these reasons."""

    def is_for(self, person_id: str, data: Mapping[str, Any]) -> bool:
        """Whether he is to be told, of those who are this audience."""
        by = data.get("by")
        if self.own and person_id != data["ticket"].get("reporter_id"):
            return False
        if self.if_new and not data.get("owner_changed"):
            return False
        if self.if_other_hands and data.get("assignee_changed") is False:
            return False
        if self.by_staff and data.get("way") != "staff":
            return False
        if self.given_back and not data.get("former_claim_id"):
            return False
        if not self._is_word_for(person_id, data):
            return False
        if self.but_reasons & {data.get("reason"), data.get("reason_code")}:
            return False
        if self.from_beneath and not data.get("beneath"):
            return False
        if self.by_another and by is None:
            return False
        return not (by == person_id and (self.but_by or self.by_another))

    def _is_word_for(self, person_id: str, data: Mapping[str, Any]) -> bool:
        """Whether he is to be told of it as it was said: by whom, and in which way."""
        way, speaker = data.get("way"), data.get("word_of")
        if (self.by_secret and way != "secret") or (self.but_by_account and way == "account"):
            return False
        if self.of_another and speaker in (None, person_id):
            return False
        return not (self.of_office and way is not None)


@dataclass(frozen=True, slots=True)
class Told:
    """One person to be told, with the template that speaks to him in his capacity."""

    person_id: str
    template: str
    channels: tuple[Channel, ...]


_REPORTER, _OWNER = Route(Audience.REPORTER), Route(Audience.OWNER)
_STEP = Route(Audience.REPORTER, each_step=True)
_LEFT = Route(Audience.LEFT_REPORTER, but_by=True)
"""He was told that somebody had taken it up."""
_FORMER_OWNER = Route(Audience.FORMER_OWNER, but_by=True)
_FORMER_ASSIGNEE = Route(Audience.FORMER_ASSIGNEE, but_by=True)
_SUSPENDED = frozenset({"suspended"})
_HANDS_BACK = Route(Audience.FORMER_ASSIGNEE, but_by=True, but_reasons=_SUSPENDED)
"""Who is suspended is told of that, once, and not of each matter that goes on without him."""
_LOSES = (_FORMER_ASSIGNEE, _FORMER_OWNER)
_ENDS_FOR = (Route(Audience.ASSIGNEE, but_by=True), Route(Audience.OWNER, but_by=True))
"""Who had it when it ended unsolved: he may be on the way."""
_WRITTEN_DOWN = Route(Audience.REPORTER, own=True, by_staff=True)
_BY_SLIP = Route(Audience.SLIP_SPEAKER)
_CONFIRMS_IT = Route(Audience.SPEAKER, by_secret=True)
"""He need not be told, but has no account in which he could see it."""
_ALSO_SAID, _SAID = (
    Route(whom, of_another=True, but_by=True) for whom in (Audience.ALSO_REPORTER, Audience.OTHER_REPORTER)
)
_OFFICE_SAID = Route(Audience.CONCERNED, of_office=True, but_by=True)
_LOST_CLAIM = Route(Audience.PERSON, but_reasons=frozenset({"taken_back", "withdrawn"}))
"""Of what was taken back he hears by an event of the ticket, with its number; what he gave back himself he knows."""
_OVER = frozenset({"over"})
_FROM_BENEATH = Route(Audience.OWNER, (Channel.INBOX,), but_by=True, from_beneath=True)
"""His level was asked, and it is in hand, or solved, without it."""
_ASSIGNEE, _SOLVER, _PERSON = Route(Audience.ASSIGNEE), Route(Audience.SOLVER), Route(Audience.PERSON)

ROUTES: Mapping[str, Sequence[Route]] = {
    "ticket.filed": (_REPORTER, _OWNER),
    "ticket.verified": (_STEP,),
    "ticket.accepted": (_STEP,),
    "ticket.offered": (
        _LEFT,
        _STEP,
        _HANDS_BACK,
        Route(Audience.OWNER, given_back=True, but_reasons=_SUSPENDED),
        Route(Audience.ANSWERABLE),
    ),
    "ticket.withdrawal_declined": (
        Route(Audience.ASSIGNEE, but_reasons=_OVER),
        Route(Audience.OWNER, but_reasons=_OVER),
    ),
    "ticket.assigned": (_ASSIGNEE, Route(Audience.REPORTER, if_other_hands=True), _FORMER_ASSIGNEE, _FROM_BENEATH),
    "ticket.arrived": (_STEP,),
    "ticket.item_done": (_STEP,),
    "ticket.session_held": (_STEP,),
    "ticket.escalated": (_OWNER, _REPORTER, _FORMER_OWNER),
    "ticket.de_escalated": (_OWNER, _REPORTER, _FORMER_OWNER),
    "ticket.planned": (_REPORTER, Route(Audience.OWNER, (Channel.INBOX,), but_by=True)),
    "ticket.plan_moved": (_REPORTER, Route(Audience.OWNER, (Channel.INBOX,), but_by=True)),
    "ticket.paused": (_REPORTER, Route(Audience.OWNER, (Channel.INBOX,), but_by=True)),
    "ticket.resumed": (_STEP,),
    "ticket.merged": (_REPORTER, *_LOSES),
    "ticket.duplicate_added": (_ASSIGNEE, _OWNER),
    "ticket.report_withdrawn": (_CONFIRMS_IT, Route(Audience.PERSON, but_by_account=True)),
    "ticket.transferred": (_OWNER, *_LOSES, _REPORTER),
    "ticket.relocated": (Route(Audience.OWNER, if_new=True), _FORMER_OWNER),
    "ticket.handed_back": (Route(Audience.ANSWERABLE), _HANDS_BACK, _FORMER_OWNER, _LEFT),
    "ticket.slip_printed": (Route(Audience.REPORTER, own=True),),
    "ticket.resolved": (
        Route(Audience.ALSO_REPORTER),
        _REPORTER,
        Route(Audience.ASSIGNEE, by_another=True),
        _FROM_BENEATH,
    ),
    "ticket.confirmed": (_WRITTEN_DOWN, _BY_SLIP, _SAID),
    "ticket.reopened": (_OWNER, _SOLVER, *_LOSES, _WRITTEN_DOWN, _BY_SLIP, _ALSO_SAID, _SAID, _OFFICE_SAID),
    "ticket.closed": (_REPORTER,),
    "ticket.rejected": (_REPORTER, *_ENDS_FOR),
    "ticket.cancelled": (_CONFIRMS_IT, Route(Audience.REPORTER, but_by_account=True), *_ENDS_FOR),
    "ticket.clock_breached": (_OWNER, _ASSIGNEE),
    "booking.cancelled": (Route(Audience.PERSON, by_another=True),),
    "booking.affected": (_PERSON,),
    "booking.outcome_recorded": (Route(Audience.PERSON, channels=(Channel.INBOX,), by_another=True),),
    "member.approved": (Route(Audience.RETURNING), _PERSON),
    "member.suspension_told": (_PERSON,),
    "claim.released": (_LOST_CLAIM,),
    "points.awarded": (_PERSON,),
    "points.reversed": (_PERSON,),
}


_OF_THE_STEP = (Audience.SOLVER, Audience.FORMER_OWNER, Audience.FORMER_ASSIGNEE, Audience.ANSWERABLE)
"""Whom the event names itself, and not the ticket as it is after the step."""


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
            if person_id not in seen and route.is_for(person_id, data):
                seen.add(person_id)
                yield Told(person_id, template_name(event_type, route.audience), route.channels)


def _people(audience: Audience, data: Mapping[str, Any]) -> Iterator[str]:
    """With the reporter all those who reported the same (merged duplicates)."""
    ticket = data.get("ticket", {})
    if audience is Audience.ALSO_REPORTER:
        own = ticket.get("reporter_id")
        yield from (also for also in ticket.get("also_reported_by", ()) if own is not None and also != own)
        return
    if audience in (Audience.OTHER_REPORTER, Audience.CONCERNED):
        yield from _people(Audience.REPORTER, data)
        return
    if audience is Audience.SPEAKER:
        yield from filter(None, (data.get("word_of") or data.get("person_id"),))
        return
    if audience is Audience.SLIP_SPEAKER:
        yield from filter(None, (data.get("word_of"),) if data.get("way") == "slip" else ())
        return
    if audience is Audience.LEFT_REPORTER:
        yield from _people(Audience.REPORTER, data) if data.get("former_assignee_id") else ()
        return
    if audience is Audience.RETURNING:
        yield from _people(Audience.PERSON, data) if data.get("after_suspension") else ()
        return
    if audience is Audience.PERSON:
        found = _subject(data).get("person_id")
    else:
        found = (data if audience in _OF_THE_STEP else ticket).get(f"{audience}_id")
    if found:
        yield str(found)
    if audience is Audience.REPORTER:
        yield from ticket.get("also_reported_by", ())


def _subject(data: Mapping[str, Any]) -> Mapping[str, Any]:
    member: Mapping[str, Any] = data.get("member", data)
    return member
