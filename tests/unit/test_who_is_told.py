"""Whoever gains or loses a ticket, by whatever step, is told: each step, everybody whom it concerns.

Steps as tickets takes them, notices as notifications makes them of the events.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.contracts.bookings import CAUSES, OUTCOMES
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import NewEvent
from services.notifications.domain.notice import Channel
from services.notifications.domain.routing import ROUTES, told
from services.notifications.texts import catalogues
from services.tickets.domain import actions, planning, transferring, withdrawing
from services.tickets.domain.handing_back import take_from_suspended
from services.tickets.domain.refused import Refused
from services.tickets.domain.relocating import relocate
from services.tickets.domain.settle import Rules
from services.tickets.domain.standing_in import print_slip, stand_in
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, SECRET, SLIP, STAFF, SYSTEM, Actor
from services.tickets.handlers.handing_back import hand_back_batch
from services.tickets.handlers.life import do
from services.tickets.handlers.merging import merge_into
from services.tickets.handlers.placing import placing
from services.tickets.handlers.publishing import _TYPES
from tests.support.effort import stories
from tests.unit.notices import EVERYBODY, told_as
from tests.unit.tickets.office import Choice, Office
from tests.unit.tickets.stories import OWNERS
from tests.unit.told_from_beneath import beneath_untold
from tests.unit.told_of_words import words_untold
from tests.unit.told_when_left import left

WHO: Mapping[str, str] = {
    # It comes to somebody.
    "filed": "reporter owner",
    "assigned": "assignee reporter former_assignee owner",
    "duplicate_added": "assignee owner",
    # It goes from one to another.
    "offered": "(reporter) left_reporter former_assignee owner answerable",
    "transferred": "owner former_assignee former_owner reporter",
    "relocated": "owner former_owner",
    "lifted": "owner reporter former_owner",
    "lowered": "owner reporter former_owner",
    "handed_back": "answerable former_assignee former_owner left_reporter",
    "reopened": "owner solver former_assignee former_owner reporter slip_speaker also_reporter "
                "other_reporter concerned",
    # It ends, while somebody may be on the way.
    "merged": "reporter former_assignee former_owner",
    "cancelled": "speaker reporter assignee owner",
    "rejected": "reporter assignee owner",
    "resolved": "also_reporter reporter assignee owner",
    "closed": "reporter",
    "report_withdrawn": "speaker person",
    # Nobody gains or loses it; in brackets: where the rules say that the reporter hears of each step.
    "accepted": "(reporter)", "verified": "(reporter)", "item_done": "(reporter)", "session_held": "(reporter)",
    "arrived": "(reporter)", "resumed": "(reporter)",
    "paused": "reporter owner", "planned": "reporter owner", "plan_moved": "reporter owner",
    "slip_printed": "reporter",
    "breached": "owner assignee",
    "confirmed": "reporter slip_speaker other_reporter",  # he only of what staff wrote down for him, as of reopened
    "reclassified": "", "attached": "", "warned": "", "met": "",
    "withdrawal_declined": "assignee owner",
    "claim_declined": "",  # volunteers tells the claimant: claim.released
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(_TYPES))
def test_each_step_has_a_row_that_says_who_is_told_of_it(kind: str) -> None:
    routes = ROUTES.get(_TYPES[kind][0], ())
    told_of_it = [f"({route.audience})" if route.each_step else str(route.audience) for route in routes]
    assert sorted(told_of_it) == sorted(WHO[kind].split()), f"who gains or loses a ticket by {kind}?"


def test_there_are_no_rows_of_steps_that_are_no_more() -> None:
    assert set(WHO) == set(_TYPES)


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has a ticket in hand or answers for it, and for whom it goes on."""

    people: frozenset[str]

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> "Holders":
        """Of a ticket's state in an event. What has been solved stays with who solved it."""
        if state is None or state["state"] in ("cancelled", "rejected", "merged"):
            return cls(frozenset())
        return cls(frozenset(filter(None, (state["assignee_id"], state["owner_id"]))))


