"""Into what goes by a plan an office merges, and somebody else than who gains by it: it has no promise but its date."""

from typing import Any

import pytest

from services.tickets.domain import actions, planning
from services.tickets.domain.refused import Refused
from services.tickets.domain.transitions import ASSIGNEE, STAFF, Actor
from services.tickets.handlers.life import do
from tests.unit.tickets.desk import Desk
from tests.unit.tickets.stories import WORKER, at


@pytest.fixture
def desk() -> Desk:
    return Desk()


CADRE = frozenset({"community"})


class TestAnOfficeMergesIntoWhatGoesByAPlan:
    """The officer who had a fire in hand put it, alone, behind a date of his own a year ahead."""

    def merged(self, desk: Desk, fresh: str, main: str, by: Actor) -> str | None:
        before = dict(desk.shelf.tickets)
        try:
            desk.merge("09:10", fresh, main, by)
        except Refused as refused:
            desk.shelf.tickets = before  # as the transaction does
            return refused.slug
        return None

    def grave(self, desk: Desk, planner: Actor | None, **said: Any) -> str:
        """In the worker's hands, planned by the planner, or by nobody yet."""
        main = desk.filed("09:00", **said)
        desk.on_site(main, "09:01", "special")
        if planner is not None:
            plan = planning.plan
            do(desk.shelf, desk.house, desk.ticket(main), at("09:02"),
               lambda c, r: plan(c, planner, at("2027-03-01 09:00"), None))  # fmt: skip
        return main

    def taken(self, desk: Desk, ticket: str, by: Actor) -> None:
        do(desk.shelf, desk.house, desk.ticket(ticket), at("09:06"), lambda c, r: actions.accept(c, by))
        do(
            desk.shelf,
            desk.house,
            desk.ticket(ticket),
            at("09:06"),
            lambda c, r: actions.assign(c, by, str(by.person_id)),
        )

    @pytest.mark.parametrize("planned", [True, False])
    @pytest.mark.parametrize("way", ["himself", "his program", "another program"])
    def test_but_not_who_had_in_hand_what_is_merged(self, desk: Desk, planned: bool, way: str) -> None:
        officer, colleague = Actor("officer", CADRE), Actor("colleague", CADRE)
        main = self.grave(desk, colleague if planned else None)
        fresh = desk.filed("09:05")
        self.taken(desk, fresh, officer)
        answerable = "officer" if way == "his program" else "administrator"
        program = Actor("program", CADRE, is_program=True, answerable=answerable)
        wanted = "merge-needs-another" if way == "himself" else "only-people"
        assert self.merged(desk, fresh, main, officer if way == "himself" else program) == wanted
        assert self.merged(desk, fresh, main, Actor("third", CADRE)) is None

    @pytest.mark.parametrize("planned", [True, False])
    def test_nor_who_had_in_hand_what_goes_on_nor_who_filed_it(self, desk: Desk, planned: bool) -> None:
        main = self.grave(desk, Actor("colleague", CADRE) if planned else None)
        fresh = desk.filed("09:05")
        for person in (WORKER, "clerk"):
            assert self.merged(desk, fresh, main, Actor(person, CADRE)) == "merge-needs-another"
        assert self.merged(desk, fresh, main, Actor("third", CADRE)) is None

    @pytest.mark.parametrize("how", ["planned", "moved", "raised"])
    def test_nor_who_planned_it_or_made_it_so_grave(self, desk: Desk, how: str) -> None:
        officer, colleague = Actor("officer", CADRE), Actor("colleague", CADRE)
        planner = {"planned": officer, "moved": colleague, "raised": None}[how]
        main, fresh = self.grave(desk, planner), desk.filed("09:05")
        if how == "moved":
            do(desk.shelf, desk.house, desk.ticket(main), at("09:06"),
               lambda c, r: planning.move_plan(c, officer, at("2027-04-01 09:00"), "rain"))  # fmt: skip
        if how == "raised":
            do(desk.shelf, desk.house, desk.ticket(main), at("09:06"),
               lambda c, r: planning.reclassify(c, officer, "major", None, False))  # fmt: skip
        assert self.merged(desk, fresh, main, officer) == "merge-needs-another"
        assert self.merged(desk, fresh, main, Actor("third", CADRE)) is None

    def test_nor_does_a_program_merge_anything(self, desk: Desk) -> None:
        """Else it merges in his stead, and he is somebody else who calls it grave and plans it."""
        main, fresh = desk.filed("09:00"), desk.filed("09:05")
        program = Actor("program", CADRE, is_program=True, answerable="administrator")
        assert self.merged(desk, fresh, main, program) == "only-people"

    @pytest.mark.parametrize("date", ["03-20 09:00", "2027-03-01 09:00"])
    def test_nor_does_who_merged_first_plan_it_then(self, desk: Desk, date: str) -> None:
        officer, colleague = Actor("officer", CADRE), Actor("colleague", CADRE)
        older = desk.filed("08:50")
        desk.merge("09:10", desk.filed("09:08"), older, officer)

        def plan(who: Actor) -> None:
            do(desk.shelf, desk.house, desk.ticket(older), at("09:13"),
               lambda c, r: planning.plan(c, who, at(date), None))  # fmt: skip

        desk.on_site(older, "09:12", "special")
        for who in (officer, Actor(WORKER, CADRE)):
            with pytest.raises(Refused, match="plan-needs-another"):
                plan(who)
        plan(colleague)

    @pytest.mark.parametrize("again", [False, True])
    def test_nor_makes_it_so_grave_that_it_is_planned(self, desk: Desk, again: bool) -> None:
        officer, main = Actor("officer", CADRE), desk.filed("09:00")
        desk.merge("09:06", desk.filed("09:05"), main, officer)
        if again:
            first, main = main, desk.filed("08:50")
            desk.merge("09:07", first, main, Actor("head", STAFF))
        desk.on_site(main, "09:08", "ordinary")

        def make(severity: str, who: Actor) -> None:
            do(desk.shelf, desk.house, desk.ticket(main), at("09:09"),
               lambda c, r: planning.reclassify(c, who, severity, None, False))  # fmt: skip

        make("complex", officer)
        for who in (officer, Actor(WORKER, CADRE)):
            with pytest.raises(Refused, match="plan-needs-another"):
                make("major", who)
        make("major", Actor("colleague", CADRE))

    def test_nor_by_arriving_as_such(self, desk: Desk) -> None:
        officer, main = Actor("officer", CADRE | ASSIGNEE), desk.filed("09:00")
        desk.merge("09:06", desk.filed("09:05"), main, officer)
        self.taken(desk, main, officer)

        def arrive(severity: str) -> None:
            do(
                desk.shelf,
                desk.house,
                desk.ticket(main),
                at("09:09"),
                lambda c, r: actions.arrive(c, officer, severity),
            )

        with pytest.raises(Refused, match="graver-needs-office"):
            arrive("special")
        arrive("complex")

    def test_its_reporters_are_told_the_date(self, desk: Desk) -> None:
        main, fresh = self.grave(desk, Actor("colleague", CADRE)), desk.filed("09:05")
        assert self.merged(desk, fresh, main, Actor("third", CADRE)) is None
        merged = next(event for event in desk.shelf.events if event.type == "ticket.merged")
        assert merged.data["into_due_at"] == at("2027-03-01 09:00").isoformat()

    def test_who_had_in_hand_what_was_merged_plans_no_further_than_his_own(self, desk: Desk) -> None:
        officer = Actor("officer", CADRE)
        main, fresh, older = desk.filed("09:00"), desk.filed("09:05"), desk.filed("08:50")
        self.taken(desk, fresh, officer)
        assert self.merged(desk, fresh, main, officer) is None
        assert self.merged(desk, main, older, Actor("head", STAFF)) is None, "and on, into another"
        desk.on_site(older, "09:12", "special")
        with pytest.raises(Refused, match="plan-needs-another"):
            do(desk.shelf, desk.house, desk.ticket(older), at("09:13"),
               lambda c, r: planning.plan(c, officer, at("2027-03-01 09:00"), None))  # fmt: skip
