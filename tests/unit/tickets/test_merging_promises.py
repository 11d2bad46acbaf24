"""A merge gives no promise new time: the younger goes into the older, and a partner's date goes along."""

from dataclasses import replace
from typing import Any

import pytest

from services.tickets.domain import actions, kinds, pausing, planning
from services.tickets.domain.refused import Refused
from services.tickets.domain.transitions import ASSIGNEE, GRID_STAFF, OFFICES, STAFF, STATION, Actor
from services.tickets.handlers.life import do, settle_due
from services.tickets.handlers.merging import merge_into
from tests.unit.tickets.desk import HEAD, Desk
from tests.unit.tickets.stories import WORKER, at


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_older_ticket_is_not_merged_into_a_younger_one_that_is_due_later(desk: Desk) -> None:
    older, younger = desk.filed("09:00"), desk.filed("09:09")
    refused = desk.refuses("merge-into-later", "09:09:30", older, younger)
    assert refused.params == {"number": desk.ticket(younger).number, "clock": "arrival"}
    desk.merge("09:09:30", younger, older)
    assert desk.clock(older, "arrival", "09:09:30").due_at == at("09:10")


def test_what_is_late_already_is_not_merged_into_what_is_not(desk: Desk) -> None:
    late, fresh = desk.filed("09:00"), desk.filed("09:05")
    settle_due(desk.shelf, desk.house, late, at("09:11"))
    desk.escalate(fresh, "09:11")
    desk.refuses("merge-into-later", "09:12", late, fresh)


def test_two_of_the_same_second_are_merged_either_way(desk: Desk) -> None:
    one, two = desk.filed("09:00"), desk.filed("09:00")
    desk.merge("09:01", one, two)
    assert desk.ticket(one).merged_into == two


def test_an_older_one_keeps_its_reporters_word_where_a_younger_one_is_due_before_it(desk: Desk) -> None:
    """Filed before the station opens; the younger is urgent, and its time runs at once. Whoever is to be rated could
    file it: both go on."""
    older, urgent = desk.filed("06:00"), desk.filed("06:30", urgent=True)
    desk.refuses("merge-into-later", "06:31", urgent, older)
    desk.refuses("merge-into-younger", "06:31", older, urgent)


def test_what_was_entered_later_is_younger_whatever_is_said_of_when_it_occurred(desk: Desk) -> None:
    older = desk.filed("09:10")
    entered = desk.filed("09:12", occurred_at=at("09:05"), late_reason="no network")
    desk.refuses("merge-into-younger", "09:13", older, entered)


def test_a_matter_that_is_planned_takes_what_others_report_of_it_later(desk: Desk) -> None:
    planned, later = desk.filed("09:00"), desk.filed("03-05 10:00")
    desk.on_site(planned, "09:05", "special")
    do(desk.shelf, desk.house, desk.ticket(planned), at("09:30"),
       lambda c, r: planning.plan(c, HEAD, at("04-01 09:00"), None))  # fmt: skip
    desk.merge("03-05 10:01", later, planned, Actor("officer", OFFICES))
    assert desk.ticket(later).state == "merged"


def test_somebody_on_site_at_the_younger_one_hides_nothing_of_the_older(desk: Desk) -> None:
    older, younger = desk.filed("09:00"), desk.filed("09:08")
    desk.on_site(younger, "09:08:30")
    desk.refuses("merge-into-later", "09:09", older, younger)


def test_a_request_is_not_merged_into_a_kind_without_its_promises(desk: Desk) -> None:
    wish, request = desk.filed("08:30", kind="wish"), desk.filed("09:00")
    desk.refuses("merge-into-later", "09:01", request, wish)


class TestWhatALaterStepPromised:
    """A hazard that somebody has looked at: from then on it is a matter of ten minutes."""

    @staticmethod
    def hazard(desk: Desk, when: str, by: str = "clerk") -> str:
        hazard = desk.filed(when, by)
        desk.shelf.tickets[hazard] = replace(desk.ticket(hazard), kind="hazard", policy="hazard/2")
        return hazard

    def verified(self, desk: Desk, when: str, then: str) -> str:
        hazard = self.hazard(desk, when)
        do(desk.shelf, desk.house, desk.ticket(hazard), at(then), lambda c, r: kinds.verify(c, Actor("other", STAFF)))
        return hazard

    def test_is_not_lost_in_a_kind_that_knows_no_such_promise(self, desk: Desk) -> None:
        wish, hazard = desk.filed("08:50", kind="wish"), self.verified(desk, "09:00", "09:10")
        refused = desk.refuses("merge-into-later", "09:19", hazard, wish)
        assert refused.params["clock"] == "arrival"

    def test_is_not_lost_where_it_is_due_later(self, desk: Desk) -> None:
        older = self.verified(desk, "08:59", "09:15")
        desk.refuses("merge-into-later", "09:19", self.verified(desk, "09:00", "09:10"), older)

    def test_comes_yet_where_nobody_has_looked(self, desk: Desk) -> None:
        older, hazard = self.hazard(desk, "08:59"), self.verified(desk, "09:00", "09:10")
        desk.merge("09:19", hazard, older)
        assert desk.clock(older, "verification", "09:19").due_at == at("09:29")


