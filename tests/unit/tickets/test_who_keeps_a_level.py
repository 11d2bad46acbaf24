"""A level's time is kept by that level or one above: each step by which any policy lets a level answer, by whom."""

from collections.abc import Mapping

import pytest

from services.tickets.api.answers import clocks_answer
from services.tickets.domain import actions, pausing
from services.tickets.domain.clocks import Clock
from services.tickets.domain.explain import counted_seconds, segments
from services.tickets.domain.policy import LEVELS, Policy
from services.tickets.domain.refused import Refused
from services.tickets.domain.settle import next_moment
from services.tickets.domain.transitions import GRID_STAFF, STAFF, STATION, SYSTEM, Actor
from services.tickets.policies import shipped_policies
from tests.unit.tickets.each_policy import DEEDS, HIM, POLICIES, rules
from tests.unit.tickets.stories import EVERYBODY, RESIDENT, Story, at

ANSWERS = [(name, kind) for name, policy in POLICIES.items() for kind in sorted(policy.rung_met_by)]
"""Each policy with each kind of step by which it lets a level answer."""
HEAD = Actor("head", STAFF | {"assignee"})


def begun(policy: Policy, kind: str) -> Story:
    """What is to be done next is this; where somebody must have it in hand for that, somebody has. Not lifted yet."""
    service = next(iter(policy.services), None)
    told = Story("09:00", rules(policy), service=service, promised_for="03-30 09:00" if policy.takes_date else None)
    first = "verified" if policy.life.verified else "accepted"
    if kind == first:
        return told
    before = [first]
    if kind not in ("assigned", "offered"):
        before += [
            "assigned",
            *(["arrived"] if kind in ("planned", "resolved") and policy.life.on_site != "none" else []),
        ]
    before += ["item_done"] * (len(told.ticket.items) if kind == "resolved" else 0)
    before += ["session_held"] * (kind == "resolved" and policy.life.sessions)
    for step in before:
        told.do("09:01", DEEDS[step], by=HEAD)
    return told


def lifted(policy: Policy, kind: str) -> tuple[Story, str]:
    told, level = begun(policy, kind), next(iter(policy.rungs))
    while told.ticket.level != level:
        told.do("09:02", lambda c, a: actions.escalate(c, a, told.rules, "up"))
    return told, level


def standing(level: str) -> Mapping[str, Actor]:
    """Who has it in hand and stands there, by where that is."""
    number = LEVELS.index(level)
    beneath = GRID_STAFF | STATION | frozenset(LEVELS[1:number])
    where = {"beneath": beneath, "at": frozenset({level}), "above": frozenset(LEVELS[number + 1 :][:1] or (level,))}
    return {name: Actor(HIM, parts | {"assignee"}) for name, parts in where.items()}


def test_every_kind_of_step_by_which_a_level_may_answer_is_tried() -> None:
    assert {kind for _, kind in ANSWERS} <= set(DEEDS)
    assert len(ANSWERS) > 60


@pytest.mark.parametrize(("name", "kind"), ANSWERS)
def test_a_level_answers_by_itself_or_by_one_above_and_by_nobody_beneath(name: str, kind: str) -> None:
    for where in ("beneath", "at", "above"):
        told, level = lifted(POLICIES[name], kind)
        who = standing(level)[where]
        if where == "beneath" and (kind == "planned" or told.ticket.is_callback):
            with pytest.raises(Refused, match="beneath-its-level"):
                told.do("09:10", DEEDS[kind], by=who)
            continue
        told.do("09:10", DEEDS[kind], by=who)
        step = next(step for step in reversed(told.ticket.history) if step.kind == kind)
        assert (step.by, step.detail.get("beneath", False)) == (HIM, where == "beneath")
        clock = told.clock(level, "09:11")
        if where != "beneath":
            assert (clock.state, clock.finished_at) == ("met", at("09:10")), where
        elif kind == "resolved":
            assert (clock.state, clock.finished_at, clock.breached_at) == ("waived", at("09:10"), None)
        else:
            assert (clock.state, clock.finished_at) == ("running", None)
        kept = [mark for mark in told.marks("met") if mark[0] == level]
        lasting = kind not in ("assigned", "offered")
        assert kept == ([(level, 0, at("09:10"))] if where != "beneath" and lasting else [])


