"""Taking up and giving back does not renew a promise: what is free again runs on with the time already used."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.tickets.domain import actions, kinds, transferring
from services.tickets.domain.calendars import Wall
from services.tickets.domain.explain import counted_seconds, segments
from services.tickets.domain.handing_back import DISABLED, hand_back
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import Rules, next_moment
from services.tickets.domain.ticket import Course, Placing
from services.tickets.domain.transitions import SYSTEM, Actor
from services.tickets.policies import shipped_policies
from tests.support.effort import stories
from tests.unit.tickets.stories import EVERYBODY, OWNERS, PLACING, SHANGHAI, WORKER, Story, at

ELSEWHERE = Placing("grid-009", "/hequ/qingxi/yuquan/grid-009/", None, "station-009", "/hequ/qingxi/yuquan/s/")
SYSTEMS, GRID_WORKER = Actor(None, SYSTEM), Actor("a-worker", frozenset({"grid_worker"}))
LADDER = ("grid", "community", "street", "district")
CADRE = Actor("cadre", frozenset({"community"}))
PINS = {policy.kind: policy for policy in shipped_policies().values()}
SERVICES = {"order": "training", "errand": "senior_card"}
Way = Callable[[Story, str], Story]
Deed = Callable[..., None]


def story(kind: str) -> Story:
    """Day and night count, so that times are plain sums."""
    judged = Rules(PINS[kind], lambda name, start: Wall(), lambda level, path, rated=(): OWNERS[level])
    return Story("09:00", judged, service=SERVICES.get(kind)).do("09:00", actions.accept)


def offered(kind: str, when: str = "09:00") -> Story:
    return story(kind).do(when, actions.offer, "offer-1", ())


def claim(told: Story, when: str) -> Story:
    return told.do(when, actions.win_claim, f"claim-{when}", "a-volunteer", by=SYSTEMS)


def give_back(told: Story, when: str) -> Story:
    return told.do(when, actions.release_claim, told.ticket.claim_id, f"offer-{when}", by=SYSTEMS)


def leave(told: Story, when: str) -> Story:
    return told.do(when, lambda c, a: hand_back(c, told.rules, DISABLED, from_hands=True, from_owner=False))


def elsewhere(told: Story, course: Course, actor: Actor) -> None:
    to = ELSEWHERE if course.ticket.placing == PLACING else PLACING
    transferring.transfer(course, actor, told.rules, to, "sealed")


def offered_and_claimed(told: Story, when: str) -> Story:
    return claim(told.do(when, actions.offer, "offer-1", (), by=CADRE), when)


def taken_by_the_level(told: Story, when: str) -> Story:
    return told.do(when, actions.assign, WORKER, by=CADRE)


FREED: Mapping[str, tuple[Way, Way]] = {
    "a claim is given back": (claim, give_back),
    "a volunteer leaves": (claim, leave),
    "staff offer it again": (
        lambda told, when: told.do(when, actions.assign, WORKER),
        lambda told, when: told.do(when, actions.offer, f"offer-{when}", ()),
    ),
    "a worker leaves": (lambda told, when: told.do(when, actions.assign, WORKER), leave),
    "it goes to another grid": (
        lambda told, when: told.do(when, actions.assign, WORKER),
        lambda told, when: told.do(when, lambda c, a: elsewhere(told, c, a)),
    ),
}


@pytest.mark.parametrize("way", FREED)
@pytest.mark.parametrize(("kind", "target"), [("wish", 72), ("order", 1), ("errand", 24)])
def test_what_is_free_again_has_the_time_that_was_left(kind: str, target: int, way: str) -> None:
    take, free = FREED[way]
    told = take(offered(kind), "09:20")
    assert told.clock("taken", "12:00").state == "met"
    free(told, "12:00")
    clock = told.clock("taken", "12:00")
    assert (clock.state, clock.finished_at, clock.due_at) == ("running", None, at("11:40") + timedelta(hours=target))
    assert (counted_seconds(clock, at("12:10")), told.has_clock("taken-2", "12:10")) == (30 * 60, False)
    assert [span.why for span in segments(clock, at("12:10"))] == ["counted", "taken-up", "counted"]


@pytest.mark.parametrize("way", FREED)
def test_however_often_it_is_taken_it_waits_no_longer_than_was_promised(way: str) -> None:
    """Once within every hour kept it green for ever."""
    take, free = FREED[way]
    told = offered("order")
    for hour in range(9, 12):
        free(take(told, f"{hour:02}:20"), f"{hour:02}:20:01")
        if told.ticket.state == "accepted":
            told.do(f"{hour:02}:20:01", actions.offer, "again", ())
    assert [mark for mark in told.marks("breached") if mark[0] == "taken"] == [("taken", 100, at("10:00:01"))]
    assert told.lifts()[0] == ("community", at("10:20"))
    assert [mark for mark in told.marks("met") if mark[0].startswith("taken")] == []


def test_of_an_errand_taken_again_and_again_the_next_step_is_promised_once() -> None:
    told = story("errand")
    for when in ("09:10", "09:20", "09:30"):
        told.do(when, actions.assign, WORKER)
        leave(told, f"{when}:30")
    told.do("09:40", actions.assign, WORKER)
    assert (told.clock("step", "09:40").due_at, told.has_clock("step-2", "09:40")) == (at("03-03 09:10"), False)
    told.do("10:00", kinds.tick, "id_card").do("11:00", kinds.tick, "household_register")
    assert [told.clock(name, "11:00").state for name in ("step", "step-2", "step-3")] == ["met", "met", "running"]


def test_a_promise_once_broken_does_not_keep_the_next_offer_from_having_a_time_of_its_own() -> None:
    told = offered("order").wait("10:01").do("10:30", actions.offer_again, "offer-2", by=SYSTEMS)
    claim(told, "10:40")
    give_back(told, "10:41")
    assert (told.clock("taken", "10:41").state, told.clock("taken-2", "10:41").due_at) == ("breached", at("11:31"))
    assert not told.has_clock("taken-3", "10:41")


def test_an_order_that_is_offered_again_by_its_volunteer_was_dispatched_and_one_that_goes_elsewhere_was_not() -> None:
    told = claim(offered("order"), "09:20")
    assert give_back(told, "09:30").clock("dispatch", "09:30").state == "met"
    told.do("10:00", transferring.transfer, told.rules, ELSEWHERE, "sealed")
    assert told.clock("dispatch", "10:00").due_at == at("12:00"), "two hours from filing but for the one on offer"


def test_being_taken_up_is_told_and_counted_as_kept_once_it_cannot_be_given_back() -> None:
    told = offered("wish")
    for minute in (10, 20, 30, 40):
        give_back(claim(told, f"09:{minute}"), f"09:{minute}:30")
    claim(told, "10:00")
    assert told.marks("met") == []
    told.do("11:00", actions.resolve, None)
    assert told.marks("met") == [("taken", 0, at("10:00")), ("done", 0, at("11:00"))]


@pytest.mark.parametrize("ends", ["cancelled", "merged"])
def test_what_ends_unsolved_was_merely_in_somebodys_hands_and_kept_nothing_by_that(ends: str) -> None:
    """Taken in hand for a second and merged, it counted as kept."""
    told = claim(offered("wish"), "09:10").do("09:30", actions.escalate, story("wish").rules, "up")
    told.do("09:40", lambda c, a: c.take(ends, None, {"reason": None}, state=ends))
    assert told.marks("met", "breached") == []
    assert {told.clock(name, "09:40").state for name in ("taken", "community")} == {"waived"}
    assert counted_seconds(told.clock("taken", "09:40"), at("09:40")) == 600, "as long as nobody had it"


def test_what_nobody_has_any_more_on_site_waits_too_and_is_kept_when_it_is_solved() -> None:
    told = story("wish").do("09:10", actions.assign, WORKER).do("09:20", actions.arrive, None)
    leave(told, "10:00")
    assert (told.ticket.state, told.clock("taken", "10:00").state) == ("on_site", "running")
    told.do("11:00", actions.resolve, None)
    assert (told.clock("taken", "11:00").state, told.clock("taken", "11:00").finished_at) == ("met", at("11:00"))


class TestItsLevel:
    """Community: a day, street: two."""

    @staticmethod
    def lifted(kind: str = "wish") -> Story:
        told = story(kind)
        return told.do("10:00", actions.escalate, told.rules, "up")

    def test_has_the_time_that_was_left_once_it_is_free_again(self) -> None:
        told = claim(self.lifted().do("10:00", actions.offer, "offer-1", (), by=CADRE), "11:00")
        assert told.clock("community", "12:00").state == "met"
        give_back(told, "03-06 10:00")
        assert told.clock("community", "03-06 10:00").due_at == at("03-07 09:00")
        assert told.wait("03-07 09:00:01").lifts()[-1] == ("street", at("03-07 09:00:01"))
        assert [mark for mark in told.marks("met") if mark[0] == "community"] == []

    @pytest.mark.parametrize("kind", ["wish", "order", "errand"])
    def test_has_not_answered_when_somebody_beneath_takes_it_up(self, kind: str) -> None:
        told = self.lifted(kind).do("10:30", actions.assign, GRID_WORKER.person_id, by=GRID_WORKER)
        assert told.clock("community", "11:00").state == "running"
        told.do("11:00", actions.assign, GRID_WORKER.person_id, by=CADRE)
        assert told.clock("community", "11:00").state == "met", "whom it sends is its answer"

    def test_has_not_answered_by_an_offer_from_beneath_nor_by_one_that_takes_its_place(self) -> None:
        told = self.lifted("order").do("10:10", actions.offer, "offer-1", (), by=GRID_WORKER)
        assert told.clock("community", "10:10").state == "running"
        assert claim(told, "10:20").clock("community", "10:20").state == "met"
        assert give_back(told, "10:30").clock("community", "10:30").state == "running"

    def test_has_answered_by_its_own_offer_as_long_as_that_stands(self) -> None:
        told = claim(self.lifted("order").do("10:10", actions.offer, "offer-1", (), by=CADRE), "10:20")
        assert give_back(told, "10:30").clock("community", "10:30").state == "met"
        told.do("10:40", transferring.transfer, told.rules, ELSEWHERE, "sealed")
        assert told.clock("community", "10:40").due_at == at("12:30"), "two hours, ten minutes of them gone"

    @pytest.mark.parametrize("offering", [GRID_WORKER, CADRE])
    def test_has_answered_no_longer_once_a_volunteer_who_serves_beneath_assigns_it(self, offering: Actor) -> None:
        told = claim(self.lifted("order").do("10:10", actions.offer, "offer-1", (), by=offering), "10:20")
        assert told.clock("community", "10:20").state == "met"
        volunteers_too = Actor("a-worker", frozenset({"grid_worker", "assignee"}))
        told.do("10:30", actions.assign, "a-colleague", by=volunteers_too)
        assert told.clock("community", "10:30").state == "running"
        assert told.marks("met") == [], "what was taken up for some minutes counts as kept nowhere"
        assert told.wait("20:00").lifts()[-1][0] == "street"

    @pytest.mark.parametrize("move", [actions.escalate, actions.de_escalate])
    @pytest.mark.parametrize(
        "in_hand", [offered_and_claimed, lambda told, when: told.do(when, actions.assign, WORKER, by=CADRE)]
    )
    def test_is_not_kept_by_taking_it_in_hand_and_moving_it_on(self, in_hand: Way, move: Deed) -> None:
        """Assigned to oneself, handed down and offered in the same second, again and again, it counted each time."""
        told = in_hand(self.lifted(), "11:00")
        used = told.clock("community", "11:00").used
        told.do("12:00", move, told.rules, "on", by=CADRE)
        assert told.marks("met") == []
        clock = told.clock("community", "12:00")
        assert (clock.state, clock.used) == ("waived", used), "the time in hand is not counted"
        told.do("12:01", actions.resolve, None, by=Actor(WORKER, frozenset({"grid_head", "assignee"})))
        assert [clock for clock, _, _ in told.marks("met")] == ["taken", "done"]

    def test_is_kept_by_work_that_it_had_done_before_it_moved_on(self) -> None:
        told = self.lifted("errand").do("11:00", actions.assign, "cadre", by=CADRE)
        told.do("11:30", kinds.tick, "id_card", by=Actor("cadre", frozenset({"community", "assignee"})))
        told.do("12:00", actions.de_escalate, told.rules, "on", by=CADRE)
        assert ("community", 0, at("11:00")) in told.marks("met")


spans = st.one_of(st.integers(0, 90).map(lambda n: timedelta(seconds=n)),
                  st.integers(1, 1500).map(lambda n: timedelta(minutes=n)))  # fmt: skip
DEEDS: Mapping[str, Callable[[Story, Course, Actor], None]] = {
    "assign": lambda told, c, a: actions.assign(c, a, str(a.person_id)),
    "offer": lambda told, c, a: actions.offer(c, a, f"offer-{len(c.ticket.history)}", ()),
    "claim": lambda told, c, a: actions.win_claim(c, SYSTEMS, f"claim-{len(c.ticket.history)}", "a-volunteer"),
    "release": lambda told, c, a: actions.release_claim(
        c, SYSTEMS, str(c.ticket.claim_id), f"offer-{len(c.ticket.history)}"
    ),
    "offer_again": lambda told, c, a: actions.offer_again(c, SYSTEMS, f"offer-{len(c.ticket.history)}"),
    "leave": lambda told, c, a: hand_back(
        c, told.rules, DISABLED, from_hands=c.ticket.assignee_id is not None, from_owner=False
    ),
    "transfer": lambda told, c, a: elsewhere(told, c, a),
    "escalate": lambda told, c, a: actions.escalate(c, a, told.rules, "up"),
    "de_escalate": lambda told, c, a: actions.de_escalate(c, a, told.rules, "down"),
    "arrive": lambda told, c, a: actions.arrive(c, a, None),
    "pause": lambda told, c, a: waits(c),
    "resume": lambda told, c, a: goes_on(c),
}  # fmt: skip


def waits(course: Course) -> None:
    """Whatever the policy says of pauses."""
    if course.ticket.waiting_for is None:
        course.take("paused", None, {"reason_code": "resident-away"}, waiting_for="resident-away")


def goes_on(course: Course) -> None:
    if course.ticket.waiting_for is not None:
        course.take("resumed", None, {}, waiting_for=None)


class TakenUpAndGivenBack(RuleBasedStateMachine):
    """A wish that goes from hand to hand; how long it waited is counted as it goes, not from its history."""

    TARGET = {"taken": 3 * 86_400, "community": 86_400, "street": 2 * 86_400, "district": 3 * 86_400}

    @initialize()
    def begin(self) -> None:
        self.told, self.now = story("wish"), at("09:00")
        self.waited: Counter[str] = Counter()
        self.answered = False
        """Whether the level that has it has answered, and that stands."""
        self.paused_at = "grid"
        """Where it stood when it was let wait; whoever is above runs out of time all the same."""

    @rule(span=spans, deed=st.sampled_from(sorted(DEEDS)), who=st.sampled_from([EVERYBODY, GRID_WORKER, CADRE]))
    def somebody_acts(self, span: timedelta, deed: str, who: Actor) -> None:
        self.pass_until(self.now + span)
        before = self.told.ticket
        try:
            self.told.do(written(self.now), lambda c, a: DEEDS[deed](self.told, c, a), by=who)
        except Refused:
            self.told.wait(written(self.now))
            return
        after = self.told.ticket
        if before.waiting_for is None and after.waiting_for is not None:
            self.paused_at = after.level
        if after.level != before.level or after.assignee_id is None:
            self.answered = False
        elif deed == "claim" or (deed == "assign" and (who != GRID_WORKER or after.level == "grid")
                                 and not (who == CADRE and after.level in ("street", "district"))):  # fmt: skip
            self.answered = True
        elif deed == "assign":  # somebody beneath has it instead of whom its level let have it
            self.answered = False

    def pass_until(self, until: datetime) -> None:
        """From one moment to the next at which something becomes due: a lift by a breach comes between."""
        while self.now < until:
            due = next_moment(self.told.ticket, self.told.rules, self.now)
            moment = min(until, due) if due is not None and due > self.now else until
            gone, ticket = int((moment - self.now).total_seconds()), self.told.ticket
            if ticket.waiting_for is None:
                self.waited["taken"] += gone if ticket.assignee_id is None else 0
            if ticket.waiting_for is None or LADDER.index(self.paused_at) < LADDER.index(ticket.level):
                self.waited[ticket.level] += 0 if self.answered else gone
            self.now = moment
            self.told.wait(written(moment))
            if self.told.ticket.level != ticket.level:
                self.answered = False

    @invariant()
    def each_promise_is_broken_when_it_has_waited_longer_than_that(self) -> None:
        clocks = self.told.rules.clocks(self.told.ticket, self.now)
        for name, target in self.TARGET.items():
            broken = any(clock.breached_at is not None for clock in clocks if clock.base == name)
            assert broken == (self.waited[name] > target), (name, self.waited[name])

    @invariant()
    def what_was_told_as_kept_is_told_once_and_was_not_broken(self) -> None:
        told = Counter((step.detail["clock"], step.kind) for step in self.told.ticket.history
                       if step.kind in ("met", "breached"))  # fmt: skip
        assert set(told.values()) <= {1}
        assert not [clock for clock, kind in told if kind == "met" and (clock, "breached") in told]


def written(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


TestTakenUpAndGivenBack = TakenUpAndGivenBack.TestCase
TestTakenUpAndGivenBack.settings = stories(60, 40)
