"""Who answers at a level: in order, skipping who is away, with a record."""

from dataclasses import replace

import pytest

from services.tickets.domain.absences import Absence, away_until, check_period, end, is_above
from services.tickets.domain.posts import (
    Candidate,
    Named,
    Post,
    check_holders,
    check_level,
    lacking,
    name_owner,
    roles_from,
)
from services.tickets.domain.refused import Refused
from tests.unit.tickets.stories import Story, at, rules

NOON = at("12:00")


def test_the_first_who_is_there_answers_and_the_history_keeps_who_was_skipped_and_why() -> None:
    candidates = [Candidate("a", "disabled"), Candidate("b"), Candidate("c"), Candidate("d")]
    named = name_owner(candidates, lambda who: NOON if who == "b" else None)
    assert named.person_id == "c"
    assert named.record("grid") == {"duty": {"level": "grid", "vacant": False, "skipped": [
        {"person_id": "a", "why": "disabled", "until": None},
        {"person_id": "b", "why": "absent", "until": NOON.isoformat()},
    ]}}  # fmt: skip


def test_who_is_rated_in_what_a_callback_looks_into_does_not_answer_for_it() -> None:
    candidates = [Candidate("a"), Candidate("b", post="county.officer"), Candidate("c")]
    named = name_owner(candidates, lambda who: NOON if who == "a" else None, ["a", "c"])
    assert (named.person_id, named.post) == ("b", "county.officer")
    assert [(one.person_id, one.why, one.until) for one in named.skipped] == [("a", "rated", None)]
    assert name_owner(candidates, lambda who: None, ["a", "b", "c"]).person_id is None


def test_when_nobody_is_there_the_post_is_vacant_and_that_is_kept_too() -> None:
    named = name_owner([Candidate("a")], lambda who: NOON)
    assert named.person_id is None
    assert named.record("street")["duty"]["vacant"] is True
    assert name_owner([], lambda who: None).record("street") == {
        "duty": {"level": "street", "vacant": True, "skipped": []}
    }
    assert Named("a").record("street") == {}, "nothing to say"


def test_the_history_keeps_the_post_by_which_somebody_is_named_though_nobody_is_skipped() -> None:
    """A post may be there for seconds: what it took is to be found."""
    named = name_owner([Candidate("a", post="street.cadre"), Candidate("b")], lambda who: None)
    assert named.record("street") == {
        "duty": {"level": "street", "vacant": False, "skipped": [], "post": "street.cadre"}
    }
    by_role = name_owner([Candidate("a", "beneath_level", "street.cadre"), Candidate("b")], lambda who: None)
    assert "post" not in by_role.record("street")["duty"]


def test_at_a_level_serves_who_can_act_on_what_is_lifted_there() -> None:
    assert roles_from("street") == {"street", "district"}
    assert roles_from("community") == {"community", "street", "district"}
    assert {"grid_worker", "grid_head", "station_head", "district"} <= roles_from("grid")
    assert "admin" not in roles_from("district") | roles_from("grid"), "who administers handles nothing"


def test_a_breach_keeps_with_the_lift_who_was_skipped() -> None:
    told = {"duty": {"level": "community", "vacant": True, "skipped": []}}
    judged = rules(owner_of=lambda level, path, rated=(): None)
    judged = type(judged)(judged.policy, judged.calendars, judged.owner_of, lambda level, path, rated=(): told)
    story = Story("09:00", judged).wait("09:11")
    (lifted,) = [step for step, _ in story.steps if step.kind == "lifted"]
    assert lifted.detail["duty"] == told["duty"]
    assert story.steps[0][0].detail["duty"] == told["duty"], "and so does filing"


@pytest.mark.parametrize(
    ("now", "back"), [("08:59:59", None), ("09:00", "12:00"), ("10:30", "12:00"), ("12:00", None), ("14:00", "15:00")]
)
def test_an_absence_counts_from_its_beginning_and_no_more_at_its_end(now: str, back: str | None) -> None:
    periods = [(at("11:00"), at("12:00")), (at("09:00"), at("11:00")), (at("14:00"), at("15:00"))]
    assert away_until(periods, at(now)) == (at(back) if back else None)


@pytest.mark.parametrize(
    ("since", "until", "slug"),
    [("13:00", "12:30", "absence-ends-before-it-begins"), ("13:00", "13:00", "absence-ends-before-it-begins"),
     ("09:00", "12:00", "absence-is-past"), ("13:00", "2027-03-04 13:00", "absence-too-long"),
     ("2027-03-04 13:00", "2027-03-05 13:00", "absence-too-long")],
)  # fmt: skip
def test_a_period_that_makes_no_sense_is_refused(since: str, until: str, slug: str) -> None:
    with pytest.raises(Refused, match=slug):
        check_period(at(since), at(until), NOON)


def test_back_sooner_ends_it_now_and_what_has_not_begun_never_counts() -> None:
    absence = Absence("1", "a", at("09:00"), at("18:00"), "sick", "a")
    assert end(absence, "b", NOON) == replace(absence, until=NOON, ended_by="b")
    never = end(absence, "a", at("08:00"))
    assert away_until([(never.since, never.until)], at("09:00")) is None
    with pytest.raises(Refused, match="absence-is-past"):
        end(absence, "a", at("18:00"))


def test_above_is_who_has_a_higher_role_over_all_that_the_other_does() -> None:
    worker = [("grid_worker", "/a/b/c/d/"), ("resident", "/z/")]
    assert is_above([("grid_head", "/a/b/c/d/")], worker)
    assert is_above([("community", "/a/b/c/")], worker)
    assert not is_above([("grid_worker", "/a/b/c/")], worker), "an equal is not above"
    assert not is_above([("community", "/a/b/x/")], worker)
    assert not is_above([("community", "/a/b/c/")], [*worker, ("grid_worker", "/q/")]), "nor who sees a part"
    assert not is_above([("admin", "/a/")], [("resident", "/a/")]), "residents have nobody above"


def test_a_station_or_grid_should_have_all_four_duties() -> None:
    held = [Post("grid-1", "a", "serve", "n", "/a/"), Post("grid-1", "b", "contact", "n", "/a/")]
    assert lacking("grid", held) == ["maintain", "activities"]
    assert lacking("station", []) == ["contact", "serve", "maintain", "activities"]
    assert lacking("community", []) == []


def test_a_post_answers_for_the_level_of_its_own_place_only() -> None:
    for level, place_level in ((None, "station"), ("grid", "grid"), ("district", "county")):
        check_level(level, place_level)
    for level, place_level in (("grid", "community"), ("grid", "station"), ("district", "street")):
        with pytest.raises(Refused, match="post-level-of-other-place"):
            check_level(level, place_level)
    with pytest.raises(Refused, match="holder-twice"):
        check_holders(["a", "b", "a"])