@pytest.mark.parametrize("name", [name for name, policy in POLICIES.items() if policy.kind != "callback"])
def test_solved_from_beneath_a_levels_time_is_over_and_not_kept(name: str) -> None:
    told, level = lifted(POLICIES[name], "resolved")
    told.do("09:10", DEEDS["resolved"], by=standing(level)["beneath"])
    clock = told.clock(level, "09:20")
    assert (clock.state, clock.for_good, counted_seconds(clock, at("09:20"))) == ("waived", True, 8 * 60)
    assert [mark for mark in told.wait("03-08 09:00").marks() if mark[0] == level] == []


def community(told: Story, when: str) -> Clock:
    return told.clock("community", when)


REPORTER = Actor(RESIDENT, frozenset({"reporter"}), RESIDENT, "account")
WORKER = Actor(HIM, frozenset({"grid_worker", "assignee"}))
CADRE = Actor("cadre", frozenset({"community"}))
REQUEST, ORDER, WISH = (shipped_policies()[pin] for pin in ("request-1341/2", "order/1", "wish/1"))


def test_a_request_that_climbs_does_so_though_somebody_beneath_takes_it_in_hand_comes_and_finds_it_grave() -> None:
    """The promise to solve it gives way to a plan a day ahead: nobody above would have heard of it."""
    for deeds in (("assigned", "arrived"), ("assigned",)):
        told, _ = lifted(REQUEST, "assigned")
        for kind in deeds:
            told.do("09:10", DEEDS[kind], by=WORKER)
        assert community(told, "09:11").due_at == at("09:32")
        assert told.wait("09:32:01").ticket.level == "street"


def test_what_its_level_did_before_keeps_its_time_though_it_is_solved_from_beneath() -> None:
    told, _ = lifted(WISH, "assigned")
    told.do("09:10", actions.assign, HIM, by=CADRE).do("09:20", DEEDS["resolved"], by=WORKER)
    assert (community(told, "09:20").state, community(told, "09:20").finished_at) == ("met", at("09:10"))
    told, _ = lifted(REQUEST, "assigned")
    told.do("09:05", actions.assign, "cadre", by=CADRE)
    told.do("09:06", DEEDS["arrived"], by=Actor("cadre", frozenset({"community", "assignee"})))
    told.do("09:07", actions.assign, HIM, by=CADRE).do("09:20", DEEDS["resolved"], by=WORKER)
    assert told.marks("met")[-2:] == [("community", 0, at("09:06")), ("plan", 0, at("09:20"))]


def test_whom_its_level_sends_answers_for_it_but_not_whom_he_gives_it_to_nor_once_it_is_lifted_on() -> None:
    told, _ = lifted(REQUEST, "assigned")
    told.do("09:05", actions.assign, HIM, by=CADRE)
    assert community(told, "09:06").state == "running", "of a request the answer is that somebody comes"
    told.do("09:10", DEEDS["arrived"], by=WORKER)
    assert (community(told, "09:10").state, community(told, "09:10").finished_at) == ("met", at("09:10"))
    told, _ = lifted(REQUEST, "assigned")
    told.do("09:05", actions.assign, HIM, by=CADRE).do("09:06", actions.assign, "a-colleague", by=WORKER)
    told.do("09:10", DEEDS["arrived"], by=Actor("a-colleague", frozenset({"grid_worker", "assignee"})))
    assert community(told, "09:10").state == "running"
    told, _ = lifted(REQUEST, "assigned")
    told.do("09:05", actions.assign, HIM, by=CADRE).wait("09:32:01")
    told.do("09:40", DEEDS["arrived"], by=WORKER)
    assert (told.ticket.level, told.clock("street", "09:40").state) == ("street", "running")


