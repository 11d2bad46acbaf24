"""`doorstep_calendar_known_until_seconds`: operators are told by it 60 days before a year begins that nobody knows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from chinese_calendar.constants import holidays

from tests.support.namespaces import Namespace
from tests.support.processes import Processes, ServiceProcess, environment
from tests.support.tokens import Tokens

NAME = "doorstep_calendar_known_until_seconds"
UNKNOWN = max(day.year for day in holidays) + 1
"""The first year whose official calendar does not come with the program."""


@pytest.fixture
def processes(namespace: Namespace, tokens: Tokens, tmp_path: Path) -> Iterator[Processes]:
    """In a county of its own: a year that is loaded is known to all of its promises."""
    processes = Processes(namespace, environment(namespace, tokens.jwks_url), tmp_path)
    try:
        processes.prepare()
        yield processes
    finally:
        processes.stop_all()


def known_until(api: ServiceProcess) -> datetime:
    (line,) = (line for line in api.http.get("/metrics").text.splitlines() if line.startswith(f"{NAME} "))
    return datetime.fromtimestamp(float(line.rpartition(" ")[2]), UTC)


def load(processes: Processes, folder: Path, year: int) -> None:
    days_off = [f"{year}-01-{day:02d}" for day in range(1, 4)] + [f"{year}-02-{day:02d}" for day in range(1, 12)]
    file = folder / f"{year}.yml"
    file.write_text(yaml.safe_dump({"year": year, "source": "of a test", "holidays": days_off, "made_up": []}), "utf-8")
    processes.cli("calendar", "load", str(file))


def test_it_shows_the_first_unknown_year_and_moves_when_that_is_loaded(processes: Processes, tmp_path: Path) -> None:
    api = processes.start("tickets", "http")
    assert known_until(api) == datetime(UNKNOWN, 1, 1, tzinfo=UTC)
    load(processes, tmp_path, UNKNOWN + 1)
    assert known_until(api) == datetime(UNKNOWN, 1, 1, tzinfo=UTC), "a year behind a gap helps nobody"
    load(processes, tmp_path, UNKNOWN)
    assert known_until(api) == datetime(UNKNOWN + 2, 1, 1, tzinfo=UTC)