def untold(events: Sequence[NewEvent]) -> Iterator[tuple[str, set[str]]]:
    """Steps by which somebody gained or lost a ticket without being told, and who."""
    before: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if "ticket" not in event.data:
            continue
        state = event.data["ticket"]
        had, has = Holders.of(before.get(state["ticket_id"])), Holders.of(state)
        before[state["ticket_id"]] = state
        # Who took the step himself knows; a solution that is not accepted is told to who had found it. Who is suspended
        # is told of that, once, and not of each matter that goes on without him.
        suspended = event.data["former_assignee_id"] if event.data.get("reason_code") == "suspended" else None
        concerned = {*(had.people ^ has.people)} - {event.data["by"], suspended}
        hear = {one.person_id for one in told(event.type, event.data)} if event.type in ROUTES else set()
        if concerned - hear:
            yield event.type, concerned - hear
        if suspended is not None and (suspended in hear - has.people or event.data["answerable_id"] not in hear):
            yield event.type, {suspended}


def suspended(course: Course, rules: Rules, offer_id: str) -> None:
    """The community suspends the volunteer who has it in hand, if one has."""
    if course.ticket.is_open and course.ticket.claim_id is not None:
        take_from_suspended(course, rules, offer_id)


GRIDS = ("grid-001", "grid-002")
Deed = Callable[[Office, Course, Rules, Actor, str], None]
DEEDS: Sequence[Deed] = (
    lambda office, course, rules, who, person: actions.accept(course, who),
    lambda office, course, rules, who, person: actions.assign(course, who, person),
    lambda office, course, rules, who, person: actions.offer(course, who, office.house.new_id(), ()),
    lambda office, course, rules, who, person: actions.arrive(course, who, "special"),
    lambda office, course, rules, who, person: planning.plan(course, who, course.now + timedelta(days=1), None),
    lambda office, course, rules, who, person: actions.resolve(course, who, None),
    lambda office, course, rules, who, person: actions.confirm(course, who, 5),
    lambda office, course, rules, who, person: actions.reopen(course, who, rules, None, None),
    lambda office, course, rules, who, person: actions.reject(course, who, "sealed"),
    lambda office, course, rules, who, person: withdrawing.cancel(course, who, None),
    lambda office, course, rules, who, person: actions.escalate(course, who, rules, "sealed"),
    lambda office, course, rules, who, person: actions.de_escalate(course, who, rules, "sealed"),
    lambda office, course, rules, who, person: relocate(course, rules, moved(course.ticket)),
    lambda office, course, rules, who, person: transferring.transfer(course, who, rules, elsewhere(office, course), ""),
    lambda office, course, rules, who, person: actions.win_claim(course, Actor(None, SYSTEM), person, person),
    lambda office, course, rules, who, person: actions.release_claim(course, Actor(None, SYSTEM), person, person),
    lambda office, course, rules, who, person: actions.decline_withdrawal(course, person),
    lambda office, course, rules, who, person: suspended(course, rules, office.house.new_id()),
)  # fmt: skip
WORKER = "a-worker"
"""Who serves at the grid alone."""
PEOPLE = ("li", "zhao", *OWNERS.values())
WORDS: Mapping[str, Callable[[Course, Actor, Rules], None]] = {
    "confirm": lambda course, who, rules: actions.confirm(course, who, 5),
    "reopen": lambda course, who, rules: actions.reopen(course, who, rules, None, None),
    "cancel": lambda course, who, rules: withdrawing.cancel(course, who, None),
}


def moved(ticket: Ticket) -> Any:
    """The place of a ticket after its grid has moved to another community."""
    return replace(ticket.placing, area_path=ticket.area_path.replace("qingyuan", "elsewhere"))


def elsewhere(office: Office, course: Course) -> Any:
    other = next(grid for grid in GRIDS if grid != course.ticket.placing.grid_id)
    return placing(office.shelf, other, None, None)[0]