def test_what_its_level_gave_out_and_got_back_is_not_kept_by_who_solves_it_from_beneath() -> None:
    """But the promise to take it up is, which is nobody's level."""
    told, _ = lifted(WISH, "assigned")
    told.do("09:10", actions.assign, HIM, by=CADRE).do("09:20", DEEDS["offered"], by=CADRE)
    told.do("09:30", actions.assign, HIM, by=WORKER).do("09:40", DEEDS["resolved"], by=WORKER)
    clock = community(told, "09:40")
    assert (clock.state, counted_seconds(clock, at("09:40"))) == ("waived", (8 + 20) * 60)
    assert told.clock("taken", "09:40").state == "met"


def test_a_volunteers_claim_answers_for_the_level_at_which_it_stands() -> None:
    told, _ = lifted(ORDER, "offered")
    told.do("09:10", DEEDS["offered"], by=WORKER)
    assert community(told, "09:11").state == "running"
    told.do("09:12", actions.win_claim, "claim-1", "a-volunteer", by=Actor(None, SYSTEM))
    told.do("09:20", DEEDS["resolved"], by=Actor("a-volunteer", frozenset({"assignee"})))
    assert (community(told, "09:20").state, community(told, "09:20").finished_at) == ("met", at("09:12"))


@pytest.mark.parametrize(("roles", "answers"), [
    ((), True), (("resident", "member"), True), (("grid_worker",), False), (("grid_head", "station_head"), False),
    (("community",), True), (("grid_worker", "street"), True),
])  # fmt: skip
def test_a_volunteer_who_serves_beneath_the_level_does_not_answer_for_it_by_his_claim(
    roles: tuple[str, ...], answers: bool
) -> None:
    told, _ = lifted(WISH, "offered")
    told.do("09:10", DEEDS["offered"], by=WORKER)
    told.do("09:12", actions.win_claim, "claim-1", HIM, roles, by=Actor(None, SYSTEM))
    assert told.ticket.history[-1].detail.get("beneath", False) is not answers
    assert community(told, "09:13").state == ("met" if answers else "running")
    told.do("09:20", DEEDS["resolved"], by=Actor(HIM, frozenset({"assignee", *(set(roles) & STAFF)})))
    assert community(told, "09:20").state == ("met" if answers else "waived")


def test_what_its_level_offered_itself_is_answered_for_whoever_claims_it() -> None:
    told, _ = lifted(WISH, "offered")
    told.do("09:10", DEEDS["offered"], by=CADRE)
    told.do("09:12", actions.win_claim, "claim-1", HIM, ("grid_worker",), by=Actor(None, SYSTEM))
    assert (community(told, "09:13").state, community(told, "09:13").finished_at) == ("met", at("09:12"))


def test_a_broken_time_stays_broken_though_it_is_solved_from_beneath() -> None:
    told = begun(ORDER, "resolved")
    for when in ("09:02", "09:03", "09:04"):
        told.do(when, lambda c, a: actions.escalate(c, a, told.rules, "up"))
    told.wait("03-20 09:00").do("03-20 09:01", DEEDS["resolved"], by=WORKER)
    assert (told.clock("district", "03-20 09:02").state, told.ticket.state) == ("breached", "resolved")


@pytest.mark.parametrize(("locale", "says"), [
    ("en", "waived, solved from beneath, not counted as kept"), ("zh-CN", "由下级办结,本级时限不再计,不算按时完成"),
])  # fmt: skip
def test_the_clock_says_why(locale: str, says: str) -> None:
    told, _ = lifted(WISH, "resolved")
    told.do("09:10", DEEDS["resolved"], by=WORKER)
    answer = clocks_answer(told.rules, told.ticket, EVERYBODY, at("09:20"), locale)
    assert says in next(one["text"] for one in answer["clocks"] if one["name"] == "community")