def test_an_urgent_matter_is_not_put_off_by_the_plan_of_one_that_is_not(desk: Desk) -> None:
    """Planned a year ahead, it has kept its promise to be on site."""
    planned, urgent = desk.filed("09:00"), desk.filed("09:20", urgent=True)
    desk.on_site(planned, "09:05", "special")
    do(desk.shelf, desk.house, desk.ticket(planned), at("09:10"),
       lambda c, r: planning.plan(c, Actor("cadre", STAFF), at("2027-01-01 09:00"), None))  # fmt: skip
    desk.refuses("merge-of-another-matter", "09:21", urgent, planned)
    desk.merge("09:21", desk.filed("09:20"), planned)


def test_what_is_ordered_is_not_merged_into_something_else(desk: Desk) -> None:
    one, other = desk.filed("09:00"), desk.filed("09:00")
    desk.shelf.tickets[other] = replace(desk.ticket(other), service="bus_card")
    desk.refuses("merge-of-another-matter", "09:01", one, other)


def test_what_is_solved_takes_nothing_that_is_not(desk: Desk) -> None:
    """Its clocks have stopped: who is merged into it would be promised nothing, and would not be asked."""
    solved, later = desk.filed("09:00"), desk.filed("09:06")
    desk.on_site(solved, "09:02")
    do(desk.shelf, desk.house, desk.ticket(solved), at("09:05"),
       lambda c, r: actions.resolve(c, Actor(WORKER, ASSIGNEE), None))  # fmt: skip
    desk.refuses("merge-into-ended", "09:07", later, solved)


def test_who_wrote_down_the_duplicate_of_a_hazard_does_not_verify_it(desk: Desk) -> None:
    hazard = TestWhatALaterStepPromised.hazard
    first, second = hazard(desk, "08:59"), hazard(desk, "09:00", by="who-wrote-it-down")
    desk.merge("09:01", second, first)
    clerk = Actor("who-wrote-it-down", STAFF)
    with pytest.raises(Refused, match="own-report"):
        do(desk.shelf, desk.house, desk.ticket(first), at("09:02"), lambda c, r: kinds.verify(c, clerk))


def test_a_pause_hides_nothing_either(desk: Desk) -> None:
    """What waits is due when it would be if it ran on from now; what waits takes in nothing whose promise runs."""
    older, younger = desk.filed("09:00", kind="wish"), desk.filed("03-03 09:00", kind="wish")
    for one in (older, younger):
        do(desk.shelf, desk.house, desk.ticket(one), at("03-03 09:30"), lambda c, r: actions.accept(c, HEAD))
    waits(desk, older, "03-03 10:00")
    desk.refuses("merge-into-later", "03-03 10:01", older, younger)
    desk.refuses("merge-into-waiting", "03-03 10:01", younger, older)
    waits(desk, younger, "03-03 10:01")
    desk.refuses("merge-into-waiting", "03-03 10:02", older, younger)
    refused = desk.refuses("merge-into-waiting", "03-03 10:02", younger, older)
    assert refused.params == {"number": desk.ticket(older).number, "clock": "taken"}
    do(desk.shelf, desk.house, desk.ticket(older), at("03-03 10:03"), lambda c, r: pausing.resume(c, HEAD))
    desk.merge("03-03 10:04", younger, older)


