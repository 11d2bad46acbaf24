"""Whose word ends a matter that several people reported: that of who reported the ticket that goes on."""

from dataclasses import replace

import pytest

from services.tickets.domain import actions, withdrawing
from services.tickets.domain.parts import FollowUpSecret, parts_of
from services.tickets.domain.policy import Life
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, BY_STAFF, SECRET, SLIP, Actor
from tests.unit.tickets.stories import RESIDENT, WORKER, Story, at

LIFE = Life()
WAYS = (ACCOUNT, SECRET, SLIP)


def neighbour(way: str) -> Actor:
    """Who reported the same by a ticket that was merged."""
    return Actor("neighbour" if way == ACCOUNT else None, frozenset({"reporter"}), "neighbour", way)


@pytest.fixture
def solved() -> Story:
    """Reported by two: the resident's own ticket goes on."""
    story = Story("09:00").on_site("09:05", "ordinary").do("09:10", actions.resolve, None)
    story.course.ticket = replace(story.ticket, also_reported_by=("neighbour",))
    return story


def own(way: str = ACCOUNT) -> Actor:
    return Actor(RESIDENT, frozenset({"reporter", "author"}), RESIDENT, way)


def confirmed(ticket: Ticket, actor: Actor) -> Ticket:
    course = Course(ticket, at("09:20"), LIFE)
    actions.confirm(course, actor, 5)
    return course.ticket


def reopened(story: Story, ticket: Ticket, actor: Actor) -> Ticket:
    course = Course(ticket, at("09:30"), LIFE)
    actions.reopen(course, actor, story.rules, None, None)
    return course.ticket


@pytest.mark.parametrize("way", WAYS)
def test_who_reported_the_same_rates_nothing_that_has_a_reporter_of_its_own(solved: Story, way: str) -> None:
    with pytest.raises(Refused, match="word-of-another"):
        confirmed(solved.ticket, neighbour(way))
    assert confirmed(solved.ticket, own()).rating == 5


@pytest.mark.parametrize("way", WAYS)
def test_he_rates_what_staff_found_or_its_own_reporter_took_back(solved: Story, way: str) -> None:
    for without in ({"reporter_id": None}, {"withdrawn_by": (RESIDENT,)}):
        assert confirmed(replace(solved.ticket, **without), neighbour(way)).state == "confirmed"


@pytest.mark.parametrize("way", WAYS)
def test_he_reopens_what_is_solved_also_when_its_own_reporter_confirmed(solved: Story, way: str) -> None:
    """Else a friend reports it first, has the neighbour's merged into it, and is content. A slip may be anybody's; and
    so may a secret, of a report that somebody made up: it does not stand against a word by account."""
    assert reopened(solved, solved.ticket, neighbour(way)).round == 2
    for said in WAYS:
        done = confirmed(solved.ticket, own(said))
        if why := {SLIP: "word-of-another", SECRET: "confirmed-by-account" if said == ACCOUNT else ""}.get(way):
            with pytest.raises(Refused, match=why):
                reopened(solved, done, neighbour(way))
        else:
            assert reopened(solved, done, neighbour(way)).round == 2
        assert reopened(solved, done, own()).round == 2


def test_who_has_an_account_may_use_the_secret_of_his_own_report(solved: Story) -> None:
    """Where the own reporter took it back, one neighbour confirms by account, and it is his own word."""
    done = confirmed(replace(solved.ticket, withdrawn_by=(RESIDENT,)), neighbour(ACCOUNT))
    assert reopened(solved, done, neighbour(SECRET)).round == 2


def again_and_again(solved: Story, actor: Actor, times: int) -> None:
    for _ in range(times):
        solved.course.ticket = reopened(solved, solved.ticket, actor)
        solved.do("09:31", actions.assign, WORKER).do("09:32", actions.arrive, "ordinary")
        solved.do("09:33", actions.resolve, None)
        solved.course.now = at("09:33")


CADRE = Actor("cadre", frozenset({"community"}))
ON_BEHALF = Actor("head", frozenset({"station_head", "stands_in"}), RESIDENT, BY_STAFF)
BY_SLIP = Actor(None, frozenset({"reporter"}), RESIDENT, SLIP, "head")


@pytest.mark.parametrize(("actor", "most", "slug"), [
    (neighbour(ACCOUNT), 3, "merged-rounds-used-up"), (neighbour(SECRET), 3, "merged-rounds-used-up"),
    (neighbour(SLIP), 3, "merged-rounds-used-up"), (CADRE, 5, "staff-rounds-used-up"),
    (ON_BEHALF, 5, "staff-rounds-used-up"), (BY_SLIP, 5, "staff-rounds-used-up"),
])  # fmt: skip
def test_each_round_is_promised_anew_so_that_it_is_not_reopened_without_end_but_by_its_own_reporter(
    solved: Story, actor: Actor, most: int, slug: str
) -> None:
    again_and_again(solved, actor, most)
    with pytest.raises(Refused, match=slug) as refused:
        reopened(solved, solved.ticket, actor)
    assert refused.value.params == {"most": most}
    other = replace(actor, person_id="another", reports_as="another")
    if slug == "merged-rounds-used-up" and actor.way != SLIP:
        assert reopened(solved, solved.ticket, other).round == most + 2, "another neighbour"
    for way in (ACCOUNT, SECRET):
        again_and_again(solved, own(way), 6)