class TestWaiting:
    """What somebody lets wait runs on for the levels above him."""

    @staticmethod
    def paused(when: str = "09:05") -> Story:
        told = begun(ORDER, "resolved")
        return told.do(when, pausing.pause, ORDER, "resident_away", None, by=WORKER)

    def lift(self, told: Story, when: str) -> Story:
        return told.do(when, lambda c, a: actions.escalate(c, a, told.rules, "up"), by=EVERYBODY)

    @pytest.mark.parametrize("when", ["09:05", "09:06"])
    def test_beneath_stops_no_level_to_which_it_is_lifted_also_in_the_same_second(self, when: str) -> None:
        told = self.lift(self.paused(), when)
        assert (community(told, "09:10").state, community(told, "09:10").due_at) == ("running", at(f"11{when[2:]}"))
        assert next_moment(told.ticket, told.rules, at("09:10")) == at(f"10{when[2:]}"), "half of its time"
        told.wait(f"11{when[2:]}:01")
        assert (told.ticket.level, told.ticket.waiting_for) == ("street", "resident_away")
        assert told.clock("street", "11:10").state == "running"

    def test_leaves_what_was_promised_beneath_paused(self) -> None:
        told = self.lift(self.paused(), "09:05")
        clocks = {clock.name: clock for clock in told.rules.clocks(told.ticket, at("09:10")) if clock.is_open}
        assert {name for name, clock in clocks.items() if clock.timeline.pauses} <= {"taken", "dispatch", "step"}
        assert clocks["community"].timeline.pauses == ()

    def test_at_its_level_stops_it_and_not_the_one_above(self) -> None:
        told = self.lift(begun(ORDER, "resolved"), "09:05")
        told.do("09:10", pausing.pause, ORDER, "resident_away", None, by=CADRE)
        assert (community(told, "09:20").state, community(told, "09:20").due_at) == ("paused", None)
        self.lift(told, "09:10")
        assert told.clock("street", "09:20").state == "running"
        told.do("09:30", lambda c, a: actions.de_escalate(c, a, told.rules, "down"))
        assert told.clock("community-2", "09:40").state == "paused", "it was let wait there"
        told.do("10:00", pausing.resume, by=WORKER)
        assert told.clock("community-2", "10:00").due_at == at("11:55"), "five minutes of its two hours are gone"

    def test_above_stops_the_level_to_which_it_is_handed_down(self) -> None:
        told = self.lift(self.lift(begun(ORDER, "resolved"), "09:05"), "09:10")
        told.do("09:20", pausing.pause, ORDER, "resident_away", None)
        told.do("09:20", lambda c, a: actions.de_escalate(c, a, told.rules, "down"))
        assert told.clock("community-2", "09:30").state == "paused"

    def test_is_explained(self) -> None:
        told = self.lift(self.paused(), "09:05").do("09:30", pausing.resume, by=WORKER)
        told.do("09:40", pausing.pause, ORDER, "resident_away", None, by=CADRE)
        clock = community(told, "10:00")
        spans = [(span.why, span.counts, span.note, span.start, span.end) for span in segments(clock, at("10:00"))]
        assert spans == [
            ("paused-beneath", True, "resident_away", at("09:05"), at("09:30")),
            ("counted", True, None, at("09:30"), at("09:40")),
            ("paused", False, "resident_away", at("09:40"), at("10:00")),
        ]  # fmt: skip
        assert counted_seconds(clock, at("10:00")) == 35 * 60
        said = clocks_answer(told.rules, told.ticket, EVERYBODY, at("10:00"), "en")["clocks"]
        texts = next(one["segments"] for one in said if one["name"] == "community")
        assert texts[0]["text"] == "paused from beneath this level, whose time counts (resident_away)"

    def test_of_a_round_before_is_nothing_to_the_next(self) -> None:
        told = self.lift(self.paused(), "09:05").do("09:30", DEEDS["resolved"], by=WORKER)
        told.do("09:40", actions.reopen, told.rules, None, None, by=REPORTER)
        self.lift(told, "09:50")
        clock = told.clock("community", "09:55", 2)
        assert (clock.state, clock.due_at, clock.timeline.pauses, clock.timeline.runs_on) == (
            "running", at("11:50"), (), (),
        )  # fmt: skip
        assert told.clock("community", "09:55").state == "waived"

    def test_ends_by_itself_and_runs_for_its_level_meanwhile(self) -> None:
        told = self.lift(self.paused(), "09:05").wait("03-08 09:00")
        assert told.ticket.waiting_for is None
        assert [level for level, _ in told.lifts()][:2] == ["community", "street"]