@pytest.mark.parametrize("paused", [True, False])
@pytest.mark.parametrize("in_hand", [True, False])
def test_letting_it_wait_for_a_second_gains_nothing_from_what_has_waited_long(
    desk: Desk, in_hand: bool, paused: bool
) -> None:
    """An older one of his own, which waited for a day, has more time left than what others filed since."""
    own, theirs = desk.filed("09:00", kind="wish"), desk.filed("10:00", kind="wish")
    own_hands = Actor("head", STAFF | ASSIGNEE)

    def take(ticket_id: str, when: str) -> None:
        do(desk.shelf, desk.house, desk.ticket(ticket_id), at(when), lambda c, r: actions.accept(c, HEAD))
        if in_hand:
            do(desk.shelf, desk.house, desk.ticket(ticket_id), at(when),
               lambda c, r: actions.assign(c, own_hands, "head"))  # fmt: skip

    take(own, "09:01")
    waits(desk, own, "09:02", own_hands)
    take(theirs, "10:01")
    do(desk.shelf, desk.house, desk.ticket(own), at("03-03 09:00"), lambda c, r: pausing.resume(c, own_hands))
    if paused:
        waits(desk, theirs, "03-03 09:30", own_hands)
    refused = desk.refuses("merge-into-later", "03-03 09:30", theirs, own)
    assert refused.params["clock"] == ("done" if in_hand else "taken")


def waits(desk: Desk, ticket_id: str, when: str, who: Actor = HEAD) -> None:
    reason = next(iter(desk.house.rules(desk.shelf, desk.ticket(ticket_id).policy).policy.pauses))
    do(desk.shelf, desk.house, desk.ticket(ticket_id), at(when),
       lambda c, r: pausing.pause(c, who, r.policy, reason, None))  # fmt: skip


def test_a_round_that_began_later_is_due_later(desk: Desk) -> None:
    """Reopened after the other was filed: what was promised in the round before does not count."""
    reopened, between = desk.filed("08:00"), desk.filed("09:09")
    desk.on_site(reopened, "08:05")
    rules = desk.house.rules(desk.shelf, desk.ticket(reopened).policy)
    resident = Actor(desk.ticket(reopened).reporter_id, frozenset({"reporter"}))
    for deed in (
        lambda c, r: actions.resolve(c, Actor(WORKER, ASSIGNEE), None),
        lambda c, r: actions.reopen(c, resident, rules, None, None),
    ):
        do(desk.shelf, desk.house, desk.ticket(reopened), at("09:10"), deed)
    desk.refuses("merge-into-later", "09:11", between, reopened)
    desk.refuses("merge-into-younger", "09:11", reopened, between)


def test_what_was_lifted_is_not_merged_into_what_stands_lower(desk: Desk) -> None:
    main, lifted = desk.filed("09:00"), desk.filed("09:01")
    desk.escalate(lifted, "09:02")
    refused = desk.refuses("merge-into-lower-level", "09:03", lifted, main)
    assert refused.params == {"number": desk.ticket(main).number, "level": "community"}
    desk.escalate(main, "09:04")
    later = desk.refuses("merge-into-later", "09:05", lifted, main)
    assert later.params == {"number": desk.ticket(main).number, "clock": "community"}


def test_what_was_lifted_is_merged_into_what_its_level_has_to_deal_with_sooner(desk: Desk) -> None:
    main, lifted = desk.filed("09:00"), desk.filed("09:01")
    desk.escalate(main, "09:02")
    desk.escalate(lifted, "09:03")
    desk.merge("09:05", lifted, main)
    assert desk.clock(main, "community", "09:05").state == "running"


def test_nothing_is_merged_into_what_is_broken_unless_a_level_above_was_told(desk: Desk) -> None:
    """An old matter that nobody is told of any more swallows every new one."""
    broken, fresh = desk.filed("09:00"), desk.filed("09:12")
    settle_due(desk.shelf, desk.house, broken, at("09:11"))
    desk.shelf.tickets[broken] = replace(desk.ticket(broken), level="grid")
    desk.refuses("merge-into-later", "09:13", fresh, broken)
    desk.shelf.tickets[broken] = replace(desk.ticket(broken), level="community")
    desk.merge("09:13", fresh, broken)


def test_who_made_a_plan_does_not_put_off_the_next_who_report_it(desk: Desk) -> None:
    main, fresh, another = (desk.filed(when) for when in ("09:00", "09:05", "09:05"))
    desk.on_site(main, "09:03", "special")
    do(
        desk.shelf,
        desk.house,
        desk.ticket(main),
        at("09:04"),
        lambda c, r: planning.plan(c, HEAD, at("03-20 09:00"), None),
    )
    head = Actor("head", GRID_STAFF | STATION)
    with pytest.raises(Refused, match="merge-into-planned"):
        merge_into(desk.shelf, desk.house, desk.ticket(fresh), desk.ticket(main), head, at("09:06"))
    cadre = Actor("cadre", frozenset({"community"}))
    merge_into(desk.shelf, desk.house, desk.ticket(another), desk.ticket(main), cadre, at("09:06"))
    assert another in desk.ticket(main).duplicates


