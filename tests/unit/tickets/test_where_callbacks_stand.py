"""A callback stands above the level at which the matter was solved and above the office of each who is rated: nobody
beneath one of them has it in hand. At the district, above which nobody is, it stands with those who are not rated."""

from dataclasses import replace

import pytest

from services.tickets.domain import actions, kinds
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.refused import Refused
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, OFFICES, REPORTER, Actor
from services.tickets.policies import shipped_policies
from tests.unit.tickets.callbacks import ROLES, WAYS, Matter, of, solves
from tests.unit.tickets.stories import OWNERS, WORKER

ABOVE = {"grid": "community", "community": "street", "street": "district", "district": "district"}


def wanted(level: str, role: str) -> str:
    office = role if role in OFFICES else "grid"
    return ABOVE[max(level, office, key=LEVELS.index)]


@pytest.mark.parametrize("rating", [1, 2])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
def test_it_stands_above_the_matter_and_above_all_who_are_rated(level: str, role: str, way: str, rating: int) -> None:
    matter = Matter(level)
    WAYS[way](matter, role)
    callback = matter.callback(rating)
    assert (callback.level, callback.kind) == (wanted(level, role), "callback")
    assert "rated" in callback.rated
    assert callback.owner_id == OWNERS[callback.level]
    assert [event.type for event in matter.shelf.events if event.aggregate_id == callback.id] == ["ticket.filed"]
    assert callback.level in shipped_policies()[callback.policy].rungs


@pytest.mark.parametrize("role", sorted(OFFICES))
def test_of_who_is_of_an_office_and_serves_at_the_grid_too_the_office_counts(role: str) -> None:
    matter = Matter("grid")
    both = frozenset({role, "grid_worker"})
    matter.do(actions.accept, by=Actor("rated", both))
    matter.do(actions.assign, "rated", by=Actor("rated", both))
    matter.solved_by("grid_worker")
    assert matter.callback().level == ABOVE[role]


@pytest.mark.parametrize("role", sorted(OFFICES))
def test_who_went_there_met_the_parties_or_recorded_it_counts_by_his_office(role: str) -> None:
    went = Matter("grid", "request")
    went.do(actions.accept, by=of("grid_worker", "taker"))
    went.do(actions.assign, "rated", by=of("grid_head", "sender"))
    went.do(actions.arrive, "ordinary", by=Actor("rated", frozenset({role}) | ASSIGNEE))
    went.do(actions.assign, WORKER, by=of("district", "sender"))
    went.do(actions.resolve, None, by=of("grid_head", "recorder"))
    met = Matter("grid", "dispute")
    met.do(actions.accept, by=of("grid_worker", "taker"))
    met.has_it("grid_worker", WORKER)
    met.do(kinds.hold_session, "sealed", by=of(role))
    met.do(actions.resolve, None, "failed", by=Actor(WORKER, frozenset({"grid_worker"}) | ASSIGNEE))
    recorded = Matter("grid")
    recorded.do(actions.accept, by=of("grid_worker", "taker"))
    recorded.has_it("grid_worker", WORKER)
    recorded.do(actions.resolve, None, by=of(role))
    for matter in (went, met, recorded):
        assert matter.callback().level == ABOVE[role]


def test_who_only_sent_them_does_not_lift_it_and_who_solved_an_earlier_round_does() -> None:
    matter = Matter("grid")
    solves(matter, "community")
    reporter = matter.ticket.reporter_id
    rules = matter.house.rules(matter.shelf, matter.ticket.policy)
    matter.do(actions.reopen, rules, None, None, by=Actor(reporter, REPORTER, reporter, ACCOUNT))
    matter.do(actions.assign, WORKER, by=of("district", "sender"))
    matter.solved_by("grid_worker", WORKER)
    assert matter.callback().level == "street"


def test_at_the_district_one_who_is_rated_neither_owns_it_nor_does_anything_in_it_and_another_does() -> None:
    """The district's one officer lifts a matter to himself, and solves it."""
    own = OWNERS["district"]
    matter = Matter("district")
    matter.do(actions.accept, by=of("district", own))
    matter.has_it("district", own)
    matter.solved_by("district", own)
    callback = matter.callback()
    assert (callback.level, callback.owner_id) == ("district", "deputy-district")
    matter.id = callback.id
    with pytest.raises(Refused, match="rated-oneself"):
        matter.do(actions.accept, by=of("district", own))
    with pytest.raises(Refused, match="beneath-its-level"):
        matter.do(actions.accept, by=of("street", "beneath"))
    matter.do(actions.accept, by=of("district", "another"))
    matter.has_it("district", "another")
    matter.do(actions.resolve, None, by=Actor("another", frozenset({"district"}) | ASSIGNEE))
    again = matter.callback()
    assert (again.level, again.parent_id) == ("district", callback.id)
    assert {own, "another"} <= set(again.rated)


def test_a_callback_is_lifted_to_nobody_who_is_rated() -> None:
    matter = Matter("grid")
    matter.do(actions.accept, by=of("grid_worker", OWNERS["street"]))
    matter.has_it("grid_worker", WORKER)
    matter.solved_by("grid_worker", WORKER)
    matter.id = matter.callback().id
    rules = matter.house.rules(matter.shelf, matter.ticket.policy)
    matter.do(actions.escalate, rules, "up", by=of("community", "cadre"))
    assert (matter.ticket.level, matter.ticket.owner_id) == ("street", "deputy-street")


def test_no_community_cancels_by_telephone_what_looks_into_the_streets_work() -> None:
    matter = Matter("grid")
    matter.do(actions.accept, by=of("street"))
    matter.has_it("street")
    matter.solved_by("street")
    matter.id = matter.callback().id
    assert matter.ticket.level == "district"
    for role in ("community", "street"):
        with pytest.raises(Refused, match="beneath-its-level"):
            matter.do(actions.resolve, None, by=of(role, "colleague"))


@pytest.mark.parametrize("rungs", [("street", "district"), ("district",)])
def test_a_callback_stands_on_the_ladder_of_its_own_policy(rungs: tuple[str, ...]) -> None:
    """Whatever ladder the matter has."""
    matter = Matter("grid")
    shipped = max((one for one in matter.house.policies.values() if one.kind == "callback"), key=lambda p: p.version)
    shorter = replace(shipped, rungs={name: shipped.rungs[name] for name in rungs})
    matter.house = replace(matter.house, policies={**matter.house.policies, shipped.pin: shorter})
    solves(matter, "grid_worker")
    assert matter.callback().level == rungs[0]
