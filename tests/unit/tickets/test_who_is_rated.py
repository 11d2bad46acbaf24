"""A callback looks into the work of all who had the matter in hand, whoever said in the end that it is solved: none of
them takes a step of it, and where that leaves nobody at its level, its clock lifts it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.tickets.domain import actions, kinds, merging, pausing, planning
from services.tickets.domain.handled import rated_by, solved_by
from services.tickets.domain.refused import Refused
from services.tickets.domain.standing_in import stand_in
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import (
    ACCOUNT,
    ASSIGNEE,
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
from services.tickets.handlers.callbacks import call_back_when_bad
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do, settle_ticket
from services.tickets.handlers.placing import placing
from tests.unit.tickets.shelf import Shelf, county, house
from tests.unit.tickets.stories import WORKER, Story, at
from tests.unit.tickets.test_kinds import story as of_kind

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
    duplicate.do("09:01", actions.accept, by=staff("taker")).assign("09:02", "slow")
    into.do("09:03", merging.take_over, duplicate.ticket, by=staff(SENDER))
    into.do("09:04", actions.accept, by=staff(SENDER)).assign("09:05", WORKER).solve("09:08").rate("09:10")
    assert set(into.ticket.rated) == {SENDER, WORKER, "slow"}


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
    for when, person in (("09:12", "looks-into-it"), ("09:13", "says-so")):
        rated.do(when, actions.assign, person, "community", by=staff(SENDER, community))
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


def test_of_what_an_office_decides_about_anothers_work_only_putting_off_makes_it_one_of_the_rated() -> None:
    """It plans, lets wait, makes graver: no work of its own. Who moved the date has a part in its being late."""
    story = Story("09:00").do("09:01", actions.accept, by=staff("taker")).do("09:02", actions.assign, WORKER)
    story.do("09:03", actions.arrive, "special", by=Actor(WORKER, ASSIGNEE | STAFF))
    office = Actor("office", frozenset({"community"}))
    story.do("09:04", planning.reclassify, "major", None, False, by=office)
    story.do("09:05", planning.plan, at("03-20 09:00"), None, by=office)
    story.do("09:06", planning.move_plan, at("03-21 09:00"), "sealed", by=Actor("mover", frozenset({"street"})))
    story.do("09:07", actions.resolve, None, by=Actor(WORKER, ASSIGNEE | STAFF))
    assert set(rated_by(story.ticket)) == {"taker", WORKER, "mover"}
    wish = of_kind("wish").do("09:01", actions.accept, by=staff("taker")).do("09:02", actions.assign, WORKER)
    wish.do("09:03", pausing.pause, wish.rules.policy, "resident_away", None, by=office)
    assert "office" not in rated_by(wish.ticket)