class WhoeverGainsOrLosesIsTold(RuleBasedStateMachine):
    """Tickets that go from hand to hand in every way, and people who come and go."""

    @initialize()
    def begin(self) -> None:
        self.office, self.heard = Office(), 0
        self.tickets = [self.office.file(resident=person) for person in ("chen", "wu", "chen")]

    @rule(which=st.integers(0, 2), deed=st.sampled_from(range(len(DEEDS))), by=st.sampled_from(PEOPLE),
          person=st.sampled_from(PEOPLE), minutes=st.integers(0, 400))  # fmt: skip
    def somebody_acts(self, which: int, deed: int, by: str, person: str, minutes: int) -> None:
        self.office.now += timedelta(minutes=minutes)
        who = Actor(by, EVERYBODY, self.office.ticket(self.tickets[which]).reporter_id)
        self.attempt(self.tickets[which], lambda course, rules: DEEDS[deed](self.office, course, rules, who, person))

    @rule(which=st.integers(0, 2), into=st.integers(0, 2), by=st.sampled_from(PEOPLE))
    def staff_merge(self, which: int, into: int, by: str) -> None:
        duplicate, main = (self.office.ticket(self.tickets[number]) for number in (which, into))
        try:
            merge_into(self.office.shelf, self.office.house, duplicate, main, Actor(by, STAFF), self.office.now)
        except Refused:
            return

    @rule(which=st.integers(0, 2))
    def somebody_solves_it(self, which: int) -> None:
        for deed in ("accept", "assign", "arrive", "resolve"):
            self.office.attempt(self.tickets[which], deed, Actor("li", EVERYBODY), Choice(assignee="li"))

    @rule(
        which=st.integers(0, 2),
        lifts=st.integers(0, 3),
        deeds=st.sampled_from([["assign"], ["arrive", "resolve"], ["accept", "assign", "arrive", "resolve"]]),
    )
    def it_is_lifted_and_a_worker_does_it(self, which: int, lifts: int, deeds: Sequence[str]) -> None:
        for _ in range(lifts):
            self.office.attempt(self.tickets[which], "escalate", Actor("li", EVERYBODY), Choice())
        for deed in deeds:
            in_hand = self.office.ticket(self.tickets[which]).assignee_id == WORKER
            who = Actor(WORKER, frozenset({"grid_worker", *(["assignee"] if in_hand else [])}))
            self.office.attempt(self.tickets[which], deed, who, Choice(assignee=WORKER))

    @rule(which=st.integers(0, 2), of=st.integers(0, 2), way=st.sampled_from((ACCOUNT, SECRET, SLIP, "staff")),
          word=st.sampled_from(sorted(WORDS)))  # fmt: skip
    def a_reporter_speaks(self, which: int, of: int, way: str, word: str) -> None:
        ticket = self.office.ticket(self.tickets[which])
        if not ticket.reporters:
            return
        whose = ticket.reporters[of % len(ticket.reporters)]
        who = Actor("clerk", STAFF) if way == "staff" else Actor(whose, frozenset({"reporter"}), whose, way)

        def deed(course: Course, rules: Rules) -> None:
            WORDS[word](course, stand_in(course.ticket, who) if way == "staff" else who, rules)

        self.attempt(ticket.id, deed)

    @rule(which=st.integers(0, 2), begun=st.booleans())
    def a_volunteer_claims_it_and_is_suspended(self, which: int, begun: bool) -> None:
        ticket_id = self.tickets[which]
        for deed in ("accept", "offer"):
            self.office.attempt(ticket_id, deed, Actor("li", EVERYBODY), Choice())
        self.attempt(ticket_id, lambda c, rules: actions.win_claim(c, Actor(None, SYSTEM), "claim", "volunteer"))
        if begun:
            self.office.attempt(ticket_id, "arrive", Actor("volunteer", frozenset({"assignee"})), Choice())
        self.attempt(ticket_id, lambda c, rules: suspended(c, rules, self.office.house.new_id()))
        ticket = self.office.ticket(ticket_id)
        assert not ticket.is_open or ticket.assignee_kind != "member"

    @rule(person=st.sampled_from(PEOPLE), why=st.sampled_from(("disabled", "no_role")))
    def somebody_is_there_no_more(self, person: str, why: str) -> None:
        self.office.shelf.absent[person] = why
        hand_back_batch(self.office.shelf, self.office.house, person, None, self.office.now)
        for ticket_id in self.tickets:
            ticket = self.office.ticket(ticket_id)
            assert not ticket.is_open or person not in (ticket.assignee_id, ticket.owner_id)

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_comes_back(self, person: str) -> None:
        self.office.shelf.absent.pop(person, None)

    @invariant()
    def everybody_concerned_was_told(self) -> None:
        events = self.office.shelf.events
        assert [*untold(events), *left(events), *words_untold(events), *beneath_untold(events, {WORKER})] == []

    def attempt(self, ticket_id: str, deed: Callable[[Course, Rules], None]) -> None:
        try:
            do(self.office.shelf, self.office.house, self.office.ticket(ticket_id), self.office.now, deed)
        except Refused:
            return


