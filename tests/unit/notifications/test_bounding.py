"""Mails to an address that nobody has confirmed: whatever is said much of does not silence what matters more.

`Days` recounts by itself, from what waits alone, which mails a day has room for.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.notice import Notice, State
from services.notifications.domain.precedence import ENDS, MOST_MAILS_A_DAY, OWN_DEEDS, WORDS, Rank, rank_of
from services.notifications.domain.recipients import Statement
from services.notifications.domain.routing import ROUTES, template_name
from services.notifications.handlers import confirming
from services.notifications.handlers.bounding import SOON
from tests.unit.notifications.examples import NOW, REPORTER
from tests.unit.notifications.mails import CONTACT, Post

STEPS = {
    "ticket.filed.owner", "ticket.verified.reporter", "ticket.accepted.reporter", "ticket.offered.left_reporter",
    "ticket.offered.reporter", "ticket.assigned.assignee", "ticket.assigned.reporter", "ticket.arrived.reporter",
    "ticket.item_done.reporter", "ticket.session_held.reporter", "ticket.escalated.owner",
    "ticket.escalated.former_owner", "ticket.de_escalated.owner", "ticket.de_escalated.former_owner",
    "ticket.planned.reporter", "ticket.planned.owner", "ticket.plan_moved.reporter", "ticket.plan_moved.owner",
    "ticket.assigned.owner",
    "ticket.resolved.owner", "ticket.paused.reporter", "ticket.paused.owner", "ticket.resumed.reporter",
    "ticket.merged.former_owner", "ticket.duplicate_added.assignee", "ticket.duplicate_added.owner",
    "ticket.transferred.owner", "ticket.transferred.former_owner", "ticket.transferred.reporter",
    "ticket.relocated.owner", "ticket.relocated.former_owner", "ticket.handed_back.answerable",
    "ticket.handed_back.former_owner", "ticket.handed_back.left_reporter", "ticket.reopened.owner",
    "ticket.reopened.solver", "ticket.reopened.former_owner", "ticket.rejected.owner", "ticket.cancelled.owner",
    "ticket.offered.owner", "ticket.offered.answerable", "ticket.withdrawal_declined.owner", "points.awarded.person",
    "booking.outcome_recorded.person",
}  # fmt: skip
IN_HAND, FILED, RESOLVED = "ticket.assigned.reporter", "ticket.filed.reporter", "ticket.resolved.reporter"
SAID_FOR_HIM = ("ticket.cancelled.reporter", "ticket.confirmed.reporter", "ticket.reopened.reporter",
                "ticket.slip_printed.reporter", "ticket.report_withdrawn.person")  # fmt: skip
ENDED = ("ticket.resolved.reporter", "ticket.rejected.reporter", "ticket.merged.reporter", "ticket.closed.reporter",
         "ticket.de_escalated.reporter", "ticket.escalated.reporter", "ticket.filed.reporter")  # fmt: skip


def test_every_text_has_a_rank_that_somebody_gave_it() -> None:
    every = {template_name(name, route.audience) for name, routes in ROUTES.items() for route in routes}
    assert every == STEPS | WORDS | ENDS | OWN_DEEDS, "is it said in his name, an end, a step, or what he did himself?"
    assert len(every) == len(STEPS) + len(WORDS) + len(ENDS) + len(OWN_DEEDS)


@pytest.fixture
def post() -> Post:
    return Post()


def midnight(days: int = 1) -> datetime:
    return datetime.combine(NOW.date() + timedelta(days=days), time(), UTC)


def flood(post: Post, template: str = IN_HAND, times: int = 26, tickets: int = 1) -> None:
    for number in range(times):
        post.told(template, f"of the flood {number % tickets}")


@pytest.mark.parametrize("template", [*SAID_FOR_HIM, *ENDED])
@pytest.mark.parametrize("tickets", [1, 26])
def test_a_ticket_that_goes_to_and_fro_silences_nothing_that_matters_more(
    post: Post, template: str, tickets: int
) -> None:
    flood(post, tickets=tickets)
    told = [post.told(template, f"his other matter {number}") for number in range(5)]
    assert {one.state for one in told} == {State.SENT}


@pytest.mark.parametrize("template", [*SAID_FOR_HIM, *ENDED])
def test_who_files_without_end_and_names_his_address_silences_nothing_of_his_own_matters(
    post: Post, template: str
) -> None:
    """Whoever filed by himself has had the answer: the mail says it again."""
    for number in range(26):
        post.reach(f"stranger {number}", "by himself")
        post.told(FILED, f"of a stranger {number}", f"stranger {number}")
    told = [post.told(template, f"his matter {number}") for number in range(5)]
    assert {one.state for one in told} == {State.SENT}


@pytest.mark.parametrize("template", SAID_FOR_HIM)
@pytest.mark.parametrize("said", [FILED, RESOLVED, *(name for name in SAID_FOR_HIM)])
def test_what_is_said_in_his_name_goes_out_whatever_ended_and_whatever_was_said_of_one_ticket_before(
    post: Post, template: str, said: str
) -> None:
    flood(post, said, tickets=26 if said in (FILED, RESOLVED) else 1)
    told = [post.told(template, f"his other matter {number}") for number in range(4)]
    assert {one.state for one in told} == {State.SENT}


def test_a_strangers_address_gets_no_more_than_the_mails_of_a_day_whoever_they_are_for(post: Post) -> None:
    for number in range(60):
        person = f"person {number % 3}"
        post.reach(person)
        post.told((IN_HAND, FILED, *SAID_FOR_HIM)[number % 7], f"ticket {number}", person)
    assert len(post.sent) == MOST_MAILS_A_DAY
    post.pass_until(midnight())
    assert len(post.sent) == 2 * MOST_MAILS_A_DAY


def test_what_waits_goes_out_by_its_rank_and_then_by_age(post: Post) -> None:
    post.store.mails["digest of someone@example.org", NOW.date()] = MOST_MAILS_A_DAY
    told = [post.told(template, f"ticket {number}") for number in range(9) for template in (IN_HAND, FILED,
            "ticket.cancelled.reporter")]  # fmt: skip
    assert {one.reason for one in told} == {"too-many-mails"}
    post.pass_until(midnight(), random.Random(5))
    sent = sorted(post.sent, key=lambda one: one.recorded_at)
    of = [one for one in told if one.template != IN_HAND]
    cancelled = [one.id for one in of if one.template != FILED]
    assert {one.id for one in sent} == {*cancelled, *[one.id for one in of if one.template == FILED][:6]}


def test_what_matters_waits_a_week_for_its_day_and_then_is_given_up_visibly(post: Post) -> None:
    post.store.mails.update({("digest of someone@example.org", midnight(day).date()): 20 for day in range(9)})
    found = {template: post.told(template, "his matter").id for template in (IN_HAND, FILED, SAID_FOR_HIM[0])}
    states = []
    for day in (1, 6, 7):
        post.pass_until(midnight(day))
        states.append([post.store.notices[one].state for one in found.values()])
    waiting, ended = State.WAITING, State.UNDELIVERABLE
    assert states == [[ended, waiting, waiting], [ended, waiting, waiting], [ended, ended, ended]]
    assert {event.data["reason"] for event in post.store.events} == {"too-many-mails"}
    assert post.store.lines == {}, "who was given up holds up nobody"


def test_a_mail_that_finds_no_room_says_in_which_rank_it_waits(post: Post) -> None:
    flood(post, "ticket.slip_printed.reporter", tickets=26)
    delivery = post.look(post.tell("ticket.confirmed.reporter", "his matter"))
    assert (delivery.letter, delivery.put_off) == (None, Rank.WORD)


def test_who_confirms_his_address_gets_at_once_what_waited(post: Post) -> None:
    source = "tickets:his matter"
    post.store.keep_statement(REPORTER, source, Statement(2, "sealed", has_mail=True))
    post.store.mails["digest of someone@example.org", NOW.date()] = MOST_MAILS_A_DAY
    waits = post.told(FILED, "his matter")
    assert waits.state is State.WAITING
    confirming.confirm(post.store, lambda sealed: CONTACT, lambda known: "sealed", REPORTER, "his matter", post.now)
    post.pass_until(post.now)
    assert post.store.notices[waits.id].state is State.SENT


def test_who_stands_in_front_and_needs_no_room_holds_up_nobody_until_the_next_day(post: Post) -> None:
    """Of two who have the address, the first was disabled meanwhile."""
    post.reach("another")
    for number in range(MOST_MAILS_A_DAY):
        post.told(SAID_FOR_HIM[0], f"ticket {number}")
    gone = [post.told(SAID_FOR_HIM[0], f"later {number}", "another").id for number in range(MOST_MAILS_A_DAY)]
    his = post.told(SAID_FOR_HIM[0], "his matter")
    post.store.disabled.add("another")
    post.now = midnight()
    post.look(post.store.notices[his.id])
    assert post.store.notices[his.id].state is State.WAITING
    for one in gone:
        post.look(post.store.notices[one])
    post.pass_until(midnight() + SOON)
    assert post.store.notices[his.id].state is State.SENT


class Days:
    """Which of the waiting mails each day sends, as the rule says it and not as it is reckoned."""

    ROOM = (20, 15, 10, 5)

    def __init__(self, told: Iterable[Notice]) -> None:
        self.waiting = [(self.rank(one, told), one.recorded_at, one.id) for one in told]

    @staticmethod
    def rank(notice: Notice, told: Iterable[Notice]) -> int:
        first = 0 if notice.template in SAID_FOR_HIM else 1 if notice.template in ENDED else 2
        same = [one for one in told if (one.ticket_id, one.template) == (notice.ticket_id, notice.template)]
        return first + any(one.recorded_at < notice.recorded_at for one in same)

    def day(self) -> list[str]:
        sent: list[str] = []
        for rank, _, one in sorted(self.waiting):
            if len(sent) < self.ROOM[rank]:
                sent.append(one)
        self.waiting = [each for each in self.waiting if each[2] not in sent]
        return sorted(sent)


TELLINGS = st.lists(st.tuples(st.sampled_from((*SAID_FOR_HIM[:2], *ENDED[:2], IN_HAND, "ticket.planned.reporter")),
                              st.integers(0, 9)), min_size=1, max_size=70)  # fmt: skip


@given(TELLINGS, st.randoms(use_true_random=False))
def test_whichever_is_looked_at_first_the_same_mails_go_out(
    tellings: Sequence[tuple[str, int]], order: random.Random
) -> None:
    post = Post()
    post.store.mails["digest of someone@example.org", NOW.date()] = MOST_MAILS_A_DAY
    told = [post.tell(template, f"ticket {ticket}") for template, ticket in tellings]
    post.pass_until(post.now, order)
    assert post.sent == []
    days = Days(told)
    for day in (1, 2, 3):
        post.pass_until(midnight(day) + timedelta(hours=1), order)
        today, post.sent = sorted(one.id for one in post.sent), []
        assert today == days.day()
        ended = {one.id for one in post.store.notices.values() if one.state is State.UNDELIVERABLE}
        days.waiting = [each for each in days.waiting if each[2] not in ended]
        assert len(today) == len(set(today)) <= MOST_MAILS_A_DAY
        assert {rank for rank, *_ in days.waiting} <= {0, 1}, "a step that found no room on the next day is old news"


def test_only_what_was_said_of_the_same_ticket_to_the_same_person_within_a_day_is_a_repeat(post: Post) -> None:
    first = post.tell(IN_HAND, "a")
    others = [post.tell(IN_HAND, "b"), post.tell("ticket.planned.reporter", "a"), post.tell(IN_HAND, "a", "another")]
    again = post.tell(IN_HAND, "a")
    late = replace(again, id="later", recorded_at=first.recorded_at + timedelta(hours=48))
    since = timedelta(hours=24)
    repeated = [post.store.said_before(one, one.recorded_at - since) for one in (first, *others, again, late)]
    assert repeated == [False, False, False, False, True, False]
    assert [rank_of(IN_HAND, repeated=one) for one in (False, True)] == [Rank.STEP, Rank.REPEAT]