@pytest.mark.parametrize("severity", ["special", "major"])
@pytest.mark.parametrize("role", ["grid_head", "station_head", "community", "street", "district"])
def test_nor_does_who_calls_his_own_report_grave_and_has_made_no_plan_yet(desk: Desk, severity: str, role: str) -> None:
    """It has arrived and promises no solution any more: the urgent reports of three residents would end in it, with
    the promises of each, and be solved by a word."""
    own = desk.filed("09:00", urgent=True, channel="patrol", reporter=None)
    desk.on_site(own, "09:01", severity)
    head, number = Actor("officer", frozenset({role}) | ASSIGNEE), desk.ticket(own).number
    for fresh in (desk.filed("09:05", urgent=True) for _ in range(3)):
        duplicate, into = desk.ticket(fresh), desk.ticket(own)
        if role in OFFICES:
            merge_into(desk.shelf, desk.house, duplicate, into, head, at("09:06"))
            assert fresh in desk.ticket(own).duplicates
            continue
        with pytest.raises(Refused, match="merge-into-grave") as refused:
            merge_into(desk.shelf, desk.house, duplicate, into, head, at("09:06"))
        assert refused.value.params == {"number": number, "severity": severity}
        assert desk.ticket(own) == into


@pytest.mark.parametrize("severity", ["ordinary", "complex"])
def test_what_promises_to_be_solved_takes_in_what_others_report_of_it_by_its_head(desk: Desk, severity: str) -> None:
    main, fresh = desk.filed("09:00"), desk.filed("09:05")
    desk.on_site(main, "09:03", severity)
    head = Actor("head", GRID_STAFF | STATION)
    merge_into(desk.shelf, desk.house, desk.ticket(fresh), desk.ticket(main), head, at("09:06"))
    assert desk.ticket(main).duplicates == (fresh,)


@pytest.mark.parametrize("arrived", ["before", "after"])
def test_nor_by_merging_first_and_planning_then(desk: Desk, arrived: str) -> None:
    """A grave matter of his own would be a place for all new ones, whatever is done first."""
    main, fresh = desk.filed("09:00"), desk.filed("09:05")
    if arrived == "before":
        desk.on_site(main, "09:03", "special")
    desk.merge("09:06", fresh, main)
    if arrived == "after":
        desk.on_site(main, "09:07", "special")

    def plan(who: Actor) -> None:
        ticket = desk.ticket(main)
        do(desk.shelf, desk.house, ticket, at("09:08"), lambda c, r: planning.plan(c, who, at("03-04 09:00"), None))

    for parts in (GRID_STAFF | ASSIGNEE, GRID_STAFF | STATION):
        with pytest.raises(Refused, match="plan-needs-office"):
            plan(Actor("head", parts))
    plan(Actor("cadre", frozenset({"community"})))
    assert desk.ticket(main).state == "planned"


def test_what_other_reports_were_merged_into_loses_the_promise_to_be_solved_by_an_office_alone(desk: Desk) -> None:
    """Else it is made graver once all the new ones are in it."""
    main, fresh = desk.filed("09:00"), desk.filed("09:05")
    desk.on_site(main, "09:03", "ordinary")

    def make(severity: str, who: Actor) -> None:
        ticket = desk.ticket(main)
        do(desk.shelf, desk.house, ticket, at("09:08"),
           lambda c, r: planning.reclassify(c, who, severity, None, False))  # fmt: skip

    head, cadre = Actor("head", GRID_STAFF | STATION | ASSIGNEE), Actor("cadre", frozenset({"community"}))
    desk.merge("09:06", fresh, main)
    make("complex", head)
    for severity in ("special", "major"):
        with pytest.raises(Refused, match="graver-needs-office"):
            make(severity, head)
    make("special", cadre)
    make("major", head)
    assert desk.ticket(main).severity == "major"


def test_nobody_becomes_a_party_to_the_dispute_of_others(desk: Desk) -> None:
    first, second = (desk.filed(when, kind="dispute") for when in ("09:00", "09:01"))
    desk.refuses("not-in-this-kind", "09:02", second, first)