TestWhoeverGainsOrLosesIsTold = WhoeverGainsOrLosesIsTold.TestCase
TestWhoeverGainsOrLosesIsTold.settings = stories(80, 40)


class TestWhoIsOnTheWay:
    """D, which was merged, with somebody on the way to it, and T, which goes on."""

    def test_hears_that_it_was_merged_and_who_has_the_other_that_there_is_more_to_it(self) -> None:
        office = Office()
        main, same = office.file(), office.file()
        for ticket_id, worker in ((main, "li"), (same, "zhao")):
            for deed in (lambda c, r: actions.accept(c, HEAD), lambda c, r, w=worker: actions.assign(c, HEAD, w)):
                do(office.shelf, office.house, office.ticket(ticket_id), office.now, deed)
        office.merge(same, main)
        steps = [event for event in office.shelf.events if event.type != "recipient.upserted"]
        merged, added = steps[-2:]
        reporter = office.ticket(same).reporter_id
        assert told_as(merged) == {
            reporter: "ticket.merged.reporter", "zhao": "ticket.merged.former_assignee",
            OWNERS["grid"]: "ticket.merged.former_owner",
        }  # fmt: skip
        assert told_as(added) == {
            "li": "ticket.duplicate_added.assignee", OWNERS["grid"]: "ticket.duplicate_added.owner",
        }  # fmt: skip

    def test_a_slip_is_told_to_the_tickets_own_reporter_and_not_to_who_reported_the_same(self) -> None:
        office = Office()
        main, same = office.file(), office.file()
        office.merge(same, main)
        staff = Actor("head", STAFF)
        do(office.shelf, office.house, office.ticket(main), office.now, lambda c, r: print_slip(c, staff, "digest"))
        assert told_as(office.shelf.events[-1]) == {office.ticket(main).reporter_id: "ticket.slip_printed.reporter"}
        assert office.ticket(same).reporter_id in office.ticket(main).reporters

    def test_only_who_may_confirm_it_is_asked_to(self) -> None:
        office = Office()
        main, same = office.file(), office.file()
        own, too = office.ticket(main).reporter_id, office.ticket(same).reporter_id
        office.merge(same, main)
        for deed in (
            lambda c, r: actions.accept(c, HEAD), lambda c, r: actions.assign(c, HEAD, "li"),
            lambda c, r: actions.arrive(c, replace(HEAD, person_id="li"), "ordinary"),
            lambda c, r: actions.resolve(c, replace(HEAD, person_id="li"), None),
        ):  # fmt: skip
            do(office.shelf, office.house, office.ticket(main), office.now, deed)
        data = next(event.data for event in office.shelf.events if event.type == "ticket.resolved")
        asked = {one.person_id: one.template for one in told("ticket.resolved", data)}
        assert asked == {own: "ticket.resolved.reporter", too: "ticket.resolved.also_reporter"}
        withdrawn = {**data, "ticket": {**data["ticket"], "reporter_id": None}}
        asked = {one.person_id: one.template for one in told("ticket.resolved", withdrawn)}
        assert asked == {too: "ticket.resolved.reporter"}, "he speaks for the matter now"

    def test_hears_what_staff_wrote_down_for_him_and_not_what_he_said_himself(self) -> None:
        office = Office()
        main, same, alone = office.file(resident="chen"), office.file(), office.file(resident="chen")
        office.merge(same, main)
        for ticket_id in (main, alone):
            for deed in ("accept", "assign", "arrive", "resolve"):
                assert office.attempt(ticket_id, deed, Actor("li", EVERYBODY), Choice(assignee="li")) is None
        clerk, chen = Actor("clerk", STAFF), Actor("chen", frozenset({"reporter"}), "chen", ACCOUNT)
        steps: Sequence[tuple[str, Callable[[Course, Rules], None]]] = (
            (main, lambda c, r: actions.confirm(c, stand_in(c.ticket, clerk), 1, "telephone")),
            (main, lambda c, r: actions.reopen(c, stand_in(c.ticket, clerk), r, None, None, "desk")),
            (alone, lambda c, r: actions.confirm(c, chen, 5)),
            (alone, lambda c, r: actions.reopen(c, chen, r, None, None)),
        )
        heard = []
        for ticket_id, step in steps:
            do(office.shelf, office.house, office.ticket(ticket_id), office.now, step)
            event = office.shelf.events[-1]
            heard.append((told_as(event).get("chen"), event.data["said_at"]))
            too = told_as(event).get(office.ticket(same).reporter_id)
            assert too == (None if ticket_id == alone else ALSO_HEARD[event.type])
        assert heard == [
            ("ticket.confirmed.reporter", "telephone"), ("ticket.reopened.reporter", "desk"),
            (None, None), (None, None),
        ]  # fmt: skip

    @pytest.mark.parametrize("way", [ACCOUNT, SECRET])
    def test_hears_that_another_who_reported_the_same_is_not_content(self, way: str) -> None:
        office, (main, same, third) = solved_for_three()
        own, too, one_more = (office.ticket(one).reporter_id for one in (main, same, third))
        confirms, reopens = (Actor(one, frozenset({"reporter"}), one, way) for one in (own, too))
        for step in (
            lambda c, r: actions.confirm(c, confirms, 5), lambda c, r: actions.reopen(c, reopens, r, None, None),
        ):  # fmt: skip
            do(office.shelf, office.house, office.ticket(main), office.now, step)
        confirmed, reopened = office.shelf.events[-2:]
        assert told_as(confirmed) == dict.fromkeys((too, one_more), "ticket.confirmed.other_reporter")
        heard = told_as(reopened)
        assert (heard[own], heard[one_more]) == ("ticket.reopened.other_reporter", "ticket.reopened.also_reporter")
        assert too not in heard

    def test_hears_it_also_when_somebody_elses_account_brought_that_ones_secret(self) -> None:
        office, (main, same, _) = solved_for_three()
        own, too = office.ticket(main).reporter_id, office.ticket(same).reporter_id
        with_secret = Actor("wu", frozenset({"reporter"}), too, SECRET)
        do(office.shelf, office.house, office.ticket(main), office.now,
           lambda c, r: actions.reopen(c, with_secret, r, None, None))  # fmt: skip
        heard = told_as(office.shelf.events[-1])
        assert (heard[own], heard.get(too)) == ("ticket.reopened.other_reporter", None)

    def test_hears_that_the_community_has_it_reopened(self) -> None:
        office, tickets = solved_for_three()
        community = Actor("head", frozenset({"community"}))
        do(office.shelf, office.house, office.ticket(tickets[0]), office.now,
           lambda c, r: actions.reopen(c, community, r, None, None))  # fmt: skip
        heard = told_as(office.shelf.events[-1])
        assert {heard[office.ticket(one).reporter_id] for one in tickets} == {"ticket.reopened.concerned"}

    def test_hears_that_the_last_reporter_took_it_back(self) -> None:
        office = Office()
        ticket_id = office.file(resident="chen")
        chen = Actor("chen", frozenset({"reporter"}), "chen")
        for deed in (
            lambda c, r: actions.accept(c, HEAD), lambda c, r: actions.assign(c, HEAD, "li"),
            lambda c, r: withdrawing.cancel(c, chen, None),
        ):  # fmt: skip
            do(office.shelf, office.house, office.ticket(ticket_id), office.now, deed)
        assert told_as(office.shelf.events[-1])["li"] == "ticket.cancelled.assignee"

    def test_hears_that_somebody_else_recorded_the_solution(self) -> None:
        office = Office()
        ticket_id = office.file()
        for deed in (
            lambda c, r: actions.accept(c, HEAD), lambda c, r: actions.assign(c, HEAD, "li"),
            lambda c, r: actions.arrive(c, replace(HEAD, person_id="li"), "ordinary"),
            lambda c, r: actions.resolve(c, HEAD, None),
        ):  # fmt: skip
            do(office.shelf, office.house, office.ticket(ticket_id), office.now, deed)
        (resolved,) = (event for event in office.shelf.events if event.type == "ticket.resolved")
        assert told_as(resolved)["li"] == "ticket.resolved.assignee"


