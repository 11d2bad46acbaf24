"""What comes up on a demonstration's day: drawn from a seed, complete, within what the system allows."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.cli.demo.command import COUNTY
from services.cli.demo.county import read_county
from services.cli.demo.day import rate_for
from services.cli.demo.plan import MOST_ANONYMOUS, OBLIGATORY, WEIGHTS, Story, draw
from services.cli.demo.tales import TALES

ZONE = ZoneInfo("Asia/Shanghai")
END = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def _draw(tickets: int = 200, seed: int = 1341, hours: float = 24) -> list[Story]:
    return draw(read_county(COUNTY), END - timedelta(hours=hours), END, tickets, seed, ZONE)


def test_the_demonstration_county_has_the_sizes_of_hequ() -> None:
    county = read_county(COUNTY)
    assert (county.stations, len(county.grids), county.compounds) == (72, 72, 100)
    assert all(grid.path.startswith(grid.community) for grid in county.grids)
    assert all(grid.compounds for grid in county.grids)


def test_the_same_seed_draws_the_same_day_and_another_seed_another() -> None:
    assert _draw(seed=1) == _draw(seed=1)
    assert _draw(seed=1) != _draw(seed=2)


@pytest.mark.parametrize(("tickets", "hours"), [(1, 6), (18, 6), (200, 24), (600, 24)])
def test_every_obligatory_story_happens_within_the_day_and_the_number_is_kept(tickets: int, hours: float) -> None:
    stories = _draw(tickets, hours=hours)
    assert set(OBLIGATORY) <= {story.kind for story in stories}
    assert len(stories) == max(tickets, len(OBLIGATORY))
    assert all(END - timedelta(hours=hours) <= story.at <= END for story in stories)
    assert stories == sorted(stories, key=lambda story: story.at)


def test_what_nobody_takes_up_begins_early_enough_to_reach_the_district() -> None:
    story = next(story for story in _draw(hours=6) if story.kind == "up-to-the-district")
    assert story.urgent
    assert END - story.at >= timedelta(hours=5, minutes=30)


def test_strangers_file_no_more_than_an_address_may() -> None:
    kinds = Counter(story.kind for seed in range(5) for story in _draw(600, seed=seed))
    assert kinds["anonymous"] <= 5 * (MOST_ANONYMOUS + 1)


def test_more_comes_up_by_day_than_by_night() -> None:
    hours = Counter(story.at.astimezone(ZONE).hour for story in _draw(600))
    assert sum(hours[hour] for hour in range(8, 18)) > 3 * sum(hours[hour] for hour in (22, 23, 0, 1, 2, 3, 4, 5))
    assert any(hours[hour] for hour in (0, 1, 2, 3, 4)), "but at night, too"


def test_every_kind_that_can_be_drawn_can_be_told() -> None:
    assert set(WEIGHTS) | set(OBLIGATORY) == set(TALES)


@pytest.mark.parametrize(("hours", "minutes", "rate"), [(24, 5, 288), (24, 0.1, 288), (24, 20, 73), (6, 10, 37)])
def test_business_time_runs_as_fast_as_asked_and_never_above_288_times(
    hours: float, minutes: float, rate: float
) -> None:
    assert rate_for(hours, minutes) == rate
