"""Who of the staff ends what: a level's matter that level or one above, a callback nobody whom it is about."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.domain import actions, merging, pausing, transferring, withdrawing
from services.tickets.domain.attachments import Photo, attach
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import print_slip, stand_in
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, GRID_STAFF, SECRET, SLIP, STAFF, STATION, Actor
from services.tickets.handlers.callbacks import call_back_when_bad
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.placing import placing
from services.tickets.policies import shipped_policies
from tests.unit.tickets.shelf import county, house
from tests.unit.tickets.stories import OWNERS, REPORTER, WORKER, Story, at

Ending = Callable[[Story, Actor], object]
OFFICES = ("community", "street", "district")
HEADS = frozenset({"grid_head", "station_head", "community"})


def reject(story: Story, who: Actor) -> None:
    story.do("09:09", actions.reject, "no", by=who)


def cancel(story: Story, who: Actor) -> None:
    story.do("09:09", lambda c, a: withdrawing.cancel(c, stand_in(c.ticket, a), None, "desk"), by=who)


def merge(story: Story, who: Actor) -> None:
    into = replace(story.ticket, id="o", number="n-o")
    story.do("09:09", lambda c, a: merging.merge(c, a, into), by=who)


def resolve(story: Story, who: Actor) -> None:
    """Recorded by who has it not in hand."""
    story.do("09:07", actions.accept).do("09:07", actions.assign, WORKER).do("09:08", actions.arrive, "ordinary")
    story.do("09:09", actions.resolve, None, by=who)


ENDINGS: dict[str, Ending] = {"reject": reject, "cancel": cancel, "merge": merge, "resolve": resolve}


def standing_at(level: str) -> Story:
    story = Story("09:00")
    for _ in range(LEVELS.index(level)):
        story.do("09:01", lambda c, a: actions.escalate(c, a, story.rules, "up"))
    return story


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("level", OFFICES)
@pytest.mark.parametrize("role", ["grid_head", "station_head", *OFFICES])
def test_what_stands_at_a_level_is_ended_by_that_level_or_one_above(ending: str, level: str, role: str) -> None:
    story, who = standing_at(level), Actor("somebody", frozenset({role}))
    of_level = role in OFFICES and LEVELS.index(role) >= LEVELS.index(level)
    above = of_level and (role != level or level == LEVELS[-1])
    if above or (of_level and ending != "cancel"):
        ENDINGS[ending](story, who)
        assert not story.ticket.is_open
        return
    with pytest.raises(Refused, match="taken-back-above" if of_level else "beneath-its-level") as refused:
        ENDINGS[ending](story, who)
    assert refused.value.params == {"level": level}
    assert story.ticket.is_open


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("role", ["grid_head", "station_head", *OFFICES])
def test_what_stands_at_the_grid_is_ended_by_all_as_before(ending: str, role: str) -> None:
    story = standing_at("grid")
    ENDINGS[ending](story, Actor("somebody", frozenset({role})))
    assert not story.ticket.is_open


@pytest.mark.parametrize("level", OFFICES)
def test_who_has_it_in_hand_solves_it_whatever_its_level(level: str) -> None:
    story = standing_at(level)
    resolve(story, Actor(WORKER, ASSIGNEE | {"grid_worker"}))
    assert story.ticket.state == "resolved"


def test_its_reporter_takes_it_back_at_every_level() -> None:
    for level in OFFICES:
        story = standing_at(level)
        story.do("09:09", withdrawing.cancel, None, by=Actor("person-resident", frozenset({"reporter"})))
        assert story.ticket.state == "cancelled"


@pytest.mark.parametrize("level", LEVELS)
def test_who_answers_for_it_does_not_take_it_back_for_the_reporter_a_colleague_does(level: str) -> None:
    story, role = standing_at(level), "grid_worker" if level == "grid" else level
    with pytest.raises(Refused, match="answers-for-it"):
        cancel(story, Actor(OWNERS[level], frozenset({role})))
    assert story.ticket.is_open
    colleague = Actor("a-colleague", frozenset({role}))
    if level in ("community", "street"):  # they say among themselves who answers, by posts and absences
        with pytest.raises(Refused, match="taken-back-above"):
            cancel(story, colleague)
        colleague = Actor("one-above", frozenset({LEVELS[LEVELS.index(level) + 1]}))
    cancel(story, colleague)
    assert story.ticket.state == "cancelled"


def test_who_passed_it_on_does_not_take_it_back_for_the_reporter_either() -> None:
    """Given to somebody who knows nothing of it, or sent up and down until somebody else answers."""
    head = Actor("head", frozenset({"community"}))
    in_hand = Story("09:00").do("09:01", actions.accept).do("09:02", actions.assign, "head")
    in_hand.do("09:03", actions.assign, "a-stranger")
    moved = Story("09:00")
    moved.do("09:01", lambda c, a: actions.escalate(c, a, moved.rules, "up"), by=head)
    for story in (in_hand, moved):
        with pytest.raises(Refused, match="answers-for-it"):
            cancel(story, head)


def reopened(solver: str = WORKER, recorded_by: str = "recorder") -> Story:
    story = Story("09:00").do("09:01", actions.accept).do("09:01", actions.assign, solver)
    story.do("09:02", actions.arrive, "ordinary").do("09:03", actions.resolve, None, by=Actor(recorded_by, HEADS))
    return story.do("09:05", lambda c, a: actions.reopen(c, a, story.rules, None, None), by=REPORTER)


PUT_AWAY: dict[str, tuple[str, Ending]] = {
    "reject": ("solved-it-before", reject), "merge": ("solved-it-before", merge),
    "transfer": ("solved-it-before", lambda story, who: story.do(
        "09:09", lambda c, a: transferring.transfer(c, a, story.rules, c.ticket.placing, "no"), by=who)),
    "cancel": ("own-work", cancel),
}  # fmt: skip


@pytest.mark.parametrize("way", PUT_AWAY)
@pytest.mark.parametrize("person", [WORKER, "recorder"])
def test_what_was_reopened_is_not_put_away_by_who_had_solved_it(way: str, person: str) -> None:
    slug, deed = PUT_AWAY[way]
    with pytest.raises(Refused, match=slug):
        deed(reopened(), Actor(person, HEADS))


def test_nor_is_its_next_round_rated_through_who_solved_the_one_before() -> None:
    story = reopened().do("09:06", actions.assign, "another").do("09:07", actions.arrive, "ordinary")
    story.do("09:08", actions.resolve, None, by=Actor("another", ASSIGNEE))
    with pytest.raises(Refused, match="own-work"):
        stand_in(story.ticket, Actor(WORKER, STAFF))
    assert stand_in(story.ticket, Actor("a-colleague", STAFF)).way == "staff"


def test_staff_beneath_its_level_do_not_reopen_it_for_the_reporter_to_have_it_back_at_the_grid() -> None:
    """Solved by who has it in hand, whatever its level, it would begin anew at the grid, in time."""
    story = standing_at("street").do("09:07", actions.accept).do("09:07", actions.assign, WORKER)
    story.do("09:08", actions.arrive, "ordinary").do("09:09", actions.resolve, None, by=Actor(WORKER, ASSIGNEE))

    def reopen(role: str) -> Ticket:
        who = stand_in(story.ticket, Actor("somebody", frozenset({role})))
        return story.do("09:10", lambda c, a: actions.reopen(c, a, story.rules, None, None, "desk"), by=who).ticket

    for role in ("grid_worker", "grid_head", "station_head", "community"):
        with pytest.raises(Refused, match="beneath-its-level"):
            reopen(role)
    assert reopen("street").round == 2


def test_who_answers_for_it_writes_down_other_words_of_the_reporter() -> None:
    """What is solved has kept its promise or broken it: to confirm or reopen it hides nothing."""
    story, owner = Story("09:00").on_site("09:05", "ordinary"), Actor(OWNERS["grid"], frozenset({"grid_head"}))
    story.do("09:10", actions.resolve, None)
    story.do("09:20", lambda c, a: actions.confirm(c, stand_in(c.ticket, a), 5, "desk"), by=owner)
    assert story.ticket.history[-1].detail["way"] == "staff"


@pytest.mark.parametrize(("role", "may"), [("grid_worker", True), ("station_head", True), ("community", True),
                                           ("street", False), ("district", False)])  # fmt: skip
def test_a_slip_is_printed_by_who_may_see_what_the_reporter_said(role: str, may: bool) -> None:
    """With it, anybody reads that as the reporter does."""
    course, who = Course(standing_at("grid").ticket, at("09:40")), Actor("somebody", frozenset({role}))
    if may:
        print_slip(course, who, "digest")
        return
    with pytest.raises(Refused, match="not-allowed"):
        print_slip(course, who, "digest")


@pytest.fixture
def callback() -> Ticket:
    """About a rating of 1 for what the worker solved and the head recorded; it stands at the community."""
    shelf, inside = county(), house()
    where, filer = placing(shelf, "grid-001", None, None), Filer("resident", False)
    filed = file_ticket(shelf, inside, filer, where, {"kind": "request"}, at("09:00"))
    rated = replace(filed.ticket, rating=1, solver_id=WORKER, resolved_by="head")
    found = call_back_when_bad(shelf, inside, rated, at("09:30"), "resident")
    assert found is not None
    return found


def ends_of(ticket: Ticket) -> dict[str, Callable[[Actor], None]]:
    def course(state: str = ticket.state) -> Course:
        return Course(replace(ticket, state=state), at("09:40"))

    return {
        "reject": lambda who: actions.reject(course(), who, "no"),
        "cancel": lambda who: withdrawing.cancel(course(), stand_in(ticket, who), None, "desk"),
        "resolve": lambda who: actions.resolve(course("on_site"), who, None),
    }


@pytest.mark.parametrize("end", ["reject", "cancel", "resolve"])
def test_a_callback_is_never_ended_by_who_was_rated(callback: Ticket, end: str) -> None:
    for person in (WORKER, "head"):
        with pytest.raises(Refused, match="rated-oneself"):
            ends_of(callback)[end](Actor(person, STAFF | ASSIGNEE))
    ends_of(callback)[end](Actor("cadre", frozenset({"street" if end == "cancel" else "community"})))


def test_nobody_of_its_level_takes_a_callback_back_for_its_reporter(callback: Ticket) -> None:
    """Who holds the post of the level may give it away for a moment and hold it again."""
    with pytest.raises(Refused, match="taken-back-above"):
        ends_of(callback)["cancel"](Actor("cadre", frozenset({"community"})))


@pytest.mark.parametrize("end", ["reject", "cancel", "resolve"])
def test_a_callback_is_never_ended_by_who_stands_beneath_it(callback: Ticket, end: str) -> None:
    with pytest.raises(Refused, match="beneath-its-level"):
        ends_of(callback)[end](Actor("a-friend", ASSIGNEE | {"grid_head", "station_head"}))


DEEDS: dict[str, Callable[[Course, Actor], None]] = {
    "accept": actions.accept, "assign": lambda course, who: actions.assign(course, who, "a-friend"),
    "escalate": lambda course, who: actions.escalate(course, who, Story("09:00").rules, "up"),
    "pause": lambda course, who: pausing.pause(course, who, Story("09:00").rules.policy, "resident_away", None),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_who_was_rated_does_nothing_in_the_callback(callback: Ticket, deed: str) -> None:
    state = {"pause": "accepted", "assign": "accepted"}.get(deed, callback.state)
    course = Course(replace(callback, state=state), at("09:40"))
    with pytest.raises(Refused, match="rated-oneself"):
        DEEDS[deed](course, Actor(WORKER, STAFF | ASSIGNEE))


def test_a_callback_is_not_given_to_who_was_rated(callback: Ticket) -> None:
    course = Course(replace(callback, state="accepted"), at("09:40"))
    with pytest.raises(Refused, match="rated-oneself"):
        actions.assign(course, Actor("cadre", frozenset({"community"})), WORKER)


@pytest.mark.parametrize("deed", DEEDS)
def test_nobody_beneath_a_callback_takes_it_or_lets_it_wait(callback: Ticket, deed: str) -> None:
    state = {"pause": "accepted", "assign": "accepted"}.get(deed, callback.state)
    course = Course(replace(callback, state=state), at("09:40"))
    with pytest.raises(Refused, match="beneath-its-level"):
        DEEDS[deed](course, Actor("a-friend", GRID_STAFF | STATION))


def test_a_callback_is_neither_put_aside_nor_handed_on(callback: Ticket) -> None:
    course = Course(callback, at("09:40"), shipped_policies()[callback.policy].life)
    cadre = Actor("cadre", frozenset({"community"}))
    there = replace(callback.placing, grid_id="grid-2", area_path="/hequ/qingxi/qingyuan/grid-002/")
    with pytest.raises(Refused, match="not-in-this-kind"):
        actions.reject(course, cadre, "no need")
    with pytest.raises(Refused, match="not-in-this-kind"):
        transferring.transfer(course, cadre, Story("09:00").rules, there, "away")


def test_who_was_rated_does_not_hand_it_down_nor_speak_for_the_resident(callback: Ticket) -> None:
    who, rules = Actor(WORKER, STAFF), Story("09:00").rules
    with pytest.raises(Refused, match="rated-oneself"):
        actions.de_escalate(Course(callback, at("09:40")), who, rules, "back to us")
    with pytest.raises(Refused, match="rated-oneself"):
        print_slip(Course(callback, at("09:40")), who, "digest")
    with pytest.raises(Refused, match="rated-oneself"):
        stand_in(replace(callback, state="resolved", solver_id="cadre", resolved_by="cadre"), who)


def test_who_was_rated_neither_adds_to_it_nor_becomes_a_reporter_of_it(callback: Ticket) -> None:
    photo, own = Photo("p", 1, 1, 1, "d"), replace(Story("09:35").ticket, id="d", reporter_id="made-up")
    with pytest.raises(Refused, match="rated-oneself"):
        attach(Course(callback, at("09:40")), Actor(WORKER, STAFF), [photo])
    with pytest.raises(Refused, match="rated-oneself"):
        merging.take_over(Course(callback, at("09:40")), Actor(WORKER, frozenset({"community"})), own)


def test_a_callback_is_merged_into_nothing_and_nothing_into_it_and_no_slip_ends_it(callback: Ticket) -> None:
    """Each resident is to be rung up, and by the office alone."""
    cadre, other = Actor("cadre", frozenset({"community"})), replace(callback, id="o", number="n-o")
    own = Story("09:35").ticket
    for one, into in ((callback, other), (callback, replace(own, id="d")), (own, callback)):
        with pytest.raises(Refused, match="not-in-this-kind"):
            merging.merge(Course(one, at("09:40")), cadre, into)
    with pytest.raises(Refused, match="not-in-this-kind"):
        print_slip(Course(callback, at("09:40")), cadre, "digest")
    there = replace(callback.placing, grid_id="grid-2", area_path="/hequ/qingxi/qingyuan/grid-002/")
    with pytest.raises(Refused, match="beneath-its-level"):
        transferring.transfer(Course(callback, at("09:40")), Actor("other", frozenset({"station_head"})),
                              Story("09:00").rules, there, "away")  # fmt: skip


def test_a_slip_takes_nothing_back_whose_printer_had_to_do_with_it_or_which_was_lifted() -> None:
    """He could use it himself, without his token."""
    story, printer = Story("09:00"), Actor("somebody", frozenset({"grid_worker"}))
    story.do("09:01", lambda c, a: print_slip(c, a, "digest"), by=printer)
    by_slip = Actor(None, REPORTER.parts, story.ticket.reporter_id, SLIP, "somebody")
    withdrawing.cancel(Course(story.ticket, at("09:02")), by_slip, None)  # he never had to do with it
    story.do("09:02", actions.accept).do("09:02", actions.assign, "somebody")
    story.do("09:03", actions.assign, WORKER)
    with pytest.raises(Refused, match="slip-cannot-cancel"):
        story.do("09:04", withdrawing.cancel, None, by=by_slip)
    high = standing_at("community")
    high.course.ticket = replace(high.ticket, slip_by="somebody")
    with pytest.raises(Refused, match="slip-cannot-cancel"):
        high.do("09:04", withdrawing.cancel, None, by=by_slip)


def test_a_callback_is_not_handed_down_to_where_the_rated_work_was_done_and_begins_anew_where_it_began(
    callback: Ticket,
) -> None:
    cadre, rules = Actor("cadre", frozenset({"community"})), Story("09:00").rules
    with pytest.raises(Refused, match="foot-of-ladder"):
        actions.de_escalate(Course(callback, at("09:40")), cadre, rules, "yours")
    solved = Course(replace(callback, state="resolved", resolved_at=at("09:40"), solver_id="cadre"), at("09:50"))
    actions.reopen(solved, Actor(None, REPORTER.parts, callback.reporter_id, SECRET), rules, None, None)
    assert (solved.ticket.level, solved.ticket.owner_id) == ("community", OWNERS["community"])


def test_a_slip_of_who_had_to_do_with_it_gives_no_new_round() -> None:
    """He prints it before he takes the matter, says that it is done, and has all his time once more."""
    story, worker = Story("09:00").on_site("09:05", "ordinary"), WORKER
    story.do("09:10", actions.resolve, None, by=Actor(worker, ASSIGNEE))
    again = (actions.reopen, story.rules, None, None)
    with pytest.raises(Refused, match="slip-of-the-solver"):
        story.do("09:11", *again, by=Actor(None, REPORTER.parts, story.ticket.reporter_id, SLIP, worker))
    story.do("09:11", *again, by=Actor(None, REPORTER.parts, story.ticket.reporter_id, SLIP, "the-desk"))


def test_staff_write_down_no_rating_of_who_rated_an_earlier_round_himself() -> None:
    story = Story("09:00").on_site("09:05", "ordinary").do("09:10", actions.resolve, None)
    own = Actor(story.ticket.reporter_id, REPORTER.parts, story.ticket.reporter_id, ACCOUNT)
    story.do("09:11", actions.confirm, 1, by=own)
    story.do("09:12", actions.reopen, story.rules, None, None, by=own)
    story.do("09:13", actions.assign, WORKER).do("09:13", actions.arrive, "ordinary").do("09:14", actions.resolve, None)
    with pytest.raises(Refused, match="confirmed-himself"):
        story.do("09:15", lambda c, a: actions.confirm(c, stand_in(c.ticket, a), 5, "desk"),
                 by=Actor("colleague", frozenset({"grid_head"})))  # fmt: skip
    story.do("09:15", actions.confirm, 2, by=own)
