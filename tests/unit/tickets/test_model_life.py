"""A ticket's life against a model: any deed by anybody at any time, timers late, early and twice.

What must hold after every single thing that happens is said below in the domain's words. The times are compared with
`recount`, which counts them by another way.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.contracts.registry import EVENT_TYPES
from services.tickets.domain.explain import counted_seconds, segments
from services.tickets.domain.settle import fired
from services.tickets.domain.steps import MARKS, Step
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import Actor
from tests.support.effort import stories
from tests.unit.tickets import recount
from tests.unit.tickets.office import DEEDS, Choice, Office
from tests.unit.tickets.recount import Recounted, moment_of
from tests.unit.tickets.stories import OWNERS

OPEN = ("filed", "accepted", "offered", "assigned", "on_site", "planned")
STAFF = ("grid_worker", "grid_head", "station_head", "community", "street", "district")
HEADS = ("grid_head", "station_head", "community", "street", "district")
PARTS = (*STAFF, "assignee", "reporter", "partner")
MAY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "accept": (("filed",), STAFF),
    "assign": (("accepted", "offered", "assigned", "on_site", "planned"), STAFF),
    "offer": (("accepted", "assigned"), STAFF),
    "arrive": (("assigned",), ("assignee",)),
    "reclassify": (("on_site", "planned"), (*STAFF, "assignee")),
    "plan": (("on_site",), (*STAFF, "assignee")),
    "move_plan": (("planned",), ("community", "street", "district")),
    "resolve": (("on_site", "planned"), (*HEADS, "assignee")),
    "confirm": (("resolved",), ("reporter",)),
    "reopen": (("resolved", "confirmed"), ("reporter", "community", "street", "district")),
    "reject": (("filed", "accepted"), HEADS),
    "cancel": (("filed", "accepted", "offered", "assigned"), ("reporter",)),
    "escalate": (OPEN, STAFF),
    "de_escalate": (OPEN, ("community", "street", "district")),
}
"""Who may do what when, said a second time: (states, parts)."""
BECOMES = {
    "filed": "filed", "accepted": "accepted", "assigned": "assigned", "offered": "offered", "arrived": "on_site",
    "planned": "planned", "resolved": "resolved", "confirmed": "confirmed", "reopened": "accepted",
    "rejected": "rejected", "cancelled": "cancelled", "closed": "closed",
}  # fmt: skip
TAKEN_UP = ("filed", "accepted", "assigned")
KEEPS = ("accepted", "assigned", "offered", "arrived", "planned", "resolved")
WORK = ("arrived", "resolved", "reclassified", "planned", "plan_moved", "lowered", "duplicate_added")
LADDER = ("grid", "community", "street", "district")
OF_OFFICES = tuple(f"person-{level}" for level in LADDER[1:])
GRAVITY = ("ordinary", "complex", "special", "major")

spans = st.one_of(
    st.integers(0, 90).map(lambda n: timedelta(seconds=n)),
    st.integers(1, 90).map(lambda n: timedelta(minutes=n)),
    st.integers(1, 30).map(lambda n: timedelta(hours=n)),
    st.integers(1, 9).map(lambda n: timedelta(days=n)),
)
choices = st.builds(
    Choice,
    severity=st.sampled_from(GRAVITY),
    rating=st.integers(1, 5),
    ahead=st.integers(-1, 200).map(lambda hours: timedelta(hours=hours)),
    reason=st.booleans(),
    assignee=st.sampled_from(["person-grid_worker", "person-assignee", "person-grid_head"]),
)
which = st.integers(0, 2)
A_LONG_TIME = datetime(2026, 6, 15, tzinfo=UTC)


class LifeOfTickets(RuleBasedStateMachine):
    """Up to three tickets at one station."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.told = 0
        self.seen: dict[str, Ticket] = {}
        self.judged_at: dict[str, datetime] = {}
        self.broken: dict[tuple[str, str, int], datetime] = {}
        self.kept: set[tuple[str, str, int]] = set()
        self.answered: Counter[str] = Counter()
        self.given_back: set[str] = set()

    @initialize(
        hours=st.sampled_from(sorted(recount.HOURS)),
        zone=st.sampled_from(["Asia/Shanghai", "Asia/Kathmandu", "America/St_Johns"]),
        after=st.integers(0, 14 * 1440).map(lambda n: timedelta(minutes=n)),
    )
    def a_station(self, hours: str, zone: str, after: timedelta) -> None:
        self.office = Office(hours, zone, datetime(2026, 2, 27, tzinfo=UTC) + after)
        self.office.shelf.owner_of = lambda level, area_path, rated=(): OWNERS[level]  # type: ignore[method-assign]
        self.filed(urgent=False, late_by=timedelta())

    # What happens

    @precondition(lambda self: len(self.ids) < 3)
    @rule(urgent=st.booleans(), late_by=st.one_of(st.just(timedelta()), spans))
    def filed(self, urgent: bool, late_by: timedelta) -> None:
        self.ids.append(self.office.file(urgent=urgent, late_by=late_by))

    @precondition(lambda self: self.office.now < A_LONG_TIME)
    @rule(span=spans)
    def time_passes_and_no_timer_runs(self, span: timedelta) -> None:
        self.office.now += span

    @precondition(lambda self: self.office.now < A_LONG_TIME)
    @rule(number=which, beside=st.integers(-1, 1))
    def the_very_moment_comes(self, number: int, beside: int) -> None:
        """A second before, at, or a second after what the timer is set to; then it fires."""
        moment = self.office.listing(self.chosen(number)).next_moment
        if moment is not None:
            self.office.now = max(self.office.now, moment + timedelta(seconds=beside))
            self.a_timer_fires(number, times=1)

    @precondition(lambda self: self.office.now < A_LONG_TIME)
    @rule(number=which, beside=st.integers(0, 1), data=st.data(), chosen=choices)
    def something_is_done_in_the_second_it_is_due(
        self, number: int, beside: int, data: st.DataObject, chosen: Choice
    ) -> None:
        """Or a second too late."""
        due = self.office.listing(self.chosen(number)).due_at
        if due is not None:
            self.office.now = max(self.office.now, due + timedelta(seconds=beside))
            self.somebody_does_what_is_next(number, data, chosen)

    @rule(number=which, times=st.integers(1, 2))
    def a_timer_fires(self, number: int, times: int) -> None:
        """Once or twice, early or late: it says what is due and nothing else."""
        ticket_id = self.chosen(number)
        before, due = self.office.ticket(ticket_id), self.office.listing(ticket_id).next_moment
        for _ in range(times):
            self.office.settle(ticket_id)
        fires = due is not None and due <= self.office.now
        assert (self.office.ticket(ticket_id) != before) == fires, "it wakes when, and only when, there is something"

    @rule(order=st.permutations(range(3)))
    def all_timers_fire_in_any_order(self, order: list[int]) -> None:
        for number in order:
            self.office.settle(self.chosen(number))

    @rule(number=which, behind=st.integers(1, 2))
    def a_replica_whose_clock_lags_fires(self, number: int, behind: int) -> None:
        ticket_id, lagging = self.chosen(number), self.office.now - timedelta(seconds=behind)
        self.judged_at[ticket_id] = max(lagging, self.office.ticket(ticket_id).history[-1].at)
        self.office.settle(ticket_id, lagging)

    @rule(number=which, data=st.data(), chosen=choices)
    def somebody_does_what_is_next(self, number: int, data: st.DataObject, chosen: Choice) -> None:
        state = self.office.ticket(self.chosen(number)).state
        possible = sorted(deed for deed, (states, _) in MAY.items() if state in states)
        if possible:
            deed = data.draw(st.sampled_from(possible))
            self.somebody_does_something(number, deed, data.draw(st.sampled_from(MAY[deed][1])), chosen)

    @precondition(lambda self: self.office.now < A_LONG_TIME)
    @rule(number=which, span=spans, data=st.data(), chosen=choices)
    def some_time_later_what_is_next_is_done(
        self, number: int, span: timedelta, data: st.DataObject, chosen: Choice
    ) -> None:
        self.office.now += span
        self.somebody_does_what_is_next(number, data, chosen)

    @rule(number=which, deed=st.sampled_from(sorted(DEEDS)), part=st.sampled_from(PARTS), chosen=choices)
    def somebody_does_something(self, number: int, deed: str, part: str, chosen: Choice) -> None:
        ticket_id, who = self.chosen(number), self.office.actor(self.chosen(number), part)
        self.office.settle(ticket_id)
        before, told = self.office.ticket(ticket_id), list(self.office.shelf.events)
        refused = self.office.attempt(ticket_id, deed, who, chosen)
        assert refused == self.why_not(before, deed, who, chosen), "the table of who may do what when"
        if refused:
            assert (self.office.ticket(ticket_id), self.office.shelf.events) == (before, told), "it changes nothing"

    @precondition(lambda self: self.office.now < A_LONG_TIME)
    @precondition(lambda self: any(ticket.state in ("on_site", "planned") for ticket in self.tickets()))
    @rule(number=which, span=spans, grave=st.sampled_from(GRAVITY[2:]), chosen=choices)
    def its_plan_is_dropped_and_it_is_grave_again(
        self, number: int, span: timedelta, grave: str, chosen: Choice
    ) -> None:
        """What is promised a second time counts anew; chance alone hardly ever comes that far."""
        for deed, severity in (("plan", grave), ("reclassify", "ordinary"), ("reclassify", grave), ("plan", grave)):
            self.office.now += span
            self.somebody_does_something(number, deed, "assignee", replace(chosen, severity=severity, reason=True))

    @precondition(lambda self: any(ticket.state in TAKEN_UP for ticket in self.tickets()))
    @rule(whose=st.sampled_from(["person-grid_head", "person-grid_worker"]), chosen=choices)
    def it_is_passed_on_solved_reopened_and_rejected(self, whose: str, chosen: Choice) -> None:
        """By who had it in hand, or another; chance alone hardly ever comes that far."""
        number = next(at for at, ticket in enumerate(self.tickets()) if ticket.state in TAKEN_UP)
        another = replace(chosen, assignee="person-assignee")
        told = (("accept", "grid_head", chosen), ("assign", "grid_head", replace(chosen, assignee=whose)),
                ("arrive", "assignee", chosen), ("assign", "grid_head", another), ("resolve", "assignee", chosen),
                ("reopen", "reporter", chosen), ("reject", "grid_head", chosen))  # fmt: skip
        for deed, part, choice in told:
            self.somebody_does_something(number, deed, part, choice)

    @precondition(lambda self: any(ticket.state in TAKEN_UP for ticket in self.tickets()))
    @rule(times=st.integers(1, 7), solver=st.sampled_from(["person-grid_worker", "person-community"]), chosen=choices)
    def the_community_has_it_reopened_again_and_again(self, times: int, solver: str, chosen: Choice) -> None:
        number = next(at for at, ticket in enumerate(self.tickets()) if ticket.state in TAKEN_UP)
        for _ in range(times):
            for deed, part in (("accept", "grid_head"), ("assign", "grid_head"), ("arrive", "assignee"),
                               ("resolve", "assignee"), ("reopen", "community")):  # fmt: skip
                self.somebody_does_something(number, deed, part, replace(chosen, assignee=solver))

    @precondition(lambda self: any(ticket.state in TAKEN_UP for ticket in self.tickets()))
    @rule(times=st.integers(1, 7), office=st.sampled_from(LADDER[1:]), rating=st.integers(1, 5), chosen=choices)
    def a_friend_is_content_and_an_office_hears_the_neighbour(
        self, times: int, office: str, rating: int, chosen: Choice
    ) -> None:
        """Whose report was merged into the friend's."""
        number = next(at for at, ticket in enumerate(self.tickets()) if ticket.state in TAKEN_UP)
        self.a_neighbour_reported_it_too(number)
        for _ in range(times):
            for deed, part in (("accept", "grid_head"), ("assign", "grid_head"), ("arrive", "assignee"),
                               ("resolve", "assignee"), ("confirm", "reporter"), ("reopen", office)):  # fmt: skip
                self.somebody_does_something(number, deed, part, replace(chosen, rating=rating))

    @rule(number=which)
    def a_neighbour_reported_it_too(self, number: int) -> None:
        """As if it had been merged into this one before: what that takes over is told elsewhere."""
        ticket = self.office.ticket(self.chosen(number))
        self.office.shelf.tickets[ticket.id] = replace(ticket, also_reported_by=("person-neighbour",))

    @rule(
        number=which, whose=st.sampled_from(["grid_worker", "community", "street"]), by_hand=st.booleans(),
        deeds=st.sampled_from(["arrive", "arrive resolve", "arrive plan", "arrive plan resolve"]), chosen=choices,
    )  # fmt: skip
    def it_is_lifted_and_somebody_there_or_beneath_does_the_work(
        self, number: int, whose: str, by_hand: bool, deeds: str, chosen: Choice
    ) -> None:
        """Chance alone hardly ever comes that far, nor has anybody in hand what stands at his level."""
        before = (("accept", "grid_head"), *([("escalate", "district")] if by_hand else []), ("assign", "district"))
        after = ((deed, f"{whose}+assignee") for deed in deeds.split())
        for deed, part in (*before, *after):
            self.somebody_does_something(number, deed, part, replace(chosen, assignee=f"person-{whose}"))

    @rule(number=which, kind=st.sampled_from(["paused", "resumed"]))
    def it_waits_or_goes_on(self, number: int, kind: str) -> None:
        ticket = self.office.ticket(self.chosen(number))
        if ticket.state in OPEN:
            self.office.wait(ticket.id, kind)

    @rule(number=which, claim=st.integers(0, 4), now_open=st.booleans())
    def a_claim_is_heard_of(self, number: int, claim: int, now_open: bool) -> None:
        ticket = self.office.ticket(self.chosen(number))
        offer_id = ticket.offer.id if ticket.offer and now_open else "an-old-offer"
        self.office.hear_claim(ticket.id, f"{ticket.id}/{claim}", offer_id, f"person-{claim}")
        self.answered[f"{ticket.id}/{claim}"] |= 1

    @rule(number=which, claim=st.integers(0, 4))
    def a_claim_is_given_back(self, number: int, claim: int) -> None:
        ticket_id = self.chosen(number)
        self.office.hear_withdrawal(ticket_id, f"{ticket_id}/{claim}")
        self.given_back.add(f"{ticket_id}/{claim}")

    @rule(hours=st.sampled_from(sorted(recount.HOURS)))
    def the_station_changes_its_hours(self, hours: str) -> None:
        self.office.open_at(hours)

    # What must hold

    @invariant()
    def history_is_only_added_to_and_never_runs_backwards(self) -> None:
        for ticket in self.tickets():
            before = self.seen.get(ticket.id)
            assert before is None or ticket.history[: len(before.history)] == before.history
            moments = [step.at for step in ticket.history]
            assert moments == sorted(moments)

    @invariant()
    def sequences_have_no_gap_and_every_event_is_as_its_contract_says(self) -> None:
        told = Counter((e.aggregate_id, e.sequence) for e in self.office.shelf.events if e.type.startswith("ticket."))
        told.update(self.office.untold)
        wanted = {(t.id, number) for t in self.tickets() for number in range(1, t.sequence + 1)}
        assert (set(told), set(told.values())) == (wanted, {1})
        for event in self.office.shelf.events[self.told :]:
            if event.type.startswith("ticket."):
                assert not EVENT_TYPES[event.type].schema().validate(dict(event.data))

    @invariant()
    def the_state_follows_the_steps(self) -> None:
        for ticket in self.tickets():
            state = "filed"
            for step in ticket.history:
                if step.kind == "assigned" and state in ("on_site", "planned"):
                    continue  # only the hands change
                dropped = step.kind == "reclassified" and step.detail["plan_dropped"]
                state = "on_site" if dropped else BECOMES.get(step.kind, state)
            assert ticket.state == state

    @invariant()
    def somebody_answers_for_it_at_every_moment(self) -> None:
        """The levels that had it follow one another without a gap, and the owner is who answers at that level."""
        for ticket in self.tickets():
            level = "grid"
            for step in ticket.history:
                if step.kind == "reopened":
                    level = "grid"
                elif step.kind in ("lifted", "lowered"):
                    assert step.detail["from_level"] == level
                    up = 1 if step.kind == "lifted" else -1
                    assert LADDER.index(step.detail["to_level"]) == LADDER.index(level) + up, (
                        "never more than one level"
                    )
                    level = step.detail["to_level"]
            assert (ticket.level, ticket.owner_id) == (level, OWNERS[level])

    @invariant()
    def what_may_keep_a_promise_says_whether_it_was_done_beneath_the_tickets_level(self) -> None:
        """Who acts is just one thing to the ticket, and is called by it; a claimant has it at whatever level."""
        for ticket in self.tickets():
            level = "grid"
            sent: str | None = None
            for step in ticket.history:
                level = "grid" if step.kind == "reopened" else step.detail.get("to_level", level)
                by = (step.by or "").removeprefix("person-")
                before, sent = sent, None if step.kind in ("lifted", "lowered") else sent
                if step.kind == "assigned":
                    sent = None if step.detail.get("beneath") else step.detail["assignee_id"]
                if step.kind not in KEEPS or by not in PARTS:
                    continue
                beneath = level != "grid" and (by not in LADDER or LADDER.index(by) < LADDER.index(level))
                if step.kind not in ("assigned", "offered") and before and (step.by == before or by == "assignee"):
                    beneath = False  # whom its level sends
                assert step.detail.get("beneath", False) == beneath, (step, level)

    @invariant()
    def every_clock_stands_as_a_recount_says(self) -> None:
        for ticket in self.tickets():
            clocks = {(c.name, c.round): c for c in self.office.rules(ticket.id).clocks(ticket, self.office.now)}
            again = self.recount(ticket, ticket.history, self.office.now)
            assert set(clocks) == set(again)
            for key, clock in clocks.items():
                one = again[key]
                assert (clock.state, clock.due_at, clock.breached_at, clock.finished_at) == (
                    one.state, _moment(one.due), _moment(one.broken), _moment(one.finished)
                ), key  # fmt: skip
                counted = counted_seconds(clock, self.office.now)
                wall = sum(span.seconds for span in segments(clock, self.office.now))
                assert counted == one.counted <= wall, key

    @invariant()
    def an_open_ticket_always_has_a_promise_that_runs_is_paused_or_was_broken(self) -> None:
        """The ladder's own clocks aside: one of what was promised to the resident is never waived or done before."""
        for ticket in self.tickets():
            clocks = self.office.rules(ticket.id).clocks(ticket, self.office.now)
            here = [clock for clock in clocks if clock.round == ticket.round and clock.level is None and clock.is_open]
            assert bool(here) or ticket.state not in OPEN
            assert {clock.state for clock in here} <= {"running", "paused", "breached"}

    @invariant()
    def a_broken_promise_stays_broken_and_a_kept_one_kept(self) -> None:
        for ticket in self.tickets():
            for clock in self.office.rules(ticket.id).clocks(ticket, self.office.now):
                key = (ticket.id, clock.name, clock.round)
                if clock.breached_at is not None:
                    assert self.broken.setdefault(key, clock.breached_at) == clock.breached_at
                assert key not in self.broken or clock.state == "breached", key
                if clock.state == "met":
                    self.kept.add(key)
                assert key not in self.kept or clock.state == "met", key

    @invariant()
    def each_threshold_was_fired_once_and_dated_when_it_was_reached(self) -> None:
        for ticket in self.tickets():
            marks = [step for step in ticket.history if step.kind in MARKS]
            keys = [(m.detail["clock"], m.detail["round"], m.detail["threshold"]) for m in marks]
            assert len(keys) == len(set(keys))
            known = self.seen.get(ticket.id)
            for index in range(len(known.history) if known else 0, len(ticket.history)):
                if ticket.history[index].kind in MARKS:
                    self.judge_mark(ticket, index)

    @invariant()
    def nothing_that_was_due_at_the_last_deed_is_unsaid(self) -> None:
        for ticket in self.tickets():
            before = self.seen.get(ticket.id)
            if before is not None and before.history == ticket.history:
                continue
            said = fired(ticket)
            for (name, number), clock in self.recount(ticket, ticket.history, self.last_deed(ticket)).items():
                for per_cent in (50, 80):
                    if list(clock.reached(per_cent)):
                        assert (name, number, per_cent) in said
                assert ((name, number, 100) in said) == (clock.broken is not None)
                assert ((name, number, 0) in said) == (clock.state == "met")

    @invariant()
    def the_timer_is_set_to_the_next_thing_that_can_happen(self) -> None:
        for ticket in self.tickets():
            assert self.office.listing(ticket.id).next_moment == self.next_moment(ticket)

    @invariant()
    def lists_show_what_is_late_and_what_is_due_next(self) -> None:
        for ticket in self.tickets():
            before = self.seen.get(ticket.id)
            if before is not None and before.history == ticket.history:
                continue
            listing = self.office.listing(ticket.id)
            clocks = self.recount(ticket, ticket.history, self.last_deed(ticket)).values()
            here = [clock for clock in clocks if clock.round == ticket.round]
            due = [clock.due for clock in here if clock.finished is None and clock.due is not None]
            assert listing.due_at == _moment(min(due, default=None))
            assert listing.late == any(clock.broken is not None for clock in here)

    @invariant()
    def a_breach_lifts_one_level_and_only_when_that_level_has_no_time_left(self) -> None:
        for ticket in self.tickets():
            for before, step in pairwise(ticket.history):
                if step.kind == "lifted" and step.detail["cause"] == "breach":
                    assert before.kind == "breached"
            known = self.seen.get(ticket.id)
            for index in range(len(known.history) if known else 0, len(ticket.history)):
                if ticket.history[index].kind == "breached":
                    self.judge_lift(ticket, index)

    @invariant()
    def silence_closes_as_not_answered_never_as_satisfied(self) -> None:
        for ticket in self.tickets():
            if ticket.state != "closed":
                continue
            end = ticket.history[-1] if ticket.history[-1].kind == "closed" else _last(ticket, "closed")
            answered = any(s.kind == "confirmed" and s.round == ticket.round for s in ticket.history)
            assert end.detail["outcome"] == ("confirmed" if answered else "unanswered")
            assert (ticket.rating is not None) == answered
            since = _last(ticket, "confirmed" if answered else "resolved").at
            assert ticket.closed_at == end.at == since + timedelta(days=7)

    @invariant()
    def each_claim_has_one_answer(self) -> None:
        """And who asks to give it back and may not is told so once, which is no answer to the claim."""
        told = [(e.type, e.data["claim_id"]) for e in self.office.shelf.events if e.data.get("claim_id")]
        kept = Counter(claim for kind, claim in told if kind == "ticket.withdrawal_declined")
        assert Counter(claim for kind, claim in told if kind != "ticket.withdrawal_declined") == self.answered
        assert set(kept.values()) <= {1}
        assert set(kept) <= self.given_back

    @invariant()
    def z_remember(self) -> None:
        """Named so that it comes last."""
        self.seen = {ticket.id: ticket for ticket in self.tickets()}
        self.told = len(self.office.shelf.events)
        self.judged_at = {}

    # How the model knows

    def last_deed(self, ticket: Ticket) -> datetime:
        """When it was touched last; by a replica whose clock lags, before now."""
        return self.judged_at.get(ticket.id, self.office.now)

    def chosen(self, number: int) -> str:
        return self.ids[number % len(self.ids)]

    def tickets(self) -> list[Ticket]:
        return [self.office.ticket(ticket_id) for ticket_id in self.ids]

    def recount(self, ticket: Ticket, history: tuple[Step, ...], now: datetime) -> dict[tuple[str, int], Recounted]:
        def station(number: int) -> recount.Strip:
            return recount.strip(self.office.pinned[ticket.id, number], self.office.zone)

        return recount.recount(history, ticket.urgent, station, now)

    def why_not(self, ticket: Ticket, deed: str, who: Actor, chosen: Choice) -> str | None:
        states, parts = MAY[deed]
        if not set(parts) & who.parts:
            return "not-allowed"
        if ticket.state not in states:
            return "transition-not-allowed"
        return getattr(self, f"why_not_{deed}", lambda *_: None)(ticket, who, chosen)

    def why_not_reclassify(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        assert ticket.severity is not None
        if chosen.severity == ticket.severity:
            return "severity-unchanged"
        if GRAVITY.index(chosen.severity) > GRAVITY.index(ticket.severity):
            return self.why_not_in_hand(ticket, who)
        drops = ticket.planned_for is not None and chosen.severity not in ("special", "major")
        if not who.parts & (set(LADDER) if drops else {"station_head"}):
            return "dropping-needs-community" if drops else "lowering-needs-station-head"
        if drops and (beneath := self.why_not_at_its_level(ticket, who)):
            return beneath
        return None if chosen.reason else "reason-required"

    def why_not_plan(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        if why := self.why_not_at_its_level(ticket, who) or self.why_not_in_hand(ticket, who):
            return why
        if ticket.severity not in ("special", "major"):
            return "plan-needs-grave-matter"
        if chosen.ahead <= timedelta():
            return "plan-in-the-past"
        told = [step for step in ticket.history if step.kind in ("planned", "plan_moved")]
        if not told or told[-1].round != ticket.round or self.in_time(chosen) <= told[-1].detail["planned_for"]:
            return None
        return self.why_not_another(ticket, who) if who.parts & set(LADDER) else "plan-needs-office"

    def in_time(self, chosen: Choice) -> datetime:
        return self.office.now.replace(microsecond=0) + chosen.ahead

    def why_not_another(self, ticket: Ticket, who: Actor) -> str | None:
        planned = {step.by for step in ticket.history
                   if step.round == ticket.round and step.kind in ("planned", "plan_moved")}  # fmt: skip
        own = self.had_it_in_hand(ticket) | planned | {step.by for step in self.made_grave(ticket)}
        return "plan-needs-another" if who.person_id in own else None

    def made_grave(self, ticket: Ticket) -> list[Step]:
        told = [step for step in ticket.history if step.round == ticket.round and step.kind == "reclassified"]
        return [step for step in told if step.detail["severity"] in ("special", "major")]

    def put_off_by(self, ticket: Ticket) -> set[str | None]:
        """No plan of this model is far ahead: who moved one to a later date."""
        moved = [step for step in ticket.history if step.round == ticket.round and step.kind == "plan_moved"]
        return {step.by for step in moved if step.detail["planned_for"] > step.detail["previous"]}

    def why_not_move_plan(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        if beneath := self.why_not_at_its_level(ticket, who):
            return beneath
        if chosen.ahead <= timedelta():
            return "plan-in-the-past"
        later = ticket.planned_for is None or self.in_time(chosen) > ticket.planned_for
        return self.why_not_another(ticket, who) if later else None

    def had_it_in_hand(self, ticket: Ticket) -> set[str | None]:
        told = ticket.history
        given = {step.detail["assignee_id"] for number, step in enumerate(told) if step.kind == "assigned"
                 and self.came_to_be_his(step, told[number + 1 :], self.office.now)}  # fmt: skip
        return {ticket.assignee_id, *given, *(step.by for step in told if step.kind == "arrived")}

    def why_not_in_hand(self, ticket: Ticket, who: Actor) -> str | None:
        if "assignee" in who.parts:
            return None
        alone = ticket.assignee_id is not None and not who.parts & set(HEADS)
        return self.why_not_at_its_level(ticket, who) or ("not-allowed" if alone else None)

    def why_not_assign(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        himself = chosen.assignee == who.person_id
        own = "assign-needs-another" if himself and who.person_id in self.put_off_by(ticket) else None
        return self.why_not_from_hands(ticket, who) or own

    def why_not_from_hands(self, ticket: Ticket, who: Actor) -> str | None:
        if ticket.assignee_id is None or "assignee" in who.parts:
            return None
        put_or_moved = [step.kind for step in ticket.history if step.kind in ("assigned", "lifted", "lowered")]
        return self.why_not_at_its_level(ticket, who) if put_or_moved[-1] == "assigned" else None

    def why_not_offer(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        taken = "volunteer-has-it" if ticket.assignee_kind == "member" else None
        return self.why_not_from_hands(ticket, who) or taken

    def why_not_reopen(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        """Its reporter speaks by his account; else it is the community, of others' work, and not without end; and of
        what he confirmed, not badly, an office where somebody else reported it too."""
        if "reporter" in who.parts:
            return None
        if who.person_id in self.had_a_part(ticket, set(range(1, ticket.round + 1))):
            return "own-work"
        if beneath := self.why_not_at_its_level(ticket, who):
            return beneath
        content = ticket.state == "confirmed" and ticket.rating is not None and ticket.rating > 2
        for_another = content and bool(ticket.also_reported_by)
        if "community" not in who.parts and not for_another:
            return "not-allowed"
        if any(step.kind == "confirmed" for step in ticket.history) and not for_another:
            return "confirmed-himself"
        theirs = [step for step in ticket.history if step.kind == "reopened" and step.by in OF_OFFICES]
        return "staff-rounds-used-up" if len(theirs) >= 5 else None

    def why_not_cancel(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        """While it goes on for a neighbour, its own reporter takes his own report back, once; not in a round that he
        opened himself."""
        opened = [step.by for step in ticket.history if step.kind == "reopened"]
        if opened and opened[-1] == who.person_id:
            return "reopened-it"
        return "not-allowed" if ticket.withdrawn_by else None

    def why_not_confirm(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        return "own-work" if who.person_id in self.had_a_part(ticket, {ticket.round}) else None

    def why_not_escalate(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        beneath = self.why_not_at_its_level(ticket, who)
        return beneath or ("top-of-ladder" if ticket.level == "district" else None)

    def why_not_resolve(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        return None if "assignee" in who.parts else self.why_not_at_its_level(ticket, who)

    def why_not_reject(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        solvers = self.had_a_part(ticket, set(range(1, ticket.round)))
        beneath = self.why_not_at_its_level(ticket, who)
        return beneath or ("solved-it-before" if who.person_id in solvers else None)

    def had_a_part(self, ticket: Ticket, rounds: set[int]) -> set[str]:
        """Whose work it was in these rounds, or who decided on a promised time. Whom another named has none by that,
        unless he took a step, it was solved in his hands, or he has had it for an hour, or still has it."""
        told = [step for step in ticket.history if step.round in rounds]
        found = {step.by or "nobody" for step in told if step.kind in WORK or self.is_from_above_the_grid(step)}
        for number, step in enumerate(told):
            if step.kind == "duplicate_added":
                found |= set(step.detail.get("workers", ()))
            if step.kind == "assigned" and self.came_to_be_his(step, told[number + 1 :]):
                found.add(step.detail["assignee_id"])
        return found

    def is_from_above_the_grid(self, step: Step) -> bool:
        return step.kind == "lifted" and step.detail["from_level"] != "grid"

    def came_to_be_his(self, given: Step, later: Sequence[Step], now: datetime | None = None) -> bool:
        whom = given.detail["assignee_id"]
        for step in () if given.by == whom else later:
            if step.by == whom or step.kind == "resolved" or step.at - given.at >= timedelta(hours=1):
                return True
            if step.kind in ("assigned", "offered", "reopened"):
                return False
        return given.by == whom or now is None or now - given.at >= timedelta(hours=1)

    def why_not_at_its_level(self, ticket: Ticket, who: Actor) -> str | None:
        above = LADDER[LADDER.index(ticket.level) :]
        return None if ticket.level == "grid" or who.parts & set(above) else "beneath-its-level"

    def why_not_de_escalate(self, ticket: Ticket, who: Actor, chosen: Choice) -> str | None:
        if ticket.level == "grid":
            return "foot-of-ladder"
        if not who.parts & set(LADDER[LADDER.index(ticket.level) :]):
            return "not-allowed"
        below = LADDER[LADDER.index(ticket.level) - 1]
        clocks = self.recount(ticket, ticket.history, self.office.now).items()
        used = sum(one.counted for (name, number), one in clocks
                   if number == ticket.round and name.split("-")[0] == below)  # fmt: skip
        hopes = [one for (name, number), one in clocks if number == ticket.round and one.broken is None
                 and name.split("-")[0] not in recount.LEVELS and one.state in ("running", "paused")]  # fmt: skip
        gone = not hopes if below == "grid" else used >= recount.LEVELS[below]
        return "level-used-up" if gone else None

    def judge_mark(self, ticket: Ticket, index: int) -> None:
        """A mark says of its clock what was so in the moment before it was written."""
        mark = ticket.history[index]
        name, number, threshold = (mark.detail[what] for what in ("clock", "round", "threshold"))
        clock = self.recount(ticket, ticket.history[:index], mark.at)[name, number]
        reached = {100: clock.broken, 0: clock.finished}.get(threshold, clock.shown.part(clock.running, threshold))
        assert mark.detail["reached_at"] == _moment(reached)
        assert mark.detail["due_at"] == _moment(clock.broken if threshold == 100 else clock.due)
        assert mark.detail["reached_at"] <= mark.at
        assert threshold != 0 or clock.state == "met"
        after_the_fact = ticket.occurred_at < ticket.recorded_at and mark.detail["reached_at"] <= ticket.recorded_at
        assert mark.detail["replayed_late"] == (after_the_fact and threshold != 0)

    def judge_lift(self, ticket: Ticket, index: int) -> None:
        breach, before = ticket.history[index], ticket.history[:index]
        later = ticket.history[index + 1] if index + 1 < len(ticket.history) else None
        lifted = later is not None and later.kind == "lifted" and later.detail["cause"] == "breach"
        level = next((s.detail["to_level"] for s in reversed(before) if "to_level" in s.detail), "grid")
        if any(s.kind == "reopened" and s.round == breach.round for s in before) and not any(
            "to_level" in s.detail and s.round == breach.round for s in before
        ):
            level = "grid"
        state = next(BECOMES[s.kind] for s in reversed(before) if s.kind in BECOMES)
        clocks = self.recount(ticket, before, breach.at).values()
        reached = recount.second_of(breach.detail["reached_at"])
        has_time = any(
            clock.name.split("-")[0] == level and clock.round == breach.round and clock.finished is None
            and (clock.broken is None or clock.broken > reached)
            for clock in clocks
        )  # fmt: skip
        of_this_round = breach.detail["round"] == breach.round
        wanted = state in OPEN and of_this_round and level != "district" and not has_time
        assert lifted == (wanted and not breach.detail["replayed_late"])

    def next_moment(self, ticket: Ticket) -> datetime | None:
        said = fired(ticket)
        moments = []
        for (name, number), clock in self.recount(ticket, ticket.history, self.office.now).items():
            for per_cent in (50, 80):
                part = clock.shown.part(clock.running, per_cent)
                if clock.finished is None and part is not None and (name, number, per_cent) not in said:
                    moments.append(moment_of(part))
            due = clock.broken if clock.broken is not None else clock.due
            if clock.finished is None and due is not None and (name, number, 100) not in said:
                moments.append(moment_of(due) + timedelta(seconds=1))
        if ticket.state in ("resolved", "confirmed"):
            moments.append(_last(ticket, ticket.state).at + timedelta(days=7, seconds=1))
        return min(moments, default=None)


def _moment(second: int | None) -> datetime | None:
    return None if second is None else moment_of(second)


def _last(ticket: Ticket, kind: str) -> Step:
    return next(step for step in reversed(ticket.history) if step.kind == kind)


TestLifeOfTickets = LifeOfTickets.TestCase
TestLifeOfTickets.settings = stories(60, 40)
