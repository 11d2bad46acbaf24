"""The tests of other dates: the shift, and what would slip by it."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from services.cli.native.programs import base_environment
from tests.dates.__main__ import DATES, seconds_until
from tests.dates.shifting import OWN_SHIFT, SHIFT, shifted
from tests.dates.watching import is_another_date

_YEAR = 366 * 86_400
_SAY = "import datetime, time; print(datetime.datetime.now(datetime.UTC).isoformat(), time.time())"


@pytest.mark.parametrize("date", DATES)
def test_a_date_is_meant_locally(date: str) -> None:
    now = datetime(2026, 11, 29, 7, tzinfo=UTC)
    then = now + timedelta(seconds=seconds_until(date, now))
    assert (then + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M") == date


def test_a_python_program_and_what_it_starts_are_shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in shifted(_YEAR).items():
        monkeypatch.setenv(name, value)
    relay = (
        "import subprocess, sys; from services.cli.native.programs import base_environment\n"
        f"print(subprocess.run([sys.executable, '-c', {_SAY!r}], env=base_environment(), "
        "capture_output=True, text=True, check=True).stdout)"
    )
    for code in (_SAY, relay):
        said = subprocess.run(
            [sys.executable, "-c", code], env=base_environment(), capture_output=True, text=True, check=True
        ).stdout.split()
        ahead = datetime.fromisoformat(said[0]) - datetime.now(UTC)
        assert abs(ahead.total_seconds() + OWN_SHIFT - _YEAR) < 600
        assert abs(float(said[1]) - datetime.fromisoformat(said[0]).timestamp()) < 60


def test_a_python_program_without_the_shift_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SHIFT, "60")
    assert is_another_date([sys.executable, "-c", ""], {"PATH": "/bin"})
    assert is_another_date([b"/usr/bin/python3", b"x.py"], {b"PATH": b"/bin"})
    assert not is_another_date([sys.executable, "-c", ""], {SHIFT: "60"})
    assert not is_another_date([sys.executable, "-c", ""], None)
    assert not is_another_date(["mongod", "--port", "1"], {"PATH": "/bin"})