def test_rounds_that_staff_open_count_together(solved: Story) -> None:
    again_and_again(solved, CADRE, 2)
    again_and_again(solved, ON_BEHALF, 2)
    again_and_again(solved, BY_SLIP, 1)
    for actor in (CADRE, ON_BEHALF, BY_SLIP):
        with pytest.raises(Refused, match="staff-rounds-used-up"):
            reopened(solved, solved.ticket, actor)


def test_who_once_took_back_his_report_and_serves_at_the_community_reopens_it_as_the_community(solved: Story) -> None:
    without = replace(solved.ticket, withdrawn_by=(RESIDENT,))
    course = Course(without, at("09:30"), LIFE)
    actions.reopen(course, Actor(RESIDENT, frozenset({"community", "author"}), RESIDENT, ACCOUNT), solved.rules, None,
                   None)  # fmt: skip
    assert course.ticket.history[-1].detail["way"] is None


def test_of_who_reopened_it_by_a_secret_the_history_says_whose_it_was(solved: Story) -> None:
    step = reopened(solved, solved.ticket, neighbour(SECRET)).history[-1]
    assert (step.by, step.detail["person_id"]) == (None, "neighbour")
    assert "person_id" not in reopened(solved, solved.ticket, own()).history[-1].detail


@pytest.mark.parametrize("himself", [ACCOUNT, SECRET])
@pytest.mark.parametrize("actor", [CADRE, ON_BEHALF, BY_SLIP])
def test_what_a_reporter_confirmed_himself_in_any_round_neither_staff_nor_their_slip_undo_or_replace(
    solved: Story, actor: Actor, himself: str
) -> None:
    """Or a bad rating is blanked, or a five is written over it, or the points for a good one go. What an office does
    where somebody else reported it too, and stands without an account: `test_reopened_for_another.py`."""
    if actor is CADRE:
        solved.course.ticket = replace(solved.ticket, also_reported_by=())
    solved.course.ticket = confirmed(solved.ticket, own(himself))
    with pytest.raises(Refused, match="confirmed-himself"):
        reopened(solved, solved.ticket, actor)
    again_and_again(solved, own(), 1)
    with pytest.raises(Refused, match="confirmed-himself"):
        reopened(solved, solved.ticket, actor)
    if actor is not CADRE:
        with pytest.raises(Refused, match="confirmed-himself"):
            confirmed(solved.ticket, actor)
    assert confirmed(solved.ticket, own(himself)).rating == 5


@pytest.mark.parametrize("actor", [CADRE, ON_BEHALF, BY_SLIP])
def test_what_staff_wrote_down_or_came_by_a_slip_they_reopen_as_before(solved: Story, actor: Actor) -> None:
    for said in (ON_BEHALF, BY_SLIP):
        assert reopened(solved, confirmed(solved.ticket, said), actor).round == 2


def test_what_was_lifted_no_slip_of_staff_sends_back_to_the_grid_but_the_secret_that_nobody_printed(
    solved: Story,
) -> None:
    """Who printed it may stand beneath that level, and could not write it down on behalf."""
    lifted = replace(solved.ticket, level="street")
    with pytest.raises(Refused, match="slip-cannot-reopen"):
        reopened(solved, lifted, BY_SLIP)
    assert reopened(solved, lifted, replace(BY_SLIP, slip_by=None)).round == 2


def test_staff_pass_on_the_own_reporters_word(solved: Story) -> None:
    passed_on = Actor("head", frozenset({"station_head", "stands_in"}), RESIDENT, BY_STAFF)
    assert confirmed(solved.ticket, passed_on).rating == 5
    assert reopened(solved, confirmed(solved.ticket, passed_on), passed_on).round == 2


@pytest.mark.parametrize("way", WAYS)
def test_he_takes_back_his_own_report_alone_while_another_stands(way: str) -> None:
    story = Story("09:00").do("09:01", actions.accept).do("09:02", actions.assign, WORKER)
    both = replace(story.ticket, also_reported_by=("neighbour",))
    course = Course(both, at("09:03"), LIFE)
    withdrawing.cancel(course, neighbour(way), None)
    assert (course.ticket.state, course.ticket.reporters) == ("assigned", (RESIDENT,))


@pytest.mark.parametrize(("passed_on", "way"), [(True, SLIP), (False, SECRET)])
def test_a_duplicates_secret_counts_as_passed_through_staff_where_they_took_back_the_own_report(
    passed_on: bool, way: str
) -> None:
    """Staff could file the duplicate themselves, merge it, and take back the resident's own report "by telephone"."""
    story = Story("09:00").do("09:01", actions.accept)
    course = Course(replace(story.ticket, also_reported_by=("neighbour",)), at("09:03"), LIFE)
    desk = Actor("colleague", frozenset({"grid_head", "stands_in", "author"}), RESIDENT, BY_STAFF)
    withdrawing.cancel(course, desk if passed_on else own(), None, "desk" if passed_on else None)
    assert course.ticket.reporters == ("neighbour",)
    knows = FollowUpSecret(SECRET, "neighbour")
    assert parts_of(course.ticket, None, frozenset(), knows).way == way
