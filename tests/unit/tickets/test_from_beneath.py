"""What staff who stand beneath a ticket's level may do to it: each action of the table, so that none is forgotten."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.domain import actions, kinds, merging, pausing, planning, transferring, withdrawing
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import print_slip, stand_in
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import STAFF, SYSTEM, TRANSITIONS, Actor
from tests.unit.tickets.stories import PLACING, RESIDENT, WORKER, Story, at, story

BENEATH = Actor("low", frozenset({"grid_head", "station_head", "community"}))
ABOVE = Actor("who-lifted-it", STAFF)
ELSEWHERE = replace(PLACING, grid_id="grid-002", area_path="/hequ/qingxi/qingyuan/grid-002/")
STREET = Actor("street-officer", frozenset({"street", "assignee"}))


def lifted(story: Story | None = None) -> Story:
    """At the street."""
    story = story or Story("09:00")
    for _ in range(LEVELS.index("street")):
        story.do("09:01", lambda c, a: actions.escalate(c, a, story.rules, "up"), by=ABOVE)
    return story


def in_hand() -> Story:
    """An officer of the street was given it there."""
    story = lifted().do("09:02", actions.accept, by=ABOVE)
    return story.do("09:02", actions.assign, STREET.person_id, by=ABOVE)


def on_site(severity: str = "special") -> Story:
    return in_hand().do("09:03", actions.arrive, severity, by=STREET)


def solved() -> Story:
    return on_site("ordinary").do("09:04", actions.resolve, None, by=STREET)


def planned() -> Story:
    return on_site().do("09:04", planning.plan, at("03-20 09:00"), None, by=STREET)


def a_wish() -> Story:
    """Of a kind that may wait."""
    return lifted(story("wish")).do("09:02", actions.accept, by=ABOVE)


def _merge(course: Course, who: Actor) -> None:
    merging.merge(course, who, replace(lifted().ticket, id="o", number="n-o"))


def _transfer(course: Course, who: Actor) -> None:
    transferring.transfer(course, who, Story("09:00").rules, ELSEWHERE, "elsewhere")


Try = Callable[[], tuple[Story, Callable[[Course, Actor], None]]]
TRIED: dict[str, Try] = {
    "assign": lambda: (in_hand(), lambda c, a: actions.assign(c, a, "low")),
    "hand_over": lambda: (on_site(), lambda c, a: actions.assign(c, a, "low")),
    "offer": lambda: (in_hand(), lambda c, a: actions.offer(c, a, "offer-1", ())),
    "reclassify": lambda: (on_site(), lambda c, a: planning.reclassify(c, a, "major", None, False)),
    "plan": lambda: (on_site(), lambda c, a: planning.plan(c, a, at("03-20 09:00"), None)),
    "move_plan": lambda: (planned(), lambda c, a: planning.move_plan(c, a, at("04-20 09:00"), "sealed")),
    "pause": lambda: (a_wish(), lambda c, a: pausing.pause(c, a, a_wish().rules.policy, "resident_away", None)),
    "resolve": lambda: (on_site(), lambda c, a: actions.resolve(c, a, None)),
    "transfer": lambda: (lifted(), _transfer),
    "reject": lambda: (lifted(), lambda c, a: actions.reject(c, a, "no")),
    "escalate": lambda: (lifted(), lambda c, a: actions.escalate(c, a, Story("09:00").rules, "up")),
    "de_escalate": lambda: (lifted(), lambda c, a: actions.de_escalate(c, a, Story("09:00").rules, "down")),
    "merge": lambda: (lifted(), _merge),
    "reopen": lambda: (solved(), lambda c, a: actions.reopen(c, a, Story("09:00").rules, None, None)),
    "cancel": lambda: (lifted(), lambda c, a: withdrawing.cancel(c, stand_in(c.ticket, a), None, "desk")),
}
REFUSED = {name: "not-allowed" if name == "de_escalate" else "beneath-its-level" for name in TRIED}
OPEN_TO_THEM = {
    "accept": "somebody begins with it",
    "verify": "somebody looks: to the good of who waits",
    "resume": "its promise runs again: to the good of who waits",
    "tick": "a paper is there or not",
    "hold_session": "it was held or not",
    "confirm": "what the reporter said of work that is done",
    "print_slip": "for the reporter, who stands at the desk",
    "arrive": "who has it in hand",
}


def test_every_action_of_staff_is_decided() -> None:
    by_staff = {name for name, row in TRANSITIONS.items() if row.who != SYSTEM}
    assert by_staff == set(TRIED) | set(OPEN_TO_THEM)
    assert not set(TRIED) & set(OPEN_TO_THEM)


@pytest.mark.parametrize("action", TRIED)
def test_from_beneath_it_is_refused_and_from_its_level_it_is_not(action: str) -> None:
    story, deed = TRIED[action]()
    with pytest.raises(Refused, match=REFUSED[action]):
        story.do("09:05", deed, by=BENEATH)
    story.do("09:05", deed, by=Actor("another", STAFF))


def test_what_is_open_to_them_leaves_it_at_its_level() -> None:
    story = lifted().do("09:05", print_slip, "digest", by=BENEATH)
    assert story.ticket.level == "street"


COMMUNITY = Actor("cadre", frozenset({"community", "assignee"}))
AT_THE_GRID: dict[str, Callable[[Course, Actor], None]] = {
    "assign": lambda c, a: actions.assign(c, a, "low"),
    "offer": lambda c, a: actions.offer(c, a, "offer-1", ()),
    "transfer": _transfer,
    "plan": lambda c, a: planning.plan(c, a, at("03-20 09:00"), None),
    "resolve": lambda c, a: actions.resolve(c, a, None),
}


@pytest.mark.parametrize("action", AT_THE_GRID)
def test_what_an_office_has_in_hand_at_the_grid_is_not_taken_or_ended_in_its_name_from_beneath(action: str) -> None:
    story = Story("09:00").do("09:01", actions.accept).do("09:01", actions.assign, "cadre", by=COMMUNITY)
    if action in ("plan", "resolve"):
        story.do("09:02", actions.arrive, "special", by=COMMUNITY)
    head = Actor("low", frozenset({"grid_head", "station_head"}))
    with pytest.raises(Refused, match="beneath-its-level") as refused:
        story.do("09:03", AT_THE_GRID[action], by=head)
    assert refused.value.params == {"level": "community"}
    story.do("09:03", AT_THE_GRID[action], by=Actor("another", frozenset({"community"})))


def test_who_was_sent_by_an_office_may_be_replaced_by_his_own_head() -> None:
    story = Story("09:00").do("09:01", actions.accept).do("09:01", actions.assign, WORKER, by=COMMUNITY)
    story.do("09:03", actions.assign, "somebody-else", by=Actor("low", frozenset({"grid_head"})))
    assert story.ticket.assignee_id == "somebody-else"


def test_what_somebody_had_before_it_was_lifted_may_be_given_to_another_from_beneath() -> None:
    """Its head sends somebody else while the level above already asks what is going on."""
    story = Story("09:00").do("09:01", actions.accept).do("09:01", actions.assign, WORKER)
    lifted(story).do("09:05", actions.assign, "somebody-else", by=Actor("head", frozenset({"grid_head"})))
    assert (story.ticket.assignee_id, story.ticket.level) == ("somebody-else", "street")


def test_who_has_it_in_hand_beneath_its_level_has_that_level_plan_it() -> None:
    """Or a grid ended the time of the level that asks what is going on, by a date next month."""
    story, worker = Story("09:00").on_site("09:05", "major"), Actor(WORKER, frozenset({"grid_worker", "assignee"}))
    lifted(story)
    with pytest.raises(Refused, match="beneath-its-level"):
        story.do("09:06", TRIED["plan"]()[1], by=worker)
    assert story.do("09:07", TRIED["plan"]()[1], by=ABOVE).ticket.state == "planned"


def test_who_is_asked_moves_a_plan_and_drops_it_and_the_community_beneath_does_neither() -> None:
    """By 250 working days, of what the street had planned and the street itself might not move."""
    move, street = TRIED["move_plan"]()[1], Actor("officer", frozenset({"street"}))
    for deed in (move, lambda c, a: planning.reclassify(c, a, "ordinary", "sealed", True)):
        for low in (BENEATH, Actor("director", frozenset({"community", "assignee"}))):
            with pytest.raises(Refused, match="beneath-its-level"):
                planned().do("09:05", deed, by=low)
        assert planned().do("09:05", deed, by=street).ticket.plan_moves == 1
    at_the_grid = Story("09:00").on_site("09:05", "major").do("09:06", TRIED["plan"]()[1])
    for part in ("community", "street", "district"):
        at_the_grid.do("09:07", move, by=Actor(part, frozenset({part})))
    assert at_the_grid.ticket.plan_moves == 3
    with pytest.raises(Refused, match="not-allowed"):
        at_the_grid.do("09:08", move, by=Actor("head", frozenset({"grid_head", "station_head", "assignee"})))


def test_who_has_in_hand_what_was_lifted_says_that_it_is_graver_and_its_levels_time_runs_on() -> None:
    """Whoever is on site says what he finds. The promise to solve it gives way to a plan, which its level makes."""
    story, worker = Story("09:00").on_site("09:05", "complex"), Actor(WORKER, frozenset({"grid_worker", "assignee"}))
    lifted(story).do("09:06", planning.reclassify, "special", None, False, by=worker)
    assert story.clock("street", "09:07").state == "running"
    assert story.wait("13:20").ticket.level == "district"


def test_nobody_plans_or_reclassifies_what_a_colleague_has_in_hand() -> None:
    """A plan is the promise from then on, and a graver matter has more time."""
    story, colleague = Story("09:00").on_site("09:05", "special"), Actor("colleague", frozenset({"grid_worker"}))
    for deed in (TRIED["plan"]()[1], TRIED["reclassify"]()[1]):
        with pytest.raises(Refused, match="not-allowed"):
            story.do("09:06", deed, by=colleague)
        story.do("09:06", deed, by=Actor("head", frozenset({"grid_head"})))


def test_its_own_reporter_reopens_it_whatever_its_level() -> None:
    reporter = Actor(RESIDENT, frozenset({"reporter"}), RESIDENT, "account")
    assert solved().do("09:05", actions.reopen, Story("09:00").rules, None, None, by=reporter).ticket.round == 2


def test_kinds_of_steps_that_only_tell_what_was_done_are_open_to_all_staff() -> None:
    story = lifted(Story("09:00")).do("09:02", actions.accept, by=ABOVE)
    story.do("09:02", actions.assign, WORKER, by=ABOVE)
    with pytest.raises(Refused, match="no-such-item"):
        story.do("09:03", kinds.tick, "passport", by=BENEATH)
