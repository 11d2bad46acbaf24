"""A demonstration in a year whose official calendar is not known."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.chassis.context import Context
from services.cli.demo.working_days import SOURCE, supply_working_days
from services.cli.installation import context_of
from tests.integration.tickets.conftest import House

UNKNOWN = datetime(2071, 12, 24, 4, tzinfo=UTC)
KNOWN = datetime(2025, 6, 2, 4, tzinfo=UTC)


@pytest.fixture
def context(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    for name, value in house.processes.env.items():
        monkeypatch.setenv(name, value)
    tickets = context_of("tickets")
    with tickets.client:
        yield tickets


def test_monday_to_friday_work_as_far_as_its_promises_reach_and_once(house: House, context: Context) -> None:
    assert supply_working_days(context, UNKNOWN - timedelta(days=1), UNKNOWN) == [2071, 2072]
    assert supply_working_days(context, UNKNOWN - timedelta(days=1), UNKNOWN) == []
    row = house.db["calendars"].find_one({"_id": 2072})
    assert row is not None
    assert row["source"] == SOURCE
    assert [day in row["working_days"] for day in ("2072-01-01", "2072-01-02", "2072-01-04")] == [True, False, True]


def test_where_the_official_calendar_is_known_nothing_is_guessed(context: Context) -> None:
    assert supply_working_days(context, KNOWN - timedelta(days=1), KNOWN) == []
