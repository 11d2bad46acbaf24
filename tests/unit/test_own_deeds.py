"""What somebody does himself is no word in his name: whoever files and takes back as often as he likes, in whatever
name, leaves room for what staff say.

Steps as tickets takes them, notices and mails as notifications makes them of the events.
"""

from datetime import timedelta
from typing import Any

import pytest

from services.contracts.registry import EVENT_TYPES
from services.contracts.tickets import THROUGH_STAFF, WAYS
from services.contracts.types import Event, NewEvent
from services.notifications.domain.notice import Channel, Notice, State
from services.notifications.domain.precedence import MOST_MAILS_A_DAY, SHARES, WORDS, Rank
from services.notifications.domain.routing import ROUTES, told
from services.notifications.handlers.record import record_event
from services.tickets.domain import withdrawing
from services.tickets.domain.standing_in import stand_in
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import ACCOUNT, REPORTER, SECRET, STAFF, Actor
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.placing import placing
from tests.unit.notifications.examples import REPORTER as SOMEBODY
from tests.unit.notifications.examples import arrived
from tests.unit.notifications.mails import Post
from tests.unit.tickets.office import Office

OF_A_REPORTERS_WORD = ("ticket.cancelled", "ticket.confirmed", "ticket.reopened", "ticket.report_withdrawn")


class Town:
    """Tickets, and the mails of all who reported them to one address that nobody has confirmed."""

    def __init__(self) -> None:
        self.office, self.post, self.heard = Office(), Post(), 0

    def file(self, person_id: str | None, *, is_staff: bool = False, urgent: bool = False) -> Ticket:
        said: dict[str, Any] = {"kind": "request", "urgent": urgent, "reporter": {"email": "someone@example.org"}}
        where = placing(self.office.shelf, "grid-001", None, None)
        filer = Filer(person_id, is_staff)
        ticket = file_ticket(self.office.shelf, self.office.house, filer, where, said, self.office.now).ticket
        assert ticket.reporter_id is not None
        self.post.reach(ticket.reporter_id, "at the desk" if is_staff else "by himself")
        self.deliver()
        return ticket

    def cancel(self, ticket: Ticket, who: Actor, said_at: str | None = None) -> list[Notice]:
        """The mails to its reporter about it."""
        office = self.office
        do(office.shelf, office.house, office.ticket(ticket.id), office.now,
           lambda course, rules: withdrawing.cancel(course, who, None, said_at))  # fmt: skip
        mails = self.deliver()
        return [one for one in mails if one.person_id == ticket.reporter_id]

    def deliver(self) -> list[Notice]:
        """Hear what happened, and look at each new mail to a reporter at once."""
        before = set(self.post.store.notices)
        for event in self.office.shelf.events[self.heard :]:
            if event.type in ROUTES:
                self.post.now += timedelta(seconds=1)
                record_event(self.post.store, as_heard(event), self.post.now)
        self.heard = len(self.office.shelf.events)
        new = [one for one in self.post.store.notices.values() if one.id not in before]
        mails = [one for one in new if one.channel is Channel.EMAIL and self.post.store.statements(one.person_id)]
        for one in mails:
            self.post.look(one)
        return [self.post.store.notices[one.id] for one in mails]


def as_heard(event: NewEvent) -> Event:
    known = EVENT_TYPES[event.type]
    at = event.occurred_at
    assert at is not None
    return Event(
        id=f"{event.aggregate_id}-{event.sequence}", type=event.type, source="tickets", version=known.version,
        sequence=event.sequence, aggregate_id=event.aggregate_id, area_path=event.area_path, occurred_at=at,
        recorded_at=at, data=known.schema().load(event.data), replayed=False,
    )  # fmt: skip


@pytest.mark.parametrize("person_id", ["chen", None])
@pytest.mark.parametrize("times", [14, 40])
def test_who_files_in_anothers_name_and_takes_it_back_himself_silences_no_word(
    person_id: str | None, times: int
) -> None:
    town = Town()
    his = [town.file("clerk", is_staff=True) for _ in range(5)]
    for _ in range(times):
        ticket = town.file(person_id)
        way = ACCOUNT if person_id else SECRET
        town.cancel(ticket, Actor(person_id or ticket.reporter_id, REPORTER, ticket.reporter_id, way))
    assert len(town.post.sent) <= SHARES[Rank.END]
    colleague = Actor("a colleague", STAFF)
    told = [town.cancel(one, stand_in(one, colleague), "telephone") for one in his]
    assert [[(one.template, one.state) for one in mails] for mails in told] == 5 * [
        [("ticket.cancelled.reporter", State.SENT)]
    ]
    assert len(town.post.sent) <= MOST_MAILS_A_DAY


def test_who_takes_it_back_by_his_account_is_told_nothing_and_by_a_secret_that_it_is_done() -> None:
    town = Town()
    chens, strangers = town.file("chen"), town.file(None)
    assert town.cancel(chens, Actor("chen", REPORTER, "chen", ACCOUNT)) == []
    (mail,) = town.cancel(strangers, Actor(strangers.reporter_id, REPORTER, strangers.reporter_id, SECRET))
    assert (mail.template, mail.state) == ("ticket.cancelled.speaker", State.SENT)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", OF_A_REPORTERS_WORD)
def test_only_what_passed_through_staff_ranks_as_a_word(name: str, way: str) -> None:
    also = [] if name == "ticket.cancelled" else ["another"]  # it ended with the last one's word
    event = arrived(name, way=way, ticket={"also_reported_by": also})
    words = {one.person_id for one in told(name, event.data) if one.template in WORDS}
    assert words <= {SOMEBODY}
    assert not words or way in THROUGH_STAFF
    if way == "staff":
        assert words == {SOMEBODY}


def test_what_an_event_of_before_does_not_say_is_told_as_before() -> None:
    """In flight at an update, or told again by a repair: nobody is told of his own word as another's."""
    also = {"also_reported_by": ["another"]}
    for name in ("ticket.confirmed", "ticket.reopened"):
        event = arrived(name, way="secret", word_of=None, ticket=also)
        assert not {one.person_id for one in told(name, event.data)} & {SOMEBODY, "another"}
    cancelled = arrived("ticket.cancelled", way="secret", word_of=None, by=None)
    assert next(iter(told("ticket.cancelled", cancelled.data))).template == "ticket.cancelled.reporter"


def test_what_a_volunteer_gives_back_himself_he_is_not_told() -> None:
    claim = {"person_id": "li", "claim_id": "c"}
    heard = {why: bool(list(told("claim.released", {**claim, "reason": why}))) for why in ("withdrawn", "declined")}
    assert heard == {"withdrawn": False, "declined": True}