class TestAPartnersDate:
    DATE = at("03-04 12:00")

    def hotline(self, desk: Desk, when: str, date: str) -> str:
        return desk.filed(when, external_due_at=at(date), channel="hotline")

    def test_goes_along_into_what_has_none(self, desk: Desk) -> None:
        main, hotline = desk.filed("09:00"), self.hotline(desk, "09:05", "03-04 12:00")
        desk.merge("09:06", hotline, main)
        clock = desk.clock(main, "external", "09:07")
        assert (clock.state, clock.due_at) == ("running", self.DATE)
        assert desk.ticket(main).external_due_at == self.DATE
        settle_due(desk.shelf, desk.house, main, at("03-04 12:01"))
        assert desk.clock(main, "external", "03-04 12:01").breached_at == self.DATE

    def test_the_earlier_of_two_holds(self, desk: Desk) -> None:
        for earlier_first in (True, False):
            dates = ("03-04 12:00", "03-05 12:00")
            first, second = dates if earlier_first else reversed(dates)
            main, hotline = self.hotline(desk, "09:00", first), self.hotline(desk, "09:05", second)
            desk.merge("09:06", hotline, main)
            assert desk.clock(main, "external", "09:07").due_at == self.DATE
            assert desk.ticket(main).external_due_at == self.DATE

    def test_what_is_over_was_judged_where_it_was(self, desk: Desk) -> None:
        main, hotline = desk.filed("09:00"), self.hotline(desk, "09:01", "09:04")
        desk.escalate(main, "09:03")
        settle_due(desk.shelf, desk.house, hotline, at("09:05"))
        desk.merge("09:06", hotline, main)
        assert desk.ticket(main).external_due_at is None

    @pytest.mark.parametrize("other", [None, "03-05 12:00"])
    def test_merged_in_the_second_it_is_due_it_goes_along_and_is_broken_there(
        self, desk: Desk, other: str | None
    ) -> None:
        """Equal is kept: in that second nobody has broken it, and a merge made it vanish."""
        main = self.hotline(desk, "09:00", other) if other else desk.filed("09:00")
        hotline = self.hotline(desk, "09:00", "09:04")
        desk.merge("09:04:00", hotline, main)
        merged = desk.ticket(hotline).history[-1]
        assert (merged.kind, merged.detail["into_due_at"]) == ("merged", at("09:04"))
        settle_due(desk.shelf, desk.house, main, at("09:04:01"))
        assert desk.clock(main, "external", "09:05").breached_at == at("09:04")

    def test_a_policy_without_such_dates_does_not_take_it(self, desk: Desk) -> None:
        main, hotline = desk.filed("09:00"), self.hotline(desk, "09:05", "03-04 12:00")
        desk.shelf.tickets[main] = replace(desk.ticket(main), policy="request-1341/1")
        desk.refuses("merge-into-later", "09:06", hotline, main)


ON_THE_SPOT = Actor("head", GRID_STAFF | STATION)


@pytest.mark.parametrize("office", sorted(OFFICES))
@pytest.mark.parametrize(("changed", "same"), [
    ({}, True), ({"category": None}, True), ({"category": "power"}, False),
    ({"placing": "grid-002"}, False), ({"category": "power", "placing": "grid-002"}, False),
])  # fmt: skip
def test_what_is_of_another_category_or_place_is_merged_by_an_office_alone(
    desk: Desk, changed: dict[str, Any], same: bool, office: str
) -> None:
    """Whoever merges on the spot would end by it what nobody has looked at."""
    older, younger = desk.filed("09:00"), desk.filed("09:01")
    elsewhere = replace(desk.ticket(younger).placing, grid_id="grid-002", area_path="/hequ/qingxi/qingyuan/grid-002/")
    desk.shelf.tickets[older] = replace(desk.ticket(older), category="litter")
    desk.shelf.tickets[younger] = replace(
        desk.ticket(younger),
        **{"category": "litter", **changed, **({"placing": elsewhere} if "placing" in changed else {})},
    )
    if not same:
        with pytest.raises(Refused, match="merge-of-another-matter"):
            desk.merge("09:02", younger, older, ON_THE_SPOT)
    desk.merge("09:02", younger, older, ON_THE_SPOT if same else Actor("cadre", frozenset({office})))
    assert desk.ticket(younger).state == "merged"


@pytest.mark.parametrize(("his", "others", "same"), [
    ("a", "a", True), ("a", "b", False), ("a", None, False), (None, "a", False), (None, None, False),
])  # fmt: skip
def test_what_is_ordered_is_the_same_for_the_same_person_alone(
    desk: Desk, his: str | None, others: str | None, same: bool
) -> None:
    """Another's nurse would not come, and he could rate nobody for it."""
    older, younger = desk.filed("09:00"), desk.filed("09:01")
    for one, person in ((older, others), (younger, his)):
        desk.shelf.tickets[one] = replace(desk.ticket(one), service="nursing", reporter_id=person)
    if same:
        desk.merge("09:02", younger, older)
    else:
        desk.refuses("merge-of-another-matter", "09:02", younger, older)


