"""What goes on while faults are made."""

from datetime import UTC, datetime, timedelta

from services.cli.demo.tales import TALES
from tests.faults.traffic import COUNTY, draw, few_grids

START = datetime(2026, 3, 2, 0, tzinfo=UTC)


def test_every_tale_of_the_demonstration_is_played_under_faults_and_none_that_cannot_be_told() -> None:
    stories = draw(few_grids(COUNTY, 4), START, START + timedelta(hours=4), tickets=2_000, brief=0.0, seed=1341)
    assert {story.kind for story in stories} == set(TALES)
