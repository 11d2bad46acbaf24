"""A callback looks into the work of all who had the matter in hand, whoever said in the end that it is solved: none of
them takes a step of it, and where that leaves nobody at its level, its clock lifts it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.domain import (
    actions,
    handled,
    kinds,
    merging,
    pausing,
    planning,
    steps,
    transferring,
    withdrawing,
)
from services.tickets.domain.handled import handled_by, highest_office, rated_by, solved_by
from services.tickets.domain.policy import ENDS
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import stand_in
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.transitions import (
    ACCOUNT,
    ASSIGNEE,
    BY_STAFF,
    GRID_STAFF,
    OWNER,
    REPORTER,
    STAFF,
    STANDS_IN,
    STATION,
    SYSTEM,
    TRANSITIONS,
    Actor,
    allowed,
)
from services.tickets.handlers.callbacks import call_back_when_bad, check_callback
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do, settle_ticket
from services.tickets.handlers.placing import placing
from tests.unit.tickets.shelf import Shelf, county, house
from tests.unit.tickets.stories import PLACING, WORKER, Story, at
from tests.unit.tickets.stories import story as of_kind

CADRE, SENDER, COLLEAGUE = "cadre", "sender", "colleague"


AT_GRID = GRID_STAFF | STATION


def staff(person: str, roles: frozenset[str] = AT_GRID) -> Actor:
    return Actor(person, roles)


class Rated:
    """Tickets through the real handlers, rated by their resident."""

    def __init__(self) -> None:
        self.shelf: Shelf = county()
        self.house = house()
        where = placing(self.shelf, "grid-001", None, None)
        self.id = file_ticket(
            self.shelf, self.house, Filer("resident", False), where, {"kind": "request"}, at("09:00")
        ).ticket.id

    @property
    def ticket(self) -> Ticket:
        return self.shelf.tickets[self.id]

    def do(self, when: str, deed: Callable[..., None], *details: object, by: Actor) -> "Rated":
        do(self.shelf, self.house, self.ticket, at(when), lambda course, rules: deed(course, by, *details))
        return self

    def solve(self, when: str) -> "Rated":
        """By the worker, who has it in hand by now."""
        who = Actor(WORKER, AT_GRID | ASSIGNEE)
        if self.ticket.state == "assigned" and not self.ticket.is_callback:
            self.do(when, actions.arrive, "ordinary", by=who)
        return self.do(when, actions.resolve, None, by=who)

    def rate(self, when: str) -> "Rated":
        """One of five; then the callback is what is looked at."""
        reporter = self.ticket.reporter_id
        self.do(when, actions.confirm, 1, by=Actor(reporter, REPORTER, reporter, ACCOUNT))
        callback = call_back_when_bad(self.shelf, self.house, self.ticket, at(when), reporter)
        assert callback is not None
        self.id = callback.id
        return self

    def settle(self, when: str) -> None:
        settle_ticket(self.shelf, self.house, self.ticket, at(when))

    def de_escalate(self, when: str, who: Actor) -> "Rated":
        rules = self.house.rules(self.shelf, self.ticket.policy)
        return self.do(when, lambda c, a: actions.de_escalate(c, a, rules, "yours"), by=who)

    def assign(self, when: str, to: str, by: str = SENDER) -> "Rated":
        return self.do(when, actions.assign, to, by=staff(by))


def badly_done() -> Rated:
    rated = Rated().do("09:01", actions.accept, by=staff("taker")).assign("09:02", CADRE)
    rated.do("09:03", actions.arrive, "ordinary", by=Actor(CADRE, AT_GRID | ASSIGNEE))
    rated.assign("09:04", WORKER, by=CADRE)
    return rated.do("09:05", actions.resolve, None, by=staff("recorder"))


def test_everybody_is_rated_who_took_it_in_had_it_in_hand_or_recorded_it_and_nobody_who_only_sent_them() -> None:
    callback = badly_done().rate("09:10").ticket
    assert set(callback.rated) == {"taker", CADRE, WORKER, "recorder"}


def test_who_solved_an_earlier_round_does_not_look_into_the_later_one_and_who_took_it_in_may() -> None:
    rated = badly_done()
    rated.do("09:06", lambda c, a: actions.reopen(c, a, Story("09:00").rules, None, None),
             by=Actor(rated.ticket.reporter_id, REPORTER, rated.ticket.reporter_id, ACCOUNT))  # fmt: skip
    rated.assign("09:07", "another").do("09:08", actions.arrive, "ordinary", by=Actor("another", AT_GRID | ASSIGNEE))
    rated.do("09:09", actions.resolve, None, by=Actor("another", AT_GRID | ASSIGNEE)).rate("09:10")
    assert set(rated.ticket.rated) == {"another", CADRE, WORKER, "recorder"}


def test_who_had_in_hand_what_was_merged_does_not_look_into_what_it_was_merged_into() -> None:
    into, duplicate = Rated(), Rated()
    duplicate.do("09:01", actions.accept, by=staff("taker", frozenset({"street"}))).assign("09:02", "slow")
    duplicate.do("09:03", actions.arrive, "ordinary", by=Actor("slow", AT_GRID | ASSIGNEE))
    into.do("09:03", merging.take_over, duplicate.ticket, by=staff(SENDER))
    into.do("09:04", actions.accept, by=staff(SENDER)).assign("09:05", WORKER).solve("09:08").rate("09:10")
    assert (set(into.ticket.rated), into.ticket.level) == ({SENDER, WORKER, "slow", "taker"}, "district")


def test_who_met_the_parties_is_rated_though_he_had_it_never_in_hand() -> None:
    dispute = of_kind("dispute").do("09:01", actions.accept, by=staff("taker"))
    dispute.do("09:02", actions.assign, WORKER, by=staff(SENDER))
    dispute.do("09:03", kinds.hold_session, "sealed", by=staff("mediator"))
    dispute.do("09:04", actions.resolve, None, "failed", by=Actor(WORKER, AT_GRID | ASSIGNEE))
    assert set(rated_by(dispute.ticket)) == {"taker", "mediator", WORKER}
    assert solved_by(dispute.ticket) == {"mediator", WORKER}


@pytest.mark.parametrize("person", ["taker", CADRE, WORKER, "recorder"])
@pytest.mark.parametrize("action", [name for name, row in TRANSITIONS.items() if row.who != SYSTEM])
def test_none_of_them_takes_any_step_of_the_callback(action: str, person: str) -> None:
    callback = badly_done().rate("09:10").ticket
    everything = STAFF | ASSIGNEE | OWNER | REPORTER | STANDS_IN
    with pytest.raises(Refused, match="rated-oneself"):
        allowed(callback, action, Actor(person, everything))
    with pytest.raises(Refused, match="rated-oneself"):
        stand_in(callback, Actor(person, everything))


def test_who_had_a_callback_and_passed_it_on_is_rated_by_what_its_resident_says_and_so_is_who_was_rated_first() -> None:
    community = frozenset({"community"})
    rated = badly_done().rate("09:10").do("09:11", actions.accept, by=staff("second", community))
    for when, person, by in (("09:12", "looks-into-it", SENDER), ("09:13", "says-so", "looks-into-it")):
        rated.do(when, actions.assign, person, "community", by=staff(by, community))
    rated.do("09:14", actions.resolve, None, by=Actor("says-so", community | ASSIGNEE)).rate("09:20")
    assert (rated.ticket.level, rated.ticket.kind) == ("street", "callback")
    assert set(rated.ticket.rated) >= {"second", "looks-into-it", "says-so", CADRE, WORKER}


def test_where_the_rule_leaves_nobody_at_its_level_its_clock_lifts_it_and_the_level_above_ends_it() -> None:
    """Who had it in hand at the grid is the community's only officer since: nobody does anything with it until its time
    there is over, nor when it is handed back."""
    rated = badly_done().rate("09:10")
    for deed in (actions.accept, lambda c, a: actions.assign(c, a, COLLEAGUE)):
        with pytest.raises(Refused, match="rated-oneself"):
            rated.do("09:11", deed, by=Actor(CADRE, frozenset({"community"})))
    rated.settle("03-04 09:00")
    assert (rated.ticket.state, rated.ticket.level) == ("filed", "street")
    street = Actor("street-officer", frozenset({"street"}))
    rated.de_escalate("03-04 09:01", street).settle("03-05 09:02")
    assert rated.ticket.level == "street"
    with pytest.raises(Refused, match="level-used-up"):
        rated.de_escalate("03-05 09:03", street)
    rated.do("03-05 09:04", actions.accept, by=street).do("03-05 09:05", actions.assign, "street-officer", by=street)
    rated.do("03-05 09:06", actions.resolve, None, by=replace(street, parts=street.parts | ASSIGNEE))
    assert rated.ticket.state == "resolved"


ELSEWHERE = replace(PLACING, grid_id="grid-002", area_path="/hequ/qingxi/qingyuan/grid-002/")
STREET, COMMUNITY = "officer", "cadre-of-the-community"
IN_HAND = Actor(WORKER, ASSIGNEE | AT_GRID)
PUTS_OFF: dict[str, tuple[str, list[tuple[Callable[..., None], tuple[object, ...]]]]] = {
    "graver": ("ordinary", [(planning.reclassify, ("special", None, False))]),
    "plan": ("special", [(planning.plan, (at("03-20 09:00"), None))]),
    "move the plan": ("planned", [(planning.move_plan, (at("03-21 09:00"), "sealed"))]),
    "drop the plan": ("planned", [(planning.reclassify, ("complex", "sealed", True))]),
}
"""What becomes of a promised time: from where, and by which step of an office that never has it in hand."""


def begun(begins: str) -> Story:
    story = (
        Story("09:00")
        .do("09:01", actions.accept, by=staff("taker"))
        .do("09:02", actions.assign, WORKER, by=staff(SENDER))
    )
    story.do("09:03", actions.arrive, "special" if begins == "planned" else begins, by=IN_HAND)
    if begins == "planned":
        story.do("09:04", planning.plan, at("03-19 09:00"), None, by=IN_HAND)
    return story


@pytest.mark.parametrize("office", ["community", "street"])
@pytest.mark.parametrize("how", PUTS_OFF)
def test_who_sets_moves_or_drops_a_promised_time_is_rated_by_his_office(how: str, office: str) -> None:
    begins, deeds = PUTS_OFF[how]
    by = Actor(STREET, frozenset({office, "station_head"}))
    story = begun(begins)
    for deed, said in deeds:
        story.do("09:05", deed, *said, by=by)
    story.do("09:07", actions.resolve, None, by=IN_HAND)
    assert set(rated_by(story.ticket)) == {"taker", WORKER, STREET}
    assert highest_office(story.ticket) == office
    assert {WORKER, STREET} <= solved_by(story.ticket)
    with pytest.raises(Refused, match="own-work"):
        stand_in(story.ticket, by)


def test_so_is_who_stops_it_sends_it_elsewhere_or_hands_it_down() -> None:
    office = Actor(STREET, frozenset({"street"}))
    wish = (
        of_kind("wish")
        .do("09:01", actions.accept, by=staff("taker"))
        .do("09:02", actions.assign, WORKER, by=staff(SENDER))
    )
    wish.do("09:03", pausing.pause, wish.rules.policy, "resident_away", None, by=office)
    assert (set(rated_by(wish.ticket)), highest_office(wish.ticket)) == ({"taker", WORKER, STREET}, "street")
    story, rules = Story("09:00"), Story("09:00").rules
    story.do("09:01", lambda c, a: transferring.transfer(c, a, rules, ELSEWHERE, "there"), by=office)
    assert rated_by(story.ticket) == (STREET,)
    story = Story("09:00").do("09:01", lambda c, a: actions.escalate(c, a, rules, "up"), by=staff("lifter"))
    community = Actor(STREET, frozenset({"community"}))
    story.do("09:02", lambda c, a: actions.de_escalate(c, a, rules, "down"), by=community)
    assert (rated_by(story.ticket), highest_office(story.ticket)) == ((STREET,), "community")


def test_a_second_merge_loses_nobody_of_the_first_nor_his_office() -> None:
    first, second, into = Rated(), Rated(), Rated()
    first.do("09:01", actions.accept, by=staff("taker"))
    first.do("09:02", actions.assign, COMMUNITY, by=staff(COMMUNITY, frozenset({"community"})))
    second.do("09:03", merging.take_over, first.ticket, by=staff(SENDER))
    into.do("09:04", merging.take_over, second.ticket, by=staff(SENDER))
    into.do("09:05", actions.accept, by=staff(SENDER)).assign("09:06", WORKER).solve("09:08")
    with pytest.raises(Refused, match="own-work"):
        stand_in(into.ticket, staff(COMMUNITY))
    with pytest.raises(Refused, match="answers-for-it"):
        withdrawing.cancel(
            Course(replace(into.ticket, state="assigned"), at("09:09")),
            Actor(COMMUNITY, STAFF | STANDS_IN, into.ticket.reporter_id, BY_STAFF), None,
        )  # fmt: skip
    into.rate("09:10")
    assert (set(into.ticket.rated), into.ticket.level) == ({SENDER, WORKER, COMMUNITY, "taker"}, "street")


def test_what_a_program_does_is_the_part_of_who_answers_for_its_key_as_well() -> None:
    rated, program = Rated(), Actor("program", frozenset({"community"}), is_program=True, answerable="issuer")

    def by_program(deed: Callable[..., None], *said: object) -> Callable[..., None]:
        def step(course: Course, rules: object) -> None:
            deed(course, program, *said)

        return step

    do(rated.shelf, rated.house, rated.ticket, at("09:01"), by_program(actions.accept), "issuer")
    assert handled_by(rated.ticket) == ("program", "issuer")
    do(rated.shelf, rated.house, rated.ticket, at("09:02"), by_program(actions.assign, WORKER), "issuer")
    rated.do("09:03", actions.arrive, "ordinary", by=IN_HAND)
    raised = by_program(planning.reclassify, "complex", None, False)
    do(rated.shelf, rated.house, rated.ticket, at("09:05"), raised, "issuer")
    rated.do("09:06", actions.resolve, None, by=IN_HAND)
    with pytest.raises(Refused, match="own-work"):
        stand_in(rated.ticket, staff("issuer"))
    rated.rate("09:10")
    assert set(rated.ticket.rated) == {"issuer", "program", WORKER}


def test_who_rejects_what_was_reopened_does_not_look_into_the_rating_that_came_before() -> None:
    rated = badly_done()
    matter, reporter = rated.id, rated.ticket.reporter_id
    callback = rated.rate("09:10").ticket
    rated.id = matter
    rules, himself = Story("09:00").rules, Actor(reporter, REPORTER, reporter, ACCOUNT)
    rated.do("09:11", lambda c, a: actions.reopen(c, a, rules, None, None), by=himself)
    office = staff("office", frozenset({"community"}))
    check_callback(rated.shelf, callback, office)
    rated.do("09:12", actions.reject, "no", by=office)
    with pytest.raises(Refused, match="rated-oneself"):
        check_callback(rated.shelf, callback, office)
    check_callback(rated.shelf, callback, staff("another", frozenset({"community"})))


KEEP_NO_PROMISE_OF_THEIRS = {steps.ACCEPTED, steps.OFFERED}
"""Taking in, and opening to volunteers: somebody has to."""


def test_every_step_that_keeps_sets_or_stops_a_promise_makes_a_part() -> None:
    assert set(ENDS) - KEEP_NO_PROMISE_OF_THEIRS <= handled.PART


def test_who_is_named_by_another_and_takes_no_step_has_no_part() -> None:
    """A worker names everybody who would look into the rating of his work, one after the other, and takes it back."""
    rated = Rated().do("09:01", actions.accept, by=staff("taker"))
    for minute, (person, office) in enumerate((("a", "community"), ("b", "street"), ("c", "district")), 2):
        rated.do(f"09:0{minute}", actions.assign, person, office, by=staff(WORKER))
    rated.do("09:05", actions.assign, WORKER, by=staff(WORKER)).solve("09:06").rate("09:10")
    assert (set(rated.ticket.rated), rated.ticket.level) == ({"taker", WORKER}, "community")


def test_nor_by_a_merge() -> None:
    into, duplicate = Rated(), Rated()
    duplicate.do("09:01", actions.accept, by=staff("taker"))
    duplicate.do("09:02", actions.assign, "officer", "district", by=staff("taker"))
    into.do("09:03", merging.take_over, duplicate.ticket, by=staff("taker"))
    assert into.ticket.history[-1].detail["workers"] == []
    assert highest_office(into.ticket) == "grid"


@pytest.mark.parametrize(("own_step", "minutes", "his"), [(False, 59, False), (False, 60, True), (True, 1, True)])
def test_who_was_given_it_has_a_part_by_a_step_or_after_an_hour(own_step: bool, minutes: int, his: bool) -> None:
    wish = of_kind("wish").do("09:01", actions.accept, by=staff("taker"))
    wish.do("09:02", actions.assign, "given", "community", by=staff("taker"))
    later = f"{9 + (2 + minutes) // 60:02}:{(2 + minutes) % 60:02}"
    wish.do(later, actions.assign, WORKER, by=staff("given" if own_step else WORKER))
    wish.do("10:30", actions.resolve, None, by=IN_HAND)
    assert ("given" in rated_by(wish.ticket), highest_office(wish.ticket)) == (his, "community" if his else "grid")


def test_who_merges_or_lifts_it_from_his_level_has_a_part_by_his_office() -> None:
    """Either ends a promise. Lifting it from the grid ends none."""
    into, duplicate, office = Rated(), Rated(), staff("office", frozenset({"community"}))
    into.do("09:01", actions.accept, by=staff("taker"))
    into.do("09:02", merging.take_over, duplicate.ticket, by=office)
    into.assign("09:03", WORKER).solve("09:04")
    with pytest.raises(Refused, match="own-work"):
        stand_in(into.ticket, office)
    assert (into.rate("09:10").ticket.level, "office" in into.ticket.rated) == ("street", True)
    story, rules = Story("09:00"), Story("09:00").rules
    story.do("09:01", lambda c, a: actions.escalate(c, a, rules, "up"), by=staff("grid-head"))
    assert handled.had_part(story.ticket) == frozenset()
    story.do("09:02", lambda c, a: actions.escalate(c, a, rules, "up"), by=office)
    assert (set(handled.had_part(story.ticket)), highest_office(story.ticket)) == ({"office"}, "community")


def test_nobody_beneath_an_office_says_that_what_he_gave_to_it_is_solved() -> None:
    """The officer would be the solver of what he never saw, and nobody would be left to look into a bad rating."""
    wish = of_kind("wish").do("09:01", actions.accept, by=staff("taker"))
    wish.do("09:02", actions.assign, "officer", "street", by=staff("head"))
    for beneath in (staff("head", frozenset({"grid_head"})), staff("cadre", frozenset({"community"}))):
        with pytest.raises(Refused, match="beneath-its-level"):
            wish.do("09:03", actions.resolve, None, by=beneath)
    wish.do("09:03", actions.resolve, None, by=staff("colleague", frozenset({"street"})))
    assert wish.ticket.solver_id == "officer"


def test_what_a_volunteer_let_wait_and_gave_back_runs_again() -> None:
    """Else it stands in nobody's hand, and nobody can claim it."""
    wish = of_kind("wish").do("09:01", actions.accept, by=staff("taker")).do("09:02", actions.offer, "offer", ())
    system = Actor(None, SYSTEM)
    wish.do("09:03", actions.win_claim, "claim", "volunteer", by=system)
    himself = Actor("volunteer", ASSIGNEE)
    wish.do("09:04", pausing.pause, wish.rules.policy, "goods_on_order", None, by=himself)
    wish.do("09:05", actions.release_claim, "claim", "again", by=system)
    assert (wish.ticket.state, wish.ticket.waiting_for) == ("offered", None)
    assert [step.kind for step in wish.ticket.history[-2:]] == ["resumed", "offered"]
    wish.do("09:06", actions.win_claim, "next", "another", by=system)