HEAD = Actor("head", STAFF | {"assignee"})
ALSO_HEARD = {"ticket.confirmed": "ticket.confirmed.other_reporter", "ticket.reopened": "ticket.reopened.also_reporter"}


def solved_for_three() -> tuple[Office, tuple[str, str, str]]:
    """Three tickets, the last two merged into the first, which is solved."""
    office = Office()
    tickets = office.file(), office.file(), office.file()
    for same in tickets[1:]:
        assert office.merge(same, tickets[0]) is None
    for deed in ("accept", "assign", "arrive", "resolve"):
        assert office.attempt(tickets[0], deed, Actor("li", EVERYBODY), Choice(assignee="li")) is None
    return office, tickets


def test_whose_claim_is_taken_back_hears_it_once_of_the_ticket_and_not_of_the_claim_too() -> None:
    claim = {"person_id": "li", "claim_id": "c"}
    assert [list(told("claim.released", {**claim, "reason": why})) == [] for why in ("taken_back", "declined")] == [
        True, False,
    ]  # fmt: skip


def test_whose_appointment_the_station_cancels_hears_it_and_nobody_of_his_own_cancelling() -> None:
    cancelled = EVENT_TYPES["booking.cancelled"].example()
    (one,) = told("booking.cancelled", cancelled)
    assert (one.person_id, one.template) == (cancelled["person_id"], "booking.cancelled.person")
    assert one.channels == (Channel.INBOX, Channel.EMAIL)
    assert list(told("booking.cancelled", {**cancelled, "by": cancelled["person_id"]})) == []


@pytest.mark.parametrize("cause", CAUSES)
def test_whose_appointment_can_no_longer_be_kept_hears_why(cause: str) -> None:
    affected = {**EVENT_TYPES["booking.affected"].example(), "cause": cause}
    (one,) = told("booking.affected", affected)
    assert (one.person_id, one.template) == (affected["person_id"], "booking.affected.person")
    assert one.channels == (Channel.INBOX, Channel.EMAIL)
    assert all(cause in catalogue.words for catalogue in catalogues().values())


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_of_whom_staff_record_whether_he_came_reads_it_in_his_inbox(outcome: str) -> None:
    recorded = {**EVENT_TYPES["booking.outcome_recorded"].example(), "outcome": outcome}
    (one,) = told("booking.outcome_recorded", recorded)
    assert (one.person_id, one.template) == (recorded["person_id"], "booking.outcome_recorded.person")
    assert one.channels == (Channel.INBOX,)