def take(desk: Desk, ticket_id: str, when: str, by: Actor = HEAD) -> None:
    if desk.ticket(ticket_id).state == "filed":
        do(desk.shelf, desk.house, desk.ticket(ticket_id), at(when), lambda c, r: actions.accept(c, by))
    do(desk.shelf, desk.house, desk.ticket(ticket_id), at(when), lambda c, r: actions.assign(c, by, "head"))


def give_away(desk: Desk, ticket_id: str, when: str) -> None:
    do(desk.shelf, desk.house, desk.ticket(ticket_id), at(when), lambda c, r: actions.offer(c, HEAD, f"o-{when}", ()))


@pytest.mark.parametrize("in_hand", [False, True])
def test_what_is_in_hand_is_not_merged_into_what_promises_nothing_any_more(desk: Desk, in_hand: bool) -> None:
    """Assigned to himself for a second, a head merged it into what he had entered as late: nothing ran any more."""
    late = desk.filed("03-05 09:00", kind="wish", occurred_at=at("02-20 09:00"), late_reason="no network")
    wish = desk.filed("03-05 09:01", kind="wish")
    if in_hand:
        take(desk, wish, "03-05 09:02")
    refused = desk.refuses("merge-into-later", "03-05 09:03", wish, late)
    assert refused.params["clock"] == "taken"


def test_what_was_merged_into_what_is_in_hand_has_its_time_left_and_no_more_when_that_is_free_again(
    desk: Desk,
) -> None:
    """Each made-up wish in hand gave a waiting one all its three days anew."""
    first, second = desk.filed("09:00", kind="wish"), desk.filed("09:00", kind="wish")
    for held in (first, second):
        take(desk, held, "09:00")
    waits = desk.filed("09:01", kind="wish")
    due = desk.clock(waits, "taken", "09:01").due_at
    assert due == at("03-05 09:01")
    desk.merge("03-04 09:01", waits, second)
    assert desk.ticket(second).history[-1].detail["left"] == {"taken": 86_400}
    give_away(desk, second, "03-04 12:01")
    assert desk.clock(second, "taken", "03-04 12:01").due_at == at("03-05 12:01"), "three hours it was in hand"
    take(desk, second, "03-04 13:01")
    desk.merge("03-04 14:01", second, first)
    give_away(desk, first, "03-04 14:01")
    clock = desk.clock(first, "taken", "03-04 14:01")
    assert (clock.due_at, clock.state) == (at("03-05 13:01"), "running")
    settle_due(desk.shelf, desk.house, first, at("03-05 13:02"))
    assert desk.clock(first, "taken", "03-05 13:02").state == "breached"


def test_a_levels_time_goes_on_likewise(desk: Desk) -> None:
    held, waits = desk.filed("09:00", kind="wish"), desk.filed("09:01", kind="wish")
    for ticket_id in (held, waits):
        take(desk, ticket_id, "09:01") if ticket_id == held else None
        desk.escalate(ticket_id, "09:02")
    cadre = Actor("cadre", frozenset({"community"}))
    do(desk.shelf, desk.house, desk.ticket(held), at("09:02"), lambda c, r: actions.assign(c, cadre, "cadre"))
    due = desk.clock(waits, "community", "12:02").due_at
    assert due == at("03-03 09:02")
    desk.merge("12:02", waits, held, by=cadre)
    do(desk.shelf, desk.house, desk.ticket(held), at("12:02"), lambda c, r: actions.offer(c, cadre, "offer", ()))
    assert desk.clock(held, "community", "12:02").due_at == due


def test_what_is_in_hand_and_solved_there_has_kept_its_promise_whatever_was_merged(desk: Desk) -> None:
    held = desk.filed("09:00", kind="wish")
    take(desk, held, "09:10")
    waits = desk.filed("09:11", kind="wish")
    desk.merge("03-05 09:00", waits, held)
    do(desk.shelf, desk.house, desk.ticket(held), at("03-05 12:00"),
       lambda c, r: actions.resolve(c, Actor("head", ASSIGNEE), None))  # fmt: skip
    assert desk.clock(held, "taken", "03-05 12:00").state == "met"
